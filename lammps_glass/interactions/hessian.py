"""`Hessian`: second derivatives of the energy, as a product with a vector, as a sparse matrix, or dense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.interactions import kernels
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Hessian:
    """``H = H_pairs + G^T diag(F'') G`` with ``G_ij = d rho_i / d x_j``; made by `System.hessian`.

    The product with a vector needs no matrix: two passes over the pairs. Coordinates are ordered
    ``(x1, y1, z1, x2, ...)`` of the mobile particles. Units: energy / length^2.

    Parameters
    ----------
    n_mobile
        Number of mobile particles, m.
    first, second
        Ends of each pair; from `n_mobile` on they are particles that do not move.
    units
        (p, 3) direction of each pair.
    along, across
        (p,) second derivative of the energy along the pair, and first derivative over distance.
    gradients
        (p, 2) slope of the density that the second puts on the first, and the first on the second.
    sites
        (n,) F'' of each particle.
    """

    def __init__(
        self, n_mobile: int, first: Integers, second: Integers, units: Floats, along: Floats, across: Floats,
        gradients: Floats, sites: Floats,
    ) -> None:  # fmt: skip
        self.n_mobile, self.shape = n_mobile, (3 * n_mobile, 3 * n_mobile)
        self._first, self._second, self._units = first, second, np.ascontiguousarray(units)
        self._along, self._across = along, across
        self._gradients, self._sites = np.ascontiguousarray(gradients), sites

    @property
    def sites(self) -> Floats:
        """(n,) F'' of each particle."""
        return self._sites

    def __matmul__(self, vector: ArrayLike) -> Floats:
        """Multiply with a vector of shape (3 m,) or (m, 3); the result has the same shape."""
        moves = np.asarray(vector, dtype=float)
        if moves.size != self.shape[0]:
            raise InputError(f"Hessian of {self.n_mobile} particles times a vector of {moves.size} numbers")
        everywhere = np.zeros((len(self._sites), 3))
        everywhere[: self.n_mobile] = moves.reshape(-1, 3)
        product = kernels.product(
            self._first, self._second, self._units, self._across, self._along, self._gradients, self._sites, everywhere
        )
        result: Floats = product[: self.n_mobile].reshape(moves.shape)
        return result

    def sparse(self) -> csr_matrix:
        """Build the (3 m, 3 m) symmetric matrix; for EAM it couples particles up to twice the cutoff apart."""
        from scipy.sparse import diags

        pairs = self.pair_part()
        if not self._sites.any():
            return pairs
        gradient = self.density_gradient()
        return (pairs + gradient.T @ diags(self._sites) @ gradient).tocsr()

    def dense(self) -> Floats:
        """Build the same matrix as an array."""
        matrix: Floats = self.sparse().toarray()
        return matrix

    def pair_part(self) -> csr_matrix:
        """Build the part of the pairs: blocks of their second derivatives."""
        from scipy.sparse import coo_matrix

        n = len(self._sites)
        outer = self._units[:, :, None] * self._units[:, None, :]
        blocks = (self._along - self._across)[:, None, None] * outer + self._across[:, None, None] * np.eye(3)
        rows, columns = (
            np.concatenate([a, b, a, b]) for a, b in ((self._first, self._second), (self._second, self._first))
        )  # off-diagonal blocks (i, j), (j, i); the last two are replaced by the diagonal ones
        half = 2 * len(self._first)
        columns[half:] = rows[half:]
        signed = np.concatenate([-blocks, -blocks, blocks, blocks])
        down = (3 * rows)[:, None, None] + np.arange(3)[None, :, None] + np.zeros((1, 1, 3), dtype=np.int64)
        across = (3 * columns)[:, None, None] + np.arange(3)[None, None, :] + np.zeros((1, 3, 1), dtype=np.int64)
        matrix = coo_matrix((signed.ravel(), (down.ravel(), across.ravel())), shape=(3 * n, 3 * n)).tocsr()
        return matrix[: self.shape[0], : self.shape[0]]

    def density_gradient(self) -> csr_matrix:
        """(n, 3 m) G: the density of i falls by gradient n when i moves along n, and rises when j does."""
        from scipy.sparse import coo_matrix

        i, j = self._first, self._second
        to_i, to_j = (self._gradients[:, side, None] * self._units for side in (0, 1))
        sites = np.concatenate([i, i, j, j])
        movers = np.concatenate([j, i, j, i])
        values = np.concatenate([to_i, -to_i, to_j, -to_j])
        columns = 3 * movers[:, None] + np.arange(3)
        rows = np.repeat(sites, 3)
        n = len(self._sites)
        matrix = coo_matrix((values.ravel(), (rows, columns.ravel())), shape=(n, 3 * n)).tocsr()
        return matrix[:, : self.shape[0]]
