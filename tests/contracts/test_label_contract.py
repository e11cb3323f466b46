"""The contract of every label of this package, and that the contract fails for broken ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from lammps_glass import glasses, labels, simulate
from lammps_glass.labels import D2min, Isoconfigurational, Label, LabelColumn, PairLabel
from lammps_glass.labels.base import Labelled
from lammps_glass.testing import check_label

OPTIONS = {
    "d2min": {"r_max": 2.0, "lags": [1, 3]},
    "von_mises_strain": {"lags": (2, 1)},
    "propensity": {"measure": "d2min", "steps": [10, 40], "r_max": 2.0},
    "mobility": {"steps": [20, 10], "every": 10},
    "first-passage": {"threshold": 0.4},
    "first-event": {"threshold": 1e-5},  # so low that particles jump in shears of two steps
    "classes": {"of": {"name": "propensity", "steps": [20]}, "fraction": 0.2},
}


@pytest.fixture(scope="module")
def shears(tmp_path_factory):
    """Quasi-static shears of one glass in two planes."""
    folder = tmp_path_factory.mktemp("shears")
    glass = glasses.KobAndersen(n_particles=200)
    quenched = simulate.quench(glass, liquid=100, cooling=100, seed=1, directory=folder / "quench")
    options = {"max_strain": 0.002, "strain_step": 1e-3, "block_strain": 1e-3, "r_max": 2.0, "force_tolerance": 1e-4}
    return [simulate.aqs(quenched, plane=plane, seed=1, directory=folder / plane, **options) for plane in ("xy", "yz")]


@pytest.fixture(scope="module")
def strain_steps(tmp_path_factory):
    """A quasi-static shear of which every step is a block and is stored."""
    folder = tmp_path_factory.mktemp("steps")
    glass = glasses.KobAndersen(n_particles=200)
    quenched = simulate.quench(glass, liquid=100, cooling=100, seed=1, directory=folder / "quench")
    step = dict.fromkeys(("strain_step", "block_strain", "snapshot_every"), 2e-3)
    options = {"max_strain": 0.02, "r_max": 2.0, "reduce": "sum", "force_tolerance": 1e-4, **step}
    return [simulate.aqs(quenched, plane="xy", seed=1, directory=folder / "shear", **options)]


RECORDS = {"largest-jump": "shears", "first-event": "shears", "strain-step-activity": "strain_steps"}


@pytest.mark.parametrize("name", labels.REGISTRY.bundled)
def test_contract(name, request):
    records = request.getfixturevalue(RECORDS[name]) if name in RECORDS else None
    label = labels.REGISTRY[name].load()
    check_label(label, OPTIONS.get(name), records=records)
    assert (label.name, label.unit) == (name, labels.REGISTRY[name].units)


@dataclass(frozen=True)
class Displacement(PairLabel):
    """Distance moved: a plug-in's label, which meets the contract."""

    name: ClassVar[str] = "displacement"
    unit: ClassVar[str] = "length"

    power: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        labels.pair.require_positive(self.name, "power", self.power)

    def compute(self, reference, current):
        return np.linalg.norm(current.positions - reference.positions, axis=1) ** self.power


@dataclass(frozen=True)
class AlongX(Displacement):
    """Displacement along x, which a rotation of the whole changes, as it says."""

    invariant: ClassVar[bool] = False

    def compute(self, reference, current):
        return (current.positions - reference.positions)[:, 0]


@dataclass(frozen=True)
class Unmoved(Displacement):
    """One for a particle that stays, as it says."""

    zero_at_rest: ClassVar[bool] = False

    def compute(self, reference, current):
        return np.exp(-super().compute(reference, current))


@pytest.mark.parametrize("label", [Displacement, AlongX, Unmoved])
def test_labels_that_say_what_they_are_meet_it(label):
    check_label(label)


class Unnamed(Displacement):
    name = None


class Unchecked(Displacement):
    """Takes anything for its power."""

    def __post_init__(self):
        pass


class Stretched(Displacement):
    """Stores another value than it is given."""

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "power", 2 * self.power)


class Unrefused(Displacement):
    """Takes anything for its power, and lags that are a list."""

    def __post_init__(self):
        PairLabel.__post_init__(self)


class Hidden(Displacement):
    """Leaves a parameter out."""

    def get_params(self):
        return {"lags": self.lags}


class Nothing(Displacement):
    def columns(self, records):
        return ()

    def groups(self, records):
        return iter(())


class Key(Displacement):
    """A column of the key."""

    def columns(self, records):
        return (LabelColumn("step", "displacement"),)


class Alike(Displacement):
    """Two columns of one meaning."""

    def columns(self, records):
        return tuple(LabelColumn(name, "displacement") for name in ("a", "b"))


class Other(Displacement):
    """Values in other columns than it says."""

    def columns(self, records):
        return (LabelColumn("moved", "displacement", lag=1),)


class Short(Displacement):
    """A particle fewer."""

    def groups(self, records):
        for labelled in super().groups(records):
            yield Labelled(labelled.snapshot, labelled.values.iloc[:-1])


class Whole(Displacement):
    def compute(self, reference, current):
        return (100 * super().compute(reference, current)).astype(int)


class Undefined(Displacement):
    """No value for the particle that moved least."""

    def compute(self, reference, current):
        values = super().compute(reference, current)
        return np.where(values == values.min(), np.nan, values)


class Endless(Displacement):
    """Zero where the run has ended."""

    def groups(self, records):
        for labelled in super().groups(records):
            yield Labelled(labelled.snapshot, labelled.values.fillna(0.0))


class Backwards(Displacement):
    """The last configuration first."""

    def groups(self, records):
        return reversed(list(super().groups(records)))


class Constant(Displacement):
    def compute(self, reference, current):
        return np.zeros(len(reference))


class Noisy(Displacement):
    def compute(self, reference, current):
        return super().compute(reference, current) * (1 + 1e-6 * np.random.default_rng().random())


class Remembering(Displacement):
    """Keeps what it has seen, and uses it."""

    seen: ClassVar[list] = []

    def compute(self, reference, current):
        self.seen.append(1)
        return super().compute(reference, current) + len(self.seen)


class Littering(Displacement):
    """Leaves state behind that it does not use."""

    def compute(self, reference, current):
        object.__setattr__(self, "reference", reference)
        return super().compute(reference, current)


class Greedy(Displacement):
    """Takes two trajectories for one."""

    def columns(self, records):
        return super().columns(records[:1])

    def groups(self, records):
        return super().groups(records[:1])


class Numbered(Displacement):
    """Depends on the number of a particle."""

    def compute(self, reference, current):
        return super().compute(reference, current) * np.arange(len(reference))


class Placed(Displacement):
    """Depends on where a particle is."""

    def compute(self, reference, current):
        return super().compute(reference, current) * np.abs(reference.positions[:, 0])


class Turned(Displacement):
    """Depends on the axes, without saying so."""

    def compute(self, reference, current):
        return np.abs(current.positions - reference.positions)[:, 0]


class Next(Displacement):
    """The next frame whatever the lag."""

    def groups(self, records):
        for labelled in PairLabel.groups(Displacement(lags=(1, 2)), records):
            known = labelled.values["lag_2"].notna()
            yield Labelled(labelled.snapshot, pd.DataFrame({"lag_2": labelled.values["lag_1"].where(known)}))


class Restless(Displacement):
    """Not zero between equal snapshots, without saying so."""

    def compute(self, reference, current):
        return super().compute(reference, current) + 1.0


class Empty(Isoconfigurational):
    """Gives nothing for nothing."""

    def groups(self, records):
        return super().groups(records) if records else iter(())


@pytest.mark.parametrize(
    ("broken", "options", "message"),
    [
        (Unnamed, {}, "no attribute name"),
        (Unchecked, {}, "another label"),  # lags stay the list that JSON gives
        (Unrefused, {}, "power = nan is accepted"),
        (Stretched, {}, "build another label"),
        (Hidden, {}, "get_params gives"),
        (Nothing, {}, "no column"),
        (Key, {}, "a column is called step"),
        (Alike, {}, "one meaning"),
        (Other, {}, r"groups\(\) gives the columns \['lag_1'\], columns\(\) \['moved'\]"),
        (Short, {}, "63 rows of a snapshot of 64"),
        (Whole, {}, "is int64"),
        (Undefined, {}, "not finite where the run has not ended"),
        (Endless, {}, "values behind the end"),
        (Backwards, {}, "do not ascend"),
        (Constant, {}, "same value"),
        (Noisy, {}, "other values"),
        (Remembering, {}, "other values"),
        (Littering, {}, "leaves state behind"),
        (Greedy, {}, "two trajectories is accepted"),
        (Numbered, {}, "order of the particles"),
        (Placed, {}, "under translation"),
        (Turned, {}, "under rotation"),
        (Next, {"lags": (2,)}, r"compute\(\) differ at lag 2"),
        (Restless, {}, "equal snapshots are not zero"),
        (Empty, {}, "no record is accepted"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_broken_labels_fail(broken, options, message):
    with pytest.raises(AssertionError, match=message):
        check_label(broken, options)


def test_a_label_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Label()


@pytest.mark.parametrize("lags", [(), (0,), (1, 1), (1.5,), 2, "12", (True,)])
def test_lags_that_are_none(lags):
    from lammps_glass.errors import InputError

    with pytest.raises(InputError, match="label d2min: lags"):
        D2min(lags=lags)
