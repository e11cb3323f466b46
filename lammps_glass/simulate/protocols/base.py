"""`Protocol`: base class of simulation protocols, with physics as fields and a deck of the same name."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import check_fields, whole
from lammps_glass.glasses.glass import Glass
from lammps_glass.json_types import Options
from lammps_glass.resources import data_path
from lammps_glass.simulate import run as running
from lammps_glass.simulate.deck import Value, checked_name, render
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.record import Identity, Record
from lammps_glass.simulate.start import checksum, lammps_seed, require_start, write_data
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas as pd

#: Where a run starts; protocols of frames also take dumps and any snapshots in order of their steps.
Source = Glass | Snapshot | Record | str | Path | Iterable[Snapshot]
StartKind = Literal["glass", "record", "either", "frames"]
Progress = Callable[[int, int], None]


def segments_of(steps: int, segment_steps: int) -> int:
    """Count the segments of at most `segment_steps` that make up `steps`."""
    return math.ceil(steps / segment_steps)


@dataclass(frozen=True, kw_only=True)
class Protocol(ABC):
    """A simulation protocol: a frozen dataclass whose fields are its physics, checked on construction."""

    name: ClassVar[str]
    #: Start of the protocol in a study: the glass, one configuration of another run, either, or a trajectory.
    starts_from: ClassVar[StartKind] = "record"
    #: Class of the product.
    record: ClassVar[type[Record]] = Record
    #: Whether its result depends on the seed.
    draws_random_numbers: ClassVar[bool] = True
    #: Units of its parameters and products.
    units: ClassVar[str] = "of the glass"
    #: Whether `Record.frames` has a trajectory.
    has_frames: ClassVar[bool] = True
    #: Fields that change the rate (seconds a unit of `work`): `plan` measures each of their values.
    sets_rate: ClassVar[tuple[str, ...]] = ()
    #: Suffix of the file ``segments/<k>.<segment_product>`` that marks segment k as complete.
    segment_product: ClassVar[str] = "restart"

    def __post_init__(self) -> None:
        check_fields(self.name, self)

    def options(self) -> Options:
        """Return the fields as JSON values, from which ``REGISTRY.build(name, options)`` makes an equal protocol."""
        return asdict(self)

    @property
    @abstractmethod
    def n_segments(self) -> int:
        """Number of segments of a run."""

    @abstractmethod
    def variables(self, seed: int) -> dict[str, Value]:
        """Return the values that the deck refers to, besides those of the glass."""

    def check_glass(self, glass: Glass) -> None:  # noqa: B027  (most protocols run any glass)
        """Raise `InputError` when this protocol cannot run `glass`, such as for its units."""

    def check_start(self, start: Protocol) -> None:  # noqa: B027  (most protocols start from any other)
        """Raise `InputError` when a parameter contradicts the run of `start` that this one starts from.

        Only conditions of every use are checked here; a study adds its own.
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
        """Declare the amount of computation of a run, for `plan`.

        `snapshots` is the number of frames in the trajectory that it starts from. A protocol that declares no parts is
        planned without a duration.
        """
        return Work(n_particles)

    def shortened(self, steps: int) -> Self:
        """Return a calibration run: about `steps` steps in four segments, with the same mixture of work."""
        return self

    def seed_of(self, seed: int, use: str) -> int:
        """Derive LAMMPS's seed for one use from the run's seed."""
        return lammps_seed(seed, self.name, use)

    @classmethod
    def deck_path(cls) -> Path:
        """Find ``inputs/<name>.lmp`` in the package of the class, else in this one."""
        return data_path("inputs", f"{checked_name('protocol', cls.name)}.lmp", owner=cls)

    def deck(self, glass: Glass, seed: int, n_segments: int | None = None) -> str:
        """Render the deck for `glass`: plain LAMMPS text for ``lmp -in``; a glass that does not fit is refused."""
        self.check_glass(glass)
        values: dict[str, Value] = {"n_segments": self.n_segments if n_segments is None else n_segments}
        values |= self.variables(whole(self.name, "seed", seed, minimum=0))
        return render(self.name, glass, values, self.deck_path())

    def prepare(self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None) -> running.Plan:
        """Write ``in.lmp`` and its start configuration to `directory`, for `run` or ``lmp -in in.lmp`` by hand."""
        snapshot, glass = self.start(source, seed, glass)
        deck = self.deck(glass, seed)  # rendered first: a refused value leaves no folder
        plan = self.plan(Path(directory), glass, seed, self.n_segments, checksum(snapshot))
        plan.open()
        write_data(plan.directory / "start.data", snapshot, glass.bonds(snapshot))
        plan.deck.write_text(deck, encoding="utf-8")
        return plan

    def checked_plan(
        self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None
    ) -> running.Plan:
        """Check a run as `prepare` does, and describe it; writes nothing.

        Raises
        ------
        InputError
            The glass does not fit the protocol, or the source not the glass.
        """
        snapshot, glass = self.start(source, seed, glass)
        self.deck(glass, seed)
        return self.plan(Path(directory), glass, seed, self.n_segments, checksum(snapshot))

    def plan(self, directory: Path, glass: Glass, seed: int, n_segments: int, start: str) -> running.Plan:
        """Describe a run: its folder, its segments, and the identity that ``run.json`` holds."""
        identity: Identity = {
            "protocol": {"name": self.name, "options": self.options()},
            "glass": {"name": glass.name, "options": glass.options()},
            "seed": int(seed),
            "start": start,
        }
        return running.Plan(directory, self.name, n_segments, identity, self.segment_product)

    def start(self, source: Source, seed: int, glass: Glass | None) -> tuple[Snapshot, Glass]:
        """Return the configuration that a run starts from, and its glass, both checked."""
        if isinstance(source, Glass):
            return source.initial(seed), source
        if isinstance(source, Record):
            glass = glass or source.glass
            source = source.final
        if not isinstance(source, Snapshot):
            raise InputError(f"{self.name} starts from a Glass, a Snapshot or a Record, not {type(source).__name__}")
        if glass is None:
            raise InputError(f"{self.name} of a snapshot needs glass=..., which says how its particles interact")
        return require_start(source, glass, self.name), glass

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
        """Run this protocol in `directory`, or resume an interrupted run there.

        Parameters
        ----------
        source
            A `Glass` (started from random positions), a `Snapshot` (with `glass`), or another protocol's `Record`.
        seed
            Decides every random number of the run.
        directory
            Folder of the products; an interrupted run there resumes after its last complete segment, with bitwise
            identical results.
        progress
            Called with (segments done, segments) after each segment.

        Raises
        ------
        InputError
            The glass does not fit the protocol, the source not the glass, or `directory` holds another run.
        SimulationError
            LAMMPS failed, a number is not finite, or a minimisation stopped short.
        """
        options = engine or EngineOptions()
        return running.execute(self, source, seed, Path(directory), glass, options, progress)

    # -- products; called by `run.finish` -----------------------------------------------------------------------------

    @abstractmethod
    def check_segment(self, log: Path, segment: int) -> None:
        """Raise `SimulationError` when the log of a finished segment shows a fault."""

    @abstractmethod
    def frame_files(self, plan: running.Plan) -> Iterator[Dump]:
        """List the dumps that make the trajectory, in order."""

    @abstractmethod
    def final_file(self, plan: running.Plan) -> Dump:
        """Return the dump whose last frame is the final configuration."""

    def write_products(self, plan: running.Plan) -> None:  # noqa: B027  (most protocols have nothing to add)
        """Write the products of this protocol besides those of every run into ``plan.directory``."""

    @abstractmethod
    def thermo(self, plan: running.Plan) -> pd.DataFrame:
        """Tabulate the thermodynamic output of the segments."""
