"""Ridge regression from normal equations against scikit-learn; the penalty chosen on left-out replicas."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn.normal_equations import NormalEquations, choose_penalty, total


def rows(seed, n=200, offset=0.0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 6)) * [1, 10, 0.1, 1, 1, 1] + offset
    return X, X @ [1.0, 0.1, 5.0, 0, 0, -1] + random.normal(size=n)


@pytest.mark.parametrize("offset", [0.0, 1e5])  # means far above the deviations lose no digits
def test_the_fit_is_that_of_scikit_learn(offset):
    X, y = rows(0, offset=offset)
    ours = learn.RidgeRegression(penalty=7.0).fit(X, y)
    scaled = StandardScaler().fit(X)
    theirs = Ridge(7.0, solver="svd").fit(scaled.transform(X), y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(scaled.transform(X)), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(ours.coef_ * ours.scale_, theirs.coef_, rtol=1e-6, atol=1e-9)


def test_equations_of_blocks_add_up_and_subtract():
    parts = [rows(seed) for seed in range(3)]
    origin = parts[0][0].mean(axis=0)
    equations = [NormalEquations(origin).add_rows(*part) for part in parts]
    X, y = (np.concatenate([part[k] for part in parts[:2]]) for k in (0, 1))
    expected = NormalEquations(origin).add_rows(X, y).fits([3.0])[0]
    made = (total(equations) - equations[2]).fits([3.0])[0]
    np.testing.assert_allclose(made.weights, expected.weights, rtol=1e-9)
    error = ((parts[2][1] - made.predict(parts[2][0])) ** 2).sum()
    assert equations[2].squared_error(made) == pytest.approx(error, rel=1e-9)
    with pytest.raises(ValueError, match="origins"):
        equations[0] + NormalEquations(origin + 1)


def test_the_penalty_is_the_best_on_left_out_replicas():
    parts = [rows(seed, n=12) for seed in range(4)]  # few rows of much noise: some penalty helps
    equations = [NormalEquations(np.zeros(6)).add_rows(*part) for part in parts]
    penalties = (0.01, 1.0, 100.0, 1e5)
    errors = []
    for penalty in penalties:
        error = 0.0
        for k in range(4):
            X, y = (np.concatenate([p[i] for j, p in enumerate(parts) if j != k]) for i in (0, 1))
            scaled = StandardScaler().fit(X)
            model = Ridge(penalty).fit(scaled.transform(X), y)
            error += ((parts[k][1] - model.predict(scaled.transform(parts[k][0]))) ** 2).sum()
        errors.append(error)
    assert choose_penalty(equations, penalties) == penalties[int(np.argmin(errors))]
    replicas = np.repeat(np.arange(4), 12)
    fitted = learn.RidgeRegression(penalties=penalties).fit(
        *(np.concatenate([p[k] for p in parts]) for k in (0, 1)), replicas
    )
    assert fitted.penalty_ == penalties[int(np.argmin(errors))]


def test_a_smaller_prior_scale_is_a_larger_penalty_of_the_column():
    X, y = rows(5)
    equations = NormalEquations(np.zeros(6)).add_rows(X, y)
    fit = equations.fits([2.0], scales=np.array([1, 1, 0.5, 1, 1, 1]))[0]
    scaled = StandardScaler().fit(X)
    Z = scaled.transform(X) * [1, 1, 0.5, 1, 1, 1]  # the same penalty on a column half as large
    expected = Ridge(2.0).fit(Z, y)
    np.testing.assert_allclose(fit.predict(X), expected.predict(Z), rtol=1e-8, atol=1e-8)


def test_a_constant_column_has_no_weight_and_one_replica_is_refused():
    X, y = rows(1)
    X[:, 3] = 4.2
    assert learn.RidgeRegression(penalty=1e-6).fit(X, y).coef_[3] == 0.0
    with pytest.raises(InputError, match="one replica only"):
        learn.RidgeRegression().fit(X, y, np.zeros(len(X)))
    with pytest.raises(InputError, match="must be positive"):
        learn.RidgeRegression(penalty=-1.0).fit(X, y)


def test_a_cubic_link_follows_a_skewed_label_and_degree_one_changes_nothing():
    X, y = rows(3, n=2000)
    skewed = np.exp(0.5 * y)
    line, curve = (learn.RidgeRegression(penalty=1.0, link=k).fit(X, skewed) for k in (1, 3))
    np.testing.assert_allclose(line.predict(X), X @ line.coef_ + line.intercept_, rtol=1e-12)
    errors = [((model.predict(X) - skewed) ** 2).sum() for model in (line, curve)]
    assert errors[1] < 0.7 * errors[0]
    expected = np.polyfit(line.predict(X), skewed, 3)
    np.testing.assert_allclose(curve.predict(X), np.polyval(expected, line.predict(X)), rtol=1e-8)
    ends = np.polyval(expected, [line.predict(X).min(), line.predict(X).max()])
    far = curve.predict(100 * X)  # beyond the rows that it was fitted to a polynomial is not followed
    assert far.max() <= max(curve.predict(X).max(), *ends) + 1e-9
    with pytest.raises(InputError, match="link = 0"):
        learn.RidgeRegression(penalty=1.0, link=0).fit(X, y)


def test_rows_with_correlated_residuals_are_fitted_by_generalised_least_squares():
    X, y = rows(3, n=60, offset=4.0)
    root = np.random.default_rng(7).normal(size=(60, 60))
    covariance = root @ root.T + 5 * np.eye(60)
    equations = NormalEquations(X[0]).add_rows(X, y, covariance.copy())
    Z = np.column_stack([X, np.ones(60)])
    inverse = np.linalg.inv(covariance)
    deviations = X.std(axis=0)
    penalty = np.diag([*(3.0 * deviations**2), 0.0])  # of standardised weights; the intercept has none
    expected = np.linalg.solve(Z.T @ inverse @ Z + penalty, Z.T @ inverse @ y)
    fit = equations.fits([3.0], deviations=deviations)[0]
    np.testing.assert_allclose(fit.weights, expected[:-1], rtol=1e-8, atol=1e-10)
    assert fit.intercept == pytest.approx(expected[-1], rel=1e-8)
    residuals = y - fit.predict(X)
    assert equations.squared_error(fit) == pytest.approx(residuals @ inverse @ residuals, rel=1e-8)
    independent = NormalEquations(X[0]).add_rows(X, y, np.eye(60))
    plain = NormalEquations(X[0]).add_rows(X, y)
    np.testing.assert_allclose(independent.fits([3.0])[0].weights, plain.fits([3.0])[0].weights, rtol=1e-9)
    with pytest.raises(InputError, match="not positive definite"):
        NormalEquations(X[0]).add_rows(X, y, -np.eye(60))
