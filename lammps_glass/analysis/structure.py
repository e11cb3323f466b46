"""Structure of snapshots: radial distribution functions and structure factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.analysis.frames import Trajectory, frames, rows_of_species
from lammps_glass.analysis.pair_counts import count_pairs
from lammps_glass.analysis.statistics import mean_over_replicas
from lammps_glass.analysis.wave_kernels import summed_waves
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers, Snapshot

Pair = tuple[str, str]


def radial_distribution_function(
    snapshots: Trajectory, r_max: float, bins: int = 200, pair: Pair | None = None
) -> pd.DataFrame:
    """Compute the radial distribution function, averaged over the snapshots.

    ``g(r) = (ordered pairs in the shell) V / (N_a N_b V_shell)`` with the exact volume of the shell.

    Parameters
    ----------
    snapshots
        A trajectory (read once, one snapshot held) or one snapshot; positions may lie outside the box.
    r_max
        Upper end; the box must be at least twice as wide between opposite faces (minimum image).
    bins
        Number of bins from 0 to `r_max`.
    pair
        Two species; default all particles.

    Returns
    -------
    DataFrame
        ``r`` (middle of the bin), ``g``.

    Raises
    ------
    InputError
        The box is smaller than twice `r_max`, or open along a direction (it has no bulk density); unknown species.
    """
    if not (r_max > 0 and bins >= 1):
        raise InputError(f"radial distribution function: r_max = {r_max} and bins = {bins} must be positive")
    total, edges, count = np.zeros(bins), np.linspace(0, r_max, bins + 1), 0
    for snapshot in frames(snapshots, "radial distribution function"):
        _require_bulk(snapshot, "radial distribution function")
        snapshot.cell.require_minimum_image(r_max, "radial distribution function")
        first, second = _groups(snapshot, pair)
        pairs, _ = pair_counts(snapshot, r_max, bins, first, second)
        total += pairs * snapshot.cell.volume / (len(first) * len(second))
        count += 1
    return pd.DataFrame({"r": (edges[:-1] + edges[1:]) / 2, "g": total / (ideal_counts(edges, 1.0) * count)})


def pair_radial_distributions(snapshots: Sequence[Snapshot], r_max: float, bin_width: float) -> pd.DataFrame:
    """Radial distribution functions of all particles and of every pair of species, averaged over the snapshots.

    Parameters
    ----------
    snapshots
        Of the same particles; their smallest box may end the range below `r_max` (minimum image).
    r_max, bin_width
        Range and width of a bin.

    Returns
    -------
    DataFrame
        ``r``, ``g``, ``pair`` (``all``, ``Cu-Zr`` ...).
    """
    smallest = min(min(snapshot.cell.heights) for snapshot in snapshots)
    reach = min(r_max, float(np.floor(smallest / 2 / bin_width) * bin_width))
    kinds = snapshots[0].species
    pairs: list[Pair | None] = [None, *((a, b) for number, a in enumerate(kinds) for b in kinds[number:])]
    parts = [
        radial_distribution_function(snapshots, reach, round(reach / bin_width), pair).assign(
            pair="-".join(pair) if pair else "all"
        )
        for pair in pairs
    ]
    return pd.concat(parts, ignore_index=True)


def radial_distribution_around(snapshot: Snapshot, rows: ArrayLike, r_max: float, bins: int) -> pd.DataFrame:
    """Compute the radial distribution function of all particles around those of `rows`.

    Every periodic image counts, so the box may be smaller than twice `r_max`. The density is that of the other
    n - 1 particles.

    Parameters
    ----------
    snapshot
        Periodic in every direction.
    rows
        Row numbers of the particles in the middle.
    r_max, bins
        Upper end, and number of bins from 0 to it.

    Returns
    -------
    DataFrame
        ``r`` (middle of the bin), ``g``.

    Raises
    ------
    InputError
        No row, or an open cell.
    """
    centres = np.asarray(rows, dtype=np.int64)
    if not len(centres) or not snapshot.cell.periodic.all():
        raise InputError("g(r) around particles: name at least one, in a cell periodic in every direction")
    counts, edges = pair_counts(snapshot, r_max, bins, centres)
    density = (len(snapshot) - 1) / snapshot.cell.volume
    ideal = ideal_counts(edges, len(np.unique(centres)) * density)
    return pd.DataFrame({"r": (edges[:-1] + edges[1:]) / 2, "g": counts / ideal})


def pair_counts(
    snapshot: Snapshot, r_max: float, bins: int, centres: ArrayLike | None = None, others: ArrayLike | None = None
) -> tuple[Integers, Floats]:
    """Count the ordered pairs of particles by distance, every periodic image a pair of its own.

    Parameters
    ----------
    centres, others
        Row numbers of the first and of the second particle of a pair; default all.

    Returns
    -------
    (counts, edges)
        (bins,) and (bins + 1,) from 0 to `r_max`.
    """
    edges = np.linspace(0.0, r_max, bins + 1)
    return count_pairs(snapshot, edges, _mask(snapshot, centres), _mask(snapshot, others)), edges


def ideal_counts(edges: Floats, density: float) -> Floats:
    """Count the particles (k,) of an ideal gas in the spherical shells between ascending radii (k + 1,)."""
    counts: Floats = density * 4 / 3 * np.pi * np.diff(edges**3)
    return counts


def _mask(snapshot: Snapshot, rows: ArrayLike | None) -> NDArray[np.bool_]:
    """Mark the particles of `rows`; all for None."""
    if rows is None:
        return np.ones(len(snapshot), dtype=bool)
    mask = np.zeros(len(snapshot), dtype=bool)
    mask[np.asarray(rows, dtype=np.int64)] = True
    return mask


def structure_factor(
    snapshots: Trajectory,
    q_max: float,
    pair: Pair | None = None,
    *,
    bins: int | None = None,
    max_vectors: int = 1000,
) -> pd.DataFrame:
    """Compute the structure factor on the wave vectors of the box, averaged over directions and snapshots.

    ``S(q) = <rho_a(q) conj(rho_b(q))> / sqrt(N_a N_b)`` with ``rho_a(q) = sum over a of exp(i q . r)``; for all
    particles ``|rho|**2 / N`` (Ashcroft & Langreth 1967). It is summed on the wave vectors of the box, not transformed
    from a g(r) with a cutoff.

    Parameters
    ----------
    snapshots
        A trajectory (read once, one snapshot held) or one snapshot. The box may change; the vectors keep their indices.
    q_max
        Largest wave number.
    pair
        Two species; default all particles.
    bins
        Number of bins from 0 to `q_max`; default: bins as wide as the longest reciprocal vector of the box, so that
        none is empty.
    max_vectors
        Most vectors (of a half space) in a bin; where there are more they are drawn with a fixed seed.

    Returns
    -------
    DataFrame
        ``q`` (mean length of the bin's vectors), ``s``; bins without a vector are left out, so is q = 0.

    Raises
    ------
    InputError
        No wave vector below `q_max` (the message names the smallest), an open cell, unknown species.
    """
    indices, group, sums, lengths, count = np.empty((0, 3), np.int64), np.empty(0, np.int64), 0.0, 0.0, 0
    for snapshot in frames(snapshots, "structure factor"):
        _require_bulk(snapshot, "structure factor")
        if not count:
            indices, group = wave_vectors(snapshot, q_max, bins, max_vectors)
        first, second = _groups(snapshot, pair)
        scaled = snapshot.cell.fractional(snapshot.positions)
        amplitude = wave_amplitudes(scaled[first], indices)
        other = amplitude if pair is None or pair[0] == pair[1] else wave_amplitudes(scaled[second], indices)
        sums = sums + (amplitude * other.conj()).real / np.sqrt(len(first) * len(second))
        lengths = lengths + np.linalg.norm(2 * np.pi * indices @ snapshot.cell.inverse.T, axis=1)
        count += 1
    number = np.bincount(group)
    filled = number > 0
    mean = [np.bincount(group, weights=values / count)[filled] / number[filled] for values in (lengths, sums)]
    return pd.DataFrame({"q": mean[0], "s": mean[1]})


def structure_factor_around(
    snapshot: Snapshot,
    groups: Mapping[str, ArrayLike],
    q_max: float,
    *,
    bins: int | None = None,
    max_vectors: int = 1000,
) -> pd.DataFrame:
    """Compute the contribution of groups of particles to the structure factor.

    ``S_a(q) = Re <rho_a(q) conj(rho(q))> / N_a`` with ``rho`` of all particles: the transform of g(r) around the
    particles of the group. The mean over groups that hold all particles, weighted by their numbers, is S(q).

    Parameters
    ----------
    groups
        Name -> row numbers of its particles.
    q_max, bins, max_vectors
        As for `structure_factor`.

    Returns
    -------
    DataFrame
        ``group``, ``q``, ``s``.

    Raises
    ------
    InputError
        A group without particles, or as `structure_factor`.
    """
    _require_bulk(snapshot, "structure factor")
    indices, group = wave_vectors(snapshot, q_max, bins, max_vectors)
    scaled = snapshot.cell.fractional(snapshot.positions)
    whole = wave_amplitudes(scaled, indices)
    number = np.bincount(group)
    filled = number > 0
    lengths = np.linalg.norm(2 * np.pi * indices @ snapshot.cell.inverse.T, axis=1)
    q = np.bincount(group, weights=lengths)[filled] / number[filled]
    parts = []
    for name, rows in groups.items():
        members = np.asarray(rows, dtype=np.int64)
        if not len(members):
            raise InputError(f"structure factor: group {name} has no particle")
        product = (wave_amplitudes(scaled[members], indices) * whole.conj()).real / len(members)
        s = np.bincount(group, weights=product)[filled] / number[filled]
        parts.append(pd.DataFrame({"group": name, "q": q, "s": s}))
    return pd.concat(parts, ignore_index=True)


def structure_factor_over_replicas(
    snapshots: Mapping[str, Snapshot],
    q_max: float,
    *,
    seed: int,
    groups: Mapping[str, Mapping[str, ArrayLike]] | None = None,
) -> pd.DataFrame:
    """Structure factor of several samples, one at a time on common bins: boxes differ a little between them.

    Parameters
    ----------
    snapshots
        Name of the replica -> its snapshot.
    q_max
        Largest wave number; bins are as wide as the longest reciprocal vector of any box.
    seed
        Of the bootstrap; see `mean_over_replicas`.
    groups
        Name of the replica -> groups of its particles, see `structure_factor_around`.

    Returns
    -------
    DataFrame
        ``q`` (middle of the bin), ``s``, ``low``, ``high``, ``replicas``; with groups ``group`` first.
    """
    bins = int(q_max / max(2 * np.pi / min(snapshot.cell.heights) for snapshot in snapshots.values()))
    parts = []
    for name, snapshot in snapshots.items():
        if groups is None:
            curve = structure_factor(snapshot, q_max, bins=bins)
        else:
            curve = structure_factor_around(snapshot, groups[name], q_max, bins=bins)
        number = (curve["q"] / q_max * bins).astype(int)
        parts.append(curve.assign(replica=name, q=(number + 0.5) * q_max / bins))
    by = ["q"] if groups is None else ["group", "q"]
    return mean_over_replicas(pd.concat(parts, ignore_index=True), by, "s", seed=seed)


def wave_vectors(snapshot: Snapshot, q_max: float, bins: int | None, max_vectors: int) -> tuple[Integers, Integers]:
    """Draw the wave vectors of a half space up to `q_max`: indices (m, 3), and the bin (m,) of each.

    The grid of indices is walked twice, first to count the vectors of each bin, then to take those that were drawn. One
    plane of it is held at a time: the memory does not grow with the number of vectors in the sphere.
    """
    reciprocal = 2 * np.pi * snapshot.cell.inverse.T
    edges = np.linalg.norm(reciprocal, axis=1)
    number = bins or max(1, int(q_max / edges.max()))
    counts = np.zeros(number, np.int64)
    for _, group in _half_space_planes(snapshot, q_max, number):
        counts += np.bincount(group, minlength=number)
    if not counts.any():
        raise InputError(
            f"structure factor: no wave vector of the box up to q_max = {q_max:g}; the first is {edges.min():.4g}"
        )
    first = np.cumsum(counts) - counts  # rank of a bin's first vector, when all are sorted by bin
    drawn = _drawn_ranks(counts, max_vectors) + np.repeat(first, np.minimum(counts, max_vectors))
    kept, ranks = [], []
    for indices, group in _half_space_planes(snapshot, q_max, number):
        order = np.argsort(group, kind="stable")
        in_plane = np.bincount(group, minlength=number)
        rank = np.arange(len(group)) + np.repeat(first - (np.cumsum(in_plane) - in_plane), in_plane)
        chosen = drawn[np.minimum(np.searchsorted(drawn, rank), len(drawn) - 1)] == rank
        kept.append(indices[order[chosen]])
        ranks.append(rank[chosen])
        first += in_plane
    by_bin = np.argsort(np.concatenate(ranks))
    return np.concatenate(kept)[by_bin], np.repeat(np.arange(number), np.minimum(counts, max_vectors))


def _half_space_planes(snapshot: Snapshot, q_max: float, number: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield indices (k, 3) and bins (k,) of the wave vectors up to `q_max`, a plane of equal first index at a time.

    The first index that is not 0 is positive: one of each pair q, -q, and never q = 0.
    """
    reciprocal = 2 * np.pi * snapshot.cell.inverse.T
    # |q . a_k| = 2 pi |n_k| <= |q| |a_k| bounds each index.
    reach = np.floor(q_max * np.linalg.norm(snapshot.cell.matrix, axis=1) / (2 * np.pi)).astype(int)
    second, third = (axis.ravel() for axis in np.meshgrid(*(np.arange(-n, n + 1) for n in reach[1:]), indexing="ij"))
    for top in range(reach[0] + 1):
        indices = np.column_stack([np.full(len(second), top), second, third])
        if top == 0:
            indices = indices[(second > 0) | ((second == 0) & (third > 0))]
        lengths = np.linalg.norm(indices @ reciprocal, axis=1)
        inside = lengths <= q_max
        group = np.minimum((lengths[inside] / q_max * number).astype(int), number - 1)
        yield indices[inside], group


def _drawn_ranks(counts: Integers, most: int) -> Integers:
    """Draw at most `most` of the vectors of each bin with a fixed seed: their ranks within the bin, ascending."""
    generator = np.random.default_rng(0)
    return np.concatenate(
        [
            np.arange(count) if count <= most else np.sort(generator.choice(count, most, replace=False))
            for count in counts.tolist()
        ]
    )


def wave_amplitudes(scaled: Floats, indices: Integers) -> NDArray[np.complex128]:
    """Sum exp(2 pi i n . s) over particles of scaled positions s (n, 3), on wave vectors of indices n (m, 3): (m,)."""
    order = np.lexsort(indices.T[::-1])
    sums = np.zeros((len(indices), 2))
    summed_waves(np.ascontiguousarray(scaled), indices[order], sums)
    result = np.empty(len(indices), np.complex128)
    result[order] = sums.view(np.complex128)[:, 0]
    return result


def _groups(snapshot: Snapshot, pair: Pair | None) -> tuple[Integers, Integers]:
    """Find the rows of the first and of the second species of a pair; all rows without one."""
    if pair is not None and (isinstance(pair, str) or len(pair) != 2):
        raise InputError(f"pair = {pair!r} must be two species, such as ('A', 'B')")
    first, second = pair or (None, None)
    return rows_of_species(snapshot, first), rows_of_species(snapshot, second)


def _require_bulk(snapshot: Snapshot, analysis: str) -> None:
    """Require a cell that is periodic in all directions: an open one has no bulk density."""
    if not snapshot.cell.periodic.all():
        raise InputError(f"{analysis} needs a cell that is periodic in all directions (step {snapshot.step} is open)")
