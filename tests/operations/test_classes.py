"""Classes of labelled particles: above a threshold, or the largest fraction of each configuration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.operations.classes import ClassParameters
from lammps_glass.products import LabelColumn

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
properties = settings(max_examples=60, deadline=None, derandomize=True)
COLUMNS = [LabelColumn("a", "d2min", lag=1), LabelColumn("b", "d2min", lag=4), LabelColumn("c", "propensity")]


def table(numbers, configurations) -> pd.DataFrame:
    """Rows of configurations that are told apart by replica and step."""
    chosen = np.asarray(configurations)
    return pd.DataFrame({"replica": (chosen // 2).astype(str), "step": 10 * (chosen % 2), "label": numbers})


@properties
@given(values, st.floats(-1e6, 1e6))
def test_a_threshold_is_exclusive(numbers, threshold):
    classes = ClassParameters(threshold=threshold).classes(table(numbers, np.zeros(len(numbers), int)), "label")
    assert classes.tolist() == [int(number > threshold) for number in numbers]


@properties
@given(values, st.floats(0.01, 0.99), st.integers(0, 1000))
def test_a_fraction_is_of_each_configuration(numbers, fraction, seed):
    """As many as the fraction says, at least one, and none of class 0 is above one of class 1."""
    rows = table(numbers, np.random.default_rng(seed).integers(0, 4, len(numbers)))
    rows["class"] = ClassParameters(fraction=fraction).classes(rows, "label")
    for _, group in rows.groupby(["replica", "step"]):
        assert group["class"].sum() == max(1, int(np.floor(fraction * len(group) + 0.5)))
        of_1, of_0 = (group.loc[group["class"] == k, "label"] for k in (1, 0))
        assert of_0.empty or of_1.min() >= of_0.max()


@properties
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40, unique=True), st.integers(0, 1000))
def test_the_order_of_rows_decides_nothing(numbers, seed):
    """Of different labels; equal ones go by position."""
    rows = table(numbers, np.arange(len(numbers)) % 3)
    order = np.random.default_rng(seed).permutation(len(rows))
    parameters = ClassParameters(fraction=0.3)
    shuffled = rows.iloc[order].reset_index(drop=True)
    assert (parameters.classes(shuffled, "label") == parameters.classes(rows, "label")[order]).all()


def test_equal_labels_go_by_position():
    assert ClassParameters(fraction=0.5).classes(table([1.0] * 4, [0] * 4), "label").tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_unknown_labels_have_no_class(bad):
    for parameters in (ClassParameters(threshold=0.0), ClassParameters(fraction=0.5)):
        with pytest.raises(InputError, match="1 of 3 labels are not finite"):
            parameters.classes(table([1.0, bad, 2.0], [0, 0, 0]), "label")


@pytest.mark.parametrize("options", [{}, {"threshold": 0.1, "fraction": 0.1}])
def test_one_of_threshold_and_fraction_is_given(options):
    with pytest.raises(InputError, match="either a threshold or a fraction"):
        ClassParameters(**options)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2.0])
def test_fractions_that_are_none(fraction):
    with pytest.raises(InputError, match="must be above 0 and below 1"):
        ClassParameters(fraction=fraction)


@pytest.mark.parametrize(
    ("options", "name"),
    [({}, "a"), ({"lag": 4}, "b"), ({"quantity": "propensity"}, "c"), ({"quantity": "d2min", "lag": 4}, "b")],
)
def test_quantity_and_lag_choose_the_column(options, name):
    assert ClassParameters(fraction=0.1, **options).column(COLUMNS, "stages.fit").name == name


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InputError, match=r"stages.fit: no label with lag = 2; there are d2min, lag 1; d2min, lag 4"):
        ClassParameters(fraction=0.1, lag=2).column(COLUMNS, "stages.fit")


def test_words_for_messages():
    assert str(ClassParameters(threshold=0.25)) == "above 0.25"
    assert str(ClassParameters(fraction=0.05)) == "the largest 5.0% of each configuration"
