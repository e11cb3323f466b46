"""Folds of structures, by independent run or by random row (which leaks), and scores of predicted energies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.learn.splits import Split, replica_folds


def energy_folds(n_rows: int, n_folds: int, groups: ArrayLike | None, seed: int) -> list[Split]:
    """Split structures into folds of whole groups (independent runs), or of random rows without groups.

    There are at most as many folds as groups, or rows.
    """
    if groups is not None:
        return replica_folds(groups, n_folds, seed=seed)
    if n_folds < 2:
        raise InputError(f"{n_folds} folds: cross-validation needs at least 2")
    parts = np.array_split(np.random.default_rng(seed).permutation(n_rows), min(n_folds, n_rows))
    return [
        Split(f"random rows {at} (leaks)", np.setdiff1d(np.arange(n_rows), part), np.sort(part), True)
        for at, part in enumerate(parts)
    ]


def energy_scores(true: ArrayLike, predicted: ArrayLike, n_particles: ArrayLike) -> dict[str, float]:
    """Compute the errors of predicted energies of whole structures.

    Parameters
    ----------
    true, predicted
        (n_structures,) energies of the system, in eV.
    n_particles
        (n_structures,), or one number.

    Returns
    -------
    dict
        ``rmse_ev`` (of a system), ``rmse_mev_per_atom``, ``bias_mev_per_atom`` (predicted less true),
        ``rmse_over_std`` (of energies per particle; 1: no better than their mean), ``r2``, ``pearson``.
    """
    sizes = np.broadcast_to(np.asarray(n_particles, dtype=float), np.shape(true))
    reference, model = np.asarray(true, dtype=float), np.asarray(predicted, dtype=float)
    error = (model - reference) / sizes
    spread = float((reference / sizes).std())
    rmse = float(np.sqrt(np.mean(error**2)))
    varies = spread > 0 and (model / sizes).std() > 0
    return {
        "rmse_ev": float(np.sqrt(np.mean((model - reference) ** 2))),
        "rmse_mev_per_atom": 1000 * rmse,
        "bias_mev_per_atom": 1000 * float(error.mean()),
        "rmse_over_std": rmse / spread if spread > 0 else float("nan"),
        "r2": 1 - (rmse / spread) ** 2 if spread > 0 else float("nan"),
        "pearson": float(np.corrcoef(reference / sizes, model / sizes)[0, 1]) if varies else float("nan"),
    }


def energies_without_bias(true: ArrayLike, predicted: ArrayLike, n_particles: ArrayLike) -> pd.DataFrame:
    """Compare energies about their mean: what a model of one composition can say of another.

    The constant between two compositions cannot be learned from one of them, so that the mean error is taken away.

    Parameters
    ----------
    true, predicted, n_particles
        As for `energy_scores`.

    Returns
    -------
    DataFrame
        ``true`` and ``predicted`` over the mean of the true ones, in meV a particle; ``error`` (predicted minus true
        before the mean error is taken away), likewise.
    """
    sizes = np.broadcast_to(np.asarray(n_particles, dtype=float), np.shape(true))
    target, values = np.asarray(true, dtype=float), np.asarray(predicted, dtype=float)
    error, mean = (values - target) / sizes, float((target / sizes).mean())
    return pd.DataFrame(
        {
            "true": 1000 * (target / sizes - mean),
            "predicted": 1000 * (values / sizes - mean) - 1000 * float(error.mean()),
            "error": 1000 * error,
        }
    )
