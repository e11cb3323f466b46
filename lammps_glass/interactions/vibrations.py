"""Vibrational modes: eigenvectors of the mass-weighted Hessian, the translations left out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.interactions.model import Model
from lammps_glass.interactions.system import System
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Snapshot
from lammps_glass.units import BOLTZMANN, FREQUENCY

if TYPE_CHECKING:
    from lammps_glass.interactions.hessian import Hessian

Product = Callable[[Floats], Floats]

#: Particles up to which all modes are found by default (3 n_particles squared doubles: 1.2 GB at 4000).
DENSE = 4000
#: Frequency up to which modes are computed, over that which they must reach: the last mode lies a little below the end.
REACH = 1.01


@dataclass(frozen=True, eq=False)
class Modes:
    """Vibrational modes of a configuration, without the three translations.

    Attributes
    ----------
    eigenvalues
        (k,) ascending, of the mass-weighted Hessian, energy / (mass length^2); negative for an unstable direction.
    vectors
        (k, n_particles, 3) mass-weighted polarisations, orthonormal; of single precision from `modes_up_to` of a
        large system.
    units
        LAMMPS unit style.
    """

    eigenvalues: Floats
    vectors: Floats | NDArray[np.float32]
    units: str

    @property
    def angular_frequencies(self) -> Floats:
        """(k,) omega in radians a time unit (rad/ps for metal); negative where the eigenvalue is."""
        omega: Floats = np.sign(self.eigenvalues) * np.sqrt(np.abs(self.eigenvalues)) * FREQUENCY[self.units]
        return omega

    @property
    def frequencies(self) -> Floats:
        """(k,) nu = omega / 2 pi (THz for metal)."""
        nu: Floats = self.angular_frequencies / (2 * np.pi)
        return nu

    @property
    def is_complete(self) -> bool:
        """Whether these are all modes but the three translations."""
        return len(self.eigenvalues) >= 3 * int(self.vectors.shape[1]) - 3

    def weights(self, start: int = 0, stop: int | None = None) -> Floats:
        """Compute (k, n_particles) squared polarisations in modes `start` to `stop`; rows sum to 1."""
        part = np.asarray(self.vectors[start:stop], dtype=np.float64)
        return np.asarray(np.einsum("kia,kia->ki", part, part))

    def require_stable(self) -> None:
        """Raise `InputError` when an eigenvalue is not positive: the configuration is no minimum of the energy."""
        unstable = int((self.eigenvalues <= 0).sum())
        if unstable:
            raise InputError(
                f"{unstable} of {len(self.eigenvalues)} modes are unstable (lowest eigenvalue "
                f"{self.eigenvalues[0]:.3g}): the configuration is not an inherent structure, minimise it first"
            )

    def mean_squared_displacement(self, masses: ArrayLike, temperature: float) -> Floats:
        r"""Compute (n_particles,) harmonic, classical mean squared displacement, in length units squared.

        :math:`k_B T / m_i \sum_k |e_{ki}|^2 / \omega_k^2`;
        the sum runs over the modes at hand: all, or the lowest ones, which contribute most.

        Parameters
        ----------
        masses
            (n_particles,) mass of each particle.
        temperature
            In the temperature unit of `units`.

        Raises
        ------
        InputError
            A mode is unstable; masses are not one positive number for each particle.
        """
        self.require_stable()
        each = np.asarray(masses, dtype=float)
        if each.shape != self.vectors.shape[1:2] or not (each > 0).all():
            raise InputError(f"mean squared displacement: masses must be {self.vectors.shape[1]} positive numbers")
        total = np.zeros(len(each))
        for start in range(0, len(self.eigenvalues), 256):  # the squares of all at once would be as large as the modes
            total += (self.weights(start, start + 256) / self.eigenvalues[start : start + 256, None]).sum(axis=0)
        result: Floats = BOLTZMANN[self.units] * temperature / each * total
        return result


def modes(
    snapshot: Snapshot,
    model: Model,
    masses: ArrayLike,
    *,
    lowest: int | None = None,
    units: str = "metal",
    dense: bool | None = None,
) -> Modes:
    """Compute the vibrational modes of an inherent structure.

    Parameters
    ----------
    snapshot
        A minimum of the energy, periodic in every direction.
    model
        Its interactions.
    masses
        By species of the model, in mass units.
    lowest
        Number of modes, from the softest up; None: all of them, for at most 4000 particles.
    units
        ``"metal"`` or ``"lj"``.
    dense
        Diagonalise the whole matrix, or iterate with products alone; default: by size and `lowest`.

    Raises
    ------
    InputError
        All modes of more than 4000 particles are asked for, or more than there are; the unit style is unknown; masses
        are not positive.
    """
    configuration = snapshot.with_species(model.species)
    weights = 1.0 / np.sqrt(_masses(configuration, model, masses))
    n_modes = 3 * len(configuration) - 3
    if units not in FREQUENCY:
        raise InputError(f"modes: units = {units!r}; known are {', '.join(FREQUENCY)}")
    if lowest is not None and not 1 <= lowest <= n_modes:
        raise InputError(f"modes: lowest = {lowest} must be from 1 to {n_modes}")
    if lowest is None and len(configuration) > DENSE:
        raise InputError(f"modes: all modes of {len(configuration)} particles need too much memory: give lowest=...")
    if dense is None:
        dense = lowest is None or len(configuration) <= 300 or lowest > n_modes // 5
    hessian = System(configuration, model).hessian()
    values, vectors = _dense(hessian, weights, lowest) if dense else _lowest(hessian, weights, lowest or n_modes)
    return Modes(values, np.ascontiguousarray(vectors.T).reshape(-1, len(configuration), 3), units)


def modes_up_to(
    frequency: float, snapshot: Snapshot, model: Model, masses: ArrayLike, *, fraction: float, units: str = "metal"
) -> Modes:
    """Vibrational modes that reach a frequency: all of them, of a large system the softest.

    Parameters
    ----------
    frequency
        nu that the softest modes of more than 4000 particles must reach.
    snapshot, model, masses, units
        As in `modes`.
    fraction
        Of all modes of a large system that is expected up to `frequency`; where there are more, more are found.
    """
    if len(snapshot) <= DENSE:
        return modes(snapshot, model, masses, units=units)
    from lammps_glass.interactions.filtered import modes_below

    if units not in FREQUENCY:
        raise InputError(f"modes: units = {units!r}; known are {', '.join(FREQUENCY)}")
    configuration = snapshot.with_species(model.species)
    weights = 1.0 / np.sqrt(_masses(configuration, model, masses))
    limit = (REACH * frequency * 2 * np.pi / FREQUENCY[units]) ** 2
    expected = round(fraction * 3 * len(configuration))
    values, vectors = modes_below(System(configuration, model).hessian(), weights, limit, expected)
    return Modes(values, vectors.reshape(-1, len(configuration), 3), units)


def _masses(snapshot: Snapshot, model: Model, masses: ArrayLike) -> Floats:
    """(3 n,) mass of each coordinate."""
    by_species = np.asarray(masses, dtype=float)
    if by_species.shape != (len(model.species),) or not (by_species > 0).all():
        raise InputError(f"modes: masses must be {len(model.species)} positive numbers, one for each species")
    result: Floats = np.repeat(by_species[snapshot.types], 3)
    return result


def _translations(weights: Floats) -> Floats:
    """(3 n, 3) orthonormal mass-weighted translations."""
    moves = np.tile(np.eye(3), (len(weights) // 3, 1)) / weights[:, None]
    result: Floats = moves / np.linalg.norm(moves, axis=0)
    return result


def _dense(hessian: Hessian, weights: Floats, lowest: int | None) -> tuple[Floats, Floats]:
    """Diagonalise the whole matrix: eigenvalues, and eigenvectors as columns."""
    from scipy.linalg import eigh

    matrix = hessian.dense()
    matrix *= weights
    matrix *= weights[:, None]
    shift = float(np.abs(matrix).sum(axis=1).max())  # above every eigenvalue (Gershgorin): translations come last
    away = _translations(weights) * np.sqrt(2 * shift)
    matrix += away @ away.T
    last = len(weights) - 4 if lowest is None else lowest - 1
    values, vectors = eigh(matrix, subset_by_index=[0, last], overwrite_a=True, check_finite=False)
    return values, vectors


def _lowest(hessian: Hessian, weights: Floats, count: int) -> tuple[Floats, Floats]:
    """Find the lowest modes by Lanczos iteration on a Chebyshev polynomial that suppresses the rest of the spectrum.

    The filter of even degree is at most 1 between `edge` and the top, and grows steeply and monotonically below: its
    largest eigenvalues are the matrix's smallest, once `edge` lies above the modes asked for.
    """
    translations, size = _translations(weights), len(weights)

    def product(vector: Floats) -> Floats:
        """Multiply with the mass-weighted Hessian, translations projected out."""
        free = vector - translations @ (translations.T @ vector)
        moved: Floats = weights * (hessian @ (weights * free))
        return moved - translations @ (translations.T @ moved)

    start = np.random.default_rng(0).normal(size=size)
    top = 1.02 * float(_largest(product, 1, start, 1e-2)[0][0])
    # Debye: the number of modes below omega goes as omega^3; it is moved up until it lies above the lowest `count`
    edge = top * min(0.9, max(0.01, 0.5 * ((count + 6) / size) ** (2 / 3)))
    while True:
        # three of the eigenvectors are the translations, whose eigenvalue is 0
        basis = _largest(functools.partial(_filtered, product, edge, top), count + 3, start, 1e-12)[1]
        values, vectors = _ritz(product, basis, translations)
        if values[count - 1] < edge or edge >= 0.9 * top:
            return values[:count], vectors[:, :count]
        edge = min(0.9 * top, 1.5 * max(edge, float(values[count - 1])))


def _largest(product: Product, count: int, start: Floats, tolerance: float) -> tuple[Floats, Floats]:
    """Find the largest eigenvalues of a symmetric operator, and their vectors (size, count)."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = len(start)
    operator = LinearOperator((size, size), matvec=lambda vector: product(np.ravel(vector)), dtype=float)
    ncv = min(size, max(2 * count + 20, 40))
    values, vectors = eigsh(operator, count, which="LA", v0=start, ncv=ncv, tol=tolerance)
    return values, vectors


def _filtered(product: Product, edge: float, top: float, vector: Floats) -> Floats:
    """Apply a Chebyshev polynomial of even degree in the matrix, with (edge, top) mapped to (-1, 1), to a vector."""
    degree = min(200, max(4, 2 * int(np.sqrt(top / edge))))
    centre, half = 0.5 * (top + edge), 0.5 * (top - edge)
    before, now = vector, (product(vector) - centre * vector) / half
    for _ in range(degree - 1):
        before, now = now, 2.0 * (product(now) - centre * now) / half - before
    return now


def _ritz(product: Product, basis: Floats, translations: Floats) -> tuple[Floats, Floats]:
    """Solve for the eigenpairs of the matrix itself in the span of `basis`, without the translations."""
    from scipy.linalg import eigh, qr

    free = basis - translations @ (translations.T @ basis)
    q, r, _ = qr(free, mode="economic", pivoting=True)
    q = q[:, np.abs(np.diag(r)) > 1e-6]
    small = q.T @ np.column_stack([product(column) for column in q.T])
    values, mixing = eigh(0.5 * (small + small.T))
    vectors: Floats = q @ mixing
    return values, vectors
