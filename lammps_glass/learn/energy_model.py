"""`EnergyModel`: energy of a structure from the fractions of its environments, by boosted trees with SHAP values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError
from lammps_glass.json_types import JsonObject
from lammps_glass.learn.energy_scoring import energy_folds

if TYPE_CHECKING:
    import xgboost

Floats = NDArray[np.float64]

#: Rows on which the paper chose its parameters: ``min_child_weight`` counts rows and is scaled in proportion.
PAPER_ROWS = 8000


class EnergyModel(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""XGBoost regression with the parameters of C. Liu et al., Acta Mater. 259, 119281 (2023), section 2.3.

    The number of trees is the one at which the mean error of left-out folds is smallest (the search ends when
    `early_stopping_rounds` more trees do not lower it); that many trees are then grown on all rows. Energies are
    centred, since XGBoost works in single precision; ``gamma`` is in squared units of the energy, so that fits in other
    units differ.

    Parameters
    ----------
    max_depth, learning_rate, gamma, min_child_weight, subsample, colsample_bytree
        Parameters of XGBoost; the defaults are the paper's best, at 8000 rows. `min_child_weight` is the value for 8000
        rows, and is multiplied by rows / 8000 (in a fold: the rows that train in it); unscaled, small data could not be
        split.
    max_rounds, early_stopping_rounds
        Most trees, and number of trees without improvement after which the search ends.
    n_folds
        Folds that determine the number of trees: of whole groups when `fit` is given groups, else of random rows.
    used_folds
        Number of folds that are evaluated; None: all. One of five takes a fifth of the time.
    random_state
        Seed of folds and of XGBoost.

    Attributes
    ----------
    booster_ : xgboost.Booster
    offset_ : float
        Mean of the training energies, added to the sum of the trees.
    rounds_ : int
        Number of trees.
    validation_rmse_ : float
        Root mean square error of the left-out folds at `rounds_`, mean over the folds.
    """

    def __init__(
        self,
        max_depth: int = 20,
        learning_rate: float = 0.0271589,
        gamma: float = 0.01878,
        min_child_weight: float = 82.011109,
        subsample: float = 0.767066,
        colsample_bytree: float = 0.623959,
        max_rounds: int = 3000,
        early_stopping_rounds: int = 100,
        n_folds: int = 5,
        used_folds: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.gamma = gamma
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.max_rounds = max_rounds
        self.early_stopping_rounds = early_stopping_rounds
        self.n_folds = n_folds
        self.used_folds = used_folds
        self.random_state = random_state

    saved_as = "estimator.xgboost"

    def booster_parameters(self, n_rows: int) -> dict[str, float | str]:
        """Return the parameters of XGBoost for a training set of `n_rows`; one thread, so that sums have one order."""
        return {
            "max_depth": self.max_depth,
            "eta": self.learning_rate,
            "gamma": self.gamma,
            "min_child_weight": self.min_child_weight * n_rows / PAPER_ROWS,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "objective": "reg:squarederror",
            "base_score": 0.0,
            "tree_method": "hist",
            "seed": self.random_state,
            "nthread": 1,
            "verbosity": 0,
        }

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on (n_structures, n_environments) fractions and energies; folds keep the rows of `groups` together."""
        import xgboost

        values, energies = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.offset_ = float(energies.mean())
        data = xgboost.DMatrix(values, label=energies - self.offset_)
        self.rounds_, self.validation_rmse_ = self._rounds(data, len(values), groups)
        self.booster_ = xgboost.train(self.booster_parameters(len(values)), data, num_boost_round=self.rounds_)
        return self

    def validate(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> tuple[int, float]:
        """Determine the number of trees and the error of left-out folds, without fitting."""
        import xgboost

        energies = np.asarray(y, dtype=np.float64)
        data = xgboost.DMatrix(np.asarray(X, dtype=np.float64), label=energies - energies.mean())
        return self._rounds(data, len(energies), groups)

    def _rounds(self, data: xgboost.DMatrix, n_rows: int, groups: ArrayLike | None) -> tuple[int, float]:
        """Determine the number of trees, and the mean error of the left-out folds there."""
        import xgboost

        if n_rows < 2:
            raise InputError(f"an energy model needs at least 2 structures (samples), there is {n_rows} sample")
        folds = energy_folds(n_rows, self.n_folds, groups, self.random_state)[: self.used_folds]
        history = xgboost.cv(
            self.booster_parameters(len(folds[0].train)),
            data,
            num_boost_round=self.max_rounds,
            folds=[(fold.train, fold.test) for fold in folds],
            early_stopping_rounds=self.early_stopping_rounds,
            as_pandas=False,
            seed=self.random_state,
        )["test-rmse-mean"]
        best = int(np.argmin(history))
        return best + 1, float(history[best])

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_structures,) energies."""
        import xgboost

        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, reset=False)
        energies: Floats = self.booster_.predict(xgboost.DMatrix(values)).astype(np.float64) + self.offset_
        return energies

    def shap_values(
        self,
        X: ArrayLike,
        kind: Literal["tree_path_dependent", "interventional"] = "tree_path_dependent",
        background: ArrayLike | None = None,
    ) -> tuple[Floats, float]:
        """Compute the SHAP values of every feature and their base: ``values.sum(axis=1) + base`` is the prediction.

        Parameters
        ----------
        X
            (n_structures, n_environments).
        kind
            ``tree_path_dependent`` averages over a missing feature by the numbers of training rows in the trees
            (XGBoost's ``pred_contribs``); ``interventional`` averages over the rows of `background`.

        Returns
        -------
        (values, base)
            (n_structures, n_environments) and a number, in energy units.

        References
        ----------
        S. M. Lundberg et al., Nat. Mach. Intell. 2, 56 (2020).
        """
        import shap

        check_is_fitted(self)
        values = validate_data(self, X, dtype=np.float64, reset=False)
        if (kind == "interventional") != (background is not None):
            raise InputError(f"SHAP kind {kind!r}: give `background` with 'interventional', and only with it")
        data = None if background is None else np.asarray(background, dtype=np.float64)
        explainer = shap.TreeExplainer(self.booster_, data=data, feature_perturbation=kind)
        shap_values: Floats = np.asarray(explainer.shap_values(values, check_additivity=False), dtype=np.float64)
        return shap_values, float(np.ravel(explainer.expected_value)[0]) + self.offset_

    # -- files ---------------------------------------------------------------------------------------------------------

    def to_json(self) -> JsonObject:
        """Encode the fitted model as JSON values, the trees in XGBoost's own format."""
        check_is_fitted(self)
        return {
            "parameters": self.get_params(),
            "offset": self.offset_,
            "rounds": self.rounds_,
            "validation_rmse": self.validation_rmse_,
            "n_features": self.n_features_in_,
            "booster": json.loads(self.booster_.save_raw("json")),
        }

    @classmethod
    def from_json(cls, stored: JsonObject) -> Self:
        """Decode the model that `to_json` wrote."""
        import xgboost

        model = cls(**stored["parameters"])
        model.offset_, model.rounds_ = float(stored["offset"]), int(stored["rounds"])
        model.validation_rmse_, model.n_features_in_ = float(stored["validation_rmse"]), int(stored["n_features"])
        model.booster_ = xgboost.Booster()
        model.booster_.load_model(bytearray(json.dumps(stored["booster"]).encode()))
        return model
