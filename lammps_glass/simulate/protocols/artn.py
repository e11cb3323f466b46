"""ARTn: searches for saddles around particles of a minimum (activation-relaxation technique)."""

from __future__ import annotations

import contextlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np

from lammps_glass.activation import (
    ACCEPTED,
    VERDICTS,
    Accepted,
    CompiledLandscape,
    Found,
    Landscape,
    Search,
    SearchSettings,
    row_of,
)
from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.glasses.checks import NonNegativeInt, PositiveFloat, PositiveInt
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import Protocol, Source
from lammps_glass.simulate.protocols.segmented import check_minimum
from lammps_glass.simulate.record import BarrierRecord, Record
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.start import checksum, write_data
from lammps_glass.simulate.work import BARRIERS, Work
from lammps_glass.snapshots import Snapshot

if TYPE_CHECKING:
    import pandas as pd

LOGGER = logging.getLogger(__name__)

Backend = Literal["auto", "compiled", "lammps"]
#: Length of the metals for which the default settings were measured, angstrom.
_NEAREST = 2.7
#: Default radius of the search, and the smallest that is taken by itself in a narrow box, angstrom.
_RADIUS, _SMALLEST = 9.0, 6.0
#: LAMMPS's unit style -> energy unit of 1 eV. In reduced units a pair then is as stiff as in these metals.
_ENERGY = {"metal": 1.0, "real": 23.0605, "lj": 4.0}
#: Frames of an event.
FRAMES = ("initial", "saddle", "final")
#: Skin of the pairs of the compiled interactions, angstrom.
_SKIN = 0.6


@dataclass(frozen=True, kw_only=True)
class Artn(Protocol):
    """Search for the saddles around particles of a minimum, and for the minima on their two sides.

    The start is minimised at fixed box. Around each particle, searches 0, 1, 2, ... from random directions go on until
    `n_barriers` are accepted: their saddle is converged, one side of it returns to the initial minimum and the other
    does not. Each search is decided by (seed, particle, search) alone.

    Lengths and energies are in the units of the glass. Defaults are for angstrom and eV; in reduced units ``length``
    and ``energy`` convert those that are not given: 1 angstrom is nearest distance / 2.7, and 1 eV is 4 epsilon.

    Parameters
    ----------
    n_barriers, max_trials
        Accepted barriers of a particle, and searches after which it is left with fewer.
    particles
        Ids; None: all.
    chunk, n_chunks
        Part of the particles that this run searches around, from 1: every part is a run of its own.
    radius
        Particles within it of the chosen one move in the search; None: 9 angstrom. Where the box is narrower than twice
        that: half the box if that is 6 angstrom at least, else all particles move.
    refine, refine_radius
        Converge saddle and ends again with all particles within `refine_radius` mobile (None: 20 angstrom), or with all
        of the snapshot where its box is narrower than twice that.
    length, energy
        Units of the defaults; None: by the units of the glass.
    settings
        Other values of `activation.SearchSettings`, in the units of the glass, such as ``{"threshold": -1.0}``.
    backend
        ``"compiled"`` interactions, ``"lammps"`` (any potential; the whole cell at each call), or ``"auto"``: compiled
        where the glass has them.
    events
        Number of accepted events a particle whose configurations are kept.
    force_tolerance, max_iterations
        Of the minimisation of the start.

    Notes
    -----
    ``searches.parquet`` has a row a search (`activation.Row`); ``events.lammpstrj.gz`` three frames an event. A run
    that is interrupted goes on with the first particle that is not finished.

    References
    ----------
    G. T. Barkema and N. Mousseau, Phys. Rev. Lett. 77, 4358 (1996); R. Malek and N. Mousseau, Phys. Rev. E 62, 7723
    (2000); E. Cances et al., J. Chem. Phys. 130, 114711 (2009); as used by Yang et al. (2021), section II B.
    """

    name: ClassVar[str] = "artn"
    record: ClassVar[type[BarrierRecord]] = BarrierRecord
    has_frames: ClassVar[bool] = False
    segment_product: ClassVar[str] = "finished"

    n_barriers: PositiveInt = 24
    max_trials: PositiveInt = 72
    particles: tuple[int, ...] | None = None
    chunk: PositiveInt = 1
    n_chunks: PositiveInt = 1
    radius: PositiveFloat | None = None
    refine: bool = True
    refine_radius: PositiveFloat | None = None
    length: PositiveFloat | None = None
    energy: PositiveFloat | None = None
    settings: Mapping[str, float | str] = field(default_factory=dict)
    backend: Backend = "auto"
    events: NonNegativeInt = 0
    force_tolerance: PositiveFloat = 1e-4
    max_iterations: PositiveInt = 20_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.chunk > self.n_chunks:
            raise InputError(f"{self.name}: chunk = {self.chunk} of n_chunks = {self.n_chunks}")
        if self.backend not in ("auto", "compiled", "lammps"):
            raise InputError(f"{self.name}: backend = {self.backend!r}; known are auto, compiled, lammps")
        if self.max_trials < self.n_barriers:
            raise InputError(f"{self.name}: max_trials = {self.max_trials} is below n_barriers = {self.n_barriers}")
        if self.particles is not None:
            object.__setattr__(self, "particles", _ids(self.name, self.particles))
        _checked_settings(self.name, self.settings)

    @property
    def n_segments(self) -> int:
        """One for the minimum, and one a particle; `prepare` counts those of a run of all."""
        return 1 + (0 if self.particles is None else len(_part(self.particles, self.chunk, self.n_chunks)))

    def variables(self, seed: int) -> dict[str, Value]:
        """What the minimisation needs."""
        return {"force_tolerance": self.force_tolerance, "max_iterations": self.max_iterations}

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Count the accepted events of the particles of this chunk; their cost depends on the glass."""
        searched = n_particles if self.particles is None else len(self.particles)
        return Work(n_particles, {BARRIERS: self.n_barriers * searched / self.n_chunks}, 1)

    def shortened(self, steps: int) -> Self:
        """Return a run of a few searches around the first particle."""
        return replace(
            self, particles=(1,), n_barriers=min(self.n_barriers, 2), max_trials=min(self.max_trials, 6), chunk=1,
            n_chunks=1,
        )  # fmt: skip

    def search_settings(self, glass: Glass) -> SearchSettings:
        """Return the settings in the units of a glass."""
        length, energy = self._units(glass)
        return _checked_settings(self.name, self.settings, SearchSettings().scaled(length, energy))

    def _units(self, glass: Glass) -> tuple[float, float]:
        reduced = glass.units == "lj"
        length = self.length or (glass.nearest_distance / _NEAREST if reduced else 1.0)
        return length, self.energy or _ENERGY.get(glass.units, 1.0)

    def _radius(self, glass: Glass, snapshot: Snapshot) -> float | None:
        """Return the radius of the search; None where all particles move.

        Raises
        ------
        InputError
            The box is narrower than twice a radius that was asked for.
        """
        length, height = self._units(glass)[0], float(snapshot.cell.heights.min())
        radius = self.radius or _RADIUS * length
        if height >= 2 * radius:
            return radius
        if self.radius is not None:
            raise InputError(
                f"{self.name}: radius = {radius:g} needs a box of {2 * radius:g} between opposite faces, and this one "
                f"has {height:.4g}: take a radius of at most {np.floor(50 * height) / 100:g}, or none, for the largest "
                f"that fits or all {len(snapshot)} particles"
            )
        return 0.5 * height if 0.5 * height >= _SMALLEST * length else None

    def _refine_radius(self, glass: Glass, minimum: Snapshot) -> float | None:
        """Return the radius of the refinement; None where all particles move."""
        radius = self.refine_radius or 20.0 * self._units(glass)[0]
        return radius if float(minimum.cell.heights.min()) >= 2 * radius else None

    def selected(self, snapshot: Snapshot) -> list[int]:
        """List the ids of the particles that this run searches around.

        Raises
        ------
        InputError
            A particle is not in the snapshot.
        """
        ids = tuple(map(int, snapshot.ids)) if self.particles is None else self.particles
        missing = sorted(set(ids) - set(map(int, snapshot.ids)))
        if missing:
            raise InputError(
                f"{self.name}: particle {missing[0]} is not in the snapshot, whose ids run from {snapshot.ids[0]} to "
                f"{snapshot.ids[-1]}"
            )
        return list(_part(ids, self.chunk, self.n_chunks))

    def prepare(self, source: Source, seed: int, directory: str | Path, *, glass: Glass | None = None) -> Plan:
        """Write the start, the deck that minimises it, and the list of particles."""
        snapshot, glass = self.start(source, seed, glass)
        ids, deck = self.selected(snapshot), self.deck(glass, seed)
        radius, default = self._radius(glass, snapshot), _RADIUS * self._units(glass)[0]
        if self.radius is None and radius != default:
            moving = f"all {len(snapshot)} particles move" if radius is None else f"a radius of {radius:.4g} is taken"
            LOGGER.warning(
                "%s: the box has %.4g between opposite faces, less than twice the default radius of %.4g: %s",
                self.name, snapshot.cell.heights.min(), default, moving,
            )  # fmt: skip
        plan = self.plan(Path(directory), glass, seed, 1 + len(ids), checksum(snapshot))
        plan.open()
        write_data(plan.directory / "start.data", snapshot, glass.bonds(snapshot))
        plan.deck.write_text(deck, encoding="utf-8")
        (plan.segments / "particles.json").write_text(json.dumps(ids), encoding="utf-8")
        return plan

    def run_segment(self, plan: Plan, segment: int, options: EngineOptions) -> None:
        """Minimise the start, or search around one particle."""
        if segment == 1:
            super().run_segment(plan, segment, options)
            self._report_start(plan)
            return
        record = Record(plan.directory)
        glass, seed = record.glass, plan.identity["seed"]
        minimum = glass.check(Snapshot.read(plan.mark(1)))
        ids = json.loads((plan.segments / "particles.json").read_text(encoding="utf-8"))
        row = int(np.searchsorted(minimum.ids, ids[segment - 2]))
        with self.landscape(minimum, glass, options) as landscape:
            rows, frames = self.search(landscape, row, glass, seed)
        self._write(plan, segment, rows, frames)

    def _report_start(self, plan: Plan) -> None:
        """Say by how much a start that was no minimum has changed."""
        table = thermo.tables(plan.log(1))[0]
        if float(table["fmax"].iloc[0]) > self.force_tolerance:
            LOGGER.info(
                "%s: the start was no minimum (largest force %.3g, tolerance %.3g): relaxed first, energy %.6g lower",
                self.name, table["fmax"].iloc[0], self.force_tolerance, table["pe"].iloc[0] - table["pe"].iloc[-1],
            )  # fmt: skip

    @contextlib.contextmanager
    def landscape(self, minimum: Snapshot, glass: Glass, options: EngineOptions | None = None) -> Iterator[Landscape]:
        """Open the energy of a minimum with the backend of this protocol.

        Raises
        ------
        InputError
            The backend is ``"compiled"``, and the glass has no compiled interactions.
        """
        from lammps_glass.simulate.landscape import LammpsLandscape

        model = None
        if self.backend != "lammps":
            try:
                model = glass.model()
            except InputError as error:
                if self.backend == "compiled":
                    raise
                LOGGER.warning("%s: %s; LAMMPS computes the forces, of the whole cell at each call", self.name, error)
        if model is not None:
            yield CompiledLandscape(minimum, model, _SKIN * self._units(glass)[0])
            return
        with LammpsLandscape(minimum, glass, options) as landscape:
            yield landscape

    def search(
        self, landscape: Landscape, row: int, glass: Glass, seed: int
    ) -> tuple[list[Mapping[str, object]], list[Snapshot]]:
        """Search around the particle in `row` until it has its barriers; return rows and frames of events."""
        settings, minimum = self.search_settings(glass), landscape.minimum
        refined = self._refine_radius(glass, minimum)
        radius = self._radius(glass, minimum)
        search = Search(landscape, row, radius=radius, refine_radius=refined, settings=settings)
        accepted, particle = Accepted(settings), int(minimum.ids[row])
        rows: list[Mapping[str, object]] = []
        frames: list[Snapshot] = []
        for trial in range(self.max_trials):
            if len(accepted) == self.n_barriers:
                break
            found = search.run(np.random.default_rng([seed, particle, trial]))
            if self.refine and found.status == "connected":
                found = search.refine(found)
            status = accepted.verdict(found)
            event = -1
            if status in ACCEPTED and len(accepted) <= self.events:
                event = len(FRAMES) * (particle * self.max_trials + trial)
                frames += event_frames(found, minimum, event)
            rows.append({**asdict(row_of(found, minimum, row, trial, status)), "event": event})
        return rows, frames

    def _write(self, plan: Plan, segment: int, rows: list[Mapping[str, object]], frames: list[Snapshot]) -> None:
        """Write what was found around a particle; the table marks the segment as complete."""
        import pandas as pd

        from lammps_glass.tables import write_table

        counts = Counter(row["status"] for row in rows)
        text = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        line = f"particle {rows[0]['particle']} ({rows[0]['species']}): {len(rows)} searches: {text}\n"
        plan.log(segment).write_text(line, encoding="utf-8")
        if frames:
            with atomic_path(plan.segments / f"{segment}.lammpstrj") as path:
                path.write_text("".join(_text(frame) for frame in frames), encoding="utf-8")
        with atomic_path(plan.mark(segment)) as path:
            write_table(path, pd.DataFrame(rows))

    # -- products -----------------------------------------------------------------------------------------------------

    def check_segment(self, log: Path, segment: int) -> None:
        """Check the minimisation of the start."""
        if segment == 1:
            check_minimum(log, 0, self.force_tolerance, f"{self.name}, minimisation of the start")

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """The minimum that the searches start from."""
        return thermo.tables(plan.log(1))[0].iloc[[-1]].assign(step=0).reset_index(drop=True)

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """No trajectory: events have a file of their own."""
        return iter(())

    def final_file(self, plan: Plan) -> Dump:
        """The minimum that the searches start from."""
        return Dump(plan.mark(1), 0)

    def write_products(self, plan: Plan) -> None:
        """Join the tables of the particles and their events, and report the counts of verdicts."""
        import pandas as pd

        from lammps_glass.simulate import frames
        from lammps_glass.tables import read_table, write_table

        record, segments = self.record(plan.directory), range(2, plan.n_segments + 1)
        tables = [read_table(plan.mark(segment)) for segment in segments]
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["particle", "status"])
        counts = table["status"].value_counts()
        LOGGER.info(
            "%s: %d searches around %d particles: %s", self.name, len(table), len(tables),
            ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS),
        )  # fmt: skip
        dumps = [Dump(path) for segment in segments if (path := plan.segments / f"{segment}.lammpstrj").is_file()]
        if dumps:
            with atomic_path(record.events_path) as path:
                frames.join(dumps, path)
        metadata = {"n_barriers": self.n_barriers, "chunk": self.chunk, "n_chunks": self.n_chunks}
        with atomic_path(record.searches_path) as path:
            write_table(path, table, metadata)


def event_frames(found: Found, minimum: Snapshot, first_step: int = 0) -> list[Snapshot]:
    """Return initial minimum, saddle and final minimum of a search, with the displacement of each particle.

    Their steps count from `first_step`.

    """
    assert found.best is not None
    assert found.ends is not None
    frames = []
    configurations = (found.ends.near.positions, found.best.positions, found.ends.far.positions)
    for step, positions in enumerate(configurations, start=first_step):
        displacement = np.linalg.norm(positions - minimum.positions, axis=1)
        frame = minimum.replace(positions=positions, velocities=None, step=step)
        frames.append(frame.with_properties(displacement=displacement))
    return frames


def _text(frame: Snapshot) -> str:
    from lammps_glass.snapshots.dump_write import frame_text

    return frame_text(frame, with_units=False)


def _part(ids: tuple[int, ...], chunk: int, n_chunks: int) -> tuple[int, ...]:
    """Return one of `n_chunks` contiguous parts of nearly equal length."""
    bounds = [len(ids) * k // n_chunks for k in (chunk - 1, chunk)]
    return ids[bounds[0] : bounds[1]]


def _ids(owner: str, values: object) -> tuple[int, ...]:
    """Return different ids, ascending; anything else is an `InputError`."""
    ids = [values] if isinstance(values, int) else values
    if not isinstance(ids, (list, tuple)) or not ids or not all(type(value) is int for value in ids):
        raise InputError(f"{owner}: particles = {values!r} must be a list of ids, such as [3, 17]")
    if len(set(ids)) < len(ids):
        raise InputError(f"{owner}: particles names one twice")
    return tuple(sorted(ids))


def _checked_settings(
    owner: str, changes: Mapping[str, float | str], defaults: SearchSettings | None = None
) -> SearchSettings:
    """Change `defaults`; an unknown name or a bad value is an `InputError`."""
    defaults = defaults or SearchSettings()
    names = [item.name for item in fields(SearchSettings)]
    if not isinstance(changes, Mapping) or set(changes) - set(names):
        unknown = ", ".join(sorted(set(changes) - set(names))) if isinstance(changes, Mapping) else repr(changes)
        raise InputError(f"{owner}: settings: {unknown} is not one of {', '.join(names)}")
    for name, value in changes.items():
        kind = type(getattr(defaults, name))
        if isinstance(value, bool) != (kind is bool) or not isinstance(value, (int, float) if kind is float else kind):
            raise InputError(f"{owner}: settings.{name} = {value!r} must be of the kind {kind.__name__}")
    return SearchSettings(**{**asdict(defaults), **changes})
