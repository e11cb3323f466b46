"""The isoconfigurational ensemble: one start, other velocities, constant energy, inherent structures."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.protocols import Isoconfigurational
from lammps_glass.snapshots import Snapshot

OPTIONS = {"steps": 200, "snapshot_every": 100, "temperature": 0.4, "thermo_every": 20}


@pytest.fixture(scope="module")
def runs(quenched, tmp_path_factory):
    protocol = Isoconfigurational(**OPTIONS)
    return [protocol.run(quenched, seed, tmp_path_factory.mktemp(f"run{seed}")) for seed in (1, 2)]


def test_runs_share_their_start_and_nothing_else(runs, quenched):
    one, two = (list(record.frames()) for record in runs)
    assert [frame.step for frame in one] == [0, 100, 200]
    assert np.array_equal(one[0].positions, two[0].positions)
    # the source is an inherent structure already: minimising it again moves it by round-off
    assert np.abs(one[0].positions - quenched.final.positions).max() < 1e-6
    assert np.abs(one[2].positions - two[2].positions).max() > 1e-3


def test_frames_are_inherent_structures_of_the_dynamics(runs, glass):
    record = runs[0]
    for frame in record.frames():
        assert np.linalg.norm(simulate.forces(frame, glass), axis=1).max() < 1.01e-5  # the tolerance, and its rounding
    made = record.thermo.dropna(subset="inherent")
    assert made["step"].tolist() == [0, 100, 200]
    assert (made["inherent"] < made["pe"]).sum() == 2  # at step 0 the particles stand in their minimum


def test_energy_is_conserved_and_velocities_are_drawn_at_the_temperature(runs):
    table = runs[0].thermo
    assert table["temp"].iloc[0] == pytest.approx(0.4, rel=1e-12)
    # velocity Verlet at dt = 0.01 with a step in the force at the cutoff: parts in 1e3 of the kinetic energy
    assert np.ptp(table["etotal"]) < 5e-3 * table["ke"].iloc[0]


def test_minimising_does_not_disturb_the_dynamics(runs, quenched, tmp_path):
    whole = Isoconfigurational(**{**OPTIONS, "snapshot_every": 200}).run(quenched, 1, tmp_path)
    cut = runs[0].thermo.set_index("step")
    # a restart sorts the particles anew: sums differ by round-off, which chaos has 100 steps to amplify
    assert cut.loc[200, "pe"] == pytest.approx(whole.thermo.set_index("step").loc[200, "pe"], rel=1e-9)


def test_refusals(quenched, tmp_path):
    with pytest.raises(InputError, match="not a multiple of snapshot_every = 30"):
        Isoconfigurational(steps=100, snapshot_every=30)
    with pytest.raises(InputError, match="temperature"):
        Isoconfigurational(temperature=0.0)
    start = Snapshot.read(quenched.final_path)
    with pytest.raises(SimulationError, match="take a shorter time step"):
        Isoconfigurational(**{**OPTIONS, "energy_tolerance": 1e-7}).run(
            start, 1, tmp_path, glass=KobAndersen(n_particles=256)
        )
