"""Physics of the protocols: conserved quantities, amorphous glasses, loads, inherent structures."""

from __future__ import annotations

import numpy as np
import pytest
from lj_oracle import lennard_jones

from lammps_glass import simulate
from lammps_glass.errors import InputError, NotReadyError, SimulationError
from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.protocols import Creep, Quench, Relax
from lammps_glass.snapshots import Cell


def _pair_distribution(snapshot, pair, edges):
    vectors = snapshot.positions[:, None] - snapshot.positions[None]
    lengths = np.diag(snapshot.cell.matrix)
    vectors -= np.rint(vectors / lengths) * lengths
    distance = np.linalg.norm(vectors, axis=2)
    first, second = (snapshot.types == t for t in pair)
    found = distance[np.ix_(first, second)]
    counts, _ = np.histogram(found[found > 1e-9], edges)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    return counts / (first.sum() * second.sum() / snapshot.cell.volume * shells)


def test_quench_gives_an_amorphous_glass(quenched, glass):
    final = quenched.final
    assert final.number_density == pytest.approx(glass.density, rel=1e-12)
    assert np.bincount(final.types).tolist() == [205, 51]
    edges = np.linspace(0, 2.9, 59)
    g_aa, g_ab, g_bb = (_pair_distribution(final, pair, edges) for pair in ((0, 0), (0, 1), (1, 1)))
    middle = 0.5 * (edges[1:] + edges[:-1])
    # first peaks of the Kob-Andersen glass: A-A near 1.05, A-B near 0.85 (Kob and Andersen 1995, fig. 9); bins of 0.05
    assert 1.0 < middle[g_aa.argmax()] < 1.15
    assert 0.8 < middle[g_ab.argmax()] < 0.95
    # B particles avoid each other: no A-A like first peak
    assert g_bb[(middle > 0.8) & (middle < 1.0)].max() < g_ab.max() / 2
    assert g_aa[middle < 0.85].max() == 0
    # a crystal keeps sharp shells; beyond the third a glass of 256 particles varies by the noise of its counts only
    assert np.abs(g_aa[middle > 2.4] - 1).max() < 0.5


def test_inherent_structure_has_no_force(quenched):
    final = quenched.final
    energy, forces = lennard_jones(final.wrap().positions, final.types, final.cell.matrix, 2.5, images=1)
    assert np.linalg.norm(forces, axis=1).max() < 1.1e-5
    last = quenched.thermo.iloc[-1]
    assert last["phase"] == "minimised"
    assert last["pe"] == pytest.approx(energy, rel=1e-11)
    assert -8.0 < energy / len(final) < -7.0


def test_liquid_is_at_its_temperature(quenched):
    liquid = quenched.thermo.query("phase == 'liquid' and step > 300")
    # 36 rows of 256 particles, correlated over 100 steps: standard error about 3 sqrt(2/768/7) = 0.06
    assert liquid["temp"].mean() == pytest.approx(3.0, abs=0.25)


def test_conserved_quantity_of_the_cooling_deck(glass, tmp_path):
    """The deck of the ramp at one temperature: with a moving set point the bath's part is not conserved by design."""
    protocol = Quench(liquid=300, cooling=2000, liquid_temperature=0.5, temperature=0.5, thermo_every=10)
    table = protocol.run(glass, 3, tmp_path).thermo.query("step > 320 and phase == 'cooling'")
    # measured at dt = 0.01: a drift of 6e-4 a particle over 2000 steps and fluctuations of 0.16, while the energy that
    # the bath exchanges fluctuates by 14: bounds of about five times what was measured
    drift = np.polyfit(table["step"], table["econserve"], 1)[0] * 2000 / glass.n_particles
    assert abs(drift) < 3e-3
    assert table["econserve"].std() < 0.05 * table["etotal"].std()


def test_conserved_quantity_of_creep(crept, glass):
    table = crept.thermo.query("step > 0")
    drift = np.polyfit(table["step"], table["econserve"], 1)[0] * 1200 / glass.n_particles
    # measured below 5e-4 a particle over 1200 steps at T = 0.1; the exchanged energy is 0.15 a particle
    assert abs(drift) < 2e-3
    assert np.ptp(table["econserve"]) / glass.n_particles < 5e-3


def test_creep_compresses_along_the_load(crept):
    table = crept.thermo
    late = table.query("step >= 400")
    assert late["lz"].mean() < 0.995 * table["lz"].iloc[0]
    assert late["pzz"].mean() == pytest.approx(0.5, abs=0.25)  # 40 rows, each fluctuates by 0.3
    assert abs(late["pxx"].mean()) < 0.25
    assert late["temp"].mean() == pytest.approx(0.1, abs=0.02)


def test_frames_of_creep(crept, quenched):
    frames = list(crept.frames())
    assert [frame.step for frame in frames] == list(range(0, 1201, 200))
    assert crept.n_frames == 7
    from ovito.io import import_file

    assert import_file(str(crept.frames_path)).source.num_frames == 7, "OVITO sees every frame"
    first = frames[0]
    start = quenched.final
    np.testing.assert_allclose(first.cell.minimum_image(first.positions - start.positions), 0, atol=1e-12)
    assert all(frame.species == ("A", "B") and frame.units == "lj" for frame in frames)
    assert all(np.array_equal(frame.types, start.types) for frame in frames)
    moves = np.abs(frames[-1].positions - frames[-2].positions)
    assert moves.max() < 2.0, "unwrapped positions do not jump by a box"
    assert crept.final.step == 1200
    np.testing.assert_array_equal(crept.final.positions, frames[-1].positions)
    assert abs(crept.final.velocities.sum(axis=0)).max() < 1e-8


def test_relaxed_frames_are_minima_under_the_load(crept, glass, tmp_path):
    before = {path.name: path.read_bytes() for path in crept.directory.iterdir() if path.is_file()}
    relaxed = Relax(stress=0.5).run(crept, 0, tmp_path / "all")
    after = {path.name: path.read_bytes() for path in crept.directory.iterdir() if path.is_file()}
    assert before == after, "the trajectory's products are the same with and without relaxation"
    table = relaxed.thermo
    assert table["step"].tolist() == list(range(0, 1201, 200))
    assert table["converged"].all()
    # the box is relaxed to a force of 1e-2; the load is then met within some 1e-3
    np.testing.assert_allclose(table["pzz"], 0.5, atol=5e-3)
    np.testing.assert_allclose(table[["pxx", "pyy"]], 0.0, atol=5e-3)
    for frame, pe in zip(relaxed.frames(), table["pe"], strict=True):
        energy, forces = lennard_jones(frame.wrap().positions, frame.types, frame.cell.matrix, 2.5, images=1)
        assert energy == pytest.approx(pe, rel=1e-11)
        assert np.linalg.norm(forces, axis=1).max() < 1.1e-5


def test_a_relaxed_frame_depends_on_nothing_but_the_frame(crept, glass, tmp_path):
    frames = list(crept.frames())
    several = list(Relax().run(frames[1:4], 0, tmp_path / "several", glass=glass).frames())
    alone = list(Relax().run(frames[3], 0, tmp_path / "alone", glass=glass).frames())
    assert alone[0].step == several[2].step == 600
    np.testing.assert_array_equal(alone[0].positions, several[2].positions)
    np.testing.assert_array_equal(alone[0].cell.matrix, several[2].cell.matrix)


def test_relax_refuses_bad_frames_and_leaves_nothing(crept, glass, tmp_path):
    frames = list(crept.frames())[:2]
    for bad, message in (
        ([], "no frames"),
        (frames[::-1], "comes after"),
        ([frames[0].replace(species=("A", "Zr"))], "Zr"),
        ([frames[0].replace(units="metal")], "metal"),
    ):
        with pytest.raises(InputError, match=message):
            Relax().run(bad, 0, tmp_path / "new", glass=glass)
        assert not (tmp_path / "new").exists()
    plan = Relax().prepare(frames, 0, tmp_path / "begun", glass=glass)
    before = {path.name: path.read_bytes() for path in plan.segments.iterdir()}
    with pytest.raises(InputError, match="holds another run"):
        Relax(stress=0.1).run(frames[1:], 0, tmp_path / "begun", glass=glass)
    assert before == {path.name: path.read_bytes() for path in plan.segments.iterdir()}


def test_relaxation_stopped_at_its_limit_names_the_frame(crept, glass, tmp_path):
    with pytest.raises(SimulationError, match=r"frame of step 400: minimisation stopped \(max iterations\)") as caught:
        Relax(max_iterations=5).run(list(crept.frames())[2], 0, tmp_path, glass=glass)
    assert caught.value.exit_status == 3
    assert "Stopping criterion" in caught.value.log_tail
    assert caught.value.deck.endswith("in.lmp")
    assert not (tmp_path / "final.lammpstrj.gz").exists()


def test_quench_whose_minimisation_stops_short_is_an_error(glass, tmp_path):
    with pytest.raises(SimulationError, match="inherent structure: minimisation stopped"):
        Quench(liquid=100, cooling=100, max_iterations=3).run(glass, 1, tmp_path)
    with pytest.raises(NotReadyError):
        _ = simulate.Record(tmp_path).final


def test_anneal_holds_temperature_and_box_or_pressure(quenched, tmp_path):
    fixed = simulate.anneal(
        quenched, seed=2, directory=tmp_path / "nvt", steps=600, temperature=0.3, snapshot_every=300, thermo_every=20
    )
    assert fixed.thermo["lx"].nunique() == 1
    assert fixed.thermo.query("step > 300")["temp"].mean() == pytest.approx(0.3, abs=0.08)
    pressed = simulate.anneal(
        quenched, seed=2, directory=tmp_path / "npt", steps=900, temperature=0.1, pressure=2.0, snapshot_every=300,
        thermo_every=20, barostat_damping=2.0,
    )  # fmt: skip
    assert pressed.thermo.query("step > 450")["press"].mean() == pytest.approx(2.0, abs=0.5)
    np.testing.assert_allclose(pressed.thermo["lx"], pressed.thermo["lz"], rtol=1e-12)


def test_what_a_protocol_may_start_from(quenched, glass, tmp_path):
    creep = Creep(steps=10, snapshot_every=10)
    with pytest.raises(InputError, match="needs glass="):
        creep.run(quenched.final, 1, tmp_path / "a")
    with pytest.raises(InputError, match="not str"):
        creep.run("glass", 1, tmp_path / "a")
    opened = quenched.final
    opened = opened.replace(cell=Cell(opened.cell.matrix, opened.cell.origin, [True, True, False]))
    with pytest.raises(InputError, match="open along z"):
        creep.run(opened, 1, tmp_path / "a", glass=glass)
    with pytest.raises(InputError, match="too small for the cutoff"):
        Quench().run(KobAndersen(n_particles=100), 1, tmp_path / "a")
    with pytest.raises(InputError, match="seed"):
        Quench().run(glass, -1, tmp_path / "a")
    assert not (tmp_path / "a").exists(), "nothing half-made is left"


def test_lost_particles_are_a_simulation_error(quenched, glass, tmp_path):
    with pytest.raises(SimulationError) as caught:
        Creep(steps=2000, snapshot_every=1000, temperature=0.1, stress=1e6).run(quenched, 1, tmp_path)
    assert "\n" not in str(caught.value)
    assert ".cpp" not in str(caught.value)
    assert caught.value.log_tail


def test_a_box_that_does_not_reach_its_load_is_an_error(crept, glass, tmp_path):
    """With a coarse box minimisation the pressure stays off the load, which must not pass as relaxed."""
    with pytest.raises(SimulationError, match=r"frame of step 400: p(xx|yy|zz) ended at .* lower box_tolerance"):
        Relax(box_tolerance=50.0, pressure_tolerance=1e-4).run(list(crept.frames())[2], 0, tmp_path, glass=glass)
