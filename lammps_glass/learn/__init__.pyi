"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .activity import Activity as Activity
from .ard import ard_pearson as ard_pearson
from .barcode import Barcode as Barcode
from .binned import BinnedPredictions as BinnedPredictions
from .block_penalty import Penalty as Penalty
from .cross_validate import (
    leave_one_replica_out_predictions as leave_one_replica_out_predictions,
    random_row_predictions as random_row_predictions,
    split_predictions as split_predictions,
)
from .defect_scores import (
    defect_predictions as defect_predictions,
    family_predictions as family_predictions,
    score_table as score_table,
    scores_by_draw as scores_by_draw,
    species_predictions as species_predictions,
    spread as spread,
)
from .easy_ensemble import EasyEnsemble as EasyEnsemble
from .encoding import EncodedStructure as EncodedStructure, encode_structure as encode_structure
from .energy_curves import EnergyRows as EnergyRows, energy_learning_curve as energy_learning_curve
from .energy_model import EnergyModel as EnergyModel
from .energy_ridge import EnergyRidge as EnergyRidge
from .energy_scoring import (
    energies_without_bias as energies_without_bias,
    energy_folds as energy_folds,
    energy_scores as energy_scores,
)
from .energy_search import search_energy_model as search_energy_model
from .environment_library import Encoding as Encoding, EnvironmentLibrary as EnvironmentLibrary, Fractions as Fractions
from .environments import (
    LeaderSearch as LeaderSearch,
    cosine_limit as cosine_limit,
    particle_order as particle_order,
    scan_environments as scan_environments,
    scan_order as scan_order,
    similarity_of as similarity_of,
)
from .estimator import indicator_values as indicator_values, threshold_of as threshold_of
from .hashed_sample import HashedSample as HashedSample
from .integrated_defect import IntegratedDefect as IntegratedDefect
from .learning_curves import (
    cross_validated_accuracy as cross_validated_accuracy,
    glass_and_random_splits as glass_and_random_splits,
    learning_curve_by_replica as learning_curve_by_replica,
    learning_curve_by_rows as learning_curve_by_rows,
    linear_svm as linear_svm,
)
from .nested_subsets import (
    accuracy_by_body_order as accuracy_by_body_order,
    accuracy_by_components as accuracy_by_components,
    accuracy_of_nested_subsets as accuracy_of_nested_subsets,
    curve_numbers as curve_numbers,
)
from .normal_equations import NormalEquations as NormalEquations, choose_penalty as choose_penalty
from .penalty import Penalties as Penalties, choose_penalties as choose_penalties
from .persistence import load as load, save as save
from .power import PowerFactor as PowerFactor, power_factor as power_factor
from .registry import REGISTRY as REGISTRY
from .regressors import ARDRegression as ARDRegression, BoostedTrees as BoostedTrees, SmallNetwork as SmallNetwork
from .ridge_regression import RidgeRegression as RidgeRegression
from .rows import (
    Joined as Joined,
    binary_labels as binary_labels,
    feature_columns as feature_columns,
    join as join,
    matrix as matrix,
)
from .sampling import BalancedSamples as BalancedSamples, balanced_samples as balanced_samples
from .scan import class_fractions as class_fractions, threshold_scan as threshold_scan
from .scoring import (
    bootstrap_by_replica as bootstrap_by_replica,
    confusion as confusion,
    score_with_intervals as score_with_intervals,
    scores as scores,
    scores_by_replica as scores_by_replica,
)
from .selection import (
    accuracy_by_number_of_features as accuracy_by_number_of_features,
    best_c as best_c,
    choose_c as choose_c,
    logistic as logistic,
    rank_features as rank_features,
    right_by_number_of_features as right_by_number_of_features,
)
from .sequential import (
    Selection as Selection,
    accuracy_by_forward_selection as accuracy_by_forward_selection,
    forward_selection as forward_selection,
)
from .splits import (
    Split as Split,
    last_replica_out as last_replica_out,
    leave_one_replica_out as leave_one_replica_out,
    random_row_folds as random_row_folds,
    random_rows_split as random_rows_split,
    replica_folds as replica_folds,
    split_by_replica as split_by_replica,
)
from .svm_grid import (
    SvmChoice as SvmChoice,
    can_cross_validate as can_cross_validate,
    choose_svm as choose_svm,
    svm_grid_cell as svm_grid_cell,
    svm_grid_cells as svm_grid_cells,
)
