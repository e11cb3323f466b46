"""Rows to an indicator and its scores: arrays and tables only, nothing of snapshots or simulations."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.learn.binned import BinnedPredictions
    from lammps_glass.learn.cross_validate import (
        leave_one_replica_out_predictions,
        random_row_predictions,
        split_predictions,
    )
    from lammps_glass.learn.easy_ensemble import EasyEnsemble
    from lammps_glass.learn.persistence import load, save
    from lammps_glass.learn.reservoir import Reservoir
    from lammps_glass.learn.rows import Joined, binary_labels, feature_columns, join, matrix
    from lammps_glass.learn.sampling import BalancedSamples, balanced_samples
    from lammps_glass.learn.scan import class_fractions, threshold_scan
    from lammps_glass.learn.scoring import bootstrap_by_replica, confusion, score_with_intervals, scores
    from lammps_glass.learn.selection import accuracy_by_number_of_features, best_c, choose_c, logistic, rank_features
    from lammps_glass.learn.splits import (
        Split,
        leave_one_replica_out,
        random_row_folds,
        random_rows_split,
        replica_folds,
        split_by_replica,
    )

REGISTRY = Registry(
    "indicator",
    [
        Entry(
            "looseness",
            "lammps_glass.learn.easy_ensemble:EasyEnsemble",
            "probability that a particle rearranges: mean of logistic regressions, each on a balanced sample",
            "probability",
        ),
    ],
)

_EXPORTS = {
    "binned": ("BinnedPredictions",),
    "cross_validate": ("leave_one_replica_out_predictions", "random_row_predictions", "split_predictions"),
    "easy_ensemble": ("EasyEnsemble",),
    "persistence": ("load", "save"),
    "reservoir": ("Reservoir",),
    "rows": ("Joined", "binary_labels", "feature_columns", "join", "matrix"),
    "sampling": ("BalancedSamples", "balanced_samples"),
    "scoring": ("bootstrap_by_replica", "confusion", "score_with_intervals", "scores"),
    "selection": ("accuracy_by_number_of_features", "best_c", "choose_c", "logistic", "rank_features"),
    "splits": (
        "Split",
        "leave_one_replica_out",
        "random_row_folds",
        "random_rows_split",
        "replica_folds",
        "split_by_replica",
    ),
    "scan": ("class_fractions", "threshold_scan"),
}
_MODULE_OF = {name: module for module, names in _EXPORTS.items() for name in names}

__all__ = [  # noqa: RUF022  (in the order of use)
    "REGISTRY",
    "Joined",
    "join",
    "feature_columns",
    "matrix",
    "binary_labels",
    "BalancedSamples",
    "balanced_samples",
    "Reservoir",
    "Split",
    "split_by_replica",
    "leave_one_replica_out",
    "replica_folds",
    "random_rows_split",
    "random_row_folds",
    "EasyEnsemble",
    "BinnedPredictions",
    "logistic",
    "choose_c",
    "best_c",
    "rank_features",
    "accuracy_by_number_of_features",
    "scores",
    "confusion",
    "bootstrap_by_replica",
    "score_with_intervals",
    "class_fractions",
    "threshold_scan",
    "split_predictions",
    "leave_one_replica_out_predictions",
    "random_row_predictions",
    "save",
    "load",
]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that listing the indicators costs no scikit-learn.
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
