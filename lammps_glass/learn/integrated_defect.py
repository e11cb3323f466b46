"""The indicator `IntegratedDefect`: signed distance to the hyperplane of a support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags

from lammps_glass.errors import InputError
from lammps_glass.learn.estimator import fit_rows, predict_rows
from lammps_glass.learn.sampling import balanced_samples
from lammps_glass.learn.svm_library import load_libsvm

if TYPE_CHECKING:
    from libsvm.svm import svm_problem

# The paper's best cell of its grid (figure 4).
PAPER_C, PAPER_GAMMA = 4.0, 2.0**-5
# Kernel values held at a time in a prediction: 32 MB.
_BLOCK = 1 << 22
_CACHE_MB = 200


class IntegratedDefect(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    r"""LIBSVM's C-SVC with the Gaussian kernel on standardised rows; the indicator is its decision value.

    .. math:: d(x) = \sum_s \alpha_s y_s \exp(-\gamma |z(x) - z_s|^2) + b

    z are the features standardised by mean and deviation of all rows given to `fit`, s the support vectors. d is
    positive on the side of the second class (particles that rearrange). This is section II D and figure 7 of Yang,
    Wei, Zaccone and Wang (2021), with LIBSVM (Chang and Lin, ACM Trans. Intell. Syst. Technol. 2, 1 (2011)); the
    decision value is not divided by the norm of the normal.

    Parameters
    ----------
    C
        Cost of a row on the wrong side (the paper: 4).
    gamma
        Inverse squared width of the kernel, per standardised feature squared (the paper: 2^-5).
    balanced
        Train on all rows of the smaller class and one random draw of as many of the other, as the paper does; False
        trains on all rows.
    random_state
        Seed of that draw, a whole number that is not negative.
    tolerance
        LIBSVM's stopping criterion: the largest violation of the optimality conditions.

    Attributes
    ----------
    classes_ : (2,)
        The two labels, sorted.
    mean_, scale_ : (n_features,)
        Mean and deviation of each feature, for the standardisation.
    support_vectors_ : (n_support, n_features)
        Standardised; those of the second class first, as in the saved text.
    dual_coef_ : (n_support,)
        alpha_s y_s, positive for the second class.
    intercept_ : float
        b.
    n_features_in_ : int

    Raises
    ------
    InputError
        One class only among the rows, a value that is not finite, C or gamma not positive.
    """

    saved_as = "estimator.libsvm"
    #: Whether `fit` draws balanced rows itself.
    draws_balanced_rows = True

    def __init__(
        self,
        C: float = PAPER_C,
        gamma: float = PAPER_GAMMA,
        balanced: bool = True,
        random_state: int = 0,
        tolerance: float = 1e-3,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.balanced = balanced
        self.random_state = random_state
        self.tolerance = tolerance

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on (n_rows, n_features) values and (n_rows,) labels of two classes."""
        self._check_options()
        values, encoded = fit_rows(self, X, y)
        scaler = StandardScaler().fit(values)
        self.mean_, self.scale_ = scaler.mean_, scaler.scale_
        if self.balanced:
            (drawn,) = balanced_samples(encoded, 1, seed=self.random_state).indices
            values, encoded = values[drawn], encoded[drawn]
        machine = train_machine(problem(scaler.transform(values), encoded), self.C, self.gamma, self.tolerance)
        self.support_vectors_, self.dual_coef_, self.intercept_ = machine
        return self

    def _check_options(self) -> None:
        for name in ("C", "gamma", "tolerance"):
            if not 0 < getattr(self, name) < np.inf:
                raise InputError(f"integrated-defect: {name} = {getattr(self, name)}: give a positive number")
        seed = self.random_state
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(f"integrated-defect: random_state = {seed!r}: give a whole number that is not negative")

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute (n_rows,) signed distances, positive for the second class."""
        values = predict_rows(self, X)
        # The layout of an array chooses the order of a product's sums: one layout gives equal rows equal values.
        z = np.ascontiguousarray((values - self.mean_) / self.scale_)
        return kernel_sum(z, self.support_vectors_, self.dual_coef_, self.gamma) + self.intercept_

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:
        """Predict (n_rows,) labels: the second class where the distance is positive."""
        positive = self.decision_function(X) > 0
        labels: NDArray[np.generic] = self.classes_[positive.astype(np.intp)]
        return labels


def kernel_sum(
    z: NDArray[np.float64], vectors: NDArray[np.float64], weights: NDArray[np.float64], gamma: float
) -> NDArray[np.float64]:
    """Sum weight x exp(-gamma distance^2) over `vectors` for each row of `z`: (n_rows,).

    LIBSVM's own prediction sums row by row; products of blocks of rows give the same sums many times faster.
    """
    result = np.empty(len(z))
    squares = gamma * np.einsum("ij,ij->i", vectors, vectors)
    rows = max(1, _BLOCK // max(1, len(vectors)))
    for first in range(0, len(z), rows):
        block = z[first : first + rows]
        exponent = (2.0 * gamma * block) @ vectors.T
        exponent -= squares
        exponent -= gamma * np.einsum("ij,ij->i", block, block)[:, None]
        result[first : first + rows] = np.exp(exponent, out=exponent) @ weights
    return result


class Problem(NamedTuple):
    """Training set of LIBSVM with the rows (n_rows, n_features) it was made of: a model names its vectors by number."""

    rows: NDArray[np.float64]
    svm: svm_problem


def problem(z: NDArray[np.float64], encoded: NDArray[np.int64]) -> Problem:
    """Make LIBSVM's training set of standardised rows with classes 0 and 1, which it gets as -1 and 1."""
    load_libsvm()
    from libsvm.svm import svm_problem
    from scipy.sparse import csr_matrix

    return Problem(z, svm_problem(2.0 * encoded - 1.0, csr_matrix(z)))


def train_machine(
    training: Problem, C: float, gamma: float, tolerance: float = 1e-3
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Train LIBSVM, and return support vectors (second class first), their weights and the intercept.

    Weights and intercept have the sign of the second class.
    """
    load_libsvm()
    from libsvm.svmutil import svm_parameter, svm_train

    options = f"-s 0 -t 2 -c {float(C)!r} -g {float(gamma)!r} -e {float(tolerance)!r} -m {_CACHE_MB} -q"
    model = svm_train(training.svm, svm_parameter(options))
    weights = np.array([model.sv_coef[0][number] for number in range(model.l)])
    vectors = training.rows[np.asarray(model.get_sv_indices(), dtype=np.intp) - 1]
    # LIBSVM's decision value is positive for the label that it met first, which is the first of its list.
    sign = 1.0 if model.get_labels()[0] == 1 else -1.0
    weights *= sign
    order = np.argsort(weights < 0, kind="stable")
    return vectors[order], weights[order], float(-sign * model.rho[0])
