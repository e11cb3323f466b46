"""Simulation cells: orthogonal or triclinic, periodic or open along each cell vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from lammps_glass.errors import InputError

Floats = NDArray[np.float64]
#: Values of particles, (n,) or (n, k); whether they are integers, floats or words depends on the file.
Column = NDArray[Any]
Columns = Mapping[str, Column]


def _readonly(values: ArrayLike, shape: tuple[int, ...], what: str, dtype: DTypeLike = np.float64) -> Column:
    array = np.array(values, dtype=dtype)
    if array.shape != shape:
        raise InputError(f"{what} has shape {array.shape}, expected {shape}")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Cell:
    """A parallelepiped spanned by three vectors.

    Parameters
    ----------
    matrix
        (3, 3) cell vectors as rows, in the length unit of the snapshot.
    origin
        (3,) lower corner.
    periodic
        (3,) whether the cell repeats along each vector.

    Raises
    ------
    InputError
        A shape is wrong, a number is not finite, or the volume is zero.
    """

    matrix: Floats
    origin: Floats = field(default_factory=lambda: np.zeros(3))
    periodic: NDArray[np.bool_] = field(default_factory=lambda: np.ones(3, dtype=bool))

    def __post_init__(self) -> None:
        matrix = _readonly(self.matrix, (3, 3), "cell matrix")
        origin = _readonly(self.origin, (3,), "cell origin")
        if not (np.isfinite(matrix).all() and np.isfinite(origin).all()):
            raise InputError("cell holds numbers that are not finite")
        if abs(np.linalg.det(matrix)) <= 1e-12 * max(np.abs(matrix).max(), 1e-300) ** 3:
            raise InputError("cell has no volume: its vectors lie in one plane")
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "periodic", _readonly(self.periodic, (3,), "cell periodicity", np.bool_))

    @classmethod
    def orthogonal(cls, lengths: ArrayLike, origin: ArrayLike = (0, 0, 0), periodic: ArrayLike = (True,) * 3) -> Cell:
        """A box with edges `lengths` (3,) along x, y and z."""
        return cls(np.diag(np.asarray(lengths, dtype=float)), np.asarray(origin, dtype=float), np.asarray(periodic))

    @cached_property
    def inverse(self) -> Floats:
        """(3, 3) inverse of `matrix`: fractional = (position - origin) @ inverse."""
        return np.asarray(np.linalg.inv(self.matrix), dtype=np.float64)

    @property
    def volume(self) -> float:
        """Volume of the cell."""
        return float(abs(np.linalg.det(self.matrix)))

    @property
    def is_orthogonal(self) -> bool:
        """Whether the vectors lie along x, y and z."""
        return not np.any(self.matrix - np.diag(np.diag(self.matrix)))

    @property
    def heights(self) -> Floats:
        """(3,) distance between the two faces that each cell vector joins."""
        heights: Floats = 1.0 / np.linalg.norm(self.inverse, axis=0)
        return heights

    def fractional(self, positions: ArrayLike) -> Floats:
        """(n, 3) positions in units of the cell vectors, from the origin."""
        scaled: Floats = (np.asarray(positions, dtype=float) - self.origin) @ self.inverse
        return scaled

    def cartesian(self, fractional: ArrayLike) -> Floats:
        """The inverse of `fractional`."""
        positions: Floats = np.asarray(fractional, dtype=float) @ self.matrix + self.origin
        return positions

    def wrap(self, positions: ArrayLike) -> Floats:
        """(n, 3) positions moved into the cell along its periodic vectors."""
        scaled = self.fractional(positions)
        shift = np.where(self.periodic, np.floor(scaled), 0.0)
        wrapped: Floats = np.asarray(positions, dtype=float) - shift @ self.matrix
        return wrapped

    def minimum_image(self, vectors: ArrayLike) -> Floats:
        """(..., 3) vectors reduced by whole periodic cell vectors (nearest in fractional coordinates).

        Exact for vectors shorter than half the smallest of `heights`; an analysis that rests on it refuses a
        smaller box (`require_minimum_image`).
        """
        vectors = np.asarray(vectors, dtype=float)
        turns = np.where(self.periodic, np.rint(vectors @ self.inverse), 0.0)
        reduced: Floats = vectors - turns @ self.matrix
        return reduced

    def unflipped(self, reference: Cell) -> Cell:
        """Choose the vectors of the same lattice that are nearest to those of `reference`.

        LAMMPS flips a sheared box (b becomes b - a) when a tilt exceeds half a box; the lattice stays, its vectors
        change. The integer matrix nearest to ``matrix @ reference.inverse`` undoes that, as long as the box itself
        tilts by less than half a vector between the two cells. A matrix that is no change of basis (a determinant
        other than +-1: the box grew by half) and open directions are left alone.
        """
        if np.array_equal(self.matrix, reference.matrix):
            return self
        both = self.periodic & reference.periodic
        change = np.where(np.outer(both, both), np.rint(self.matrix @ reference.inverse), np.eye(3))
        if (change == np.eye(3)).all() or not np.isclose(abs(np.linalg.det(change)), 1.0):
            return self
        return Cell(np.rint(np.linalg.inv(change)) @ self.matrix, self.origin, self.periodic)

    def require_minimum_image(self, r_max: float, what: str) -> None:
        """Raise `InputError` when a periodic height is smaller than twice `r_max`."""
        limiting = self.heights[self.periodic]
        if limiting.size and limiting.min() < 2 * r_max:
            raise InputError(
                f"{what} needs a box of at least 2 x {r_max:g} between opposite faces for the minimum image; "
                f"this box has {limiting.min():.6g}: use a smaller range or a larger snapshot"
            )
