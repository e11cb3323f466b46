"""The density of states from velocities of the protocol `dynamics` against that of the modes of the same glass."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import analysis, simulate
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.interactions import modes


@pytest.mark.slow
def test_velocities_of_a_cold_glass_have_the_spectrum_of_its_modes(tmp_path):
    """At T = 1e-5 a glass of smooth forces is harmonic. Velocities drawn in the minimum give each mode a random energy.

    Six runs of 765 modes: about 100 modes and 600 energies (relative spread sqrt 2) in a band of the broadening, so
    that the spectrum has a noise of 6 % of its height; four of these, of the largest value.
    """
    glass = KobAndersenSmooth(n_particles=256)
    quenched = simulate.quench(glass, liquid=500, cooling=1500, seed=1, directory=tmp_path / "quench")
    minimum = simulate.minimize(quenched.final, glass, force_tolerance=1e-8)
    masses = dict(zip(glass.species, glass.masses))
    curves = []
    for seed in range(6):
        record = simulate.dynamics(
            minimum, glass=glass, steps=2400, temperature=1e-5, ensemble="nve", per_octave=0, linear_every=6,
            velocities=True, seed=seed, directory=tmp_path / str(seed),
        )  # fmt: skip
        vacf = analysis.velocity_autocorrelation(record.frames(), timestep=glass.timestep, masses=masses)
        at = np.linspace(0.0, 5.0, 51)
        curves.append(analysis.velocity_density_of_states(vacf, at, broadening=0.25)["vdos"])
    measured = np.mean(curves, axis=0)
    expected = analysis.vibrational_density_of_states(
        modes(minimum, glass.model(), glass.masses, units="lj"), frequencies=at, broadening=0.25
    )["vdos"].to_numpy()
    assert expected.max() > 0.2
    # below 2.5 broadenings the mirror image of negative frequencies adds to the transform of the velocities
    assert np.abs(measured - expected)[7:].max() < 0.25 * expected.max()
    assert np.corrcoef(measured[7:], expected[7:])[0, 1] > 0.97
