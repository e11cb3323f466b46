"""Particles that searches for barriers begin around: those that rearrange, and as many others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass import glasses
from lammps_glass.errors import InputError
from lammps_glass.operations import Wired
from lammps_glass.operations.barrier_searches import FEWEST_OTHERS, BarrierParameters, check, selected
from lammps_glass.products import LabelColumn, Labels
from lammps_glass.simulate import BarrierRecord


def labels_of(tmp_path, values, steps=(0,)) -> Labels:
    product = Labels(tmp_path)
    ids = np.arange(1, len(values) + 1)
    tables = [
        pd.DataFrame({"replica": "1", "step": step, "particle": ids, "species": "A", "moved": values}) for step in steps
    ]
    product.write(tables, [LabelColumn("moved", "distance", "length")], label="moved", parameters={}, species=["A"])
    return product


def test_those_that_rearrange_and_as_many_others(tmp_path):
    values = np.where(np.arange(50) % 5 == 0, 2.0, 0.1)
    chosen = selected(labels_of(tmp_path, values), BarrierParameters(threshold=1.0), seed=3)
    rearranged = [particle for particle in chosen if values[particle - 1] > 1.0]
    assert rearranged == [particle for particle in range(1, 51) if values[particle - 1] > 1.0]
    assert len(chosen) == 2 * len(rearranged) == len(set(chosen))
    assert chosen == selected(Labels(tmp_path), BarrierParameters(threshold=1.0), seed=3)
    assert chosen != selected(Labels(tmp_path), BarrierParameters(threshold=1.0), seed=4)


def test_at_most_so_many_and_at_least_some_others(tmp_path):
    values = np.array([3.0, 3.0, 3.0, *[0.0] * 20])
    chosen = selected(labels_of(tmp_path, values), BarrierParameters(threshold=1.0, most=2), seed=3)
    assert sum(particle <= 3 for particle in chosen) == 2
    assert sum(particle > 3 for particle in chosen) == FEWEST_OTHERS


def test_particles_without_a_label_are_not_searched_around(tmp_path):
    values = np.array([3.0, np.nan, np.nan, 0.0])
    assert selected(labels_of(tmp_path, values), BarrierParameters(threshold=1.0), seed=3) == [1, 4]


def test_the_default_threshold_is_for_glasses_in_angstrom():
    """A study of a glass in reduced units gives its own, or searches around all particles."""

    def checked(glass, **parameters):
        wired = Wired("barriers", "search_barriers", BarrierParameters(**parameters), {}, {}, BarrierRecord, glass)
        check(wired)

    reduced = glasses.KobAndersen(n_particles=100)
    checked(glasses.CuZr(n_particles=100))
    checked(reduced, threshold=float("0.05"))
    checked(reduced, everywhere=True)
    with pytest.raises(InputError, match=r"stages.barriers: the default of threshold is in angstrom"):
        checked(reduced)


def test_labels_of_several_configurations_are_refused(tmp_path):
    with pytest.raises(InputError, match="labels of several configurations"):
        selected(labels_of(tmp_path, np.ones(5), steps=(0, 10)), BarrierParameters(), seed=1)
