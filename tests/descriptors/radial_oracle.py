"""`RadialGaussians` and `PairEntropy` written out with numpy, from their formulas: no code of the package."""

from __future__ import annotations

import itertools

import numpy as np


def distances(positions, matrix, i, r_max):
    """(index, distance) of all images of all particles within `r_max` of particle `i`, itself left out."""
    heights = 1 / np.linalg.norm(np.linalg.inv(matrix), axis=0)
    scaled = (positions - positions[i]) @ np.linalg.inv(matrix)
    extent = np.abs(scaled).max(axis=0)
    turns = [range(-k, k + 1) for k in np.ceil(r_max / heights + extent).astype(int)]
    found = []
    for turn in itertools.product(*turns):
        r = np.linalg.norm(positions - positions[i] + np.array(turn) @ matrix, axis=1)
        if not any(turn):
            r[i] = np.inf
        found += [(j, r[j]) for j in np.flatnonzero(r <= r_max)]
    return np.array([j for j, _ in found], dtype=int), np.array([r for _, r in found])


def gaussians(positions, matrix, centers, width, r_max):
    rows = []
    for i in range(len(positions)):
        r = distances(positions, matrix, i, r_max)[1]
        rows.append([np.exp(-((r - center) ** 2) / width**2).sum() for center in centers])
    return np.array(rows)


def pair_correlation(r, at, sigma, density):
    """Smoothed g of one particle at the distances `at`."""
    if not len(r):
        return np.zeros_like(at)
    peaks = np.exp(-((at[:, None] - r) ** 2) / (2 * sigma**2)).sum(axis=1) / np.sqrt(2 * np.pi * sigma**2)
    return peaks / (4 * np.pi * at**2 * density)


def entropy(g, at, step, density, cutoff):
    """-1/2 rho int (g ln g - g + 1) 4 pi r^2 dr by the midpoint rule; `cutoff` is a multiple of `step`."""
    inside = at < cutoff
    g_log_g = np.where(g > 0, g * np.log(np.where(g > 0, g, 1.0)), 0.0)
    return -0.5 * density * ((g_log_g - g + 1) * 4 * np.pi * at**2 * step)[inside].sum()


def pair_entropies(positions, matrix, types, cutoffs, sigma, step):
    volume = abs(np.linalg.det(matrix))
    at = (np.arange(round(max(cutoffs) / step)) + 0.5) * step
    rows = np.zeros((len(positions), len(cutoffs)))
    for i in range(len(positions)):
        j, r = distances(positions, matrix, i, max(cutoffs) + 8 * sigma)
        for v in np.unique(types):
            density = (types == v).sum() / volume
            g = pair_correlation(r[types[j] == v], at, sigma, density)
            rows[i] += [entropy(g, at, step, density, cutoff) for cutoff in cutoffs]
    return rows
