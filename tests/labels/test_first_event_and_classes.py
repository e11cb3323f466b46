"""Strain of the first event, against a walk through the table of blocks; classes of other labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass import glasses, labels, simulate
from lammps_glass.errors import InputError
from lammps_glass.labels import CLASS, Classes, FirstEvent, LargestJump, Propensity, repeats_of
from lammps_glass.ranking import largest_values
from lammps_glass.testing import binary_snapshot, random_walk

RUNS = [random_walk(binary_snapshot(4), seed=seed) for seed in range(4)]


@pytest.fixture(scope="module")
def shears(tmp_path_factory):
    """Shears of one glass in two planes, of five blocks each."""
    folder = tmp_path_factory.mktemp("shears")
    glass = glasses.KobAndersen(n_particles=200)
    quenched = simulate.quench(glass, liquid=100, cooling=100, seed=1, directory=folder / "quench")
    options = {"max_strain": 0.01, "strain_step": 2e-3, "block_strain": 2e-3, "r_max": 2.0, "force_tolerance": 1e-4}
    return [simulate.aqs(quenched, plane=plane, seed=1, directory=folder / plane, **options) for plane in ("xy", "yz")]


def test_the_first_event_is_the_first_block_above_the_threshold(shears):
    blocks = {record.block_settings["plane"]: pd.concat(record.blocks()) for record in shears}
    threshold = float(np.quantile(blocks["xy"]["d2min"], 0.9))
    label = FirstEvent(threshold=threshold)
    (labelled,) = label.groups(shears)
    for plane, table in blocks.items():
        above = table[table["d2min"] > threshold].groupby("particle")["strain"].min()
        expected = above.reindex(labelled.snapshot.ids).fillna(0.01)
        np.testing.assert_allclose(labelled.values[f"first_event_{plane}"], expected, rtol=1e-12)
        assert 0 < len(above) < 200  # some have an event, some have none
        assert label.details(shears)["events"][plane] == len(above) / 200
        assert above.max() < 0.01  # the end of the shear is no strain of an event
    both = labelled.values[["first_event_xy", "first_event_yz"]]
    assert np.array_equal(labelled.values["first_event"], both.min(axis=1))
    columns = label.columns(shears)
    assert repeats_of(columns[0], columns).names == ("first_event_xy", "first_event_yz")


def test_a_threshold_in_other_units_is_asked_for():
    with pytest.raises(InputError, match="default of threshold is in angstrom"):
        FirstEvent().require_units("lj")
    with pytest.raises(InputError, match="needs one shear a plane, it reads 0"):
        list(FirstEvent().groups([]))


def test_classes_by_threshold_are_those_of_each_plane_and_of_the_union(shears):
    (jumps,) = LargestJump().groups(shears)
    threshold = float(np.quantile(jumps.values["jump_xy"], 0.8))
    label = Classes(threshold=threshold)
    (labelled,) = label.groups(shears)
    assert list(labelled.values)[:3] == ["class", "class_xy", "class_yz"]
    assert np.array_equal(labelled.values["class_xy"], jumps.values["jump_xy"] > threshold)
    union = (jumps.values["jump_xy"] > threshold) | (jumps.values["jump_yz"] > threshold)
    assert np.array_equal(labelled.values["class"], union)
    pd.testing.assert_frame_equal(labelled.values[list(jumps.values)], jumps.values)
    columns = label.columns(shears)
    assert columns[0].quantity == CLASS
    assert repeats_of(columns[0], columns).names == ("class_xy", "class_yz")


def test_classes_by_fraction_are_the_largest_or_the_smallest_values():
    of = {"name": "propensity", "steps": [20]}
    (moved,) = Propensity(steps=(20,)).groups(RUNS)
    order = np.argsort(moved.values["propensity_20"].to_numpy())
    for smallest, members in ((False, order[-13:]), (True, order[:13])):  # a fifth of 64
        (labelled,) = Classes(of=of, fraction=0.2, smallest=smallest).groups(RUNS)
        assert np.array_equal(np.flatnonzero(labelled.values["class"]), np.sort(members))
    assert list(labelled.values)[:3] == ["class", "class_half_1", "class_half_2"]
    (tenth,) = Classes(of=of).groups(RUNS)
    assert tenth.values["class"].sum() == 6


def test_equal_values_at_the_edge_prefer_no_place_in_the_order_of_ids():
    """As many as asked for, all above the edge among them, the equal ones from both halves of the ids."""
    values = np.repeat([0.0, 1.0, 2.0], [500, 400, 100])
    marked = largest_values(values, 0.3)  # 100 above the edge, 200 of the 400 equal ones
    assert marked.sum() == 300
    assert marked[values == 2.0].all()
    assert not marked[values == 0.0].any()
    # hypergeometric: of 200 from 400, 100 in a half of them, with a deviation of 5
    assert abs(marked[500:700].sum() - 100) < 25
    np.testing.assert_array_equal(marked, largest_values(values, 0.3))
    assert largest_values(np.zeros(1), 0.5).sum() == 0


def test_classes_of_a_species_leave_the_others_out():
    (labelled,) = Classes(of="propensity", fraction=0.5, species="B").groups(RUNS)
    of_species = labelled.snapshot.species_of_particles == "B"
    assert np.array_equal(labelled.values["class"].notna(), of_species)
    assert (of_species.sum(), labelled.values["class"].sum()) == (13, 7)  # a half, rounded up


def test_classes_end_where_the_label_does():
    """A label with a lag has no value in the last frames, and no class."""
    label = Classes(of={"name": "d2min", "r_max": 2.0, "lags": [2]}, threshold=0.01)
    groups = list(label.groups(RUNS[:1]))
    assert [labelled.values["class"].isna().all() for labelled in groups] == [False] * 3 + [True] * 2
    assert label.one_record


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0.1, "fraction": 0.1}, "give one of the two"),
        ({"fraction": 1.0}, "fraction = 1 must be below 1"),
        ({"threshold": "high"}, "threshold = 'high' must be a number"),
        ({"of": "classes"}, "names no other label"),
        ({"of": {"r_max": 2.0}}, "names no other label"),
        ({"of": "propensty"}, "did you mean 'propensity'"),
        ({"of": {"name": "d2min", "r_max": -1}}, "r_max = -1"),
        ({"of": "d2min", "quantity": "speed"}, "unknown quantity of label d2min 'speed'"),
        ({"smallest": 1}, "smallest = 1"),
    ],
)
def test_parameters_are_checked(options, message):
    with pytest.raises(InputError, match=message):
        Classes(**options)


def test_units_and_needs_are_those_of_the_other_label():
    assert labels.Classes().needs == LargestJump.needs
    with pytest.raises(InputError, match="default of threshold is in angstrom"):
        Classes(of="first-event").require_units("lj")
