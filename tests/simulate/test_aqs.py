"""Physics of quasi-static shear: crystals stay elastic, work is energy, events release, boxes may lean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.labels import d2min, largest_jump
from lammps_glass.simulate.athermal import plastic_events
from lammps_glass.simulate.protocols import AQS, Quench
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.tables import iter_table

# To 2.9 % in steps of 4e-4: a liquid cooled within 500 steps has events by then. Lengths in sigma.
STEP, STEPS = 4e-4, 72
SMALL = {
    "max_strain": STEPS * STEP, "strain_step": STEP, "block_strain": 2 * STEP, "force_tolerance": 1e-4, "r_max": 1.5,
    "segment_steps": 24,
}  # fmt: skip


@pytest.fixture(scope="module")
def glass():
    return KobAndersenSmooth(n_particles=256)


@pytest.fixture(scope="module")
def quenched(glass, tmp_path_factory):
    protocol = Quench(liquid=500, cooling=500, segment_steps=5000)
    return protocol.run(glass, 1, tmp_path_factory.mktemp("quench"))


@pytest.fixture(scope="module")
def sheared(quenched, tmp_path_factory):
    return AQS(**SMALL, snapshot_every=2 * STEP).run(quenched, 1, tmp_path_factory.mktemp("aqs"))


def _crystal(cells: int = 4, density: float = 1.1) -> Snapshot:
    """Face-centred cubic, all A."""
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]).reshape(-1, 3)
    edge = (4 / density) ** (1 / 3)
    positions = (sites + 0.25) * edge
    return Snapshot(Cell.orthogonal([cells * edge] * 3), positions, np.zeros(len(sites), int), ("A", "B"), units="lj")


@pytest.mark.parametrize("plane", ["xy", "yz", "zx"])
def test_crystal_is_elastic(plane, tmp_path):
    options = {**SMALL, "plane": plane, "max_strain": 20 * STEP, "force_tolerance": 1e-9}
    record = AQS(**options).run(_crystal(), 1, tmp_path, glass=KobAndersenSmooth(n_particles=256))
    table = record.thermo
    assert not table["event"].any()
    # every particle is a centre of symmetry: it follows the box; D2min is rounding of (1e-2 * 6)^2 at 1e-16
    assert table["largest_displacement"].max() < 1e-9
    assert all(group["d2min"].max() < 1e-16 for group in iter_table(tmp_path / "d2min.parquet"))
    # cubic: the three planes have one modulus, and stress is odd in strain, so that it bends only in third order
    slopes = np.diff(table["stress"]) / np.diff(table["strain"])
    assert slopes.min() > 10
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-2)


def test_table_has_every_step(sheared):
    table = sheared.thermo
    assert table["step"].tolist() == list(range(STEPS + 1))
    np.testing.assert_allclose(table["strain"], np.arange(STEPS + 1) * STEP, rtol=1e-12)
    assert (table["force_norm"] <= 1e-4).all()
    assert (table["evaluations"] >= table["iterations"]).all()
    np.testing.assert_allclose(table["volume"], sheared.final.cell.volume, rtol=1e-12)
    assert sheared.final.step == STEPS
    assert sheared.final.cell.matrix[1, 0] == pytest.approx(STEPS * STEP * sheared.final.cell.matrix[1, 1], rel=1e-12)


def test_work_is_energy_on_elastic_branches(sheared):
    table = sheared.thermo
    assert table["event"].any(), "the test needs an event"
    energy, stress = table["pe"].to_numpy(), table["stress"].to_numpy()
    work = table["volume"].iloc[0] * STEP * 0.5 * (stress[1:] + stress[:-1])
    elastic = ~table["event"].to_numpy()[1:]
    # the trapezium rule is wrong in third order of the step, most where a branch bends down before its event
    np.testing.assert_allclose(np.diff(energy)[elastic], work[elastic], atol=1e-2 * abs(work).max())
    assert abs(np.diff(energy)[elastic].sum() - work[elastic].sum()) < 2e-3 * abs(work[elastic]).sum()


def test_events_release_energy(sheared, glass):
    """The particles only go down from where the box takes them, and at an event by more than elastically."""
    table = sheared.thermo
    frames = {frame.step: frame for frame in sheared.frames()}
    released = table["released"].to_numpy()
    elastic = 0.5 * table["volume"].iloc[0] * STEP**2 * np.median(np.diff(table["stress"])) / STEP
    assert (released[table["event"]] > elastic).all()
    assert (np.abs(released[~table["event"]]) <= 3 * elastic).all(), (
        "energy is gained nowhere, nor lost without an event"
    )
    event = int(table["step"][table["event"]].iloc[0])
    before = frames[2 * ((event - 1) // 2)]
    after = frames[before.step + 2]
    taken = before.replace(
        cell=after.cell, positions=before.positions @ np.linalg.inv(before.cell.matrix) @ after.cell.matrix
    )  # by the box alone (origin 0)
    assert simulate.energy(taken, glass) > simulate.energy(after, glass)
    assert simulate.energy(after, glass) == pytest.approx(table["pe"][after.step], rel=1e-12)


def test_event_criterion_on_a_broken_parabola():
    strain, modulus, volume = np.arange(0, 0.01, 1e-3), 20.0, 100.0
    energy = 0.5 * volume * modulus * strain**2
    work_rate = volume * modulus * strain
    energy[6:] -= 0.02
    work_rate[6:] -= 5.0
    moving = np.where(np.arange(10) == 6, 0.1, 0.0)
    released, event = plastic_events(energy, work_rate, moving, 1e-3)
    assert not plastic_events(energy, work_rate, 0 * moving, 1e-3)[1].any(), "a step in which nothing moved"
    assert np.flatnonzero(event).tolist() == [6]
    # the trapezium rule is exact on a parabola; in the step of the drop it has half of the lower stress
    np.testing.assert_allclose(released[[3, 6]], [0.0, 0.02 - 0.5 * 5.0 * 1e-3], rtol=1e-9, atol=1e-15)


def test_blocks_are_d2min_between_stored_minima(sheared):
    frames = list(sheared.frames())
    groups = list(sheared.blocks())
    assert [frame.step for frame in frames] == list(range(0, STEPS + 1, 2))
    assert len(groups) == STEPS // 2
    for number, (group, before, after) in enumerate(zip(groups, frames, frames[1:], strict=False)):
        assert set(group["block"]) == {number}
        assert set(group["step"]) == {before.step}
        assert group["strain"].iloc[0] == pytest.approx(before.step * STEP)
        assert group["particle"].tolist() == before.ids.tolist()
        np.testing.assert_allclose(group["d2min"], d2min(before, after, r_max=1.5), rtol=1e-6)  # kept as float32
    assert sheared.block_settings == {"plane": "xy", "r_max": 1.5, "reduce": "mean", "block_strain": 2 * STEP}
    assert sheared.events["event"].all()
    assert len(sheared.events) == sheared.thermo["event"].sum()


def test_predictor_labels_the_same_particles_with_fewer_evaluations(quenched, sheared, tmp_path):
    slow = AQS(**SMALL, predictor=False).run(quenched, 1, tmp_path)
    fast, reference = (largest_jump({"xy": record.d2min_path}, threshold=0.003) for record in (sheared, slow))
    np.testing.assert_array_equal(fast.label, reference.label)
    # 1000 atoms of metal need four times fewer (benchmarks/bench_aqs.py); here events take a larger share
    assert 1.2 * sheared.thermo["evaluations"].sum() < slow.thermo["evaluations"].sum()


@pytest.mark.parametrize("lean", [(1, 0), (2, 1)], ids=["b+a", "c+b"])
def test_leaning_description_of_the_same_box(lean, tmp_path):
    """Cell vectors with b + a for b, or c + b for c, repeat the same structure: shear of it is the same physics.

    With c + b the shear in xy moves c along x too.
    """
    glass = KobAndersenSmooth(n_particles=500)  # the leaning cell's heights must hold two cutoffs
    start = Quench(liquid=100, cooling=100).run(glass, 1, tmp_path / "quench").final
    matrix = np.array(start.cell.matrix)
    matrix[lean[0]] += matrix[lean[1]]
    leaning = start.replace(cell=Cell(matrix, start.cell.origin))
    options = {**SMALL, "max_strain": 4 * STEP, "force_tolerance": 1e-6}
    straight, turned = (
        AQS(**options).run(each, 1, tmp_path / name, glass=glass) for name, each in (("0", start), ("1", leaning))
    )
    # two descents to minima of one basin, each to its force tolerance
    for name, tolerance in (("pe", 1e-9), ("stress", 1e-4)):
        np.testing.assert_allclose(turned.thermo[name], straight.thermo[name], rtol=tolerance)
    groups = (iter_table(record.d2min_path) for record in (turned, straight))
    for ours, theirs in zip(*groups, strict=True):
        np.testing.assert_allclose(ours["d2min"], theirs["d2min"], rtol=1e-2, atol=1e-3 * theirs["d2min"].mean())
        np.testing.assert_array_equal(ours["n_neighbors"], theirs["n_neighbors"])


def test_observing_begins_late(quenched, tmp_path):
    options = {**SMALL, "max_strain": 20 * STEP, "observe_from": 16 * STEP, "snapshot_every": 2 * STEP}
    record = AQS(**options).run(quenched, 1, tmp_path)
    groups = list(iter_table(tmp_path / "d2min.parquet"))
    assert [(group["block"].iloc[0], group["step"].iloc[0]) for group in groups] == [(0, 16), (1, 18)]
    assert [frame.step for frame in record.frames()] == [16, 18, 20]


def test_unconverged_step_is_an_error(quenched, tmp_path):
    protocol = AQS(**{**SMALL, "max_strain": 4 * STEP}, predictor=False, max_iterations=3, attempts=1)
    with pytest.raises(SimulationError, match=r"at strain 0.0004 \(step 1\) stopped at a force norm of .*tolerance"):
        protocol.run(quenched, 1, tmp_path)
    assert not (tmp_path / "thermo.parquet").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plane": "xx"}, "plane = 'xx' must be one of xy, yz, zx, xz"),
        ({"reduce": "max"}, "reduce = 'max' must be one of"),
        ({"predictor": 1}, "predictor = 1 must be true or false"),
        ({"strain_step": 0.0}, "strain_step = 0 must be above 0"),
        ({"force_tolerance": float("nan")}, "force_tolerance = nan is not a finite number"),
        ({"block_strain": 1.5e-4, "strain_step": 1e-4}, "block_strain = 0.00015 is not a multiple of strain_step"),
        ({"block_strain": 1e-5, "strain_step": 1e-4}, "block_strain = 1e-05 is not a multiple"),
        ({"observe_from": 0.05}, "at least one block"),
        ({"segment_steps": 15}, "whole blocks of 10 steps"),
        ({"observe_from": 0.04995}, "whole blocks"),
    ],
)
def test_bad_fields(options, message):
    with pytest.raises(InputError, match=message):
        AQS(**options)


def test_declared_work_and_a_probe():
    protocol = AQS(max_strain=0.05, strain_step=1e-4, snapshot_every=1e-4, observe_from=0.04)
    work = protocol.work(1000)
    assert work.parts == {"minimised": pytest.approx(500 * 1000 ** (4 / 3))}
    assert (work.snapshots, work.rows) == (102, 1000 * 100)
    short = protocol.shortened(1000)
    assert (short.n_steps, short.n_segments, short.observe_step) == (100, 4, 0)
    pd.testing.assert_series_equal(
        pd.Series(short.options()).drop(["max_strain", "segment_steps", "observe_from"]),
        pd.Series(protocol.options()).drop(["max_strain", "segment_steps", "observe_from"]),
    )
