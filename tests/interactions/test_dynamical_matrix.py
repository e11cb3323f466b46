"""The density of states of an fcc crystal against LAMMPS's own dynamical matrix, from differences of forces."""

from __future__ import annotations

import numpy as np
from shaken_cells import FCC

from lammps_glass import analysis
from lammps_glass.glasses import CuZr
from lammps_glass.interactions import modes
from lammps_glass.simulate import static
from lammps_glass.snapshots import Cell, Snapshot

#: THz for one root of eV / (g/mol angstrom^2): sqrt(e / u) / (1 angstrom x 2 pi), CODATA 2018.
TERAHERTZ = (1.602176634e-19 / 1.66053906660e-27) ** 0.5 / 1e-10 / (2 * np.pi) * 1e-12


def test_density_of_states_of_fcc_copper(tmp_path):
    glass = CuZr()
    corners = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions = (corners + FCC).reshape(-1, 3) * 3.6
    crystal = Snapshot(Cell.orthogonal([7.2] * 3), positions, np.zeros(32, int), ("Cu",))
    path = tmp_path / "dynamical.dat"
    with static.loaded(crystal, glass, None) as instance:
        instance.commands(f"dynamical_matrix all regular 1e-4 file {path}")
    matrix = np.loadtxt(path).reshape(96, 96)
    eigenvalues = np.linalg.eigvalsh(0.5 * (matrix + matrix.T))
    frequencies = np.sqrt(np.sort(eigenvalues)[3:]) * TERAHERTZ  # LAMMPS: energy / (mass length^2)
    found = modes(crystal, glass.model(), glass.masses)
    # differences of forces over 2e-4 angstrom: 1e-5 of the largest
    np.testing.assert_allclose(found.frequencies, frequencies, atol=1e-3)
    at = np.linspace(0, 10, 101)
    gaussians = np.exp(-0.5 * ((at[:, None] - frequencies) / 0.1) ** 2) / np.sqrt(2 * np.pi) / 0.1
    table = analysis.vibrational_density_of_states(found, frequencies=at)
    # a shift of 1e-3 at a slope of g of height / (0.1 sqrt e) for each mode
    np.testing.assert_allclose(table["vdos"], gaussians.mean(axis=1), atol=0.02 * table["vdos"].max())
    assert 5 < frequencies.max() < 10  # copper: 7 THz
