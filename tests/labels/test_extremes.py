"""Classes from the extremes: how many, which, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import labels
from lammps_glass.errors import InputError


def test_extremes_are_the_largest_and_the_smallest():
    values = np.random.default_rng(0).permutation(np.arange(200.0))
    found = labels.extreme_fractions(values, 0.05)
    assert sorted(values[found == 1]) == list(range(190, 200))
    assert sorted(values[found == 0]) == list(range(10))
    assert (found == -1).sum() == 180


def test_both_classes_have_a_member_however_few_there_are():
    assert labels.extreme_fractions([3.0, 1.0, 2.0], 0.05).tolist() == [1, 0, -1]
    assert labels.extreme_fractions([3.0, 1.0], 0.5).tolist() == [1, 0]
    assert sorted(labels.extreme_fractions(np.zeros(100), 0.1).tolist()) == [-1] * 80 + [0] * 10 + [1] * 10


@pytest.mark.parametrize(
    ("values", "fraction", "message"),
    [([1.0, np.nan, 2.0], 0.1, "finite"), ([1.0], 0.1, "at least two"), ([1.0, 2.0], 0.6, "at most 0.5")],
)
def test_refusals(values, fraction, message):
    with pytest.raises(InputError, match=message):
        labels.extreme_fractions(values, fraction)
