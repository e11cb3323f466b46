"""Embedded-atom and Finnis-Sinclair potentials from a table, interpolated exactly as LAMMPS does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lammps_glass.compiled import kernel
from lammps_glass.interactions import setfl
from lammps_glass.interactions.model import Model, PairTerms
from lammps_glass.interactions.spline import coefficients
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


class EAM(Model):
    """``E = sum_i F_i(rho_i) + sum_pairs phi_ij(r)`` (eV, angstrom).

    Parameters
    ----------
    table
        A `Setfl`, or the path of one.
    species
        Names in the order of the types; they are found in the table by name.

    References
    ----------
    M. S. Daw and M. I. Baskes, Phys. Rev. B 29, 6443 (1984); M. W. Finnis and J. E. Sinclair, Philos. Mag. A 50, 45
    (1984), where the density depends on both species.
    """

    def __init__(self, table: setfl.Setfl | str | Path, species: Sequence[str]) -> None:
        self.table = table if isinstance(table, setfl.Setfl) else setfl.read(table)
        rows = self.table.rows_of(species)
        self.species, self.r_cut = tuple(species), float(self.table.r_cut)
        self.masses = tuple(self.table.masses[row] for row in rows)
        grid = np.ix_(rows, rows)
        self._pair = coefficients(self.table.pair[grid])
        self._density = coefficients(self.table.density[grid])
        self._embedding = coefficients(self.table.embedding[rows])

    def pairs(self, first: Integers, second: Integers, distances: Floats) -> PairTerms:
        """Evaluate phi and the densities of each pair, with two derivatives; lengths in angstrom, energies in eV."""
        terms = _pair_terms(first, second, distances, self._pair, self._density, self.table.dr, self.r_cut)
        return PairTerms(*terms)

    def embedding(self, types: Integers, density: Floats) -> Floats:
        """Evaluate F, F' and F'' of each particle at its density: (n, 3)."""
        values: Floats = _embed(types, density, self._embedding, self.table.d_rho)
        return values


@kernel
def _spline(table: Floats, row: int, p: float, delta: float):  # type: ignore[no-untyped-def]
    """Evaluate the cubic of interval `row` at the fraction `p` of it (`delta` wide): value, first, second derivative.

    For p > 1 value and slope are those at the end of the interval: the cutoff may lie up to one interval beyond the
    last knot, where LAMMPS keeps both, so that the second derivative is 0.
    """
    c0, c1, c2, c3 = table[row, 0], table[row, 1], table[row, 2], table[row, 3]
    curvature = 0.0 if p > 1.0 else (6.0 * c3 * p + 2.0 * c2) / (delta * delta)
    p = min(p, 1.0)
    value = ((c3 * p + c2) * p + c1) * p + c0
    return value, ((3.0 * c3 * p + 2.0 * c2) * p + c1) / delta, curvature


@kernel
def _pair_terms(  # type: ignore[no-untyped-def]
    first: Integers, second: Integers, distances: Floats, pair: Floats, density: Floats, dr: float, r_cut: float
):
    m = len(distances)
    phi, at_first, at_second = np.zeros((m, 3)), np.zeros((m, 3)), np.zeros((m, 3))
    last = pair.shape[2] - 2
    for k in range(m):
        r = distances[k]
        if r >= r_cut:
            continue
        a, b = first[k], second[k]
        row = min(int(r / dr), last)
        p = r / dr - row
        z, dz, ddz = _spline(pair[a, b], row, p, dr)
        phi[k, 0] = z / r  # the table holds r phi
        phi[k, 1] = (dz - phi[k, 0]) / r
        phi[k, 2] = (ddz - 2.0 * phi[k, 1]) / r
        at_first[k, 0], at_first[k, 1], at_first[k, 2] = _spline(density[b, a], row, p, dr)
        at_second[k, 0], at_second[k, 1], at_second[k, 2] = _spline(density[a, b], row, p, dr)
    return phi, at_first, at_second


@kernel
def _embed(types: Integers, density: Floats, table: Floats, d_rho: float):  # type: ignore[no-untyped-def]
    """Evaluate F of each site; beyond the table's end it goes on with the last slope, as in LAMMPS."""
    result = np.empty((len(types), 3))
    last = table.shape[1] - 2
    for i in range(len(types)):
        row = min(max(int(density[i] / d_rho), 0), last)
        p = density[i] / d_rho - row
        beyond = max(p - 1.0, 0.0) * d_rho
        value, slope, curvature = _spline(table[types[i]], row, p, d_rho)
        result[i, 0] = value + slope * beyond
        result[i, 1] = slope
        result[i, 2] = curvature
    return result
