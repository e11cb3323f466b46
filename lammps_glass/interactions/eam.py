"""Embedded-atom and Finnis-Sinclair potentials from a table, interpolated exactly as LAMMPS does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lammps_glass.compiled import kernel
from lammps_glass.interactions import setfl
from lammps_glass.interactions.model import Model, PairTerms, Sites, require_apart
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
        # both densities of a pair side by side, and the distance beyond which all of them are zero
        self._both = np.ascontiguousarray(np.concatenate([self._density.swapaxes(0, 1), self._density], axis=-1))
        filled = np.flatnonzero(self._density.any(axis=(0, 1, 3)))
        self._density_cut = min(self.r_cut, float(filled[-1] + 1) * self.table.dr) if len(filled) else 0.0

    def pairs(self, first: Integers, second: Integers, distances: Floats) -> PairTerms:
        """Evaluate phi and the densities of each pair, with two derivatives; lengths in angstrom, energies in eV."""
        terms = _pair_terms(first, second, distances, self._pair, self._density, self.table.dr, self.r_cut)
        return PairTerms(*terms)

    def embedding(self, types: Integers, density: Floats) -> Floats:
        """Evaluate F, F' and F'' of each particle at its density: (n, 3)."""
        values: Floats = _embed(types, density, self._embedding, self.table.d_rho)
        return values

    def energy_and_forces(self, sites: Sites, moves: Floats) -> tuple[float, Floats]:
        """Evaluate energy and (n, 3) forces in one compiled loop; see `Model.energy_and_forces`."""
        energy, forces, shortest = _energy_and_forces(
            *sites, moves, self._pair, self._both, self._embedding, self.table.dr, self.table.d_rho, self.r_cut**2,
            self._density_cut**2,
        )  # fmt: skip
        require_apart(shortest)
        return energy, forces


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


@kernel
def _energy_and_forces(  # type: ignore[no-untyped-def]
    types: Integers, held: Floats, first: Integers, second: Integers, vectors: Floats, moves: Floats, pair: Floats,
    both: Floats, embedding: Floats, dr: float, d_rho: float, cut: float, density_cut: float,
):  # fmt: skip
    """Energy, (n, 3) forces, and the square of the shortest distance; `cut` and `density_cut` are squares.

    Pairs of the same first particle follow each other. Those within the cutoff are copied to arrays that stay in the
    cache, and each step of their arithmetic is a loop of its own, so that the compiler vectorizes square roots,
    divisions and polynomials, and no step waits for a load from the tables.
    """
    n, n_mobile, n_pairs, n_types = len(types), len(moves), len(first), len(pair)
    forces, density = np.zeros((n, 3)), held.copy()
    last, per_row, energy, shortest = pair.shape[2] - 2, 1.0 / dr, 0.0, np.inf
    pair_flat, both_flat = pair.ravel(), both.ravel()
    most = _longest_run(first)
    near, interval, dense = np.empty(most, np.uint64), np.empty(most, np.uint64), np.empty(most, np.uint64)
    x, y, z, square = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    inverse, fraction, phi, over_r = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    c0, c1, c2, c3 = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    # pairs with a density, for the loop at the end: vector, slopes of the density at the first and at the second
    count, ends, later, until = 0, np.empty(n_pairs, np.uint64), np.empty((n_pairs, 5)), np.empty(n_mobile, np.int64)
    k = 0
    for i in range(n_mobile):
        n_near, m_x, m_y, m_z = 0, moves[i, 0], moves[i, 1], moves[i, 2]
        while k < n_pairs and first[k] == i:
            j = np.uint64(second[k])
            v_x, v_y, v_z = vectors[k, 0] - m_x, vectors[k, 1] - m_y, vectors[k, 2] - m_z
            if j < n_mobile:
                v_x, v_y, v_z = v_x + moves[j, 0], v_y + moves[j, 1], v_z + moves[j, 2]
            near[n_near], x[n_near], y[n_near], z[n_near] = j, v_x, v_y, v_z
            square[n_near] = v_x * v_x + v_y * v_y + v_z * v_z
            n_near += int(square[n_near] < cut)  # a pair beyond the cutoff is overwritten by the next one
            k += 1
        for q in range(n_near):
            r = np.sqrt(square[q])
            inverse[q], fraction[q] = np.reciprocal(r), r * per_row
        for q in range(n_near):
            row = min(np.int32(fraction[q]), np.int32(last))
            fraction[q] = min(fraction[q] - row, 1.0)
            interval[q] = row
        n_dense = 0
        for q in range(n_near):
            interval[q] += np.uint64((types[i] * n_types + types[near[q]]) * (last + 2))
            at = interval[q] * np.uint64(4)
            c0[q], c1[q] = pair_flat[at], pair_flat[at + np.uint64(1)]
            c2[q], c3[q] = pair_flat[at + np.uint64(2)], pair_flat[at + np.uint64(3)]
            dense[n_dense] = q
            n_dense += int(square[q] < density_cut)
        for q in range(n_near):
            p = fraction[q]
            phi[q] = (((c3[q] * p + c2[q]) * p + c1[q]) * p + c0[q]) * inverse[q]  # the table holds r phi
            slope = ((3.0 * c3[q] * p + 2.0 * c2[q]) * p + c1[q]) * per_row
            over_r[q] = (slope - phi[q]) * inverse[q] * inverse[q]
        total, f_x, f_y, f_z = 0.0, 0.0, 0.0, 0.0
        for q in range(n_near):
            energy += phi[q]
            shortest = min(shortest, square[q])
            j, x_pull, y_pull, z_pull = near[q], over_r[q] * x[q], over_r[q] * y[q], over_r[q] * z[q]
            f_x, f_y, f_z = f_x + x_pull, f_y + y_pull, f_z + z_pull
            forces[j, 0] -= x_pull
            forces[j, 1] -= y_pull
            forces[j, 2] -= z_pull
        for d in range(n_dense):
            q = dense[d]
            j, p, per_length, at = near[q], fraction[q], per_row * inverse[q], interval[q] * np.uint64(8)
            a0, a1 = both_flat[at], both_flat[at + np.uint64(1)]
            a2, a3 = both_flat[at + np.uint64(2)], both_flat[at + np.uint64(3)]
            b0, b1 = both_flat[at + np.uint64(4)], both_flat[at + np.uint64(5)]
            b2, b3 = both_flat[at + np.uint64(6)], both_flat[at + np.uint64(7)]
            total += ((a3 * p + a2) * p + a1) * p + a0
            density[j] += ((b3 * p + b2) * p + b1) * p + b0
            later[count, 0], later[count, 1], later[count, 2] = x[q], y[q], z[q]
            later[count, 3] = ((3.0 * a3 * p + 2.0 * a2) * p + a1) * per_length
            later[count, 4] = ((3.0 * b3 * p + 2.0 * b2) * p + b1) * per_length
            ends[count] = j
            count += 1
        until[i] = count
        density[i] += total
        forces[i, 0] += f_x
        forces[i, 1] += f_y
        forces[i, 2] += f_z
    sites = _embed(types, density, embedding, d_rho)
    _add_density_forces(forces, sites[:, 1].copy(), until, ends, later)
    return energy + sites[:, 0].sum(), forces, shortest


@kernel
def _add_density_forces(
    forces: Floats, slopes: Floats, until: Integers, ends: NDArray[np.uint64], later: Floats
) -> None:
    """Add the forces of the embedding to the (n, 3) `forces`, from the slopes of F at each particle.

    The pairs of particle i end before ``until[i]``; `ends` holds their second particles, and `later` their vectors and
    the slopes of the density at the first and at the second over the distance.
    """
    k = 0
    for i in range(len(until)):
        f_x, f_y, f_z = 0.0, 0.0, 0.0
        while k < until[i]:
            j = ends[k]
            over_r = slopes[i] * later[k, 3] + slopes[j] * later[k, 4]
            x_pull, y_pull, z_pull = over_r * later[k, 0], over_r * later[k, 1], over_r * later[k, 2]
            f_x, f_y, f_z = f_x + x_pull, f_y + y_pull, f_z + z_pull
            forces[j, 0] -= x_pull
            forces[j, 1] -= y_pull
            forces[j, 2] -= z_pull
            k += 1
        forces[i, 0] += f_x
        forces[i, 1] += f_y
        forces[i, 2] += f_z


@kernel
def _longest_run(values: Integers) -> int:
    """Count the longest run of equal values."""
    longest, length = 0, 0
    for k in range(len(values)):
        length = length + 1 if k and values[k] == values[k - 1] else 1
        longest = max(longest, length)
    return longest
