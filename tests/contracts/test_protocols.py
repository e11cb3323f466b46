"""What every registered protocol promises: resume to the same bits, seeds, decks that run by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.protocols import REGISTRY
from lammps_glass.simulate.record import Record
from lammps_glass.simulate.run import run_segment

PRODUCTS = [
    "final.lammpstrj.gz",
    "frames.lammpstrj.gz",
    "thermo.parquet",
    "run.json",
    "d2min.parquet",
    "vibrations.parquet",
]

#: Options that make a run of seconds with several segments.
SMALL = {
    "quench": {"liquid": 200, "cooling": 400, "segment_steps": 150, "thermo_every": 50},
    # 4e15 K/s and wide tolerances: the contract is about bits, not about a glass
    "melt-quench": {
        "rate": 4e15, "melt": 80, "liquid": 40, "segment_steps": 100, "thermo_every": 20,
        "box_tolerance": 0.02, "force_tolerance": 1e-2, "stress_tolerance": 1e4,
    },
    "anneal": {"steps": 300, "snapshot_every": 50, "segment_steps": 120, "thermo_every": 50},
    "creep": {"steps": 300, "snapshot_every": 50, "segment_steps": 120, "thermo_every": 50},
    "relax": {"stress": 0.5},
    "inherent": {},
    "isoconfigurational": {"steps": 150, "snapshot_every": 50, "temperature": 0.3, "thermo_every": 20},
    "shear": {
        "strain": 0.2, "strain_rate": 0.2, "timestep": 0.005, "temperature": 0.1, "snapshots": 5, "segment_steps": 80,
    },
    "constant-volume-cooling": {
        "rate": 4e15, "melt": 80, "liquid": 40, "segment_steps": 100, "thermo_every": 20, "force_tolerance": 1e-2,
    },
    "aqs": {
        "max_strain": 0.006, "strain_step": 5e-4, "block_strain": 1e-3, "snapshot_every": 2e-3, "segment_steps": 4,
        "force_tolerance": 1e-4, "r_max": 2.0,
    },
    "vibrate": {
        "temperature": 0.1, "steps": 200, "equilibration": 50, "sample_every": 10, "segment_steps": 60,
        "thermo_every": 20,
    },
}  # fmt: skip


class _StopError(Exception):
    pass


@pytest.fixture(scope="module")
def glass():
    return KobAndersen(n_particles=200)


@pytest.fixture(scope="module")
def trajectory(glass, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    quenched = REGISTRY.build("quench", SMALL["quench"]).run(glass, 5, folder / "quench")
    options = {"steps": 60, "snapshot_every": 30, "temperature": 0.1}
    return REGISTRY.build("anneal", options).run(quenched, 5, folder / "anneal")


def _source(name, glass, trajectory):
    if name in ("melt-quench", "constant-volume-cooling"):  # in K/s: a metal; the fewest atoms that its cutoff allows
        return CuZr(n_particles=200)
    return glass if name == "quench" else trajectory


def _products(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in PRODUCTS if (folder / name).is_file()}


def test_every_protocol_is_in_this_contract():
    assert set(SMALL) == set(REGISTRY)


@pytest.fixture(scope="module", params=list(REGISTRY))
def case(request, glass, trajectory, tmp_path_factory):
    """(name, protocol, source, record) of an undisturbed run with seed 1."""
    name = request.param
    protocol, source = REGISTRY.build(name, SMALL[name]), _source(name, glass, trajectory)
    return name, protocol, source, protocol.run(source, 1, tmp_path_factory.mktemp(name))


def test_interrupted_after_each_segment_gives_the_same_bits(case, tmp_path):
    _, protocol, source, record = case
    total = 0

    def stop(done, segments):
        nonlocal total
        total = segments
        if done < segments:
            raise _StopError

    for _ in range(20):
        try:
            again = protocol.run(source, 1, tmp_path, progress=stop)
            break
        except _StopError:
            continue
    assert total >= 3
    assert _products(again.directory) == _products(record.directory)
    assert not (tmp_path / "segments").exists()


def test_killed_inside_a_segment_gives_the_same_bits(case, tmp_path):
    """A torn segment: its log and dump are cut and its restart file is not yet under its final name."""
    _, protocol, source, record = case
    plan = protocol.prepare(source, 1, tmp_path)
    for segment in (1, 2):
        run_segment(protocol, plan, segment, EngineOptions())
    plan.mark(2).rename(plan.mark(2).with_suffix(".tmp"))
    for path in plan.segments.glob("2.*"):
        if path.suffix not in (".tmp", ".data"):
            path.write_bytes(path.read_bytes()[:-200])
    assert plan.done() == 1
    assert _products(protocol.run(source, 1, tmp_path).directory) == _products(record.directory)


def test_finished_run_is_not_run_again(case):
    _, protocol, source, record = case

    def fail(done, segments):
        raise AssertionError("a segment ran")

    before = (record.directory / "final.lammpstrj.gz").stat().st_mtime_ns
    assert protocol.run(source, 1, record.directory, progress=fail) == record
    assert (record.directory / "final.lammpstrj.gz").stat().st_mtime_ns == before
    assert not (record.directory / "segments").exists()


def test_folder_of_another_run_is_refused_and_kept(case):
    _, protocol, source, record = case
    before = _products(record.directory)
    with pytest.raises(InputError, match=r"holds another run \(different seed"):
        protocol.run(source, 2, record.directory)
    assert _products(record.directory) == before


def test_other_seed_gives_another_run(case, tmp_path):
    name, protocol, source, record = case
    other = protocol.run(source, 2, tmp_path)
    same = np.array_equal(other.final.positions, record.final.positions)
    assert same == (name in ("relax", "inherent", "aqs")), "minimisations draw no random numbers, everything else does"
    assert protocol.draws_random_numbers != same


def test_record_can_be_reopened(case, glass):
    name, protocol, source, record = case
    glass = source if isinstance(source, CuZr) else glass
    stored = json.loads((record.directory / "run.json").read_text())
    assert stored["protocol"]["name"] == name
    assert REGISTRY.build(name, stored["protocol"]["options"]) == protocol
    assert Record.open(record.directory) == record
    assert type(record) is protocol.record
    assert record.glass.options() == glass.options()
    assert len(record.final) == glass.n_particles
    assert record.thermo["step"].is_monotonic_increasing


def _by_hand(folder: Path, *launcher: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    command = [*launcher, str(Path(sys.prefix) / "bin" / "lmp"), "-in", "in.lmp", "-screen", "none"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rendered_deck_runs_by_hand_with_the_same_thermo(case, tmp_path):
    _, protocol, source, record = case
    plan = protocol.prepare(source, 1, tmp_path)
    _by_hand(tmp_path)
    assert plan.done() == plan.n_segments
    pd.testing.assert_frame_equal(protocol.thermo(plan), record.thermo, check_exact=True)


def test_rendered_deck_runs_on_two_ranks(case, tmp_path):
    _, protocol, source, record = case
    plan = protocol.prepare(source, 1, tmp_path)
    _by_hand(tmp_path, str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", "2")
    table = protocol.thermo(plan)
    assert table["step"].tolist() == record.thermo["step"].tolist()
    # ranks sum in another order: the first row of a trajectory agrees to round-off, later ones diverge as chaos will
    assert np.isfinite(table["pe"]).all()
