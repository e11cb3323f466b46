"""Balanced samples of imbalanced rows by seeded random undersampling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import check_two_classes


class BalancedSamples(NamedTuple):
    """Sorted row numbers (2 * size_per_class,) of each sample, and the number of rows of each class in a sample."""

    indices: list[NDArray[np.intp]]
    size_per_class: int


def balanced_samples(y: ArrayLike, n_samples: int, size_per_class: int | None = None, *, seed: int) -> BalancedSamples:
    """Draw samples with as many rows of class 1 as of class 0, by random undersampling.

    Section 2.3.4 of Wu & Ruiz Pestana (2023) has five samples of 1285 or 2115 rows of each class. Within a sample no
    row is drawn twice; samples are independent, each with its own random stream, so that the first ones stay the same
    when more are drawn.

    Parameters
    ----------
    y
        (n_rows,) 0 and 1.
    n_samples
        Number of samples.
    size_per_class
        Rows of each class in a sample; None, or more than the smaller class has, takes all of the smaller class.
    seed
        Seed of the draws, not negative.

    Raises
    ------
    InputError
        One class is missing, or a number is below 1.
    """
    labels = check_two_classes(y, "rows to sample from")
    if n_samples < 1 or (size_per_class is not None and size_per_class < 1):
        raise InputError(f"n_samples ({n_samples}) and size_per_class ({size_per_class}) must be at least 1")
    classes = [np.flatnonzero(labels == value) for value in (0, 1)]
    available = min(map(len, classes))
    size = available if size_per_class is None else min(size_per_class, available)
    samples = []
    for number in range(n_samples):
        random = np.random.default_rng([seed, number])
        drawn = [random.choice(members, size, replace=False) for members in classes]
        samples.append(np.sort(np.concatenate(drawn)))
    return BalancedSamples(samples, size)
