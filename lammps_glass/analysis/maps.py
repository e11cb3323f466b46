"""Slices through a glass: the particles in a slice, and a smooth field of a number per particle on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Snapshot


def slice_particles(snapshot: Snapshot, thickness: float, centre: float = 0.5, axis: int = 2) -> pd.DataFrame:
    """Find the particles in a slice parallel to two cell vectors.

    Parameters
    ----------
    snapshot
        Periodic in every direction; positions may lie outside the box.
    thickness
        In length units, perpendicular to the slice.
    centre
        Position of the middle of the slice along `axis`, as a fraction of the cell.
    axis
        The cell vector that crosses the slice: 0, 1 or 2.

    Returns
    -------
    DataFrame
        ``row`` of the snapshot, ``x`` and ``y``: coordinates along the two other cell edges, in length units; in a
        tilted cell these are not at right angles.

    Raises
    ------
    InputError
        The slice is thicker than the cell, or an edge is not periodic.
    """
    height = float(snapshot.cell.heights[axis])
    if not 0 < thickness <= height or not snapshot.cell.periodic.all():
        raise InputError(f"slice of thickness {thickness:g}: the cell must be periodic and its height is {height:.4g}")
    scaled = snapshot.cell.fractional(snapshot.positions) % 1.0
    away = scaled[:, axis] - centre
    inside = np.flatnonzero(np.abs(away - np.rint(away)) * height <= 0.5 * thickness)
    x, y = (scaled[inside, k] * length for k, length in _edges(snapshot, axis))
    return pd.DataFrame({"row": inside, "x": x, "y": y})


def slice_field(
    snapshot: Snapshot,
    values: ArrayLike,
    thickness: float,
    *,
    centre: float = 0.5,
    axis: int = 2,
    spacing: float = 0.5,
    width: float = 1.0,
) -> pd.DataFrame:
    """Average `values` (n_particles,) around each point of a slice, weighted by a Gaussian of distance.

    Parameters
    ----------
    thickness, centre, axis
        See `slice_particles`.
    spacing
        Largest distance of neighbouring points of the grid, in length units; the grid divides the cell evenly.
    width
        Standard deviation of the Gaussian within the slice, in length units; distances are periodic.

    Returns
    -------
    DataFrame
        ``x``, ``y``, ``value`` at the middles of the cells of the grid.

    Raises
    ------
    InputError
        No particle lies in the slice, or the values do not fit.
    """
    of_particles = np.asarray(values, dtype=float)
    if of_particles.shape != (len(snapshot),) or not (spacing > 0 and width > 0):
        raise InputError(f"field of a slice: values of shape {of_particles.shape} for {len(snapshot)} particles")
    particles = slice_particles(snapshot, thickness, centre, axis)
    if particles.empty:
        raise InputError(f"field of a slice: no particle within {thickness:g} around {centre:g}")
    lengths = [length for _, length in _edges(snapshot, axis)]
    grids = [(np.arange(n) + 0.5) * length / n for length in lengths for n in (int(np.ceil(length / spacing)),)]
    # A Gaussian of two coordinates is a product: the weights of a point are those of its column times those of its row.
    across, up = (
        _weights(grid, particles[name].to_numpy(), length, width) for grid, name, length in zip(grids, "xy", lengths)
    )
    inside = of_particles[particles["row"].to_numpy()]
    total, summed = across @ up.T, (across * inside) @ up.T
    x, y = np.meshgrid(*grids, indexing="ij")
    value = np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "value": value.ravel()})


def slice_map(
    snapshot: Snapshot,
    values: ArrayLike,
    ringed: ArrayLike,
    thickness: float,
    *,
    sizes: ArrayLike | None = None,
    centre: float = 0.5,
    axis: int = 2,
    spacing: float = 0.5,
    width: float = 1.0,
) -> pd.DataFrame:
    """Return the field of a slice and some of its particles on it, as a figure of kind ``map`` takes them.

    Parameters
    ----------
    values
        (n_particles,) of the field; see `slice_field` for it and for `thickness` to `width`.
    ringed
        (n_particles,) whether a particle is drawn.
    sizes
        (n_particles,) of those; default 1.

    Returns
    -------
    DataFrame
        ``x``, ``y``, ``value`` (NaN for a particle), ``size`` (NaN for a point of the field).
    """
    field = slice_field(snapshot, values, thickness, centre=centre, axis=axis, spacing=spacing, width=width)
    inside = slice_particles(snapshot, thickness, centre, axis)
    inside = inside[np.asarray(ringed, dtype=bool)[inside["row"]]]
    size = np.ones(len(snapshot)) if sizes is None else np.asarray(sizes, dtype=float)
    rings = pd.DataFrame({"x": inside["x"], "y": inside["y"], "size": size[inside["row"]]})
    return pd.concat([field.dropna(subset="value"), rings], ignore_index=True)


def richest_slice(snapshot: Snapshot, chosen: ArrayLike, thickness: float, n_slices: int = 8, axis: int = 2) -> float:
    """Return the height, as a fraction of the cell, of the slice with most of the (n_particles,) `chosen` ones."""
    centres = (np.arange(n_slices) + 0.5) / n_slices
    mask = np.asarray(chosen, dtype=bool)
    counts = [mask[slice_particles(snapshot, thickness, centre, axis)["row"]].sum() for centre in centres]
    return float(centres[int(np.argmax(counts))])


def _edges(snapshot: Snapshot, axis: int) -> list[tuple[int, float]]:
    """List the two cell vectors in the plane of the slice, with their lengths."""
    return [(k, float(np.linalg.norm(snapshot.cell.matrix[k]))) for k in range(3) if k != axis]


def _weights(grid: Floats, coordinates: Floats, length: float, width: float) -> Floats:
    """Compute the Gaussian of the periodic distance along one edge: (points, particles)."""
    away = grid[:, None] - coordinates
    away -= length * np.rint(away / length)
    weights: Floats = np.exp(-0.5 * (away / width) ** 2)
    return weights
