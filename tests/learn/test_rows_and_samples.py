"""Joining, balanced samples, hashed samples and the splits."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import learn
from lammps_glass.errors import InputError


def keys(n_replicas=3, n_steps=4, n_particles=25):
    index = pd.MultiIndex.from_product(
        [[f"r{i}" for i in range(n_replicas)], range(0, 100 * n_steps, 100), range(1, n_particles + 1)],
        names=["replica", "step", "particle"],
    )
    return index.to_frame(index=False)


def test_join_pairs_by_key_whatever_the_order():
    rows = keys().assign(species="A", f=np.arange(300.0))
    labels = rows[["replica", "step", "particle", "species"]].assign(d2min=rows["f"] * 2).iloc[:-25]
    joined = learn.join(rows, labels.sample(frac=1, random_state=1))
    assert (joined.rows_without_label, joined.labels_without_row) == (25, 0)
    np.testing.assert_array_equal(joined.table["d2min"], 2 * joined.table["f"])
    np.testing.assert_array_equal(joined.table["f"], np.arange(275.0))
    assert learn.feature_columns(joined.table, exclude=["d2min"]) == ["f"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda r, la: (pd.concat([r, r.iloc[[3]]]), la),
            "rows: 1 keys are duplicated, first replica r0, step 0, particle 4",
        ),
        (lambda r, la: (r, pd.concat([la, la.iloc[[0]]])), "labels: 1 keys are duplicated"),
        (lambda r, la: (r, la.assign(step=7 + la["step"])), "have no .* in common: rows begin with replica r0, step 0"),
        (lambda r, la: (r.iloc[1:], la), "1 of 300 labels have no row, first replica r0, step 0, particle 1"),
        (lambda r, la: (r.drop(columns="step"), la), "rows: no column step"),
        (lambda r, la: (r, la.assign(f=1.0)), "both have the columns f"),
        (lambda r, la: (r.assign(species="A"), la.assign(species="B")), "differ in species"),
    ],
)
def test_join_refuses(change, message):
    rows, labels = change(keys().assign(f=1.0), keys().assign(d2min=0.0))
    with pytest.raises(InputError, match=message):
        learn.join(rows, labels)


def test_labels_without_a_row_are_counted_when_dropped_on_purpose():
    joined = learn.join(keys().assign(f=1.0).iloc[7:], keys().assign(d2min=0.0), labels_without_row="drop")
    assert (len(joined.table), joined.labels_without_row) == (293, 7)


def test_matrix_and_labels_refuse_what_is_not_a_number():
    table = keys().assign(f=1.0, name="x")
    table.loc[30, "f"] = np.nan
    with pytest.raises(InputError, match="first f of replica r0, step 100, particle 6"):
        learn.matrix(table, ["f"])
    with pytest.raises(InputError, match="name are not numbers"):
        learn.feature_columns(table)
    with pytest.raises(InputError, match=r"threshold 5: no particle of 2 is above it: values run from 1 to 2"):
        learn.binary_labels([1, 2], 5)
    with pytest.raises(InputError, match="1 label values are not finite"):
        learn.binary_labels([1, np.nan], 1)
    np.testing.assert_array_equal(learn.binary_labels([0.1, 0.2, 0.3], 0.2), [0, 0, 1])


def test_balanced_samples_are_balanced_seeded_and_say_their_size():
    y = (np.arange(1000) % 20 == 0).astype(int)
    samples = learn.balanced_samples(y, 3, 200, seed=5)
    assert samples.size_per_class == 50
    for rows in samples.indices:
        assert len(np.unique(rows)) == len(rows) == 100
        assert y[rows].sum() == 50
    assert not np.array_equal(samples.indices[0], samples.indices[1])
    more = learn.balanced_samples(y, 4, 200, seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(samples.indices, more.indices))
    assert not np.array_equal(samples.indices[0], learn.balanced_samples(y, 1, seed=6).indices[0])
    with pytest.raises(InputError, match="of class 1"):
        learn.balanced_samples(np.zeros(5), 1, seed=0)


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(0, 2**31), st.lists(st.integers(0, 300), max_size=6), st.integers(1, 400))
def test_hashed_sample_forgets_order_and_chunks(seed, cuts, size):
    rows = keys().assign(f=np.arange(300.0))
    whole, streamed = learn.HashedSample(size, 3), learn.HashedSample(size, 3)
    whole.add(rows)
    shuffled = rows.sample(frac=1, random_state=seed)
    edges = [0, *sorted(cuts), 300]
    for start, stop in itertools.pairwise(edges):
        streamed.add(shuffled.iloc[start:stop])
    pd.testing.assert_frame_equal(whole.table(), streamed.table())
    assert len(whole.table()) == min(size, 300)
    assert streamed.n_seen == 300


def test_hashed_sample_is_uniform_over_rows_and_changes_with_the_seed():
    rows = keys(n_replicas=4, n_steps=5, n_particles=50)
    counts = np.zeros(len(rows))
    for seed in range(400):
        sample = learn.HashedSample(100, seed)
        sample.add(rows.assign(number=np.arange(1000)))
        counts[sample.table()["number"]] += 1
    # Each row is kept with probability 0.1: 40 of 400 times, deviation 6; six deviations fail once in 5e8 rows.
    assert abs(counts - 40).max() < 36
    # Pearson's chi squared of 999 free counts: 999 * 0.9 expected (drawn without replacement), five deviations wide.
    assert abs(((counts - 40) ** 2 / 40).sum() - 900) < 5 * np.sqrt(2 * 900)


def test_hashed_sample_refuses_a_row_twice_and_nothing():
    sample = learn.HashedSample(10, 0)
    with pytest.raises(InputError, match="empty"):
        sample.table()
    sample.add(keys().iloc[:5])
    with pytest.raises(InputError, match="duplicated"):
        sample.add(keys().iloc[:5])


def test_splits_by_replica_keep_replicas_whole():
    replicas = keys()["replica"].to_numpy()
    splits = [
        *learn.leave_one_replica_out(replicas),
        *learn.replica_folds(replicas, 5, seed=0),
        learn.split_by_replica(replicas, n_test=1, seed=2),
        learn.split_by_replica(replicas, test_replicas=["r1", "r0"]),
    ]
    assert len(splits) == 3 + 3 + 2
    for split in splits:
        assert not split.leaking
        assert not set(replicas[split.train]) & set(replicas[split.test])
        np.testing.assert_array_equal(np.sort(np.concatenate([split.train, split.test])), np.arange(300))


def test_random_splits_are_stratified_and_say_that_they_leak():
    y = (np.arange(300) % 30 == 0).astype(int)
    folds = learn.random_row_folds(y, 5, seed=0)
    assert all(split.leaking and "leaks" in split.name for split in folds)
    assert [int(y[split.test].sum()) for split in folds] == [2] * 5
    np.testing.assert_array_equal(np.sort(np.concatenate([split.test for split in folds])), np.arange(300))
    split = learn.random_rows_split(y, 0.2, seed=0)
    assert split.leaking
    assert (len(split.test), y[split.test].sum()) == (60, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: learn.leave_one_replica_out(["a", "a"]),
        lambda: learn.split_by_replica(["a", "b"], n_test=2, seed=0),
        lambda: learn.split_by_replica(["a", "b"], test_replicas=["c"]),
        lambda: learn.split_by_replica(["a", "b"]),
        lambda: learn.replica_folds(["a", "b"], 1, seed=0),
        lambda: learn.random_row_folds([0, 0, 1], 2, seed=0),
        lambda: learn.random_rows_split([0, 1], 2.0, seed=0),
    ],
)
def test_impossible_splits_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_no_export_is_hidden_by_a_module_of_its_name():
    import pkgutil

    assert not {module.name for module in pkgutil.iter_modules(learn.__path__)} & set(learn.__all__)
    assert all(callable(getattr(learn, name)) for name in learn.__all__ if name != "REGISTRY")
