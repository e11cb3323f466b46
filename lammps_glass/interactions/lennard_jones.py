"""Lennard-Jones pairs: cut and shifted to zero, or smoothed by a polynomial of the force before the cutoff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.compiled import kernel
from lammps_glass.errors import InputError
from lammps_glass.interactions.kernels import add_force, moved_vector
from lammps_glass.interactions.model import Model, PairTerms, Sites, require_apart
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


class LennardJones(Model):
    """``phi = 4 eps (s^12 - s^6)``, s = sigma / r, less its value at the cutoff; LAMMPS's ``lj/cut`` with shift.

    With `r_inner` the force beyond it is the cubic that joins value and slope of the force at `r_inner` to zero value
    and slope at the cutoff, and the energy its integral: LAMMPS's ``lj/smooth``.

    Parameters
    ----------
    epsilon, sigma
        (n, n) by pair of species, symmetric.
    r_cut
        (n, n), or one number for all.
    species
        Names in the order of the types.
    r_inner
        (n, n), or one number for all: where the smoothing begins; None cuts and shifts.
    shift
        False cuts without a shift: the energy jumps to zero at the cutoff.
    """

    def __init__(
        self,
        epsilon: ArrayLike,
        sigma: ArrayLike,
        r_cut: ArrayLike,
        species: Sequence[str],
        r_inner: ArrayLike | None = None,
        shift: bool = True,
    ) -> None:
        self.species = tuple(species)
        shape = (len(self.species),) * 2
        self._epsilon, self._sigma = np.asarray(epsilon, dtype=float), np.asarray(sigma, dtype=float)
        self._cut = np.broadcast_to(np.asarray(r_cut, dtype=float), shape).copy()
        if {self._epsilon.shape, self._sigma.shape} != {shape}:
            raise InputError(f"Lennard-Jones: epsilon and sigma must be {shape[0]} x {shape[0]} numbers")
        self._inner = self._cut if r_inner is None else np.broadcast_to(np.asarray(r_inner, float), shape).copy()
        if r_inner is not None and not ((self._inner > 0) & (self._inner < self._cut)).all():
            raise InputError(f"Lennard-Jones: r_inner = {self._inner.max():g} must lie between 0 and the cutoff")
        self.r_cut = float(self._cut.max())
        self._force, self._shift = self._tail(smooth=r_inner is not None)
        if not shift:
            self._shift = np.zeros(shape)

    def _tail(self, smooth: bool) -> tuple[Floats, Floats]:
        """(n, n, 4) coefficients of the force in r - r_inner, and the energy (n, n) that is subtracted everywhere."""
        six = (self._sigma / self._inner) ** 6
        energy = 4 * self._epsilon * (six**2 - six)
        force = np.zeros((*six.shape, 4))
        if not smooth:
            return force, energy
        width = self._cut - self._inner
        value = 24 * self._epsilon * (2 * six**2 - six) / self._inner
        slope = -24 * self._epsilon * (26 * six**2 - 7 * six) / self._inner**2
        force[..., 0], force[..., 1] = value, slope
        force[..., 2] = -(3 * value + 2 * slope * width) / width**2
        force[..., 3] = (2 * value + slope * width) / width**3
        work = sum(force[..., k] * width ** (k + 1) / (k + 1) for k in range(4))
        return force, energy - work

    def pairs(self, first: Integers, second: Integers, distances: Floats) -> PairTerms:
        """Evaluate phi of each pair with two derivatives; there is no density."""
        return PairTerms(
            _pair_terms(
                first, second, distances, self._epsilon, self._sigma, self._cut, self._inner, self._force, self._shift
            )
        )

    def energy_and_forces(self, sites: Sites, moves: Floats) -> tuple[float, Floats]:
        """Evaluate energy and (n, 3) forces in one compiled loop; see `Model.energy_and_forces`."""
        energy, forces, shortest = _energy_and_forces(
            sites.types, sites.first, sites.second, sites.vectors, moves, self._epsilon, self._sigma, self._cut,
            self._inner, self._force, self._shift,
        )  # fmt: skip
        require_apart(shortest)
        return energy, forces


@kernel
def _term(  # type: ignore[no-untyped-def]
    r: float, four: float, sigma: float, cut: float, inner: float, c: Floats, shift: float
):
    """Value, first and second derivative at a distance below the cutoff."""
    six = (sigma / min(r, inner)) ** 6
    value = four * (six * six - six) - shift
    if r < inner or inner >= cut:
        slope = -four * (12.0 * six * six - 6.0 * six) / r
        return value, slope, four * (156.0 * six * six - 42.0 * six) / (r * r)
    t = r - inner
    value -= (((c[3] / 4.0 * t + c[2] / 3.0) * t + c[1] / 2.0) * t + c[0]) * t
    return value, -(((c[3] * t + c[2]) * t + c[1]) * t + c[0]), -((3.0 * c[3] * t + 2.0 * c[2]) * t + c[1])


@kernel
def _pair_terms(  # type: ignore[no-untyped-def]
    first: Integers, second: Integers, distances: Floats, epsilon: Floats, sigma: Floats, cut: Floats, inner: Floats,
    force: Floats, shift: Floats,
):  # fmt: skip
    phi = np.zeros((len(distances), 3))
    for k in range(len(distances)):
        a, b, r = first[k], second[k], distances[k]
        if r >= cut[a, b]:
            continue
        phi[k, 0], phi[k, 1], phi[k, 2] = _term(
            r, 4.0 * epsilon[a, b], sigma[a, b], cut[a, b], inner[a, b], force[a, b], shift[a, b]
        )
    return phi


@kernel
def _energy_and_forces(  # type: ignore[no-untyped-def]
    types: Integers, first: Integers, second: Integers, vectors: Floats, moves: Floats, epsilon: Floats, sigma: Floats,
    cut: Floats, inner: Floats, force: Floats, shift: Floats,
):  # fmt: skip
    """Energy, (n, 3) forces, and the square of the shortest distance."""
    forces, energy, shortest = np.zeros((len(types), 3)), 0.0, np.inf
    for k in range(len(first)):
        i, j = first[k], second[k]
        x, y, z = moved_vector(vectors, moves, k, i, j)
        a, b = types[i], types[j]
        square = x * x + y * y + z * z
        if square >= cut[a, b] * cut[a, b]:
            continue
        shortest = min(shortest, square)
        if square == 0.0:
            continue
        r = np.sqrt(square)
        value, slope, _ = _term(r, 4.0 * epsilon[a, b], sigma[a, b], cut[a, b], inner[a, b], force[a, b], shift[a, b])
        energy += value
        over_r = slope / r
        add_force(forces, i, j, over_r, x, y, z)
    return energy, forces, shortest
