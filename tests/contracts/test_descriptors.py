"""The contract of every descriptor of this package, and that the contract fails for broken ones."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from lammps_glass import descriptors, simulate
from lammps_glass.descriptors import Descriptor
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.testing import check_descriptor
from lammps_glass.testing.samples import binary_snapshot

# Options of descriptors that cannot be built without any, chosen small.
OPTIONS: dict[str, dict] = {
    "soap": {"species": ("A", "B"), "r_cut": 1.5, "n_max": 4, "l_max": 4, "sigma": 0.3},
    "joined": {"parts": {"radial-gaussians": {"r_max": 2.0}, "interstices": {}}},
    "coarse-grained": {
        "parts": {"local-density": {"r_cut": 1.5}}, "species": ("A", "B"), "lengths": (1.0, 2.0), "r_max": 2.5,
        "second_lengths": (1.0,), "second_of": (2.0,), "powers": (1, 2),
    },
    "structure-functions": {"r_max": 1.6, "spacing": 0.4, "width": 0.4, "ranges": (1.0, 2.0)},
    "inherent": {"parts": {"energy": {}, "coarse": {"name": "coarse-grained", "parts": {"energy": {}}, "r_max": 2.0}}},
    "local-yield-stress": {"planes": ("xy",), "radius": 1.1, "strain_step": 0.02, "max_strain": 1.0},
    "file-columns": {"columns": ["c_one", "c_two"]},
    "cage": {"sweeps": 5, "settle": 2, "parts": {"energy": {}}},
}  # fmt: skip


@functools.lru_cache
def minimum(seed: int) -> Snapshot:
    """A minimum of the energy, far better than descriptors need: they minimise it again, to the same place."""
    return simulate.minimize(binary_snapshot(seed), KobAndersenSmooth(n_particles=64), force_tolerance=1e-10)


def shaken(seed: int) -> Snapshot:
    """A minimum whose particles are displaced so little that they return to it."""
    start = minimum(seed)
    moves = 1e-2 * np.random.default_rng(seed).uniform(-1, 1, size=(len(start), 3))
    return start.replace(positions=start.positions + moves)


#: Snapshots and tolerances of descriptors of an inherent structure: forces are minimised to 1e-5, positions to about
#: 1e-6, and the response to a strain multiplies that by the ratio of the stiffest to the softest mode.
INHERENT = {
    "rattle": (shaken, 1e-4),
    "inherent": (minimum, 1e-4),
    "nonaffine": (minimum, 1e-3),
    "harmonic": (minimum, 1e-3),
    "local-yield-stress": (minimum, 1e-3),
}


def with_columns(seed: int) -> Snapshot:
    """A snapshot whose file has two columns."""
    snapshot = binary_snapshot(seed)
    values = np.random.default_rng(seed).normal(size=(2, len(snapshot)))
    return snapshot.with_properties(c_one=values[0], c_two=values[1])


#: A row of `local-yield-stress` takes a hundred minimisations.
SLOW = {"local-yield-stress": 1}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in descriptors.REGISTRY.bundled],
)
def test_contract(name):
    snapshot, tolerance = INHERENT.get(name, (with_columns if name == "file-columns" else binary_snapshot, 1e-9))
    glass = KobAndersenSmooth(n_particles=64) if name in INHERENT else None
    check_descriptor(
        descriptors.REGISTRY[name].load(), OPTIONS.get(name), snapshot=snapshot, tolerance=tolerance, glass=glass,
        n_seeds=SLOW.get(name, 5),
    )  # fmt: skip
    assert descriptors.REGISTRY.build(name, OPTIONS.get(name)).name == name


def test_entries_name_the_protocol_of_descriptors_that_need_one():
    for name in descriptors.REGISTRY.bundled:
        entry = descriptors.REGISTRY[name]
        protocol = getattr(entry.load(), "protocol", "")
        assert entry.protocol == (protocol if isinstance(protocol, str) else "")  # of `joined` it depends on the parts


class Shells(Descriptor):
    """Number of neighbours within two radii: a correct descriptor, which the broken ones below are made of."""

    name = "shells"

    def __init__(self, r_max: float = 1.3) -> None:
        if not isinstance(r_max, float) or not 0 < r_max < np.inf:
            raise InputError(f"shells: r_max = {r_max!r} must be a positive number")
        self.r_max = r_max

    @property
    def feature_names(self):
        return ["inner", "outer"]

    def compute(self, snapshot):
        return np.stack([np.diff(pairs_within(snapshot, r).offsets) for r in (0.8 * self.r_max, self.r_max)], 1) * 1.0


class Ordered(Shells):
    def compute(self, snapshot):
        return super().compute(snapshot) + np.arange(len(snapshot))[:, None]


class Directed(Shells):
    def compute(self, snapshot):
        neighbors = pairs_within(snapshot, self.r_max)
        z = np.add.reduceat(neighbors.vectors[:, 2], neighbors.offsets[:-1])
        return super().compute(snapshot) + np.stack([z, z], 1)


class Placed(Shells):
    def compute(self, snapshot):
        return super().compute(snapshot) + snapshot.positions[:, :2]


class Boxed(Shells):
    def compute(self, snapshot):
        return super().compute(snapshot) * len(snapshot)


class Counting(Shells):
    def compute(self, snapshot):
        self.calls = getattr(self, "calls", 0) + 1
        return super().compute(snapshot)


class Drifting(Shells):
    total = 0.0

    def compute(self, snapshot):
        Drifting.total += 1.0
        return super().compute(snapshot) + Drifting.total


class Named(Shells):
    feature_names = ("inner", "inner")


class Rounded(Shells):
    def compute(self, snapshot):
        return super().compute(snapshot).astype(np.float32)


class Unstored(Shells):
    def __init__(self, r_max: float = 1.3) -> None:
        super().__init__(r_max)
        self.r_max = 1.1


class Unchecked(Shells):
    def __init__(self, r_max: float = 1.3) -> None:
        self.r_max = r_max


class Shapeless(Shells):
    def compute(self, snapshot):
        return super().compute(snapshot)[:, :1]


def test_a_correct_descriptor_passes():
    check_descriptor(Shells)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Ordered, "order of the particles"),
        (Directed, "under rotation"),
        (Placed, "under translation"),
        (Boxed, "box is repeated"),
        (Counting, "leaves state"),
        (Drifting, "other values"),
        (Named, "two features have one name"),
        (Rounded, "float32"),
        (Shapeless, "shape"),
        (Unchecked, "is accepted"),
    ],
)
def test_broken_descriptors_fail(broken, message):
    with pytest.raises(AssertionError, match=message):
        check_descriptor(broken)


def test_parameters_that_are_not_stored_fail():
    with pytest.raises(AssertionError, match="r_max"):
        check_descriptor(Unstored, {"r_max": 1.2})
