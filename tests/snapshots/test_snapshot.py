"""Snapshots in memory: order, checks, and the species of a glass."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot

CELL = Cell.orthogonal([4, 4, 4])
POSITIONS = np.array([[1.0, 0, 0], [2, 0, 0], [3, 0, 0]])


def make(**changes: object) -> Snapshot:
    return Snapshot(**{"cell": CELL, "positions": POSITIONS, "types": [0, 1, 0], "species": ("A", "B"), **changes})


def test_everything_is_sorted_by_id_together() -> None:
    snapshot = make(ids=[7, 3, 5], velocities=-POSITIONS, properties={"q": [0.7, 0.3, 0.5]})
    assert snapshot.ids.tolist() == [3, 5, 7]
    assert snapshot.positions[:, 0].tolist() == [2, 3, 1]
    assert snapshot.velocities[:, 0].tolist() == [-2, -3, -1]
    assert snapshot.properties["q"].tolist() == [0.3, 0.5, 0.7]
    assert snapshot.species_of_particles.tolist() == ["B", "A", "A"]
    assert make().ids.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"types": [0, 1]}, "types has 2 rows for 3 particles"),
        ({"types": [0, 1, 2]}, "types run from 0 to 2 but there are 2 species"),
        ({"positions": [[1, 0, 0], [np.nan, 0, 0], [3, 0, 0]]}, "positions of particle 2 are not finite"),
        ({"velocities": [[1, 0, 0], [0, 0, 0], [np.inf, 0, 0]]}, "velocities of particle 3 are not finite"),
        ({"ids": [1, 2, 2]}, "particle id 2 is duplicated"),
        ({"species": ("A", "A")}, "a species is duplicated"),
        ({"positions": np.empty((0, 3)), "types": []}, "n_particles >= 1"),
        ({"properties": {"q": [1.0]}}, "q has 1 rows"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(**changes)


def test_numbered_types_take_the_species_of_the_glass_in_order() -> None:
    named = make(species=("1", "2")).with_species(("A", "B"))
    assert named.species_of_particles.tolist() == ["A", "B", "A"]
    only_second = make(species=("1", "2"), types=[1, 1, 1]).with_species(["A", "B", "C"])
    assert only_second.species_of_particles.tolist() == ["B"] * 3
    with pytest.raises(InputError, match="species A"):
        make(species=("1", "2")).with_species(("A",))


def test_species_that_no_file_tells_are_not_guessed() -> None:
    silent = make(species=("?",), types=[0, 0, 0])
    assert silent.with_species(("A",)).species_of_particles.tolist() == ["A"] * 3
    with pytest.raises(InputError, match=r"cannot assign species A, B: .* neither a type nor an element column"):
        silent.with_species(("A", "B"))


def test_named_species_are_matched_by_name_and_a_subset_is_valid() -> None:
    swapped = make().with_species(("B", "A"))
    assert swapped.species_of_particles.tolist() == ["A", "B", "A"]
    subset = make(types=[0, 0, 0]).with_species(("A", "C"))  # no particle is a B
    assert subset.species_of_particles.tolist() == ["A"] * 3
    with pytest.raises(InputError, match="species B is not one of"):
        make().with_species(("A", "C"))


def test_wrap_and_density() -> None:
    snapshot = make(positions=POSITIONS + [4, -8, 0])
    np.testing.assert_allclose(snapshot.wrap().positions, POSITIONS)
    assert snapshot.number_density == pytest.approx(3 / 64)
    assert snapshot.spacing == pytest.approx((64 / 3) ** (1 / 3))
