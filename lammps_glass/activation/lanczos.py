"""The lowest mode of the Hessian by Lanczos iterations, from forces alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lammps_glass.activation.surface import Surface
from lammps_glass.activation.vectors import combined, dot, orthogonalized
from lammps_glass.compiled import kernel
from lammps_glass.snapshots.cell import Floats


class Mode(NamedTuple):
    """Lowest eigenvalue of the Hessian and its unit eigenvector."""

    eigenvalue: float
    vector: Floats  # (m, d)


def lowest_mode(
    surface: Surface, positions: Floats, forces: Floats, start: Floats, *, products: int, difference: float,
    tolerance: float, floor: float,
) -> Mode:  # fmt: skip
    """Find the lowest mode at `positions` (m, d), where the forces are `forces`.

    Products of the Hessian with a unit vector u are finite differences, ``H u = (F(x) - F(x + h u)) / h`` with
    h = `difference`. At most `products` of them are computed; the iteration stops when the eigenvalue changes by less
    than the fraction `tolerance` of it, or by less than `floor`. The vector has a positive overlap with `start` (m, d),
    from which it begins.
    """
    size = positions.size
    products = min(products, size)
    basis = np.empty((products, size))
    diagonal, off_diagonal = np.zeros(products), np.zeros(products)
    vector = start.ravel() / np.sqrt(dot(start.ravel(), start.ravel()))
    eigenvalue, weights = np.inf, np.ones(1)
    for k in range(products):
        basis[k] = vector
        forces_there = surface.energy_and_forces(positions + difference * vector.reshape(positions.shape))[1]
        product = (forces - forces_there).ravel() / difference
        diagonal[k] = dot(vector, product)
        previous = eigenvalue
        eigenvalue, weights = _lowest(diagonal[: k + 1], off_diagonal[:k])
        if abs(eigenvalue - previous) < max(tolerance * abs(eigenvalue), floor):
            break
        product = orthogonalized(product, basis, k + 1)
        off_diagonal[k] = np.sqrt(dot(product, product))
        if off_diagonal[k] < floor * 1e-6:
            break
        vector = product / off_diagonal[k]
    mode: Floats = combined(basis, weights).reshape(positions.shape)
    return Mode(eigenvalue, mode if dot(mode.ravel(), start.ravel()) >= 0 else -mode)


@kernel
def _lowest(diagonal: Floats, off_diagonal: Floats):  # type: ignore[no-untyped-def]
    """Lowest eigenvalue and unit eigenvector (n,) of a symmetric tridiagonal matrix."""
    n = len(diagonal)
    matrix = np.zeros((n, n))
    for k in range(n):
        matrix[k, k] = diagonal[k]
        if k < n - 1:
            matrix[k, k + 1] = matrix[k + 1, k] = off_diagonal[k]
    values, vectors = np.linalg.eigh(matrix)
    return values[0], vectors[:, 0].copy()
