"""Any descriptor of any snapshot of a glass: simulations that a descriptor needs are run first."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import SimulationError
from lammps_glass.simulate.protocols import REGISTRY
from lammps_glass.simulate.start import lammps_seed
from lammps_glass.simulate.static import minimize

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.simulate.engine import EngineOptions
    from lammps_glass.snapshots import Snapshot


def describe(
    descriptor: Any,
    snapshot: Snapshot,
    glass: Glass,
    *,
    seed: int = 0,
    directory: str | Path | None = None,
    engine: EngineOptions | None = None,
) -> NDArray[np.float64]:
    """(n_particles, n_features) of `descriptor`, rows in the order of the snapshot.

    Parameters
    ----------
    descriptor
        One that needs no simulation computes its rows from the snapshot. One that does (it has ``protocol``) is of the
        inherent structure: the snapshot is minimised at fixed box, the protocol is run on it as often as the
        descriptor says, each time with a seed of its own, and the rows are made of the records. Of a joined one with
        such a part all parts are of the inherent structure.
    directory
        Folder of the runs, each in a folder ``1``, ``2``, ... (of a joined descriptor under the part's name); runs that
        are complete there are not run again. Default: a temporary one, which stays where a
        simulation failed.

    Raises
    ------
    InputError
        The snapshot does not fit the glass, or the descriptor.
    SimulationError
        A simulation failed.
    """
    known = glass.check(snapshot)
    if not getattr(descriptor, "protocol", ""):
        rows: NDArray[np.float64] = descriptor.compute(known)
        return rows
    inherent = minimize(known, glass, engine=engine)
    members = getattr(descriptor, "members", None)
    with _folder(directory) as folder:
        if members is None:
            return _simulated(descriptor, inherent, glass, seed, folder, engine)
        parts = [
            _simulated(member, inherent, glass, seed, folder / member.name, engine)
            if getattr(member, "protocol", "")
            else member.compute(inherent)
            for member in members
        ]
    return np.hstack(parts)


def _simulated(
    descriptor: Any, inherent: Snapshot, glass: Glass, seed: int, folder: Path, engine: EngineOptions | None
) -> NDArray[np.float64]:
    """The rows of a descriptor of an inherent structure, from the runs that it asks for."""
    records = [
        REGISTRY.build(descriptor.protocol, options).run(
            inherent, lammps_seed(seed, descriptor.name, k), folder / str(k), glass=glass, engine=engine
        )
        for k, options in enumerate(descriptor.runs(glass), start=1)
    ]
    rows: NDArray[np.float64] = descriptor.from_simulations(inherent, glass, records)
    return rows


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
            stack.pop_all()  # the deck and the log that it names stay to be looked at
            raise
