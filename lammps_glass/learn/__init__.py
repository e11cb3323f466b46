"""Rows to an indicator and its scores: arrays and tables only, nothing of snapshots or simulations."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lammps_glass.registry import Entry, Registry

if TYPE_CHECKING:
    from lammps_glass.learn.activity import Activity
    from lammps_glass.learn.ard import ard_pearson
    from lammps_glass.learn.barcode import Barcode
    from lammps_glass.learn.binned import BinnedPredictions
    from lammps_glass.learn.cross_validate import (
        leave_one_replica_out_predictions,
        random_row_predictions,
        split_predictions,
    )
    from lammps_glass.learn.defect_scores import (
        defect_predictions,
        family_predictions,
        score_table,
        scores_by_draw,
        species_predictions,
        spread,
    )
    from lammps_glass.learn.easy_ensemble import EasyEnsemble
    from lammps_glass.learn.energy_model import EnergyModel
    from lammps_glass.learn.energy_ridge import EnergyRidge
    from lammps_glass.learn.energy_scoring import energy_folds, energy_scores
    from lammps_glass.learn.energy_search import search_energy_model
    from lammps_glass.learn.environment_library import Encoding, EnvironmentLibrary, Fractions
    from lammps_glass.learn.environments import (
        LeaderSearch,
        cosine_limit,
        particle_order,
        scan_environments,
        scan_order,
        similarity_of,
    )
    from lammps_glass.learn.estimator import indicator_values, threshold_of
    from lammps_glass.learn.integrated_defect import IntegratedDefect
    from lammps_glass.learn.learning_curves import (
        cross_validated_accuracy,
        glass_and_random_splits,
        learning_curve_by_replica,
        learning_curve_by_rows,
        linear_svm,
    )
    from lammps_glass.learn.persistence import load, save
    from lammps_glass.learn.power import PowerFactor, power_factor
    from lammps_glass.learn.prefixes import (
        accuracy_by_body_order,
        accuracy_by_components,
        accuracy_of_prefixes,
        curve_numbers,
    )
    from lammps_glass.learn.reservoir import Reservoir
    from lammps_glass.learn.rows import Joined, binary_labels, feature_columns, join, matrix
    from lammps_glass.learn.sampling import BalancedSamples, balanced_samples
    from lammps_glass.learn.scan import class_fractions, threshold_scan
    from lammps_glass.learn.scoring import bootstrap_by_replica, confusion, score_with_intervals, scores
    from lammps_glass.learn.selection import accuracy_by_number_of_features, best_c, choose_c, logistic, rank_features
    from lammps_glass.learn.sequential import Selection, accuracy_by_forward_selection, forward_selection
    from lammps_glass.learn.splits import (
        Split,
        last_replica_out,
        leave_one_replica_out,
        random_row_folds,
        random_rows_split,
        replica_folds,
        split_by_replica,
    )
    from lammps_glass.learn.svm_grid import SvmChoice, can_cross_validate, choose_svm, svm_grid_cell, svm_grid_cells

REGISTRY = Registry(
    "indicator",
    [
        Entry(
            "looseness",
            "lammps_glass.learn.easy_ensemble:EasyEnsemble",
            "probability that a particle rearranges: mean of logistic regressions, each on a balanced sample",
            "probability",
        ),
        Entry(
            "integrated-defect",
            "lammps_glass.learn.integrated_defect:IntegratedDefect",
            "integrated glassy defect: signed distance to the hyperplane of a Gaussian support vector machine",
            "signed distance",
        ),
        Entry(
            "activity",
            "lammps_glass.learn.activity:Activity",
            "probability that a particle is active: one logistic regression with Tikhonov's penalty, for balanced rows",
            "probability",
        ),
        Entry(
            "barcode",
            "lammps_glass.learn.barcode:Barcode",
            "energy from fractions of 40 environments (XGBoost); of a particle: SHAP value of its environment / count",
            "energy",
        ),
        Entry(
            "ridge",
            "lammps_glass.learn.energy_ridge:EnergyRidge",
            "energy by ridge regression on mean SOAP vectors, and its share by particle",
            "energy",
        ),
    ],
)

_EXPORTS = {
    "environment_library": ("Encoding", "EnvironmentLibrary", "Fractions"),
    "environments": (
        "LeaderSearch",
        "cosine_limit",
        "particle_order",
        "scan_environments",
        "scan_order",
        "similarity_of",
    ),
    "activity": ("Activity",),
    "ard": ("ard_pearson",),
    "barcode": ("Barcode",),
    "binned": ("BinnedPredictions",),
    "cross_validate": ("leave_one_replica_out_predictions", "random_row_predictions", "split_predictions"),
    "defect_scores": (
        "defect_predictions",
        "family_predictions",
        "score_table",
        "scores_by_draw",
        "species_predictions",
        "spread",
    ),
    "easy_ensemble": ("EasyEnsemble",),
    "energy_scoring": ("energy_folds", "energy_scores"),
    "energy_model": ("EnergyModel",),
    "energy_ridge": ("EnergyRidge",),
    "energy_search": ("search_energy_model",),
    "estimator": ("indicator_values", "threshold_of"),
    "sequential": ("Selection", "accuracy_by_forward_selection", "forward_selection"),
    "integrated_defect": ("IntegratedDefect",),
    "learning_curves": (
        "cross_validated_accuracy",
        "glass_and_random_splits",
        "learning_curve_by_replica",
        "learning_curve_by_rows",
        "linear_svm",
    ),
    "persistence": ("load", "save"),
    "power": ("PowerFactor", "power_factor"),
    "prefixes": ("accuracy_by_body_order", "accuracy_by_components", "accuracy_of_prefixes", "curve_numbers"),
    "reservoir": ("Reservoir",),
    "rows": ("Joined", "binary_labels", "feature_columns", "join", "matrix"),
    "sampling": ("BalancedSamples", "balanced_samples"),
    "scoring": ("bootstrap_by_replica", "confusion", "score_with_intervals", "scores"),
    "selection": ("accuracy_by_number_of_features", "best_c", "choose_c", "logistic", "rank_features"),
    "splits": (
        "Split",
        "last_replica_out",
        "leave_one_replica_out",
        "random_row_folds",
        "random_rows_split",
        "replica_folds",
        "split_by_replica",
    ),
    "scan": ("class_fractions", "threshold_scan"),
    "svm_grid": ("SvmChoice", "can_cross_validate", "choose_svm", "svm_grid_cell", "svm_grid_cells"),
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
    "last_replica_out",
    "replica_folds",
    "random_rows_split",
    "random_row_folds",
    "EasyEnsemble",
    "IntegratedDefect",
    "indicator_values",
    "threshold_of",
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
    "SvmChoice",
    "can_cross_validate",
    "svm_grid_cell",
    "svm_grid_cells",
    "choose_svm",
    "defect_predictions",
    "family_predictions",
    "species_predictions",
    "spread",
    "score_table",
    "scores_by_draw",
    "PowerFactor",
    "power_factor",
    "Activity",
    "glass_and_random_splits",
    "cross_validated_accuracy",
    "linear_svm",
    "curve_numbers",
    "accuracy_of_prefixes",
    "accuracy_by_body_order",
    "accuracy_by_components",
    "Selection",
    "forward_selection",
    "accuracy_by_forward_selection",
    "ard_pearson",
    "learning_curve_by_replica",
    "learning_curve_by_rows",
    "LeaderSearch",
    "scan_order",
    "particle_order",
    "scan_environments",
    "cosine_limit",
    "similarity_of",
    "EnvironmentLibrary",
    "Encoding",
    "Fractions",
    "EnergyModel",
    "EnergyRidge",
    "Barcode",
    "search_energy_model",
    "energy_folds",
    "energy_scores",
    "save",
    "load",
]


def __getattr__(name: str) -> Any:
    # Imported on first use, so that listing the indicators costs no scikit-learn.
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
