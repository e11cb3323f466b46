"""Athermal quasi-static shear: small strain steps, an energy minimum after each, and D2min by blocks of strain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import NonNegativeFloat, PositiveFloat, PositiveInt
from lammps_glass.simulate import athermal, thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import Protocol, segments_of
from lammps_glass.simulate.record import ShearRecord
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import MINIMISED, Work, minimisations
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.shear_planes import shear_plane
from lammps_glass.tables import TableWriter, iter_table
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.labels.driven import BlockSettings

REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True, kw_only=True)
class AQS(Protocol):
    r"""Shear at fixed volume in steps of `strain_step`, each followed by a minimisation (athermal, no inertia).

    Shear in ``xy`` moves particles along x by their y (``yz``: along y by z; ``zx``: along x by z); any periodic box
    is accepted, triclinic too. The defaults are for metals (eV, angstrom): for a glass in other units `r_max`
    must be given, and the other lengths and forces should be.

    The table has one row a step: ``step``, ``strain``, ``pe`` (energy), ``stress`` (shear stress of the plane, in
    pressure units of the glass, positive under positive strain), ``volume``, ``force_norm``, ``iterations``,
    ``evaluations`` (of energy and forces), ``largest_displacement`` (of a particle relative to the box, in the step),
    ``participation`` (fraction of particles that moved so by more than `participation_length`), ``released`` (energy
    against elastic loading, `athermal.plastic_events`) and ``event``.

    Beside the products of every run there is ``d2min.parquet``: one row group a block with the columns ``block``,
    ``step`` and ``strain`` (of the block's start), ``particle``, ``d2min`` (float32), ``n_neighbors``. The trajectory
    has the minima that `snapshot_every` asks for.

    Parameters
    ----------
    plane
        ``"xy"``, ``"yz"`` or ``"zx"`` (also written ``"xz"``).
    max_strain
        Strain at the end.
    strain_step
        Engineering shear strain of a step.
    force_tolerance
        2-norm of the whole force vector at a minimum, in force units of the glass.
    predictor
        Start each minimisation from the linear extrapolation of the scaled coordinates of the last two minima.
    predictor_limit
        The predictor is left out after a step in which a particle moved, relative to the box, by more than this
        (length).
    block_strain
        Span of a block; blocks are disjoint and D2min is that from a block's first minimum to its last.
    observe_from
        Strain at which the first block begins.
    r_max, reduce
        Neighbourhood (length) and ``"mean"`` or ``"sum"`` over the neighbours, of `labels.d2min`.
    snapshot_every
        Strain between the minima that are stored, from `observe_from` on; ``block_strain`` stores the first minimum of
        every block. 0: only those at `observe_from` and at the end.
    participation_length
        Displacement relative to the box from which a particle takes part in a step (length); an event needs one.
    max_move
        Largest move of a particle in one line search (length).
    max_iterations, max_evaluations
        Of one minimisation.
    attempts
        Minimisations of a step: conjugate gradients are started again when the line search gets stuck.
    segment_steps
        Strain steps of a segment, whole blocks; a run resumes at segments, and bitwise identity depends on their
        borders.

    Raises
    ------
    InputError
        A field is out of range, or a strain is not a multiple of `strain_step` or of whole blocks.
    SimulationError
        A step does not reach `force_tolerance`.

    References
    ----------
    C. Maloney and A. Lemaitre, Phys. Rev. E 74, 016118 (2006): the protocol and its events.
    """

    name: ClassVar[str] = "aqs"
    revisable: ClassVar[tuple[str, ...]] = ("attempts",)
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("angstrom", ("r_max",))
    draws_random_numbers: ClassVar[bool] = False
    record: ClassVar[type[ShearRecord]] = ShearRecord
    sets_rate: ClassVar[tuple[str, ...]] = ("strain_step", "force_tolerance", "predictor")

    plane: str = "xy"
    max_strain: PositiveFloat = 0.05
    strain_step: PositiveFloat = 1e-5
    force_tolerance: PositiveFloat = 1e-4
    predictor: bool = True
    predictor_limit: NonNegativeFloat = 0.02
    block_strain: PositiveFloat = 1e-4
    observe_from: NonNegativeFloat = 0.0
    r_max: PositiveFloat = 3.85
    reduce: str = "mean"
    snapshot_every: NonNegativeFloat = 0.0
    participation_length: PositiveFloat = 0.1
    max_move: PositiveFloat = 0.1
    max_iterations: PositiveInt = 20_000
    max_evaluations: PositiveInt = 100_000
    attempts: PositiveInt = 3
    segment_steps: PositiveInt = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        shear_plane(self.plane, self.name)
        if self.reduce not in REDUCTIONS:
            raise InputError(f"{self.name}: reduce = {self.reduce!r} must be one of {', '.join(REDUCTIONS)}")
        self._check_blocks()

    def _check_blocks(self) -> None:
        block, first, last = self.block_steps, self.observe_step, self.n_steps
        self._steps("snapshot_every")
        if block < 1 or last < 1:
            raise InputError(f"{self.name}: max_strain and block_strain must be at least one strain_step")
        if last <= first or (last - first) % block:
            raise InputError(
                f"{self.name}: from observe_from = {self.observe_from:g} to max_strain = {self.max_strain:g} there "
                f"must be at least one block, and only whole blocks, of block_strain = {self.block_strain:g}"
            )
        if self.segment_steps % block or first % block:
            raise InputError(
                f"{self.name}: segment_steps = {self.segment_steps} and the {first} steps to observe_from must be "
                f"whole blocks of {block} steps, so that a segment holds whole blocks"
            )

    def _steps(self, field: str) -> int:
        """Convert a strain to a number of strain steps; one that is not a multiple is an `InputError`."""
        ratio = float(getattr(self, field)) / self.strain_step
        if abs(ratio - round(ratio)) > 1e-6 * max(1.0, ratio):
            raise InputError(
                f"{self.name}: {field} = {getattr(self, field):g} is not a multiple of strain_step = "
                f"{self.strain_step:g}"
            )
        return round(ratio)

    @property
    def n_steps(self) -> int:
        """Strain steps of the run."""
        return self._steps("max_strain")

    @property
    def block_steps(self) -> int:
        """Strain steps of a block."""
        return self._steps("block_strain")

    @property
    def observe_step(self) -> int:
        """Strain step at which the first block begins."""
        return self._steps("observe_from")

    @property
    def n_blocks(self) -> int:
        """Number of blocks of the run."""
        return (self.n_steps - self.observe_step) // self.block_steps

    @property
    def n_segments(self) -> int:
        """Number of segments of whole blocks."""
        return segments_of(self.n_steps, self.segment_steps)

    def variables(self, seed: int) -> dict[str, Value]:
        """Give every strain also as a number of strain steps."""
        numbers = {name: value for name, value in self.options().items() if name not in ("predictor", "reduce")}
        return {
            **numbers,
            "plane": shear_plane(self.plane).tilt,
            "predict": int(self.predictor),
            "n_steps": self.n_steps,
            "block_steps": self.block_steps,
            "observe_step": self.observe_step,
            "snapshot_steps": self._steps("snapshot_every") or self.n_steps - self.observe_step,
        }

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Declare the strain steps as minimisations.

        Their evaluations grow with the box: 1.7 times from 500 to 2000 particles of sheared `kob-andersen-smooth` at a
        step of 1e-3, less where few steps are plastic.
        """
        every = self._steps("snapshot_every")
        stored = 2 + ((self.n_steps - self.observe_step) // every if every else 0)
        rows = float(n_particles * self.n_blocks)
        observed = self.max_strain - self.observe_from
        return Work(n_particles, {MINIMISED: minimisations(n_particles, self.n_steps)}, stored, rows, strain=observed)

    def shortened(self, steps: int) -> Self:
        """Keep a tenth of `steps` strain steps (minimisations), in whole blocks, observed from the start."""
        quarter = self.block_steps * max(1, math.ceil(steps / 40 / self.block_steps))
        every = min(self.snapshot_every, self.block_strain)
        return replace(
            self, max_strain=4 * quarter * self.strain_step, observe_from=0.0, segment_steps=quarter,
            snapshot_every=every,
        )  # fmt: skip

    def check_segment(self, log: Path, segment: int) -> None:
        """Raise `SimulationError` for a step above the force tolerance; then reduce the block borders to D2min."""
        athermal.require_converged(log, self.strain_step, self.force_tolerance)
        self._observe(log.parent, segment)

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """One row a strain step, with the columns that the class names."""
        logs = (plan.log(segment) for segment in range(1, plan.n_segments + 1))
        final = Snapshot.read(plan.segments / "final.dump")
        table = athermal.step_table(logs, self.plane, self.strain_step, final.units or "lj", len(final))
        thermo.require_finite(table, self.name)
        return table

    def frame_files(self, plan: Plan) -> Iterator[Dump]:
        """Dumps of the segments that stored a minimum."""
        paths = (plan.segments / f"{segment}.dump" for segment in range(1, plan.n_segments + 1))
        return (Dump(path) for path in paths if path.is_file())

    def final_file(self, plan: Plan) -> Dump:
        """The minimum at `max_strain`."""
        return Dump(plan.segments / "final.dump")

    def write_products(self, plan: Plan) -> None:
        """Join the block tables of the segments."""
        settings: BlockSettings = {
            "plane": self.plane, "r_max": self.r_max, "reduce": self.reduce, "block_strain": self.block_strain,
        }  # fmt: skip
        with TableWriter(self.record(plan.directory).d2min_path, settings) as table:
            for segment in range(1, plan.n_segments + 1):
                path = self._observe(plan.segments, segment)
                for group in iter_table(path) if path.is_file() else ():
                    table.write(group)

    def _observe(self, folder: Path, segment: int) -> Path:
        """Write the block table of a segment from the frames at the borders of its blocks, which are removed.

        Frames replace a table that is there: they come from a later run of the segment.
        """
        frames, path = folder / f"{segment}.blocks.dump", folder / f"{segment}.d2min"
        if not frames.is_file():
            return path
        with TableWriter(path) as table:
            reference: Snapshot | None = None
            for current in Snapshot.read_all(frames):
                if reference is not None:
                    block, strain = self._block(reference.step)
                    table.write(athermal.block_table(block, reference, current, strain, self.r_max, self.reduce))
                reference = current
        frames.unlink()
        return path

    def _block(self, step: int) -> tuple[int, float]:
        """Return the number of the block that begins at a strain step, and its strain."""
        return (step - self.observe_step) // self.block_steps, step * self.strain_step
