"""Scores against scikit-learn and exact limits; the ceiling against simulated runs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from lammps_glass.comparison import scores


def test_auc_and_balanced_accuracy_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    values = random.normal(size=400).round(1)  # with ties
    classes = (random.random(400) < 0.2).astype(float)
    assert scores.area_under_curve(values, classes) == pytest.approx(roc_auc_score(classes, values), rel=1e-12)
    values = random.normal(size=400)
    called = scores.top_classes(values, classes.mean())
    expected = balanced_accuracy_score(classes, called)
    assert scores.balanced_accuracy(values, classes, classes.mean()) == pytest.approx(expected, rel=1e-12)


def test_pooled_scores_know_the_mean_of_a_configuration_and_within_ones_do_not():
    random = np.random.default_rng(1)
    labels = [k + random.normal(size=200) for k in (0.0, 5.0, 10.0)]
    means = [np.full(200, label.mean()) + 1e-6 * random.normal(size=200) for label in labels]
    found = scores.score(means, labels, 0.1, seed=0)
    assert abs(found.within) < 0.1
    assert found.pooled > 0.95
    assert found.pooled_low <= found.pooled <= found.pooled_high


def test_the_interval_of_a_distance_is_that_of_paired_differences():
    random = np.random.default_rng(3)
    noise = np.linspace(0.5, 4.0, 8)  # configurations differ far more than the two predictors
    labels = [random.normal(size=2000) for _ in noise]
    best = [y + a * random.normal(size=2000) for y, a in zip(labels, noise, strict=True)]
    other = [p + 0.3 * a * random.normal(size=2000) for p, a in zip(best, noise, strict=True)]
    mean, low, high = scores.behind(other, best, labels, seed=0)
    pairs = zip(other, best, labels, strict=True)
    differences = [np.corrcoef(b, y)[0, 1] - np.corrcoef(p, y)[0, 1] for p, b, y in pairs]
    assert mean == pytest.approx(np.mean(differences), rel=1e-10)
    drawn = np.random.default_rng(5).choice(differences, size=(20_000, 8)).mean(axis=1)
    # the error of a 5 % quantile of 1000 resamples is 0.07 standard deviations: four of them
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.05, 0.95]), abs=0.28 * drawn.std())
    within = scores.score(best, labels, 0.1, seed=0)
    assert 0 < low < mean < high
    assert high - low < (within.within_high - within.within_low) / 3
    assert scores.behind(best, best, labels, seed=0) == (0, 0, 0)


def test_no_predictor_beats_the_ceiling_and_the_truth_reaches_it():
    random = np.random.default_rng(2)
    truth = random.normal(size=(4, 4000))
    runs = truth[:, None] + 2.0 * random.normal(size=(4, 32, 4000))
    label, half_1, half_2 = runs.mean(axis=1), runs[:, :16].mean(axis=1), runs[:, 16:].mean(axis=1)
    within, pooled = scores.ceiling(list(half_1), list(half_2))
    exact = 1 / np.sqrt(1 + 4 / 32)  # of signal 1 and noise 2^2 / 32
    assert within == pytest.approx(exact, abs=0.01)  # four samples of 4000: 1 / sqrt(16000)
    assert pooled == pytest.approx(exact, abs=0.01)
    assert scores.score(list(truth), list(label), 0.1, seed=0).within == pytest.approx(exact, abs=0.01)


def test_halves_that_do_not_agree_have_no_ceiling():
    random = np.random.default_rng(3)
    half = [random.normal(size=100)]
    assert np.isnan(scores.ceiling(half, [-half[0]])[0])


def test_constant_predictions_have_no_coefficient():
    assert np.isnan(scores.pearson(np.ones(10), np.arange(10.0)))
