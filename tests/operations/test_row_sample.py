"""Rows of a replica that are kept: all, a hashed sample, and one of those above each threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rows_of_replicas import COLUMNS, table

from lammps_glass.errors import InputError
from lammps_glass.operations.describe import DescribeParameters, RowSample
from lammps_glass.tables import KEY


def sample(parameters: DescribeParameters, rows: pd.DataFrame, seed: int = 1) -> RowSample:
    sampled = RowSample(parameters, COLUMNS, seed)
    for _, group in rows.groupby("step"):
        sampled.add(group)
    return sampled


def keys(rows: pd.DataFrame) -> set[tuple]:
    return set(rows[KEY].itertuples(index=False, name=None))


def test_without_a_limit_all_rows_are_kept_in_order():
    rows = table(1)
    sampled = sample(DescribeParameters(), rows)
    pd.testing.assert_frame_equal(sampled.table(), rows)
    members = sampled.members()
    assert keys(members) == keys(rows)
    assert set(members["label"]) == {""}


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(1, 100), st.integers(1, 20), st.integers(0, 1000))
def test_a_sample_is_of_the_size_asked_for_and_of_the_rows_offered(max_rows, rows_above, seed):
    rows = table(1)
    parameters = DescribeParameters(max_rows=max_rows, thresholds=(0.5, 1.0), rows_above=rows_above)
    sampled = sample(parameters, rows, seed)
    kept, members = sampled.table(), sampled.members()
    assert keys(kept) <= keys(rows)
    assert not kept.duplicated(KEY).any()
    assert kept[["step", "particle"]].equals(kept[["step", "particle"]].sort_values(["step", "particle"]))
    uniform = members[members["label"] == ""]
    assert len(uniform) == min(max_rows, len(rows))
    assert keys(members) == keys(kept)
    for (label, threshold), part in members[members["label"] != ""].groupby(["label", "threshold"]):
        above = rows[rows[label] > threshold]
        assert keys(part) <= keys(above)
        assert len(part) == min(rows_above, len(above))


def test_what_is_kept_depends_on_the_seed_and_not_on_the_order():
    rows, parameters = table(1), DescribeParameters(max_rows=10)
    first = sample(parameters, rows, seed=1).table()
    shuffled = rows.iloc[np.random.default_rng(0).permutation(len(rows))]
    pd.testing.assert_frame_equal(sample(parameters, shuffled, seed=1).table(), first)
    assert keys(sample(parameters, rows, seed=2).table()) != keys(first)


@pytest.mark.parametrize(("name", "value", "least"), [("skip", -1, 0), ("max_rows", -1, 0), ("rows_above", 0, 1)])
def test_counts_that_are_too_small(name, value, least):
    with pytest.raises(InputError, match=f"{name} = {value} must be at least {least}"):
        DescribeParameters(**{name: value})
