"""Splits into training and test rows: by replica, and by random row for comparison (which leaks)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import check_two_classes


class Split(NamedTuple):
    """Sorted numbers of the training and of the test rows, a name, and whether rows of one replica are in both."""

    name: str
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    leaking: bool


def _names(replicas: ArrayLike, at_least: int = 2) -> tuple[NDArray[np.str_], list[str]]:
    """Return the replica of each row as text, and the sorted names; too few replicas to split are an `InputError`."""
    rows = np.asarray(replicas).astype(str)
    names = sorted(set(rows.tolist()))
    if len(names) < at_least:
        raise InputError(
            f"a split by replica needs at least {at_least} replicas, the rows have {len(names)}: "
            "add replicas, or ask for the random split (it leaks)"
        )
    return rows, names


def _split(name: str, test: NDArray[np.bool_], leaking: bool) -> Split:
    return Split(name, np.flatnonzero(~test), np.flatnonzero(test), leaking)


def split_by_replica(
    replicas: ArrayLike,
    *,
    n_test: int | None = None,
    test_replicas: Sequence[str] | None = None,
    seed: int | None = None,
) -> Split:
    """Split by whole replicas: some test, the others train.

    Section 2.3.4 of Wu & Ruiz Pestana (2023): 8 train, 2 test.

    Parameters
    ----------
    replicas
        (n_rows,) each row's replica.
    n_test, seed
        Number of test replicas to draw, and seed of the draw.
    test_replicas
        Names of the test replicas, instead of a draw.

    Raises
    ------
    InputError
        There are fewer than two replicas, a test replica is unknown, or none is left to train.
    """
    rows, names = _names(replicas)
    if (n_test is None) == (test_replicas is None):
        raise InputError("a split by replica takes either n_test (with a seed) or test_replicas")
    if n_test is not None:
        if seed is None:
            raise InputError("drawing test replicas needs a seed")
        if not 0 < n_test < len(names):
            raise InputError(f"{n_test} test replicas of {len(names)}: at least one must test and one must train")
        chosen = sorted(np.random.default_rng(seed).choice(names, n_test, replace=False).tolist())
    else:
        chosen = sorted({str(name) for name in test_replicas or ()})
    unknown = [name for name in chosen if name not in names]
    if unknown or not 0 < len(chosen) < len(names):
        raise InputError(f"test replicas {', '.join(chosen) or 'none'}: choose some, not all, of {', '.join(names)}")
    return _split(f"replicas {', '.join(chosen)}", np.isin(rows, chosen), False)


def leave_one_replica_out(replicas: ArrayLike) -> list[Split]:
    """Make a split for each replica, in the order of their names: it tests, all others train."""
    rows, names = _names(replicas)
    return [_split(f"replica {name}", rows == name, False) for name in names]


def last_replica_out(replicas: ArrayLike) -> Split:
    """Split off the last replica as the test (Yang et al. 2021: nine train, the tenth tests).

    Names that hold numbers are ordered by number: ``10`` comes after ``9``.
    """
    _, names = _names(replicas)
    numbered = sorted(names, key=lambda name: [(len(part), part) for part in re.split(r"(?<=\D)(?=\d)", name)])
    return split_by_replica(replicas, test_replicas=numbered[-1:])


def replica_folds(replicas: ArrayLike, n_folds: int, *, seed: int) -> list[Split]:
    """Split whole replicas at random into folds; with fewer replicas than folds, a fold for each replica."""
    rows, names = _names(replicas)
    if n_folds < 2:
        raise InputError(f"{n_folds} folds: cross-validation needs at least 2")
    order = np.random.default_rng(seed).permutation(names)
    parts = np.array_split(order, min(n_folds, len(names)))
    return [_split(f"fold {number}", np.isin(rows, part), False) for number, part in enumerate(parts)]


def random_row_folds(y: ArrayLike, n_folds: int, *, seed: int) -> list[Split]:
    """Split random rows into folds with equal fractions of class 1. LEAKS: rows of one event train and test."""
    labels = check_two_classes(y, "rows to split")
    smaller = int(min(labels.sum(), len(labels) - labels.sum()))
    if not 2 <= n_folds <= smaller:
        raise InputError(f"{n_folds} folds of rows with {smaller} in the smaller class: ask for 2 to {smaller}")
    random = np.random.default_rng(seed)
    fold = np.empty(len(labels), dtype=np.intp)
    for value in (0, 1):
        members = np.flatnonzero(labels == value)
        fold[random.permutation(members)] = np.arange(len(members)) % n_folds
    return [_split(f"random rows {number} (leaks)", fold == number, True) for number in range(n_folds)]


def random_rows_split(y: ArrayLike, test_fraction: float = 0.2, *, seed: int) -> Split:
    """Split off random rows with an equal fraction of class 1. LEAKS: only to compare with the split by replica.

    Rows of one replica share rearrangements and neighbours, so such a test set is not independent of the training set.
    """
    labels = check_two_classes(y, "rows to split")
    if not 0 < test_fraction < 1:
        raise InputError(f"test_fraction {test_fraction}: give a fraction between 0 and 1")
    random = np.random.default_rng(seed)
    test = np.zeros(len(labels), dtype=bool)
    for value in (0, 1):
        members = np.flatnonzero(labels == value)
        n_test = round(test_fraction * len(members))
        if not 0 < n_test < len(members):
            raise InputError(
                f"test_fraction {test_fraction} of {len(members)} rows of class {value} leaves none to "
                "train or to test on: more rows, or another threshold"
            )
        test[random.choice(members, n_test, replace=False)] = True
    return _split("random rows (leaks)", test, True)
