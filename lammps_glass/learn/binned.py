"""Scores of more predictions than fit into memory, from counts by replica, class and fine bins of the probability."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.scoring import draws_of_replicas, interval, rates

#: Number of bins: even, so that 0.5 is an edge and the confusion matrix is exact.
N_BINS = 20_000


class BinnedPredictions:
    """Counts of streamed predictions; their memory does not depend on the number of predictions.

    The confusion matrix at 0.5 is exact. The AUC counts two rows in one bin as a tie: it differs from the exact one by
    at most half the fraction of pairs that meet in a bin (about 1e-4 for a smooth distribution on 20 000 bins).
    """

    def __init__(self) -> None:
        self.counts: dict[str, NDArray[np.int64]] = {}

    def add(self, replica: str, y: ArrayLike, probability: ArrayLike) -> None:
        """Add rows of one replica: `y` (n,) 0 or 1, `probability` (n,) in [0, 1]."""
        labels, values = np.asarray(y, dtype=np.int64), np.asarray(probability, dtype=np.float64)
        if not (np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()):
            raise InputError(f"replica {replica}: a probability is not between 0 and 1")
        # Bins are open below, (a, b], so that exactly 0.5 counts as class 0, as a prediction above 0.5 is class 1.
        bins = np.clip(np.ceil(values * N_BINS).astype(np.int64) - 1, 0, N_BINS - 1)
        counts = self.counts.setdefault(replica, np.zeros((2, N_BINS), dtype=np.int64))
        counts += np.bincount(labels * N_BINS + bins, minlength=2 * N_BINS).reshape(2, N_BINS)

    def confusion(self) -> NDArray[np.int64]:
        """Count the rows by true class (row) and predicted class (column), all replicas together: (2, 2)."""
        total: NDArray[np.int64] = self._matrices().sum(axis=0)
        return total

    def _matrices(self) -> NDArray[np.int64]:
        stacked = np.array([self.counts[name] for name in sorted(self.counts)])
        matrices: NDArray[np.int64] = stacked.reshape(len(stacked), 2, 2, N_BINS // 2).sum(axis=-1)
        return matrices

    def _wins(self) -> NDArray[np.float64]:
        """Count how often a row of class 1 of replica a is above one of class 0 of b, ties as half: (n, n)."""
        class_0 = np.array([self.counts[name][0] for name in sorted(self.counts)], dtype=np.float64)
        class_1 = np.array([self.counts[name][1] for name in sorted(self.counts)], dtype=np.float64)
        below = np.cumsum(class_0, axis=1) - class_0 / 2
        wins: NDArray[np.float64] = class_1 @ below.T
        return wins

    def scores(self, *, n_resamples: int = 500, seed: int) -> dict[str, float]:
        """Compute pooled scores and their 5-95 % bootstrap intervals over replicas, as `score_with_intervals`.

        No intervals with one replica, or with ``n_resamples=0``.
        """
        matrices, wins = self._matrices().astype(np.float64), self._wins()
        if not matrices.sum(axis=(0, 2)).all():
            raise InputError("the predictions hold one class only: choose another threshold or more replicas")
        pooled = self._rates(np.ones((1, len(matrices))), matrices, wins)
        result = {name: float(values[0]) for name, values in pooled.items()}
        if len(matrices) < 2 or n_resamples == 0:
            return result
        drawn = draws_of_replicas(len(matrices), n_resamples, seed).astype(np.float64)
        both = np.einsum("sr,rij->si", drawn, matrices).prod(axis=1) > 0
        for name, values in self._rates(drawn[both], matrices, wins).items():
            ends = interval(values, n_resamples)
            result |= {f"{name}.low": ends.low, f"{name}.high": ends.high}
        return result

    @staticmethod
    def _rates(
        drawn: NDArray[np.float64], matrices: NDArray[np.float64], wins: NDArray[np.float64]
    ) -> dict[str, NDArray[np.float64]]:
        counts = np.einsum("sr,rij->sij", drawn, matrices)
        result = rates(counts)
        result["auc"] = np.einsum("sa,ab,sb->s", drawn, wins, drawn) / counts.sum(axis=-1).prod(axis=-1)
        return result
