"""The indicator `EasyEnsemble` (looseness): logistic regressions, each on a balanced sample."""

from __future__ import annotations

from typing import Self

import numpy as np
from imblearn.ensemble import EasyEnsembleClassifier
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags

from lammps_glass.learn.estimator import fit_rows, predict_rows

# lbfgs needs a few dozen steps on standardised rows; 1000 leaves room for large C without a warning.
MAX_ITERATIONS = 1000


class EasyEnsemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""Mean probability of logistic regressions, each trained on its own balanced sample of the rows.

    .. math:: L(x) = \frac{1}{K} \sum_{k=1}^{K} \frac{1}{1 + \exp(-w_k \cdot z(x) - b_k)}

    with z the features standardised by mean and deviation of all training rows. This is section 2.3.4 of M. Wu and
    L. Ruiz Pestana, Front. Mater. 10, 1272355 (2023), after Liu, Wu and Zhou, IEEE Trans. SMC B 39, 539 (2009), built
    on imbalanced-learn's ``EasyEnsembleClassifier`` with logistic regression in place of AdaBoost. Samples are made by
    random undersampling without replacement: every learner sees all rows of the smaller class and as many of the other,
    drawn anew for each learner, which is one reading of the paper's "balanced bootstrap samples".

    Parameters
    ----------
    C
        Inverse strength of the L2 penalty of each regression (the paper: 1).
    n_estimators
        Number of learners K (the paper: 10).
    standardize
        Standardise by the training rows. False leaves the features as they are.
    random_state
        Seed of the samples. The default is a number, so that a fit is repeatable.
    n_jobs
        Processes that fit; the result does not depend on it.

    Attributes
    ----------
    classes_ : (2,)
        The two labels, sorted; ``predict_proba(X)[:, 1]`` is the probability of the second (the looseness).
    scaler_ : StandardScaler or None
    coef_ : (n_estimators, n_features)
        Weights w_k, per standardised feature.
    intercept_ : (n_estimators,)
    ensemble_ : EasyEnsembleClassifier
    n_features_in_ : int

    Raises
    ------
    InputError
        The training rows hold one class only, or more than two.
    """

    #: Whether `fit` draws balanced rows itself.
    draws_balanced_rows = True

    def __init__(
        self,
        C: float = 1.0,
        n_estimators: int = 10,
        standardize: bool = True,
        random_state: int | np.random.RandomState | None = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.C = C
        self.n_estimators = n_estimators
        self.standardize = standardize
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) labels of two classes."""
        values, encoded = fit_rows(self, X, y)
        self.scaler_ = StandardScaler().fit(values) if self.standardize else None
        self.ensemble_ = EasyEnsembleClassifier(
            n_estimators=self.n_estimators,
            estimator=LogisticRegression(C=self.C, max_iter=MAX_ITERATIONS),
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        ).fit(self._standardized(values), encoded)
        learners = [member.steps[-1][1] for member in self.ensemble_.estimators_]
        self.coef_ = np.concatenate([learner.coef_ for learner in learners])
        self.intercept_ = np.concatenate([learner.intercept_ for learner in learners])
        return self

    def _standardized(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = values if self.scaler_ is None else self.scaler_.transform(values)
        return result

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict (n_rows, 2) probabilities; the second column is the looseness."""
        values = predict_rows(self, X)
        # All learners in one product, summed in their order: faster than one by one, and the same for any n_jobs.
        probability = expit(self._standardized(values) @ self.coef_.T + self.intercept_).mean(axis=1)
        return np.column_stack([1.0 - probability, probability])

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Predict (n_rows,) labels: the second class where its probability is above 0.5."""
        second = self.predict_proba(X)[:, 1] > 0.5
        labels: NDArray[np.generic] = self.classes_[second.astype(np.intp)]
        return labels
