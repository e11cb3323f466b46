"""Protocol `dynamics`: times of its frames, ensembles, preparation."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.protocols import Dynamics, Quench


@pytest.fixture(scope="module")
def quenched(tmp_path_factory):
    options = {"liquid": 300, "cooling": 600, "segment_steps": 900}
    return Quench(**options).run(KobAndersen(n_particles=200), 3, tmp_path_factory.mktemp("quench"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"steps": 20, "per_octave": 1, "linear_every": 0}, [0, 1, 2, 4, 8, 16, 20]),
        ({"steps": 20, "per_octave": 2, "linear_every": 0}, [0, 1, 2, 3, 4, 6, 8, 12, 16, 20]),
        ({"steps": 24, "per_octave": 1, "linear_every": 0, "log_block": 12}, [0, 1, 2, 4, 8, 12, 13, 14, 16, 20, 24]),
        ({"steps": 20, "per_octave": 0, "linear_every": 7}, [0, 7, 14, 20]),
        ({"steps": 20, "per_octave": 1, "linear_every": 5}, [0, 1, 2, 4, 5, 8, 10, 15, 16, 20]),
    ],
)
def test_frames_are_at_the_declared_steps(options, expected, quenched, tmp_path):
    """The deck computes the next frame itself: against lists written out here. Segments of 7 cut blocks anywhere."""
    protocol = Dynamics(**options, temperature=0.2, segment_steps=7)
    assert list(protocol.frame_steps) == expected
    record = protocol.run(quenched, 1, tmp_path)
    assert record.steps == expected
    assert record.final.step == protocol.steps


def test_constant_energy_after_heating_with_velocities(quenched, tmp_path):
    protocol = Dynamics(
        steps=400, temperature=0.3, ensemble="nve", heating=300, start_temperature=0.01, equilibration=700,
        linear_every=100, per_octave=0, velocities=True, thermo_every=20, thermostat_damping=0.5,
    )  # fmt: skip
    record = protocol.run(quenched, 1, tmp_path)
    table = record.thermo
    assert table["step"].iloc[0] == -1000
    assert table["phase"].drop_duplicates().tolist() == ["heating", "equilibration", "production"]
    # velocities are drawn at the start temperature, in a minimum; the heat bath ends near the one that is held
    assert table["temp"].iloc[0] == pytest.approx(0.01, rel=1e-6)
    production = table[table["phase"] == "production"]
    # n = 200: the temperature of a canonical state fluctuates by sqrt(2 / 3n) = 6 %; five of them at most
    assert production["temp"].mean() == pytest.approx(0.3, rel=0.3)
    # velocity Verlet at 0.005: the energy fluctuates by 1e-3 of the kinetic energy
    assert np.ptp(production["etotal"]) < 0.01 * production["ke"].mean()
    frames = list(record.frames())
    kinetic = [0.5 * (f.velocities**2).sum() for f in frames]
    at = production.set_index("step").loc[[f.step for f in frames], "ke"]
    assert np.allclose(kinetic, at, rtol=1e-10)
    momentum = frames[-1].velocities.mean(axis=0)
    assert np.abs(momentum).max() < 1e-12


def test_pressure_is_held(quenched, tmp_path):
    protocol = Dynamics(
        steps=1500, temperature=0.3, ensemble="npt", pressure=2.0, equilibration=1500, linear_every=300,
        barostat_damping=2.0, thermo_every=10,
    )  # fmt: skip
    record = protocol.run(quenched, 1, tmp_path)
    production = record.thermo[record.thermo["phase"] == "production"]
    # the pressure of 200 particles fluctuates by about 0.5; correlated for 0.2 time units: error of the mean 0.1
    assert production["press"].mean() == pytest.approx(2.0, abs=0.5)
    assert production["lx"].nunique() > 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ensemble": "nph"}, "one of nve, nvt, npt"),
        ({"ensemble": "npt"}, "needs a pressure"),
        ({"heating": 10}, "belong together"),
        ({"start_temperature": 0.1}, "belong together"),
        ({"steps": 100, "log_block": 30}, "not a multiple"),
        ({"per_octave": 3}, "power of 2"),
        ({"per_octave": 0, "linear_every": 0}, "leave no frames"),
    ],
)
def test_contradictions_are_named(options, message):
    with pytest.raises(InputError, match=message) as caught:
        Dynamics(**options)
    assert "\n" not in str(caught.value)


def test_a_calibration_run_keeps_four_frames():
    short = Dynamics(heating=10, start_temperature=0.1, pressure=0.0).shortened(40)
    assert short.frame_steps == (0, 10, 20, 30, 40)
    assert short.n_segments == 4
