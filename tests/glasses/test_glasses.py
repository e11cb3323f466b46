"""Glasses: counts, starts, potentials' files, and what they refuse."""

from __future__ import annotations

import hashlib
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.glasses import REGISTRY, KobAndersen, KobAndersenSmooth
from lammps_glass.resources import data_path
from lammps_glass.snapshots import Cell, Snapshot


@pytest.mark.parametrize("name", list(REGISTRY))
def test_potential_folder_agrees_with_the_class(name):
    glass = REGISTRY.build(name)
    folder = data_path("potentials", glass.potential)
    described = tomllib.loads((folder / "potential.toml").read_text())
    assert glass.name == name
    assert (described["units"], tuple(described["species"])) == (glass.units, glass.species)
    assert (tuple(described["masses"]), described["r_cut"]) == (glass.masses, glass.r_cut)
    assert described["sha256"] == hashlib.sha256((folder / "interactions.lmp").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", list(REGISTRY))
def test_options_build_an_equal_glass(name):
    glass = REGISTRY.build(name, {"n_particles": 780})
    assert REGISTRY.build(name, glass.options()).options() == glass.options()


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.integers(1, 5000), st.floats(0, 1))
def test_counts_are_exact_and_nearest(n_particles, fraction):
    counts = KobAndersen(n_particles=n_particles, composition=fraction).counts()
    assert sum(counts.values()) == n_particles
    assert abs(counts["B"] - fraction * n_particles) < 1 + 1e-9


def test_composition_as_mapping_and_in_per_cent():
    assert KobAndersen(composition={"A": 0.65, "B": 0.35}).counts() == {"A": 6500, "B": 3500}
    assert KobAndersen(composition={"A": 80, "B": 20}).counts() == {"A": 8000, "B": 2000}


def test_initial_depends_on_the_seed_only():
    glass = KobAndersen(n_particles=500)
    first, again, other = glass.initial(1), glass.initial(1), glass.initial(2)
    assert np.array_equal(first.positions, again.positions)
    assert np.array_equal(first.types, again.types)
    assert not np.array_equal(first.positions, other.positions)
    assert np.bincount(first.types).tolist() == [400, 100]
    assert first.number_density == pytest.approx(1.2, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_particles": 0}, "n_particles"),
        ({"n_particles": 10.5}, "whole number"),
        ({"n_particles": True}, "whole number"),
        ({"density": float("nan")}, "density"),
        ({"density": -1.0}, "density"),
        ({"composition": 1.2}, "sum to 1"),
        ({"composition": {"A": 0.5, "B": 0.4}}, "sum to 1"),
        ({"composition": {"A": 0.5, "C": 0.5}}, "composition names C"),
        ({"skin": -0.1}, "skin"),
        ({"timestep": "fast"}, "timestep"),
    ],
)
def test_bad_fields_are_named(options, message):
    with pytest.raises(InputError, match=message):
        KobAndersen(**options)


def test_smooth_range_must_be_ordered():
    with pytest.raises(InputError, match="r_inner"):
        KobAndersenSmooth(r_inner=2.6)


def test_too_few_particles_for_the_cutoff():
    with pytest.raises(InputError, match="at least 150 particles"):
        KobAndersen(n_particles=149).initial(1)
    KobAndersen(n_particles=150).initial(1)


def _lattice(spacing, species=("A", "B"), units=None):
    grid = np.stack(np.meshgrid(*[np.arange(6)] * 3), axis=-1).reshape(-1, 3) * spacing
    return Snapshot(Cell.orthogonal([6 * spacing] * 3), grid, np.zeros(216, int), species, units=units)


def test_check_accepts_a_subset_of_species():
    assert KobAndersen().check(_lattice(1.0, ("A",))).species == ("A", "B")


@pytest.mark.parametrize("spacing", [0.25, 2.5])
def test_check_refuses_other_length_units(spacing):
    with pytest.raises(InputError, match="other units"):
        KobAndersen().check(_lattice(spacing))


def test_check_refuses_other_named_units_and_foreign_species():
    with pytest.raises(InputError, match="units 'metal'"):
        KobAndersen().check(_lattice(1.0, units="metal"))
    with pytest.raises(InputError, match="Cu"):
        KobAndersen().check(_lattice(1.0, ("Cu",)))


def test_check_accepts_random_positions_and_vacuum():
    glass = KobAndersen(n_particles=500)
    glass.check(glass.initial(3))
    dense = _lattice(1.0)
    glass.check(dense.replace(cell=Cell.orthogonal([6, 6, 60], periodic=(True, True, False))))
