"""Classes of labels: they are the functions that they wrap, and what the definitions say."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from affine_oracle import fit, random_pair

from lammps_glass import glasses, labels, simulate
from lammps_glass.errors import InputError
from lammps_glass.labels import D2min, Isoconfigurational, LabelColumn, LargestJump, VonMisesStrain
from lammps_glass.products import ShearRecord
from lammps_glass.tables import write_table
from lammps_glass.testing import MemoryTrajectory, binary_snapshot, random_walk

WALK = random_walk(binary_snapshot(1), seed=1, n_frames=6)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_d2min_is_the_function_and_the_residual_of_least_squares(reduce):
    reference, current = random_pair(3)
    values = D2min(r_max=2.3, reduce=reduce).compute(reference, current)
    assert np.array_equal(values, labels.d2min(reference, current, r_max=2.3, reduce=reduce))
    sums, counts, _ = fit(reference, current, 2.3)
    # residuals of order 1 of some fifty terms, each exact to 1e-15
    np.testing.assert_allclose(values, sums / counts if reduce == "mean" else sums, rtol=1e-10, atol=1e-13)


def test_strain_is_the_function_and_the_invariant_of_the_fitted_gradient():
    reference, current = random_pair(4)
    values = VonMisesStrain(r_max=2.3).compute(reference, current)
    assert np.array_equal(values, labels.von_mises_strain(reference, current, r_max=2.3))
    gradients = fit(reference, current, 2.3)[2]
    strain = 0.5 * (np.transpose(gradients, (0, 2, 1)) @ gradients - np.eye(3))
    deviator = strain - np.trace(strain, axis1=1, axis2=2)[:, None, None] * np.eye(3) / 3
    # the second invariant of the deviator, sqrt(e : e / 2): another way to write the six terms
    np.testing.assert_allclose(values, np.sqrt(0.5 * (deviator**2).sum(axis=(1, 2))), rtol=1e-9)


def test_each_frame_is_compared_with_the_one_a_lag_later():
    label = D2min(r_max=2.0, lags=(2, 1))
    assert label.columns([WALK]) == (
        LabelColumn("lag_2", "d2min", "length^2", lag=2, steps=20),
        LabelColumn("lag_1", "d2min", "length^2", lag=1, steps=10),
    )
    groups = list(label.groups([WALK]))
    assert [labelled.snapshot.step for labelled in groups] == WALK.steps
    for number, labelled in enumerate(groups):
        for lag in (1, 2):
            values = labelled.values[f"lag_{lag}"]
            if number + lag < 6:
                expected = labels.d2min(WALK.snapshots[number], WALK.snapshots[number + lag], r_max=2.0)
                assert np.array_equal(values, expected)
            else:
                assert values.isna().all()


def test_uneven_steps_have_no_length():
    uneven = MemoryTrajectory(tuple(s.replace(step=k * k) for k, s in enumerate(WALK.snapshots)))
    assert [column.steps for column in D2min(lags=(1, 5)).columns([uneven])] == [0, 25]
    assert D2min(lags=(6,)).columns([uneven])[0].steps == 0  # no frame comes so late


def test_frames_are_read_one_after_the_other():
    """Of three passes that go through the frames, one for each lag and one of references, each is ahead by its lag."""
    read: list[int] = []

    class Watched(MemoryTrajectory):
        def frames(self):
            for snapshot in self.snapshots:
                read.append(snapshot.step)
                yield snapshot

    groups = D2min(r_max=2.0, lags=(1, 2)).groups([Watched(WALK.snapshots)])
    next(groups)
    assert sorted(read) == [0, 0, 0, 10, 10, 20]


@pytest.mark.parametrize("records", [[], [WALK, WALK]])
def test_a_pair_label_is_of_one_trajectory(records):
    with pytest.raises(InputError, match=f"label d2min needs one trajectory a replica, it reads {len(records)}"):
        D2min().columns(records)


@pytest.mark.parametrize(
    ("label", "options", "message"),
    [
        (D2min, {"r_max": 0.0}, "d2min: r_max = 0.0 must be a number above 0"),
        (D2min, {"r_max": "2"}, "d2min: r_max = '2'"),
        (D2min, {"r_max": True}, "d2min: r_max = True"),
        (D2min, {"reduce": "median"}, "d2min: reduce = 'median' must be one of mean, sum"),
        (VonMisesStrain, {"r_max": np.inf}, "von_mises_strain: r_max = inf"),
        (Isoconfigurational, {"r_max": -1.0}, "isoconfigurational: r_max = -1.0"),
        (Isoconfigurational, {"reduce": "max"}, "isoconfigurational: reduce = 'max'"),
    ],
)
def test_parameters_are_checked(label, options, message):
    with pytest.raises(InputError, match=message):
        label(**options)


def test_isoconfigurational_values_are_means_over_runs():
    start = binary_snapshot(2)
    runs = [random_walk(start, seed=seed) for seed in (1, 2, 3)]
    (labelled,) = Isoconfigurational(r_max=2.0).groups(runs)
    assert labelled.snapshot is runs[2].snapshots[0]
    last = [run.snapshots[-1] for run in runs]
    each = np.array([fit(start, snapshot, 2.0)[0] for snapshot in last])
    # means of three residuals of order 1, each exact to 1e-13
    np.testing.assert_allclose(labelled.values["d2min"], each.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(labelled.values["spread"], each.std(axis=0), rtol=1e-8)
    moved = [np.sqrt(((snapshot.positions - start.positions) ** 2).sum(axis=1)) for snapshot in last]
    np.testing.assert_allclose(labelled.values["propensity"], np.mean(moved, axis=0), rtol=1e-13)
    functions = [labels.d2min(start, snapshot, r_max=2.0, reduce="sum") for snapshot in last]
    assert np.array_equal(labelled.values["d2min"], np.mean(functions, axis=0))


@pytest.fixture(scope="module")
def shears(tmp_path_factory):
    """Shears of one glass in two planes, of five blocks each."""
    folder = tmp_path_factory.mktemp("shears")
    glass = glasses.KobAndersen(n_particles=200)
    quenched = simulate.quench(glass, liquid=100, cooling=100, seed=1, directory=folder / "quench")
    options = {"max_strain": 0.005, "strain_step": 1e-3, "block_strain": 1e-3, "r_max": 2.0, "force_tolerance": 1e-4}
    return [simulate.aqs(quenched, plane=plane, seed=1, directory=folder / plane, **options) for plane in ("xy", "yz")]


def test_the_largest_jump_is_that_of_all_blocks_and_planes(shears):
    label = LargestJump()
    assert [(c.name, dict(c.details)) for c in label.columns(shears)] == [
        ("largest_jump", {}),
        ("jump_xy", {"plane": "xy"}),
        ("jump_yz", {"plane": "yz"}),
    ]
    (labelled,) = label.groups(shears)
    by_plane = {}
    for plane, record in zip(("xy", "yz"), shears):
        blocks = pd.concat(record.blocks())
        assert blocks["block"].nunique() == 5
        by_plane[plane] = blocks.groupby("particle")["d2min"].max().to_numpy(float)
        assert np.array_equal(labelled.values[f"jump_{plane}"], by_plane[plane])
    assert np.array_equal(labelled.values["largest_jump"], np.maximum(by_plane["xy"], by_plane["yz"]))
    whole = labels.largest_jump({p: r.d2min_path for p, r in zip(("xy", "yz"), shears)}, both_classes=False)
    assert np.array_equal(labelled.values["largest_jump"], whole.largest)
    assert np.array_equal(labelled.snapshot.positions, next(shears[0].frames()).positions)
    assert labelled.snapshot.step == 0


def test_a_block_is_the_d2min_between_its_ends(shears, tmp_path):
    """The first block against the definition, from the minima at its ends."""
    options = {"max_strain": 0.001, "strain_step": 1e-3, "block_strain": 1e-3, "r_max": 2.0, "force_tolerance": 1e-4}
    start = next(shears[0].frames())
    record = simulate.aqs(start, glass=shears[0].glass, seed=1, directory=tmp_path / "one", **options)
    (labelled,) = LargestJump().groups([record])
    first, last = list(record.frames())
    sums, counts, _ = fit(first, last, 2.0)
    # float32 in the table: 6e-8 relative; frames with 17 digits
    np.testing.assert_allclose(labelled.values["largest_jump"], sums / counts, rtol=2e-7, atol=1e-12)


def test_shears_that_do_not_fit_are_refused(shears, tmp_path):
    label = LargestJump()
    with pytest.raises(InputError, match="is not the record of a quasi-static shear"):
        label.columns([WALK])
    with pytest.raises(InputError, match=r"needs one shear a plane, it reads 2 of \['xy'\]"):
        label.columns([shears[0], shears[0]])
    with pytest.raises(InputError, match=r"needs one shear a plane, it reads 0"):
        list(label.groups([]))

    blocks = pd.concat(shears[0].blocks())
    write_table(tmp_path / "d2min.parquet", blocks.assign(particle=blocks["particle"] + 1), shears[0].block_settings)
    shutil.copy(shears[0].frames_path, tmp_path)
    with pytest.raises(InputError, match="the blocks hold other particles than the start"):
        list(label.groups([ShearRecord(tmp_path)]))


def test_the_registry_builds_the_classes():
    for name, entry in labels.REGISTRY.items():
        built = labels.REGISTRY.build(name)
        assert isinstance(built, labels.Label)
        assert (built.name, built.unit) == (name, entry.units)
