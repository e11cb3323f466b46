"""Joint density of an indicator and the label it predicts, and conditional probabilities; all particles or streams."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError

Floats = NDArray[np.float64]


def _pair(label: ArrayLike, indicator: ArrayLike, analysis: str) -> tuple[NDArray[np.generic], Floats]:
    """Check labels and indicator of the same particles: (n,) each."""
    labels, values = np.asarray(label), np.asarray(indicator, dtype=float)
    if labels.shape != values.shape or labels.ndim != 1 or not len(labels):
        raise InputError(f"{analysis}: labels of shape {labels.shape}, indicator of shape {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"{analysis}: the indicator of row {int(np.argmin(np.isfinite(values)))} is not finite")
    return labels, values


def _weights(weights: ArrayLike | None, values: Floats, analysis: str) -> NDArray[np.int64] | Floats:
    """Check weights (n,), default one each."""
    each = np.ones(len(values), dtype=np.int64) if weights is None else np.asarray(weights)
    if each.shape != values.shape or not (each >= 0).all():
        raise InputError(f"{analysis}: weights of shape {each.shape} for {len(values)} values, or one is negative")
    return each


def joint_density(
    d2min: ArrayLike,
    indicator: ArrayLike,
    d2min_edges: ArrayLike,
    indicator_edges: ArrayLike,
    width: float = 1.0,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compute the density of an indicator within each interval of D2min (Wu & Ruiz Pestana 2023, figure 6A).

    Parameters
    ----------
    d2min, indicator
        (n,) label and indicator of the same particles.
    d2min_edges, indicator_edges
        Ascending edges (m + 1,) and (k + 1,) of the intervals; those of the indicator evenly spaced.
    width
        Standard deviation of the Gaussian filter, in bins, along both axes, with reflecting ends; 0 for none. Each
        interval of D2min is normalised again after it. An interval without particles gets the density of its
        neighbours; see `count`.
    weights
        (n,) number of particles of each entry (counts of fine bins, when there are too many particles to hold).

    Returns
    -------
    DataFrame
        ``d2min``, ``indicator`` (middles; geometric for D2min when its edges are positive), ``density`` (its integral
        over the indicator is 1 in each interval; NaN where it is unknown), ``count`` (particles in the cell).
    """
    from scipy.ndimage import gaussian_filter

    labels, values = _pair(d2min, indicator, "joint density")
    rows, columns = np.asarray(d2min_edges, dtype=float), np.asarray(indicator_edges, dtype=float)
    if len(rows) < 2 or len(columns) < 2 or (np.diff(rows) <= 0).any() or not np.allclose(np.diff(columns, 2), 0):
        raise InputError("joint density: edges must ascend, those of the indicator in equal steps")
    if width < 0:
        raise InputError(f"joint density: width = {width} of the filter must not be negative")
    each = _weights(weights, values, "joint density")
    count: Floats = np.histogramdd((labels.astype(float), values), bins=(rows, columns), weights=each)[0]
    density = _normalized_rows(count, columns)
    if width:
        density = _normalized_rows(gaussian_filter(np.nan_to_num(density), width, mode="reflect"), columns)
    middles = np.sqrt(rows[:-1] * rows[1:]) if rows[0] > 0 else (rows[:-1] + rows[1:]) / 2
    d2min_axis, indicator_axis = np.meshgrid(middles, (columns[:-1] + columns[1:]) / 2, indexing="ij")
    cells = {"d2min": d2min_axis, "indicator": indicator_axis, "density": density, "count": count.astype(np.int64)}
    return pd.DataFrame({name: values.ravel() for name, values in cells.items()})


def _normalized_rows(table: Floats, edges: Floats) -> Floats:
    total = (table * np.diff(edges)).sum(axis=1, keepdims=True)
    normalized: Floats = np.divide(table, total, out=np.full(table.shape, np.nan), where=total > 0)
    return normalized


def indicator_distribution(
    active: ArrayLike,
    indicator: ArrayLike,
    bins: int = 25,
    low: float = 0.0,
    high: float = 1.0,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Compute ``p(L)``, ``p(L | active)`` and ``p(active | L)`` of an indicator L.

    Figures 6B and 6C of Wu & Ruiz Pestana (2023).

    Parameters
    ----------
    active
        (n,) True for particles that rearranged (class 1).
    indicator
        (n,) their indicator L; values outside [low, high] are an `InputError`.
    bins, low, high
        Even bins of L.
    weights
        (n,) number of particles of each entry; default one each.

    Returns
    -------
    DataFrame
        ``indicator`` (middle), ``p_all``, ``p_active`` (densities, integral 1; NaN when no particle is active),
        ``p_active_given`` (fraction of active particles in the bin, NaN when empty), ``low``, ``high`` (Wilson's 90 %
        interval of that fraction, particles taken as independent), ``count``, ``count_active``.
    """
    labels, values = _pair(active, indicator, "indicator distribution")
    labels = labels.astype(bool)
    if values.min() < low or values.max() > high:
        raise InputError(
            f"indicator distribution: values from {values.min():g} to {values.max():g}, range {low} to {high}"
        )
    edges = np.linspace(low, high, bins + 1)
    each = _weights(weights, values, "indicator distribution")
    count, hits = (np.histogram(values[kept], edges, weights=each[kept])[0] for kept in (slice(None), labels))
    fraction = np.divide(hits, count, out=np.full(bins, np.nan), where=count > 0)
    lower, upper = _wilson(hits, count)
    widths = np.diff(edges)
    return pd.DataFrame(
        {
            "indicator": (edges[:-1] + edges[1:]) / 2,
            "p_all": count / (widths * count.sum()),
            "p_active": hits / (widths * hits.sum()) if hits.sum() else np.nan,
            "p_active_given": fraction,
            "low": lower,
            "high": upper,
            "count": count,
            "count_active": hits,
        }
    )


def _wilson(hits: NDArray[np.int64], count: NDArray[np.int64], z: float = 1.6448536269514722) -> tuple[Floats, Floats]:
    """Compute Wilson's score interval of a fraction (Wilson 1927); z is the normal quantile of a two-sided 90 %."""
    n = np.where(count > 0, count, np.nan).astype(float)
    fraction = hits / n
    middle = fraction + z**2 / (2 * n)
    half = z * np.sqrt(fraction * (1 - fraction) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return np.maximum((middle - half) / scale, 0.0), np.minimum((middle + half) / scale, 1.0)


class JointCounts:
    """Counts of streamed particles in fine even bins of an indicator between 0 and 1, by label and by class.

    Parameters
    ----------
    label_edges
        Ascending edges (m + 1,) of the intervals of the label; values beyond an end count in the last interval there.
    threshold
        Label above which a particle is of class 1.
    n_bins
        Bins of the indicator: a multiple of those of `density` and `distribution`, and even.
    """

    def __init__(self, label_edges: ArrayLike, threshold: float, n_bins: int = 1000) -> None:
        self.label_edges, self.threshold = np.asarray(label_edges, dtype=float), threshold
        self.by_label = np.zeros((len(self.label_edges) - 1, n_bins))
        self.by_class = np.zeros((2, n_bins), dtype=np.int64)
        self._middles = (np.arange(n_bins) + 0.5) / n_bins

    def add(self, label: ArrayLike, indicator: ArrayLike) -> None:
        """Count particles by their label and indicator, (n,) each."""
        labels, values = _pair(np.asarray(label, dtype=float), indicator, "joint counts")
        n_bins, clipped = len(self._middles), labels.astype(float).clip(self.label_edges[0], self.label_edges[-1])
        self.by_label += np.histogram2d(clipped, values, [self.label_edges, np.linspace(0, 1, n_bins + 1)])[0]
        fine = np.minimum((values * n_bins).astype(np.int64), n_bins - 1)
        class_1 = (labels.astype(float) > self.threshold).astype(np.int64)
        self.by_class += np.bincount(class_1 * n_bins + fine, minlength=2 * n_bins).reshape(2, n_bins)

    @property
    def recall(self) -> float:
        """Fraction of the particles of class 1 with an indicator of at least 0.5."""
        return float(self.by_class[1, len(self._middles) // 2 :].sum() / max(self.by_class[1].sum(), 1))

    def density(self, indicator_edges: ArrayLike, width: float) -> pd.DataFrame:
        """Compute the `joint_density` of all particles; label edges must be positive."""
        labels = np.sqrt(self.label_edges[:-1] * self.label_edges[1:])
        label, indicator = np.meshgrid(labels, self._middles, indexing="ij")
        weights = self.by_label.ravel()
        return joint_density(label.ravel(), indicator.ravel(), self.label_edges, indicator_edges, width, weights)

    def distribution(self, bins: int = 25) -> pd.DataFrame:
        """Compute the `indicator_distribution` of all particles."""
        active, indicator = np.repeat([False, True], len(self._middles)), np.tile(self._middles, 2)
        return indicator_distribution(active, indicator, bins, weights=self.by_class.ravel())


@dataclass(frozen=True)
class ExponentialFit:
    """Fit of ``p = prefactor * exp(rate * L)`` to `points` bins from `low` to `high`; NaN with fewer than two."""

    rate: float
    prefactor: float
    low: float
    high: float
    points: int


def exponential_fit(table: pd.DataFrame, low: float = 0.0, high: float = 1.0) -> ExponentialFit:
    """Fit an exponential to ``p(active | L)`` of `indicator_distribution`: a weighted line through ln p.

    The weight of a bin is its number of active particles, as the variance of ln p is about 1 / count_active. Bins
    without an active particle have no logarithm and are left out, which biases the fit upwards where counts are of
    order one: choose `low` so that they are not.
    """
    kept = table[(table.count_active > 0) & table.indicator.between(low, high)]
    x, y = kept.indicator.to_numpy(dtype=float), np.log(kept.p_active_given.to_numpy(dtype=float))
    if len(kept) < 2:
        return ExponentialFit(math.nan, math.nan, low, high, len(kept))
    rate, intercept = np.polyfit(x, y, 1, w=np.sqrt(kept.count_active.to_numpy(dtype=float)))
    return ExponentialFit(float(rate), math.exp(intercept), low, high, len(kept))
