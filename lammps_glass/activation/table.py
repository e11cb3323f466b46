"""Records of searches: a row a search, the accepted barriers of a particle, and duplicates among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from lammps_glass.activation.search import Found
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.vectors import largest
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

#: Verdicts, in the order in which they are printed.
VERDICTS = ("connected", "duplicate", "unconnected", "self", "back", "limit")
#: Verdicts of searches whose barriers count.
ACCEPTED = ("connected", "duplicate")


@dataclass(frozen=True)
class Row:
    """One search: verdict, energies (of the unit of the glass), displacements and calls.

    NaN (or -1 for a particle) stands where the search did not get so far. Energies are above the initial minimum.

    Attributes
    ----------
    status, state
        Verdict, and the state that the search ended in: ``basin``, ``climb``, ``search``, ``refine`` or ``refined``.
    soft
        Whether it returns to a soft neighbour of the initial minimum.
    steps_back
        Minima between the saddle that was found first and the one that counts.
    barrier
        That of the last saddle: refined where it was.
    barrier_sphere, barrier_refined, barrier_loose
        Of the sphere, with more particles mobile, and at the first force below `SearchSettings.loose_force`.
    backward_barrier
        From the far minimum.
    eigenvalue
        Lowest of the Hessian at the last saddle.
    pushes, calls_basin ... calls_back
        Increments in the basin; evaluations of energy and forces by state.
    moved, moved_most, most_displaced
        Displacement at the saddle of the chosen particle and of the most displaced one, and the id of that.
    near_distance ... far_energy
        Largest displacement of a particle from the initial minimum, and energy above it, on the two sides.
    """

    particle: int
    species: str
    trial: int
    status: str
    state: str
    soft: bool
    steps_back: int
    barrier: float
    barrier_sphere: float
    barrier_refined: float
    barrier_loose: float
    backward_barrier: float
    eigenvalue: float
    pushes: int
    calls_basin: int
    calls_climb: int
    calls_ends: int
    calls_refine: int
    calls_refined_ends: int
    calls_back: int
    moved: float
    moved_most: float
    most_displaced: int
    near_distance: float
    near_energy: float
    far_distance: float
    far_energy: float


def row_of(found: Found, minimum: Snapshot, row: int, trial: int, status: str) -> Row:
    """Tabulate a search around the particle in `row`; `status` is its verdict among those of the particle."""
    nan = float("nan")
    best, ends = found.best, found.ends
    moves = None if best is None else np.linalg.norm(best.positions - minimum.positions, axis=1)
    barrier = nan if best is None else best.barrier
    return Row(
        particle=int(minimum.ids[row]),
        species=minimum.species[minimum.types[row]],
        trial=trial,
        status=status,
        state=found.state,
        soft=bool(ends and ends.soft),
        steps_back=found.steps_back,
        barrier=barrier,
        barrier_sphere=nan if found.saddle is None else found.saddle.barrier,
        barrier_refined=nan if found.refined is None else found.refined.barrier,
        barrier_loose=nan if best is None else best.loose_barrier,
        backward_barrier=nan if ends is None else barrier - ends.far.above,
        eigenvalue=nan if best is None else best.mode.eigenvalue,
        pushes=found.pushes,
        **{f"calls_{state}": calls for state, calls in found.calls.items()},
        moved=nan if moves is None else float(moves[row]),
        moved_most=nan if moves is None else float(moves.max()),
        most_displaced=-1 if moves is None else int(minimum.ids[int(moves.argmax())]),
        near_distance=nan if ends is None else ends.near.distance,
        near_energy=nan if ends is None else ends.near.above,
        far_distance=nan if ends is None else ends.far.distance,
        far_energy=nan if ends is None else ends.far.above,
    )


class Accepted:
    """The accepted saddles of a particle, which tell whether a further one is a duplicate."""

    def __init__(self, settings: SearchSettings) -> None:
        self._settings = settings
        self._saddles: list[tuple[float, Floats]] = []

    def __len__(self) -> int:
        return len(self._saddles)

    def verdict(self, found: Found) -> str:
        """Return the verdict of a search, ``duplicate`` where its saddle is known; accepted saddles are kept."""
        best = found.best
        if found.status != "connected" or best is None:
            return found.status
        settings = self._settings
        known = any(
            abs(barrier - best.barrier) < settings.duplicate_energy
            and largest(positions - best.positions) < settings.duplicate_distance
            for barrier, positions in self._saddles
        )
        self._saddles.append((best.barrier, best.positions))
        return "duplicate" if known else "connected"


def values(row: Row) -> Mapping[str, object]:
    """Return the columns of a row by name."""
    return asdict(row)
