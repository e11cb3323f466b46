"""Binned predictions against scikit-learn on the rows themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score

from lammps_glass import learn
from lammps_glass.errors import InputError


def predictions(seed: int, n_rows: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    label = (rng.random(n_rows) < 0.05).astype(int)
    probability = rng.beta(2 + label, 4 - label)
    return pd.DataFrame({"replica": rng.integers(1, 6, n_rows).astype(str), "label": label, "probability": probability})


def binned(table: pd.DataFrame, chunks: int) -> learn.BinnedPredictions:
    pooled = learn.BinnedPredictions()
    for part in np.array_split(np.arange(len(table)), chunks):
        for replica, rows in table.iloc[part].groupby("replica"):
            pooled.add(str(replica), rows["label"], rows["probability"])
    return pooled


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_scores_are_those_of_the_rows(seed):
    table = predictions(seed)
    scores = binned(table, 7).scores(seed=0, n_resamples=50)
    predicted = table["probability"] > 0.5
    assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(table["label"], predicted), abs=1e-12)
    # bins of 5e-5: less than 1e-4 of the pairs of a smooth distribution meet in one, and count half
    assert scores["auc"] == pytest.approx(roc_auc_score(table["label"], table["probability"]), abs=1e-4)


def test_confusion_is_exact_at_one_half():
    pooled = learn.BinnedPredictions()
    label, probability = [0, 0, 1, 1], [0.5, np.nextafter(0.5, 1), 0.5, 1.0]
    pooled.add("1", label, probability)
    expected = confusion_matrix(label, np.array(probability) > 0.5)
    np.testing.assert_array_equal(pooled.confusion(), expected)


def test_intervals_are_those_of_whole_rows():
    table = predictions(3)
    plain = learn.score_with_intervals(table, n_resamples=300, seed=5)
    streamed = binned(table, 3).scores(n_resamples=300, seed=5)
    for name in ("balanced_accuracy.low", "recall.high", "auc.low", "auc.high"):
        assert streamed[name] == pytest.approx(plain[name], abs=1e-4)


def test_order_and_chunks_do_not_matter():
    table = predictions(8)
    assert binned(table, 1).scores(seed=2) == binned(table.sample(frac=1, random_state=0), 11).scores(seed=2)


def test_one_class_and_foreign_numbers_are_refused():
    pooled = learn.BinnedPredictions()
    pooled.add("1", [0, 0], [0.2, 0.3])
    with pytest.raises(InputError, match="one class only"):
        pooled.scores(seed=0)
    for value in (np.nan, -0.1, 1.1):
        with pytest.raises(InputError, match="not between 0 and 1"):
            pooled.add("1", [1], [value])
