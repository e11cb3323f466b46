"""Spatial autocorrelation of a number per particle, and its decay length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.analysis.statistics import weighted_mean
from lammps_glass.compiled import kernel
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.snapshots.snapshot import Integers, Snapshot


def checked_values(snapshot: Snapshot, values: ArrayLike, analysis: str) -> Floats:
    """Check values per particle: (n_particles,) float64, NaN for particles without a value, not all NaN.

    `analysis` is named in messages.
    """
    checked = np.asarray(values, dtype=np.float64)
    if checked.shape != (len(snapshot),):
        raise InputError(
            f"{analysis}: {len(snapshot)} particles at step {snapshot.step}, values of shape {checked.shape}"
        )
    if np.isinf(checked).any() or np.isnan(checked).all():
        raise InputError(f"{analysis}: a value at step {snapshot.step} is infinite, or all are NaN")
    return checked


def spatial_autocorrelation(
    snapshots: Snapshot | Iterable[Snapshot],
    values: ArrayLike | Iterable[ArrayLike],
    r_max: float,
    bin_width: float = 0.1,
) -> pd.DataFrame:
    """Compute the spatial autocorrelation of a value per particle (Wu & Ruiz Pestana 2023, eq. 2).

    ``<(L_i - <L>) (L_j - <L>)>`` over pairs i != j at distance r and over snapshots; ``<L>`` is the mean of each
    snapshot. Every periodic image is a pair of its own, so the box may be smaller than ``2 r_max``.

    Parameters
    ----------
    snapshots, values
        One snapshot and its values (n_particles,), or as many arrays as snapshots; both may be lazy, one of each is
        held at a time. NaN marks a particle without a value: it is in no pair and not in the mean.
    r_max, bin_width
        Upper end and width of the bins, in the length unit of the snapshots.

    Returns
    -------
    DataFrame
        ``r`` (middle of the bin), ``correlation`` (NaN in a bin without pairs), ``pairs`` (unordered pairs),
        ``normalized`` (correlation over that of r = 0). The first row, r = 0, is not a bin but the self term
        ``<(L_i - <L>)**2>``; its `pairs` are the particles.

    Raises
    ------
    InputError
        Lengths differ, a range is not positive, all values of a snapshot are NaN.
    """
    if not 0 < bin_width <= r_max:
        raise InputError(
            f"spatial autocorrelation: bin_width = {bin_width} must be positive and at most r_max = {r_max}"
        )
    bins = round(r_max / bin_width)
    if abs(bins * bin_width - r_max) > 1e-9 * r_max:
        raise InputError(f"spatial autocorrelation: r_max = {r_max} is not a multiple of bin_width = {bin_width}")
    products, pairs = np.zeros(bins + 1), np.zeros(bins + 1, np.int64)
    if isinstance(snapshots, Snapshot):
        _add_snapshot(snapshots, np.asarray(values), bin_width, products, pairs)
    else:
        for snapshot, of_particles in zip(snapshots, cast("Iterable[ArrayLike]", values), strict=True):
            _add_snapshot(snapshot, of_particles, bin_width, products, pairs)
    return _autocorrelation_table(products, pairs, bin_width)


def _add_snapshot(snapshot: Snapshot, values: ArrayLike, width: float, products: Floats, pairs: Integers) -> None:
    """Add the products and pairs of one snapshot to the bins, the self term first."""
    checked = checked_values(snapshot, values, "spatial autocorrelation")
    deviation = checked - np.nanmean(checked)
    neighbors = pairs_within(snapshot, width * (len(pairs) - 1))
    _add_products(neighbors.offsets, neighbors.indices, neighbors.vectors, deviation, width, products[1:], pairs[1:])
    products[0] += np.nansum(deviation**2)
    pairs[0] += np.count_nonzero(~np.isnan(checked))


@kernel
def _add_products(
    offsets: Integers,
    indices: Integers,
    vectors: Floats,
    deviation: Floats,
    width: float,
    products: Floats,
    pairs: Integers,
) -> None:
    """Add the products of each ordered pair to its bin."""
    for i in range(len(deviation)):
        if np.isnan(deviation[i]):
            continue
        for entry in range(offsets[i], offsets[i + 1]):
            other = deviation[indices[entry]]
            if np.isnan(other):
                continue
            x, y, z = vectors[entry]
            at = min(int(np.sqrt(x * x + y * y + z * z) / width), len(pairs) - 1)
            products[at] += deviation[i] * other
            pairs[at] += 1


def _autocorrelation_table(products: Floats, pairs: Integers, width: float) -> pd.DataFrame:
    if not pairs[0]:
        raise InputError("spatial autocorrelation: no snapshot")
    correlation = np.divide(products, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    pairs[1:] //= 2  # each pair was counted from both ends
    variance = correlation[0] if correlation[0] > 0 else np.nan
    r = np.concatenate([[0.0], (np.arange(len(pairs) - 1) + 0.5) * width])
    columns = {"r": r, "correlation": correlation, "pairs": pairs, "normalized": correlation / variance}
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class DecayFit:
    """Fit of ``correlation = amplitude * exp(-r / length)``, with its range and number of points.

    `length` is NaN when the points do not decay (no positive amplitude, or no finite length fits best).
    """

    length: float
    amplitude: float
    r_min: float
    r_max: float
    include_self: bool
    points: int


def decay_length(table: pd.DataFrame, r_min: float, r_max: float, include_self: bool) -> DecayFit:
    """Fit an exponential decay to a table of `spatial_autocorrelation`, by least squares of the correlation itself.

    A line through its logarithm would have to leave out negative points, which lengthens the decay.

    Parameters
    ----------
    table
        Columns ``r``, ``correlation``; NaN rows are left out.
    r_min, r_max
        Range of the bins that are used.
    include_self
        Whether the self term r = 0 is used. No two particles are closer than about 0.9 diameters, so that with it the
        length mostly depends on the ratio of the correlation of neighbours to the variance: report both.

    Raises
    ------
    InputError
        Fewer than three points in the range.
    """
    from scipy.optimize import minimize_scalar

    chosen = table[((table.r > 0) & table.r.between(r_min, r_max)) | ((table.r == 0) & include_self)]
    chosen = chosen[np.isfinite(chosen.correlation)]
    if len(chosen) < 3:
        raise InputError(
            f"decay length: {len(chosen)} points between r = {r_min} and {r_max}, at least three are needed"
        )
    r, correlation = chosen.r.to_numpy(dtype=float), chosen.correlation.to_numpy(dtype=float)

    def amplitude(length: float) -> float:
        """Compute the best amplitude for a length."""
        shape = np.exp(-(r - r[0]) / length)  # from the first point, so that a short length does not underflow
        return float(shape @ correlation / (shape @ shape))

    def misfit(log_length: float) -> float:
        """Sum the squared residuals for a length."""
        length = math.exp(log_length)
        return float(((correlation - amplitude(length) * np.exp(-(r - r[0]) / length)) ** 2).sum())

    span = r[-1] - r[0]
    grid = np.linspace(math.log(1e-3 * span), math.log(1e2 * span), 200)
    at = int(np.argmin([misfit(x) for x in grid]))
    if not 0 < at < len(grid) - 1:
        return DecayFit(math.nan, math.nan, r_min, r_max, include_self, len(r))
    best = minimize_scalar(misfit, bounds=(grid[at - 1], grid[at + 1]), method="bounded", options={"xatol": 1e-10})
    length = math.exp(best.x)
    height = amplitude(length) * math.exp(r[0] / length)
    if height <= 0:
        return DecayFit(math.nan, math.nan, r_min, r_max, include_self, len(r))
    return DecayFit(length, height, r_min, r_max, include_self, len(r))


def pair_distances(
    table: pd.DataFrame, *, smooth: int = 3, apart: float = 1.6, prominence: float = 0.03
) -> list[float]:
    """Distances of the peaks of g(r), from the pairs in a table of `spatial_autocorrelation` (several may be joined).

    Parameters
    ----------
    table
        Columns ``r``, ``pairs``.
    smooth
        Bins over which g(r) is smoothed.
    apart
        Least distance of two peaks, so that a split one counts once, at its higher part.
    prominence
        Least prominence of a peak, g(r) at large r being 1.
    """
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    pairs = table[table["r"] > 0].groupby("r")["pairs"].sum()
    r = pairs.index.to_numpy(dtype=float)
    g = pairs.to_numpy(dtype=float) / r**2
    width = float(np.diff(r).min())
    g = uniform_filter1d(g / g[r > (r[-1] + width / 2) / 2].mean(), smooth)
    at, _ = find_peaks(g, distance=round(apart / width), prominence=prominence)
    return [float(distance) for distance in r[at]]


def correlations_near(table: pd.DataFrame, distances: Sequence[float], within: float) -> pd.DataFrame:
    """Normalised autocorrelation at some distances, each the mean of the bins `within` of it, weighted by their pairs.

    Parameters
    ----------
    table
        Columns ``r``, ``normalized``, ``pairs`` of `spatial_autocorrelation`; of several replicas, if they are joined.

    Returns
    -------
    DataFrame
        ``r``, ``correlation``, as `decay_length` takes them; a distance without bins is left out.
    """
    near = [table[(table["r"] - r).abs() <= within] for r in distances]
    means = [weighted_mean(bins["normalized"], bins["pairs"]) for bins in near]
    return pd.DataFrame({"r": list(distances), "correlation": means}).dropna()


class ReplicaDecay(NamedTuple):
    """Decay lengths of all replicas together, the least and largest of single ones, and how many decay at all.

    Lengths are NaN where nothing decays as an exponential; `fit` is None with fewer than three points.
    """

    points: pd.DataFrame
    fit: DecayFit | None
    least: float
    largest: float
    n_fitted: int
    n_replicas: int

    @property
    def length(self) -> float:
        """Decay length of all replicas together."""
        return math.nan if self.fit is None else self.fit.length


def decay_by_replica(table: pd.DataFrame, distances: Sequence[float], within: float, r_max: float) -> ReplicaDecay:
    """Fit exponentials to autocorrelations at some distances, such as the peaks of g(r), without the self point.

    Parameters
    ----------
    table
        Tables of `spatial_autocorrelation` of several replicas, joined, with the column ``replica``.
    distances, within
        See `correlations_near`.
    r_max
        Largest distance that is fitted.
    """

    def fit(points: pd.DataFrame) -> DecayFit | None:
        """Fit an exponential to three points or more."""
        return decay_length(points, 0.0, r_max, include_self=False) if len(points) > 2 else None

    points = correlations_near(table, distances, within)
    single = [fit(correlations_near(part, distances, within)) for _, part in table.groupby("replica")]
    lengths = [one.length for one in single if one is not None and math.isfinite(one.length)]
    least, largest = min(lengths, default=math.nan), max(lengths, default=math.nan)
    return ReplicaDecay(points, fit(points), least, largest, len(lengths), len(single))
