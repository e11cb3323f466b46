"""The cubic splines by which LAMMPS reads an EAM table: values at the knots, slopes by finite differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.snapshots.cell import Floats


def coefficients(values: ArrayLike) -> Floats:
    """Compute (..., n, 4) coefficients ``c0 + c1 p + c2 p^2 + c3 p^3`` of each interval, p from 0 to 1.

    The slope at a knot is the five-point central difference (fourth order), near the ends the three-point one, at the
    ends the one-sided one; each interval is the cubic with these values and slopes. This defines the potential: forces
    and Hessians of the same table differ between interpolations by more than round-off.

    Parameters
    ----------
    values
        (..., n) at equidistant knots, n >= 5.
    """
    f = np.asarray(values, dtype=float)
    slope = np.empty_like(f)
    slope[..., 0] = f[..., 1] - f[..., 0]
    slope[..., 1] = 0.5 * (f[..., 2] - f[..., 0])
    slope[..., 2:-2] = (f[..., :-4] - f[..., 4:] + 8.0 * (f[..., 3:-1] - f[..., 1:-3])) / 12.0
    slope[..., -2] = 0.5 * (f[..., -1] - f[..., -3])
    slope[..., -1] = f[..., -1] - f[..., -2]
    result = np.zeros((*f.shape, 4))
    result[..., 0], result[..., 1] = f, slope
    rise = f[..., 1:] - f[..., :-1]
    result[..., :-1, 2] = 3.0 * rise - 2.0 * slope[..., :-1] - slope[..., 1:]
    result[..., :-1, 3] = slope[..., :-1] + slope[..., 1:] - 2.0 * rise
    return result


def evaluate(values: ArrayLike, spacing: float, at: ArrayLike) -> Floats:
    """Evaluate the spline of `values` (..., n) at `at` (m,); constant slope is not continued beyond the last knot."""
    table = coefficients(values)
    scaled = np.asarray(at, dtype=float) / spacing
    row = np.minimum(scaled.astype(int), table.shape[-2] - 2)
    p = np.clip(scaled - row, 0.0, 1.0)
    c = np.moveaxis(table[..., row, :], -1, 0)
    result: Floats = ((c[3] * p + c[2]) * p + c[1]) * p + c[0]
    return result
