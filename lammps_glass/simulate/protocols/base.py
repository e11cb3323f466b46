"""`Protocol`: something done to a glass; physics as fields, a deck of the same name, one way to run them all."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import check_fields, whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.resources import data_path
from lammps_glass.simulate import run as running
from lammps_glass.simulate.deck import Value, checked_name, render
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.record import Identity, Record
from lammps_glass.simulate.start import checksum, lammps_seed, require_periodic, write_data
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas as pd

Source = Any  # Glass | Snapshot | Record; `Relax` also takes frames
StartKind = Literal["glass", "record", "either", "frames"]
Progress = Callable[[int, int], None]


def segments_of(steps: int, segment_steps: int) -> int:
    """Number of segments of at most `segment_steps` that make up `steps`."""
    return math.ceil(steps / segment_steps)


@dataclass(frozen=True, kw_only=True)
class Protocol(ABC):
    """A simulation protocol: a frozen dataclass whose fields are its physics, checked when it is made."""

    name: ClassVar[str]
    #: What a study gives it: nothing but the glass, one configuration (another run's), either, or a trajectory.
    starts_from: ClassVar[StartKind] = "record"
    #: Class that reads its products.
    record: ClassVar[type[Record]] = Record
    #: Whether its result depends on the seed.
    draws_random_numbers: ClassVar[bool] = True
    #: Units of its parameters and products.
    units: ClassVar[str] = "of the glass"
    #: Whether `Record.frames` has a trajectory.
    has_frames: ClassVar[bool] = True
    #: Fields that the seconds a unit of `work` depend on: runs that differ in them are measured apart by `plan`.
    sets_rate: ClassVar[tuple[str, ...]] = ()
    #: What the deck leaves when a segment is complete, ``segments/<k>.<segment_product>``: a state to go on from.
    segment_product: ClassVar[str] = "restart"

    def __post_init__(self) -> None:
        check_fields(self.name, self)

    def options(self) -> dict[str, Any]:
        """Fields as JSON values: ``REGISTRY.build(protocol.name, protocol.options())`` makes an equal protocol."""
        return asdict(self)

    @property
    @abstractmethod
    def n_segments(self) -> int:
        """Number of segments of a run."""

    @abstractmethod
    def variables(self, seed: int) -> dict[str, Value]:
        """Values that the deck refers to, besides those of the glass."""

    def check_glass(self, glass: Glass) -> None:  # noqa: B027  (most protocols run any glass)
        """Raise `InputError` when this protocol cannot run `glass`, such as for its units."""

    def check_start(self, start: Protocol) -> None:  # noqa: B027  (most protocols start from any other)
        """Raise `InputError` when a parameter contradicts the run of `start` that this one starts from.

        Only what holds for every use is checked here: a study adds its own conditions.
        """

    def require_equal(self, field: str, start: Protocol) -> None:
        """Raise `InputError` unless `field` has the same value here as in the protocol that this one starts from."""
        here, there = getattr(self, field), getattr(start, field)
        if here != there:
            raise InputError(
                f"{self.name}: {field} = {here:g} differs from {field} = {there:g} of the {start.name} that it starts "
                "from: set both"
            )

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """What a run asks of a machine, for `plan`; `snapshots` are those of the trajectory that it starts from.

        A protocol that declares no parts is planned without a time.
        """
        return Work(n_particles)

    def shortened(self, steps: int) -> Self:
        """A copy with about `steps` steps in segments of a quarter, that asks for the same mixture of work: a probe."""
        return self

    def seed_of(self, seed: int, use: str) -> int:
        """LAMMPS's seed for one use, derived from the run's seed."""
        return lammps_seed(seed, self.name, use)

    @classmethod
    def deck_path(cls) -> Path:
        """``inputs/<name>.lmp``, of the package that the class is of or else of this one."""
        return data_path("inputs", f"{checked_name('protocol', cls.name)}.lmp", owner=cls)

    def deck(self, glass: Glass, seed: int, n_segments: int | None = None) -> str:
        """Render the deck for `glass`: plain LAMMPS text for ``lmp -in``; a glass that does not fit is refused."""
        self.check_glass(glass)
        values: dict[str, Value] = {"n_segments": self.n_segments if n_segments is None else n_segments}
        values |= self.variables(whole(self.name, "seed", seed, minimum=0))
        return render(self.name, glass, values, self.deck_path())

    def prepare(self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None) -> running.Plan:
        """Write ``in.lmp`` and what it starts from into `directory`, for `run` or for ``lmp -in in.lmp`` by hand."""
        snapshot, glass = self.start(source, seed, glass)
        deck = self.deck(glass, seed)  # rendered first: a refused value leaves no folder
        plan = self.plan(Path(directory), glass, seed, self.n_segments, checksum(snapshot))
        plan.open()
        write_data(plan.directory / "start.data", snapshot, glass.bonds(snapshot))
        plan.deck.write_text(deck, encoding="utf-8")
        return plan

    def plan(self, directory: Path, glass: Glass, seed: int, n_segments: int, start: str) -> running.Plan:
        """Where a run takes place and what it is, for the fingerprint."""
        identity: Identity = {
            "protocol": {"name": self.name, "options": self.options()},
            "glass": {"name": glass.name, "options": glass.options()},
            "seed": int(seed),
            "start": start,
        }
        return running.Plan(directory, self.name, n_segments, identity, self.segment_product)

    def start(self, source: Source, seed: int, glass: Glass | None) -> tuple[Snapshot, Glass]:
        """The configuration a run starts from and its glass, both checked."""
        if isinstance(source, Glass):
            return source.initial(seed), source
        if isinstance(source, Record):
            source, glass = source.final, glass or source.glass
        if not isinstance(source, Snapshot):
            raise InputError(f"{self.name} starts from a Glass, a Snapshot or a Record, not {type(source).__name__}")
        if glass is None:
            raise InputError(f"{self.name} of a snapshot needs glass=..., which says how its particles interact")
        snapshot = glass.check(source)
        require_periodic(snapshot, self.name)
        glass.require_size(snapshot.cell)
        return snapshot, glass

    def run(
        self,
        source: Source,
        seed: int,
        directory: str | Path,
        *,
        glass: Glass | None = None,
        engine: EngineOptions | None = None,
        progress: Progress | None = None,
    ) -> Record:
        """Run, or go on with, this protocol in `directory`.

        Parameters
        ----------
        source
            A `Glass` (started from random positions), a `Snapshot` (with `glass`), or another protocol's `Record`.
        seed
            Decides every random number of the run.
        directory
            Folder of the products; a run interrupted there goes on after its last complete segment, to the same bits.
        progress
            Called with (segments done, segments) after each segment.

        Raises
        ------
        InputError
            The source does not fit the glass, or `directory` holds another run.
        SimulationError
            LAMMPS failed, a number is not finite, or a minimisation stopped short.
        """
        options = engine or EngineOptions()
        return running.execute(self, source, seed, Path(directory), glass, options, progress)

    # -- what a run is made into; called by `run.finish` ------------------------------------------------------------

    @abstractmethod
    def check_segment(self, log: Path, segment: int) -> None:
        """Raise `SimulationError` when a finished segment is not sound."""

    @abstractmethod
    def frame_files(self, plan: running.Plan) -> Iterator[Dump]:
        """The dumps that make the trajectory, in order."""

    @abstractmethod
    def final_file(self, plan: running.Plan) -> Dump:
        """The dump whose last frame is the final configuration."""

    def write_products(self, plan: running.Plan) -> None:  # noqa: B027  (most protocols have nothing to add)
        """Write what this protocol leaves in ``plan.directory`` besides the products of every run."""

    @abstractmethod
    def thermo(self, plan: running.Plan) -> pd.DataFrame:
        """The run's table, from the logs of its segments."""
