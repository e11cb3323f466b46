"""Descriptors of a snapshot of a glass, with the simulations that they need."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import SimulationError
from lammps_glass.simulate.protocols import REGISTRY
from lammps_glass.simulate.start import lammps_seed
from lammps_glass.simulate.static import minimize

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.json_types import Options
    from lammps_glass.simulate.engine import EngineOptions
    from lammps_glass.simulate.record import Record
    from lammps_glass.snapshots import Snapshot


#: Displacement, in nearest distances, above which a minimisation is reported.
_MOVED = 1e-3


class Computed(Protocol):
    """A descriptor of a snapshot alone (`descriptors.base.Descriptor`)."""

    name: ClassVar[str]

    def of_glass(
        self, snapshot: Snapshot, glass: Glass, relax: Callable[[Snapshot], Snapshot], seed: int
    ) -> NDArray[np.float64]:
        """Compute (n_particles, n_features) of a snapshot of a glass."""

    def require_units(self, units: str | None) -> None:
        """Raise `InputError` when a default is used in other units than its own."""


class Simulated(Computed, Protocol):
    """A descriptor that needs runs of a protocol (`descriptors.base.SimulatedDescriptor`)."""

    protocol: ClassVar[str]

    one_seed: ClassVar[bool]

    def runs(self, glass: Glass) -> list[Options]:
        """List the options of the protocol for each run."""

    def summary(self, records: Sequence[Record]) -> str:
        """Summarise the runs in one line; empty: nothing to say."""

    def from_simulations(self, snapshot: Snapshot, glass: Glass, records: Sequence[Record]) -> NDArray[np.float64]:
        """Compute (n_particles, n_features) from the records of the runs."""


def describe(
    descriptor: Computed,
    snapshot: Snapshot,
    glass: Glass,
    *,
    seed: int = 0,
    directory: str | Path | None = None,
    engine: EngineOptions | None = None,
    say: Callable[[str], None] | None = None,
) -> NDArray[np.float64]:
    """Compute (n_particles, n_features) of `descriptor`, rows in the order of the snapshot.

    Parameters
    ----------
    descriptor
        A descriptor that needs no simulation computes its rows from the snapshot. One that does (it has ``protocol``)
        describes the inherent structure: the snapshot is minimised at fixed box, the protocol is run for each entry of
        the descriptor's `runs`, with different seeds, and the rows follow from the records. If a part of a joined
        descriptor needs simulations, all parts describe the inherent structure.
    directory
        Folder of the runs, each in a folder ``1``, ``2``, ... (of a joined descriptor under the part's name); runs that
        are complete there are not run again, interrupted ones go on. Default: a temporary one, which stays where a
        simulation failed.
    say
        Called with lines for the user: a snapshot that was no minimum, and the descriptor's `summary` of the runs.

    Raises
    ------
    InputError
        The snapshot does not fit the glass, or the descriptor.
    SimulationError
        A simulation failed.
    """
    configuration = glass.check(snapshot)
    descriptor.require_units(glass.units)
    relax = functools.partial(minimize, glass=glass, engine=engine)
    if not _is_simulated(descriptor):
        return descriptor.of_glass(configuration, glass, relax, seed)
    inherent = minimize(configuration, glass, engine=engine)
    if say is not None:
        _report_minimisation(configuration, inherent, glass, say)
    members: list[Computed] | None = getattr(descriptor, "members", None)
    with _folder(directory) as folder:
        if members is None:
            return _simulated(descriptor, inherent, glass, seed, folder, engine, say)
        parts = [
            _simulated(member, inherent, glass, seed, folder / member.name, engine, say)
            if _is_simulated(member)
            else member.of_glass(inherent, glass, relax, seed)
            for member in members
        ]
    return np.hstack(parts)


def _is_simulated(descriptor: Computed) -> TypeGuard[Simulated]:
    return bool(getattr(descriptor, "protocol", ""))


def _report_minimisation(start: Snapshot, inherent: Snapshot, glass: Glass, say: Callable[[str], None]) -> None:
    """Tell the user where the minimisation has moved particles."""
    moves = start.cell.minimum_image(inherent.positions - start.positions)
    largest = float(np.linalg.norm(moves, axis=1).max())
    if largest > _MOVED * glass.nearest_distance:
        say(f"step {start.step} was no minimum: it was minimised first, which moved a particle by up to {largest:.3g}")


def _simulated(
    descriptor: Simulated,
    inherent: Snapshot,
    glass: Glass,
    seed: int,
    folder: Path,
    engine: EngineOptions | None,
    say: Callable[[str], None] | None,
) -> NDArray[np.float64]:
    """Run the simulations of a descriptor of an inherent structure, and compute its rows."""
    records = []
    for k, options in enumerate(descriptor.runs(glass), start=1):
        protocol = REGISTRY.build(descriptor.protocol, options)
        seed_of_run = lammps_seed(seed, descriptor.name, 1 if descriptor.one_seed else k)
        records.append(protocol.run(inherent, seed_of_run, folder / str(k), glass=glass, engine=engine))
    if say is not None and (text := descriptor.summary(records)):
        say(text)
    return descriptor.from_simulations(inherent, glass, records)


@contextlib.contextmanager
def _folder(directory: str | Path | None) -> Iterator[Path]:
    if directory is not None:
        yield Path(directory)
        return
    folder = Path(tempfile.mkdtemp(prefix="lammps-glass-describe-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            yield folder
        except SimulationError:
            stack.pop_all()  # keep the deck and the log that the error names
            raise
