"""Constants of LAMMPS's unit styles ``lj`` (reduced) and ``metal`` (eV, angstrom, ps, g/mol, K, bar)."""

from __future__ import annotations

#: One energy per volume in pressure units: 1, and bar in eV per cubic angstrom (LAMMPS's own value, so that energies
#: follow from the stresses that it prints; CODATA has 1.602176634e6).
PRESSURE = {"lj": 1.0, "metal": 1.6021765e6}
#: Gigapascal in one eV per cubic angstrom.
GIGAPASCAL = 160.2176634
#: Square root of one energy per (mass length^2), in inverse time units: 1, and 1/ps.
FREQUENCY = {"lj": 1.0, "metal": (1.602176634e-19 / 1.66053906660e-27) ** 0.5 * 1e10 * 1e-12}
#: Boltzmann's constant, energy per temperature: 1, and eV/K.
BOLTZMANN = {"lj": 1.0, "metal": 8.617333262e-5}
