"""The contract of descriptors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import special_ortho_group

from lammps_glass.descriptors.base import Descriptor, SimulatedDescriptor
from lammps_glass.glasses import Glass, KobAndersen
from lammps_glass.json_types import Options
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.testing.checking import require, require_close, require_numbers_checked, require_refused, run_checks
from lammps_glass.testing.samples import binary_snapshot


@dataclass(frozen=True)
class _Subject:
    """A descriptor with the options, snapshots and tolerance of its checks."""

    descriptor: type[Descriptor]
    options: Options
    snapshot: Callable[[int], Snapshot]
    tolerance: float
    n_seeds: int
    glass: Glass

    def build(self) -> Descriptor:
        """Build the descriptor."""
        return self.descriptor(**self.options)

    def rows(self, descriptor: Descriptor, snapshot: Snapshot) -> Floats:
        """Compute the rows of a snapshot, with the glass where the descriptor needs it."""
        if not descriptor.needs_glass:
            return descriptor.compute(snapshot)
        from lammps_glass.simulate import describe

        return describe(descriptor, snapshot, self.glass)

    def require_same(self, values: ArrayLike, expected: ArrayLike, message: str) -> None:
        """Raise `AssertionError` unless values agree to the tolerance."""
        require_close(values, expected, self.tolerance, message)


def check_descriptor(
    descriptor: type[Descriptor],
    options: Options | None = None,
    *,
    snapshot: Callable[[int], Snapshot] = binary_snapshot,
    tolerance: float = 1e-9,
    n_seeds: int = 5,
    glass: Glass | None = None,
) -> None:
    """Check a descriptor against the contract of its family.

    Rows are finite float64 with unique names; equal calls give identical values and leave no state; parameters make the
    round trip and bad ones are refused; rows follow the particles under any order, do not change under translation and
    rotation of the whole and repeat when the box is repeated.

    Parameters
    ----------
    descriptor
        The class.
    options
        Options to build it with; small ones make the checks quick.
    snapshot
        Function that makes a snapshot for the descriptor from a seed. Default: species A and B at density 1.2 in a
        periodic box.
    tolerance
        Largest deviation between equivalent snapshots, relative to the larger of 1 and the value. The default leaves
        room for rounding of positions (1e-15) amplified by steep features.
    n_seeds
        Number of snapshots for each symmetry.
    glass
        Glass of the simulations that a descriptor needs, which are not run, or of its interactions. Default:
        Kob-Andersen. A descriptor that says so is not checked against a symmetry that it lacks: ``directional``
        (rotation), ``of_box`` (repeated box), ``stochastic`` (all of them).

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    subject = _Subject(descriptor, dict(options or {}), snapshot, tolerance, n_seeds, glass or KobAndersen())
    symmetries = [_order, _motion, *([] if descriptor.of_box else [_replication])]
    if getattr(descriptor, "stochastic", False):
        symmetries = []
    simulated = issubclass(descriptor, SimulatedDescriptor)
    checks = [_parameters, *([_runs] if simulated else [_rows, _repetition, *symmetries])]
    run_checks(f"descriptor {getattr(descriptor, 'name', descriptor.__name__)}", checks, subject)


def _parameters(subject: _Subject) -> None:
    descriptor = subject.build()
    require(isinstance(getattr(descriptor, "name", None), str), "it has no attribute name")
    params = descriptor.get_params()
    again = type(descriptor)(**params)
    require(again.get_params() == params, f"get_params gives {params}, of a copy {again.get_params()}")
    for key, value in subject.options.items():
        require(params.get(key) == value, f"{key} = {value!r} is stored as {params.get(key)!r}")
    require(descriptor.set_params(**params) is descriptor, "set_params does not return the descriptor")
    require(descriptor.get_params() == params, "set_params with the same values changes parameters")
    require_refused(lambda: descriptor.set_params(no_such_parameter=1), "no_such_parameter")
    require(descriptor.get_params() == params, "a refused set_params changes parameters")
    require_numbers_checked(lambda values: type(descriptor)(**values), params)


def _rows(subject: _Subject) -> None:
    descriptor, snapshot = subject.build(), subject.snapshot(0)
    values, names = subject.rows(descriptor, snapshot), descriptor.feature_names
    require(values.dtype == np.float64, f"rows are {values.dtype}, not float64")
    expected = (len(snapshot), len(names))
    require(values.shape == expected, f"rows have shape {values.shape}, not (n_particles, n_features) = {expected}")
    require(all(isinstance(name, str) for name in names), "a feature name is not text")
    require(len(set(names)) == len(names), "two features have one name")
    require(np.isfinite(values).all() or descriptor.partial, "a value is not finite")
    require(np.nanmax(np.ptp(values, axis=0)) > 0, "all particles of a disordered snapshot have the same row")
    missing = set(descriptor.species_needed) - set(snapshot.species)
    require(not missing, f"species_needed names {missing}, which the snapshot lacks, but compute does not fail")


def _repetition(subject: _Subject) -> None:
    descriptor, snapshot = subject.build(), subject.snapshot(1)
    before, positions = copy.deepcopy(vars(descriptor)), snapshot.positions.copy()
    first = subject.rows(descriptor, snapshot).copy()
    subject.rows(subject.build(), subject.snapshot(2))
    require(np.array_equal(subject.rows(descriptor, snapshot), first), "a second call gives other values")
    copied = type(descriptor)(**descriptor.get_params())
    require(np.array_equal(subject.rows(copied, snapshot), first), "a copy with the same parameters gives other values")
    require(_same_state(vars(descriptor), before), "compute leaves state behind in the descriptor")
    require(np.array_equal(snapshot.positions, positions), "compute changes the snapshot")


def _same_state(state: Mapping[str, ArrayLike], before: Mapping[str, ArrayLike]) -> bool:
    return state.keys() == before.keys() and all(np.array_equal(state[key], before[key]) for key in state)


def _order(subject: _Subject) -> None:
    descriptor = subject.build()
    for seed in range(subject.n_seeds):
        snapshot = subject.snapshot(seed)
        order = np.random.default_rng(seed).permutation(len(snapshot))
        columns = {name: values[order] for name, values in snapshot.properties.items()}
        shuffled = Snapshot(
            snapshot.cell, snapshot.positions[order], snapshot.types[order], snapshot.species, properties=columns
        )
        rows = subject.rows(descriptor, snapshot)[order]
        subject.require_same(subject.rows(descriptor, shuffled), rows, "rows depend on the order of the particles")


def _motion(subject: _Subject) -> None:
    descriptor = subject.build()
    for seed in range(subject.n_seeds):
        snapshot = subject.snapshot(seed)
        rows = subject.rows(descriptor, snapshot)
        shift = np.random.default_rng(seed).normal(size=(2, 3)) * snapshot.cell.volume ** (1 / 3)
        moved = snapshot.replace(positions=snapshot.positions + shift[0])
        subject.require_same(subject.rows(descriptor, moved), rows, "rows change under translation")
        if descriptor.directional:
            continue
        rotation = special_ortho_group.rvs(3, random_state=seed)
        cell = Cell(snapshot.cell.matrix @ rotation, shift[1])
        turned = snapshot.replace(cell=cell, positions=(snapshot.positions + shift[0]) @ rotation)
        subject.require_same(subject.rows(descriptor, turned), rows, "rows change under rotation")


def _replication(subject: _Subject) -> None:
    descriptor, snapshot = subject.build(), subject.snapshot(4)
    rows = np.tile(subject.rows(descriptor, snapshot), (2, 1))
    for axis in range(3):
        matrix = np.array(snapshot.cell.matrix)
        positions = np.concatenate([snapshot.positions, snapshot.positions + matrix[axis]])
        matrix[axis] *= 2
        columns = {name: np.tile(values, 2) for name, values in snapshot.properties.items()}
        doubled = Snapshot(Cell(matrix), positions, np.tile(snapshot.types, 2), snapshot.species, properties=columns)
        subject.require_same(
            subject.rows(descriptor, doubled), rows, f"rows change when the box is repeated along {axis}"
        )


def _runs(subject: _Subject) -> None:
    """Check that a descriptor of simulations names runs that its protocol accepts, and refuses a snapshot alone."""
    from lammps_glass.simulate.protocols import REGISTRY

    descriptor = subject.build()
    require(isinstance(descriptor, SimulatedDescriptor), "it is not derived from SimulatedDescriptor")
    if isinstance(descriptor, SimulatedDescriptor):
        for options in descriptor.runs(subject.glass):
            REGISTRY.build(descriptor.protocol, options)
    require_refused(lambda: descriptor.compute(subject.snapshot(0)), "a snapshot without simulations")
