"""Vibrate: mean squared displacement of each particle from its inherent structure at a temperature."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.glasses.checks import NonNegativeInt, PositiveFloat, PositiveInt
from lammps_glass.simulate import thermo
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.frames import Dump
from lammps_glass.simulate.protocols.base import segments_of
from lammps_glass.simulate.protocols.segmented import Segmented, check_minimum
from lammps_glass.simulate.record import VibrationRecord
from lammps_glass.simulate.run import Plan
from lammps_glass.simulate.work import ATOM_STEPS, MINIMISED, Work, minimisations
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    import pandas as pd

LOGGER = logging.getLogger(__name__)

#: Correlation over particles between the halves of a trace below which a run warns.
LOW_CORRELATION = 0.8
_THERMOSTATS = ("nose-hoover", "langevin")


@dataclass(frozen=True, kw_only=True)
class Vibrate(Segmented):
    r"""Measure the vibrational mean squared displacement of every particle.

    It is :math:`\langle |r_i(t) - r_{i,0}|^2 \rangle`, with :math:`r_{i,0}` the position in the inherent structure.

    The source is minimised at fixed box (an inherent structure does not change) and is the reference. Velocities are
    drawn at `temperature` with zero momentum, so that the centre of mass rests. Langevin dynamics brings the modes to
    equilibrium, each on its own, as a nearly harmonic solid does not do by itself; then the trace is averaged as it
    runs. Displacements are relative to the box.

    Parameters
    ----------
    temperature
        In the temperature unit of the glass.
    steps
        Length of the trace, in MD steps: a multiple of 2 x `sample_every`, so that both halves have equal samples.
    equilibration
        MD steps before it, not averaged.
    sample_every
        MD steps between samples (10 to 20 fs in a metal).
    pressure
        None keeps the volume of the inherent structure, so that thermal expansion does not enter; a number is held
        by an isotropic barostat.
    thermostat
        Of the trace: ``"nose-hoover"``, or ``"langevin"``, which goes on drawing the energies of the modes: the better
        average of a short trace at a low temperature.
    thermostat_damping, barostat_damping
        In the time unit of the glass. LAMMPS takes the mass of the barostat from the temperature: in a solid it swings
        faster by the root of bulk modulus over n k_B T (22 times at 300 K in Cu-Zr, 76 at 25 K).
    force_tolerance
        Largest force on a particle of the reference.
    max_iterations
        Iterations of its minimisation; reaching this limit is an error.

    Notes
    -----
    ``vibrations.parquet`` has a row per particle: ``particle``, ``species``, ``msd`` (length unit squared), and
    ``msd_first``, ``msd_second`` of the two halves. Particles that hop to another place in the trace differ between
    them: their correlation over particles is in the table's metadata, and a low one is warned of.

    References
    ----------
    Yang et al. (2021), eq. 3. There the ensemble is NPT; here it is NVT unless a pressure is given.
    """

    name: ClassVar[str] = "vibrate"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("metal units", ("temperature",))
    record: ClassVar[type[VibrationRecord]] = VibrationRecord
    has_frames: ClassVar[bool] = False

    temperature: PositiveFloat = 300.0
    steps: PositiveInt = 50_000
    equilibration: NonNegativeInt = 5_000
    sample_every: PositiveInt = 10
    pressure: float | None = None
    thermostat: str = "nose-hoover"
    thermostat_damping: PositiveFloat = 0.1
    barostat_damping: PositiveFloat = 1.0
    force_tolerance: PositiveFloat = 1e-5
    max_iterations: PositiveInt = 20_000
    segment_steps: int = 100_000
    thermo_every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.thermostat not in _THERMOSTATS:
            raise InputError(f"{self.name}: thermostat = {self.thermostat!r} must be one of {', '.join(_THERMOSTATS)}")
        if self.steps % (2 * self.sample_every):
            raise InputError(
                f"{self.name}: steps = {self.steps} must be a multiple of 2 x sample_every = {2 * self.sample_every}: "
                "the two halves of the trace have equally many samples"
            )

    @property
    def half_samples(self) -> int:
        """Samples of each half of the trace."""
        return self.steps // (2 * self.sample_every)

    @property
    def half_segments(self) -> int:
        """Segments of each half, none without a sample."""
        return min(self.half_samples, segments_of(self.steps // 2, self.segment_steps))

    @property
    def lengths(self) -> list[int]:
        """MD steps of each segment; the first minimises."""
        held = self.equilibration_segments
        equilibration = [min(self.segment_steps, self.equilibration - k * self.segment_steps) for k in range(held)]
        ends = [part * self.half_samples // self.half_segments for part in range(self.half_segments + 1)]
        half = [(end - start) * self.sample_every for start, end in itertools.pairwise(ends)]
        return [0, *equilibration, *half, *half]

    @property
    def equilibration_segments(self) -> int:
        """Segments of the equilibration."""
        return segments_of(self.equilibration, self.segment_steps)

    @property
    def n_segments(self) -> int:
        """One segment of the minimisation, those of the equilibration and of both halves of the trace."""
        return 1 + self.equilibration_segments + 2 * self.half_segments

    def variables(self, seed: int) -> dict[str, Value]:
        """Add the ensembles, segments and samples of the halves, and seeds."""
        options = self.options()
        pressure, thermostat = options.pop("pressure"), options.pop("thermostat")
        without_bath = "nve" if pressure is None else "nph"
        with_bath = "nvt" if pressure is None else "npt"
        return {
            **options,
            "pressure": 0.0 if pressure is None else pressure,
            "equilibration_ensemble": without_bath,  # with a Langevin bath beside it
            "ensemble": without_bath if thermostat == "langevin" else with_bath,
            "half_samples": self.half_samples,
            "half_segments": self.half_segments,
            "equilibration_segments": self.equilibration_segments,
            "velocity_seed": self.seed_of(seed, "velocities"),
            "langevin_seed": self.seed_of(seed, "langevin"),
        }

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """The dynamics and one minimisation; one row a particle."""
        steps = float(n_particles * (self.steps + self.equilibration))
        return Work(n_particles, {ATOM_STEPS: steps, MINIMISED: minimisations(n_particles)}, 1, float(n_particles))

    def shortened(self, steps: int) -> Self:
        """Drop the equilibration, keep two halves of the trace."""
        pairs = max(1, steps // (2 * self.sample_every))
        return replace(self, steps=2 * pairs * self.sample_every, equilibration=0, segment_steps=max(1, steps // 4))

    def check_segment(self, log: Path, segment: int) -> None:
        """Check the minimisation of the reference, then that every number is finite."""
        if segment == 1:
            check_minimum(log, 0, self.force_tolerance, f"{self.name}, inherent structure")
        else:
            super().check_segment(log, segment)

    def thermo(self, plan: Plan) -> pd.DataFrame:
        """Rows of the phases ``minimised`` (the reference), ``equilibration`` and ``trace``; steps from its start."""
        import pandas as pd

        inherent = thermo.tables(plan.log(1))[0].iloc[[-1]].assign(step=0, phase="minimised")
        parts: list[pd.DataFrame] = []
        start = 0
        for segment, length in enumerate(self.lengths[1:], start=2):
            table = thermo.tables(plan.log(segment))[0]
            parts.append(table.assign(step=table["step"] + start))
            start += length
        moving = thermo.join(parts)
        moving["phase"] = moving["step"].lt(max(1, self.equilibration)).map({True: "equilibration", False: "trace"})
        return pd.concat([inherent, moving], ignore_index=True)

    def final_file(self, plan: Plan) -> Dump:
        """The configuration at the end of the trace."""
        return Dump(plan.segments / "final.dump", self.equilibration + self.steps)

    def write_products(self, plan: Plan) -> None:
        """Join the averages of the segments, weighted by their samples."""
        from lammps_glass.tables import write_table

        table, samples = self._vibrations(plan), 2 * self.half_samples
        correlation = float(table["msd_first"].corr(table["msd_second"]))
        if correlation < LOW_CORRELATION:
            LOGGER.warning(
                "%s: the two halves of the trace at %g correlate at %.2f only: particles hop, or the trace is short",
                plan.directory, self.temperature, correlation,
            )  # fmt: skip
        metadata = {"temperature": self.temperature, "samples": samples, "correlation": correlation}
        with atomic_path(self.record(plan.directory).vibrations_path) as path:
            write_table(path, table, metadata)

    def _vibrations(self, plan: Plan) -> pd.DataFrame:
        """Average over each half of the trace, and over both."""
        first = 2 + self.equilibration_segments
        middle = first + self.half_segments
        halves = [
            sum(_average(plan, k)["msd"] * self.lengths[k - 1] for k in segments) / (self.steps / 2)
            for segments in (range(first, middle), range(middle, self.n_segments + 1))
        ]
        table = _average(plan, first)[["particle", "species"]]
        return table.assign(msd=0.5 * (halves[0] + halves[1]), msd_first=halves[0], msd_second=halves[1])


def _average(plan: Plan, segment: int) -> pd.DataFrame:
    """Read particle, species and msd of a segment, by particle."""
    import pandas as pd

    path = plan.segments / f"{segment}.average"
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[9:]]
    ids, species, values = zip(*rows, strict=True)
    table = pd.DataFrame({"particle": map(int, ids), "species": species, "msd": map(float, values)})
    thermo.require_finite(table.assign(step=segment), f"{path}, mean squared displacements")
    return table
