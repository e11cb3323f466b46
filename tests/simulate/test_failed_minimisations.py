"""A minimisation that fails loses nothing: what ran before stays, and it alone is repeated."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lammps_glass import Snapshot, simulate
from lammps_glass.errors import InputError, SimulationError, UnconvergedError
from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.simulate import Record
from lammps_glass.simulate.protocols import AQS, Inherent, Isoconfigurational, MeltQuench, Quench
from lammps_glass.simulate.thermo import Minimum

QUENCH = {"liquid": 200, "cooling": 300, "segment_steps": 150, "thermo_every": 50}
#: Below the round-off of forces: 1e-16 of a term of 1e2 in a sum of tens.
BEYOND_ROUND_OFF = 1e-15


def _products(record: Record) -> dict[str, bytes]:
    names = ("final.lammpstrj.gz", "thermo.parquet", "run.json")
    return {name: (record.directory / name).read_bytes() for name in names}


class Counter:
    """Progress of a run: the segments that were run, not resumed."""

    def __init__(self) -> None:
        self.run: list[int] = []

    def __call__(self, done: int, total: int) -> None:
        self.run.append(done)


def test_a_quench_goes_on_at_its_minimisation(glass, tmp_path):
    with pytest.raises(UnconvergedError, match=r"stopped \(max iterations\).*: raise max_iterations \(") as caught:
        Quench(**QUENCH, max_iterations=3).run(glass, 1, tmp_path / "failed")
    assert caught.value.exit_status == 3
    assert "run it again with another force_tolerance or max_iterations" in str(caught.value)
    assert not Record(tmp_path / "failed").is_complete
    kept = Snapshot.read(tmp_path / "failed" / "unfinished.lammpstrj.gz")
    assert str(tmp_path / "failed" / "unfinished.lammpstrj.gz") in str(caught.value)

    counter = Counter()
    record = Quench(**QUENCH).run(glass, 1, tmp_path / "failed", progress=counter)
    assert counter.run == [Quench(**QUENCH).n_segments]
    whole = Quench(**QUENCH).run(glass, 1, tmp_path / "whole")
    assert _products(record) == _products(whole)
    assert not record.unfinished_path.exists()

    # The configuration that was kept is the cooled one: minimised, it falls into the same minimum.
    minimum = simulate.minimize(kept, glass)
    assert kept.species == glass.species
    moved = glass.check(kept).cell.minimum_image(minimum.positions - whole.final.positions)
    # Both stop at a force of 1e-5, in a well whose softest mode has a curvature of about 1.
    assert np.abs(moved).max() < 1e-4


def test_more_iterations_are_not_advised_where_they_cannot_help(tmp_path):
    """Cut where it still repels, the force has a jump, and pairs come to rest at it: no step lowers the energy."""
    rough = KobAndersen(n_particles=200, r_cut=1.0)
    with pytest.raises(UnconvergedError, match=r"stopped \(linesearch alpha is zero\)") as caught:
        Quench(**QUENCH).run(rough, 1, tmp_path / "q")
    for words in (
        "more iterations do not help",
        "not smooth",
        "raise force_tolerance, or smooth them",
        "run it again",
    ):
        assert words in str(caught.value)
    last = float(re.findall(r"largest force of (\S+),", str(caught.value))[0])
    record = Quench(**QUENCH, force_tolerance=2 * last).run(rough, 1, tmp_path / "q", progress=(counter := Counter()))
    assert counter.run == [Quench(**QUENCH).n_segments]
    assert record.is_complete
    with pytest.raises(UnconvergedError, match=r"linesearch alpha is zero.*more iterations do not help"):
        simulate.minimize(record.final, rough)


def test_a_tolerance_below_the_round_off_is_said_to_be_one(glass, tmp_path):
    with pytest.raises(
        UnconvergedError, match=r"\(max iterations\).*the force falls no further: raise force_tolerance"
    ):
        Quench(**QUENCH, force_tolerance=BEYOND_ROUND_OFF, max_iterations=8000).run(glass, 1, tmp_path)


def test_a_single_snapshot_has_the_same_advice(glass):
    with pytest.raises(UnconvergedError, match=r"\(max iterations\): raise max_iterations$"):
        simulate.minimize(glass.initial(1), glass, max_iterations=2)


def test_a_metal_keeps_its_cooling(tmp_path):
    """The table needs its path again where the restart is read."""
    glass = CuZr(n_particles=200)
    options = {"rate": 4e15, "melt": 80, "liquid": 40, "segment_steps": 100, "thermo_every": 20}
    ending = {"box_tolerance": 0.02, "force_tolerance": 1e-2, "stress_tolerance": 1e4}
    with pytest.raises(UnconvergedError, match="raise max_iterations"):
        MeltQuench(**options, **ending, max_iterations=2).run(glass, 1, tmp_path / "failed")
    kept = glass.check(Snapshot.read(tmp_path / "failed" / "unfinished.lammpstrj.gz"))
    assert len(kept) == 200
    record = MeltQuench(**options, **ending).run(glass, 1, tmp_path / "failed", progress=(counter := Counter()))
    assert counter.run == [MeltQuench(**options).n_segments]
    assert _products(record) == _products(MeltQuench(**options, **ending).run(glass, 1, tmp_path / "whole"))


SHEAR = {"max_strain": 4e-3, "strain_step": 1e-3, "block_strain": 1e-3, "segment_steps": 2, "r_max": 2.0}


@pytest.mark.parametrize(
    ("failing", "mended"),
    [
        (
            Isoconfigurational(steps=40, snapshot_every=20, temperature=0.3, max_iterations=4),
            {"max_iterations": 20_000},
        ),
        (Inherent(max_iterations=2), {"max_iterations": 20_000}),
        (AQS(**SHEAR, max_iterations=100, attempts=1), {"attempts": 40}),
    ],
    ids=["isoconfigurational", "inherent", "aqs"],
)
def test_other_protocols_go_on_with_other_limits(quenched, crept, tmp_path, failing, mended):
    source = crept if isinstance(failing, Inherent) else quenched
    again = type(failing)(**{**failing.options(), **mended})
    with pytest.raises(UnconvergedError, match="raise max_iterations"):
        failing.run(source, 1, tmp_path / "failed")
    first = again.run(source, 1, tmp_path / "failed")
    whole = again.run(source, 1, tmp_path / "whole")
    assert _products(first) == _products(whole)


def test_only_what_decides_the_ending_may_change(glass, tmp_path):
    with pytest.raises(UnconvergedError):
        Quench(**QUENCH, max_iterations=3).run(glass, 1, tmp_path)
    for options, seed, words in (
        ({**QUENCH, "cooling": 450}, 1, "protocol.cooling = 300, now 450"),
        (QUENCH, 2, "seed = 1, now 2"),
    ):
        with pytest.raises(InputError, match=re.escape(words)):
            Quench(**options).run(glass, seed, tmp_path)
    finished = Quench(**QUENCH).run(glass, 1, tmp_path)
    with pytest.raises(InputError, match=r"protocol.force_tolerance = 1e-05, now 0.001"):
        Quench(**QUENCH, force_tolerance=1e-3).run(glass, 1, tmp_path)
    assert finished.is_complete


def test_other_failures_are_no_matter_of_the_minimisation(glass, tmp_path):
    with pytest.raises(SimulationError) as caught:
        Quench(**QUENCH, liquid_temperature=1e9).run(glass, 1, tmp_path)
    assert not isinstance(caught.value, UnconvergedError)
    assert "run it again" not in str(caught.value)


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ("max iterations", "raise max_iterations"),
        ("max force evaluations", "raise max_iterations (ten times"),
        ("linesearch alpha is zero", "more iterations do not help"),
        ("quadratic factors are zero", "more iterations do not help"),
        ("energy tolerance", "raise force_tolerance or max_iterations"),
    ],
)
def test_advice(criterion, words):
    assert Minimum(criterion).advice().startswith(words)
    assert Minimum("max force evaluations").advice("max_evaluations") == "raise max_evaluations"
