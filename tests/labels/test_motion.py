"""Labels of dynamics against their definitions: mobility, propensity with halves, first passage; faults."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import labels
from lammps_glass.errors import InputError
from lammps_glass.labels import FirstPassage, Isoconfigurational, Mobility, Propensity, repeats_of
from lammps_glass.products.ceilings import ceilings
from lammps_glass.simulate.protocols.dynamics import Dynamics
from lammps_glass.testing import MemoryTrajectory, binary_snapshot, random_walk

START = binary_snapshot(4)
RUNS = [random_walk(START, seed=seed) for seed in range(5)]  # frames at steps 0, 10 ... 40


def distance(run, step, origin=0):
    frames = {frame.step: frame.positions for frame in run.snapshots}
    return np.sqrt(((frames[step] - frames[origin]) ** 2).sum(axis=1))


def test_mobility_is_the_distance_from_each_origin():
    groups = list(Mobility(steps=(30, 10), every=10).groups([RUNS[0]]))
    assert [labelled.snapshot.step for labelled in groups] == [0, 10]  # from 20 on the run is too short for 30 steps
    for labelled in groups:
        origin = labelled.snapshot.step
        for steps in (30, 10):
            expected = distance(RUNS[0], origin + steps, origin)
            np.testing.assert_allclose(labelled.values[f"mobility_{steps}"], expected, rtol=1e-13)


def test_by_default_mobility_is_that_of_the_whole_run():
    (labelled,) = Mobility(measure="squared").groups([RUNS[1]])
    np.testing.assert_allclose(labelled.values["mobility"], distance(RUNS[1], 40) ** 2, rtol=1e-13)
    (column,) = Mobility(measure="squared").columns([RUNS[1]])
    assert (column.unit, column.steps, column.lag) == ("length^2", 40, 0)


def test_frames_are_held_no_longer_than_needed():
    """Of an origin and its last later frame 20 steps on, three frames of ten steps are held at most."""
    alive: list[int] = []

    class Watched(MemoryTrajectory):
        def frames(self):
            for snapshot in self.snapshots:
                alive.append(snapshot.step)
                yield snapshot

    groups = Mobility(steps=(20,), every=10).groups([Watched(RUNS[0].snapshots)])
    assert next(groups).snapshot.step == 0
    assert alive == [0, 10, 20]


def test_propensity_is_the_mean_over_runs_and_over_halves_of_them():
    label = Propensity(steps=(20,))
    (labelled,) = label.groups(RUNS)
    moved = np.array([distance(run, 20) for run in RUNS])
    np.testing.assert_allclose(labelled.values["propensity_20"], moved.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(labelled.values["propensity_20_half_1"], moved[:2].mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(labelled.values["propensity_20_half_2"], moved[2:4].mean(axis=0), rtol=1e-13)
    columns = label.columns(RUNS)
    assert repeats_of(columns[0], columns).names == ("propensity_20_half_1", "propensity_20_half_2")
    assert repeats_of(columns[1], columns) is None


def test_propensity_of_d2min_is_that_of_the_label_of_whole_runs():
    (labelled,) = Propensity(measure="d2min", r_max=2.0).groups(RUNS)
    (other,) = Isoconfigurational(r_max=2.0).groups(RUNS)
    assert np.array_equal(labelled.values["propensity"], other.values["d2min"])
    assert np.array_equal(labelled.values["propensity_half_2"], other.values["d2min_half_2"])


def test_the_ceiling_is_that_of_a_signal_with_known_noise():
    """Runs that move along x by s + e, deviations 1 and 1: the mean of 8 correlates with s by sqrt(1 / (1 + 1/8))."""
    random = np.random.default_rng(1)
    start = binary_snapshot(0, n_cells=12)
    signal = random.normal(size=len(start))
    runs = []
    for _ in range(8):
        moved = np.zeros((len(start), 3))
        moved[:, 0] = 20 + signal + random.normal(size=len(start))
        end = start.replace(positions=start.positions + moved, step=10)
        runs.append(MemoryTrajectory((start, end)))
    label = Propensity()
    (labelled,) = label.groups(runs)
    table = ceilings(label.columns(runs), [labelled.values])
    assert table[["label", "from", "repeats"]].to_numpy().tolist() == [["propensity", "half", 2]]
    exact = np.sqrt(1 / (1 + 1 / 8))
    assert table["ceiling"][0] == pytest.approx(exact, abs=0.02)  # 1728 particles: 1 / sqrt(1728)
    assert np.corrcoef(labelled.values["propensity"], signal)[0, 1] == pytest.approx(exact, abs=0.02)


def test_first_passage_is_the_first_frame_beyond_the_threshold():
    label = FirstPassage(threshold=0.4)
    (labelled,) = label.groups(RUNS)
    each = np.empty((len(RUNS), len(START)))
    for k, run in enumerate(RUNS):
        beyond = np.array([distance(run, step) > 0.4 for step in (10, 20, 30, 40)])
        each[k] = np.where(beyond.any(axis=0), 10 * (1 + beyond.argmax(axis=0)), 40)
    assert 10 < each.mean() < 40
    np.testing.assert_allclose(labelled.values["first_passage"], each.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(labelled.values["first_passage_half_1"], each[:2].mean(axis=0), rtol=1e-13)
    passed = [np.any([distance(run, step) > 0.4 for step in (10, 20, 30, 40)], axis=0) for run in RUNS]
    np.testing.assert_allclose(labelled.values["passed"], np.mean(passed, axis=0), rtol=1e-13)


def test_a_single_run_has_no_halves():
    columns = FirstPassage().columns(RUNS[:1])
    assert [column.name for column in columns] == ["first_passage", "passed"]
    assert ceilings(columns, []).empty


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Mobility(measure="speed"), "measure = 'speed' must be one of distance, squared, d2min"),
        (lambda: Mobility(steps=(10, 10)), "steps = .*each once"),
        (lambda: Mobility(steps=10), "steps = 10: give positive whole numbers"),
        (lambda: Mobility(every=-1), "every = -1"),
        (lambda: Propensity(reduce="max"), "reduce = 'max'"),
        (lambda: FirstPassage(threshold=0), "threshold = 0"),
        (lambda: list(Mobility(steps=(15,)).groups(RUNS[:1])), "no frame 15 steps after step 0; nearest are 10, 20"),
        (lambda: list(Mobility().groups(RUNS)), "needs one trajectory"),
        (lambda: list(Propensity().groups(RUNS[:1])), "it reads 1: .* give two or more, or take label mobility"),
        (lambda: list(Propensity(steps=(50,)).groups(RUNS)), "no frame 50 steps after"),
        (
            lambda: list(Propensity().groups([RUNS[0], random_walk(binary_snapshot(5), seed=1)])),
            "begins at other positions",
        ),
        (
            lambda: list(FirstPassage().groups([RUNS[0], MemoryTrajectory(RUNS[1].snapshots[:-1])])),
            "is 30 steps long, memory 40: .*must be equal",
        ),
        (lambda: list(Mobility().groups([MemoryTrajectory((START,))])), "has 1 frame: a later one is needed"),
    ],
)
def test_faults_are_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_a_length_in_other_units_is_asked_for_where_it_is_used():
    Propensity().require_units("metal")  # distances need no length
    with pytest.raises(InputError, match="default of r_max is in reduced units"):
        Propensity(measure="d2min").require_units("metal")
    with pytest.raises(InputError, match="default of threshold"):
        FirstPassage().require_units("metal")


def test_runs_without_dynamics_are_refused():
    for name in ("mobility", "propensity", "first-passage"):
        with pytest.raises(InputError, match="needs runs of dynamics"):
            labels.REGISTRY.build(name).check_run(object())


@pytest.mark.parametrize("label", [Propensity(), FirstPassage(), Isoconfigurational()], ids=lambda label: label.name)
def test_one_run_given_twice_has_no_noise_ceiling(label):
    with pytest.raises(InputError, match="ends with the same positions"):
        list(label.groups([RUNS[0], RUNS[1], RUNS[0]]))


def test_steps_without_a_frame_are_refused_before_the_run():
    """Logarithmic frames, four an octave: at 64, 80, 96 ... steps, so that 65 is refused and 64 is not."""
    run = Dynamics(temperature=0.5, steps=200, per_octave=4, linear_every=0)
    Propensity(steps=(64, 200)).check_run(run)
    with pytest.raises(InputError, match=r"steps = 65: the run stores no frame there; nearest are 64"):
        Propensity(steps=(65,)).check_run(run)
