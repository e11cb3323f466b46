"""All vibrational modes of a large system up to a frequency: filtered subspace iteration in single precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats

if TYPE_CHECKING:
    from lammps_glass.interactions.hessian import Hessian

Singles = NDArray[np.float32]

#: Vectors that are filtered at a time; most passes; degree of the filter.
_BLOCK, _PASSES, DEGREE = 64, 6, 30
#: Vectors of the subspace over those expected, and fraction of it that may lie below the frequency.
SURPLUS, _FULL = 1.15, 0.95
#: Largest residual of a mode, as a fraction of the eigenvalue at the frequency.
TOLERANCE = 2e-3


class _Operator:
    """Mass-weighted Hessian, applied to blocks of vectors in single precision."""

    def __init__(self, hessian: Hessian, weights: Floats) -> None:
        from scipy.sparse import diags

        scale = diags(weights)
        self._pairs = (scale @ hessian.pair_part() @ scale).tocsr().astype(np.float32)
        gradient = (hessian.density_gradient() @ scale).tocsr()
        self._gradient = gradient.astype(np.float32)
        self._transposed = (gradient.T @ diags(hessian.sites)).tocsr().astype(np.float32)
        self._has_sites = bool(hessian.sites.any())
        self.size = len(weights)
        moves = np.tile(np.eye(3), (len(weights) // 3, 1)) / weights[:, None]
        self._translations = (moves / np.linalg.norm(moves, axis=0)).astype(np.float32)

    def __call__(self, block: Singles) -> Singles:
        """Multiply a (3 n, b) block."""
        product: Singles = self._pairs @ block
        if self._has_sites:
            product += self._transposed @ (self._gradient @ block)
        return product

    def free(self, block: Singles) -> Singles:
        """Project the translations out of a (3 n, b) block."""
        return np.asarray(block - self._translations @ (self._translations.T @ block), dtype=np.float32)

    def top(self, generator: np.random.Generator) -> float:
        """Estimate an upper end of the spectrum by Lanczos iteration, with a margin."""
        from scipy.sparse.linalg import LinearOperator, eigsh

        shape = (self.size, self.size)
        operator = LinearOperator(shape, matvec=lambda v: self(np.ravel(v).astype(np.float32)), dtype=np.float32)
        start = generator.normal(size=self.size).astype(np.float32)
        return 1.05 * float(eigsh(operator, 1, which="LA", v0=start, tol=1e-2, return_eigenvectors=False)[0])


def modes_below(hessian: Hessian, weights: Floats, limit: float, expected: int) -> tuple[Floats, Singles]:
    """Compute all modes with eigenvalues up to `limit`, without the translations.

    A Chebyshev polynomial of the matrix, which is small above the limit and grows steeply below, is applied to random
    vectors; then they are made orthogonal, and the matrix is diagonalised in their span (Zhou et al., J. Comput. Phys.
    219, 172, 2006). The vectors are of single precision: 4 bytes for each of 1.15 x `expected` x 3 n numbers, beside
    20 bytes for the square of their number.

    Parameters
    ----------
    hessian
        Of a configuration without particles that do not move.
    weights
        (3 n,) inverse roots of the masses.
    limit
        Largest eigenvalue.
    expected
        Number of modes that are expected; where there are more, the subspace is enlarged.

    Returns
    -------
    (eigenvalues, vectors)
        (k,) ascending, and (k, 3 n) orthonormal vectors.

    Raises
    ------
    InputError
        The residuals do not fall below `TOLERANCE`.
    """
    operator, generator = _Operator(hessian, weights), np.random.default_rng(0)
    top, count = operator.top(generator), min(operator.size - 3, round(SURPLUS * expected) + _BLOCK)
    # Random vectors are orthogonal to nothing: a subspace that proves too small is filled up, not begun again.
    basis = generator.standard_normal((count, operator.size), dtype=np.float32)
    edge = min(1.1 * limit, 0.5 * top)
    for _ in range(_PASSES):
        values, basis = _pass(operator, basis, edge, top)
        below = int(np.searchsorted(values, limit, side="right"))
        if below > _FULL * len(basis) and len(basis) < operator.size - 3:
            more = min(operator.size - 3, round(1.3 * len(basis))) - len(basis)
            basis = np.concatenate([basis, generator.standard_normal((more, operator.size), dtype=np.float32)])
            continue
        if _residual(operator, values[:below], basis[:below]) < TOLERANCE * limit:
            return values[:below].astype(np.float64), basis[:below]
    raise InputError(f"modes up to an eigenvalue of {limit:.4g}: no convergence after {_PASSES} passes")


def _pass(operator: _Operator, basis: Singles, edge: float, top: float) -> tuple[Singles, Singles]:
    """Filter, orthogonalise and diagonalise: Ritz values, ascending, and vectors as rows, in place."""
    from scipy.linalg import eigh, qr

    for start in range(0, len(basis), _BLOCK):
        block = _filtered(operator, operator.free(np.ascontiguousarray(basis[start : start + _BLOCK].T)), edge, top)
        block = operator.free(block)
        basis[start : start + _BLOCK] = (block / np.linalg.norm(block, axis=0)).T
    orthonormal = qr(basis.T, mode="economic", overwrite_a=True, check_finite=False)[0]
    basis = np.ascontiguousarray(orthonormal.T)
    small = np.empty((len(basis), len(basis)), dtype=np.float32)
    for start in range(0, len(basis), _BLOCK):
        small[:, start : start + _BLOCK] = basis @ operator(np.ascontiguousarray(basis[start : start + _BLOCK].T))
    values, mixing = eigh(0.5 * (small + small.T), overwrite_a=True, check_finite=False)
    turned: Any = np.ascontiguousarray(mixing.T)
    for start in range(0, basis.shape[1], 4096):
        basis[:, start : start + 4096] = turned @ basis[:, start : start + 4096]
    return values, basis


def _filtered(operator: _Operator, block: Singles, edge: float, top: float) -> Singles:
    """Apply the Chebyshev polynomial with (edge, top) mapped to (-1, 1)."""
    centre, half = np.float32(0.5 * (top + edge)), np.float32(0.5 * (top - edge))
    before: Singles = block
    last: Singles = np.asarray((operator(block) - centre * block) / half, dtype=np.float32)
    for _ in range(DEGREE - 1):
        following = operator(last)
        following -= centre * last
        following *= np.float32(2) / half
        following -= before
        before, last = last, following
    return last


def _residual(operator: _Operator, values: Singles, vectors: Singles) -> float:
    """Compute the largest residual of some of the modes, evenly chosen, the last one among them."""
    if not len(values):
        return 0.0
    chosen = np.unique(np.linspace(0, len(values) - 1, _BLOCK).astype(int))
    block = np.ascontiguousarray(vectors[chosen].T)
    return float(np.linalg.norm(operator(block) - block * values[chosen], axis=0).max())
