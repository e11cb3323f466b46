"""The operation ``gate``: accept the record of a glass, stop at a crystal; stages that read it start from a glass."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from lammps_glass.analysis.glass_gate import GateLimits, check_glass
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.products import AcceptedRecord, Record
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class GateParameters(GateLimits):
    """Parameters of the operation ``gate``: limits on g(r), in the length unit of the glass.

    Those that a study file does not set come from the glass (`Glass.gate_limits`); the defaults here are Cu-Zr's.

    Parameters
    ----------
    r_max, bin_width
        Range and bins of g(r).
    """

    stops: ClassVar[bool] = True

    r_max: float = 10.0
    bin_width: float = 0.1

    @property
    def remark(self) -> str:
        """A word for the report where the gate lets every sample pass."""
        return "the glass gate is switched off: samples may be crystals" if self.accepts_all else ""

    def shortened(self, steps: int) -> GateParameters:
        """Return parameters that accept every sample: that of a calibration run has hardly melted."""
        return _Calibration(**asdict(self))


@dataclass(frozen=True)
class _Calibration(GateParameters):
    stops: ClassVar[bool] = False


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the particles of the sample; no rate is stated, so that a calibration run can start from it."""
    n_particles = sum(counts.values())
    return Work(n_particles, {"particles": float(n_particles)}, 1, float(n_particles))


@operation(work=work, of_glass=lambda glass: glass.gate_limits())
def gate(case: Case[GateParameters], sample: Record) -> AcceptedRecord:
    """Copy the record of a sample that is a glass, with its g(r) as a figure.

    The figure of a rejected sample is kept beside the reason of the failure, as ``<stage>.failed.png``.

    Raises
    ------
    SimulationError
        The sample is a crystal, or still a gas or a liquid; the message names the figure.
    """
    from lammps_glass.figures import draw

    parameters = case.parameters
    reading = check_glass(sample.final, parameters, r_max=parameters.r_max, bin_width=parameters.bin_width)
    verdict = "; ".join(reading.faults) or parameters.remark or "a glass"
    accepted = AcceptedRecord(case.directory)
    figure, *_ = draw(_figure(parameters), reading.rdf, accepted.figures, f"Replica {case.replica}: {verdict}.")
    if parameters.stops and not reading.passed:
        kept = case.directory.with_name(f"{case.stage}.failed.png")
        shutil.copyfile(figure, kept)
        reading.require(f"replica {case.replica} ({kept} shows its g(r))")
    sample.copy_to(case.directory)
    accepted.gate.write(reading.numbers)
    return accepted


def _figure(limits: GateLimits) -> FigureSpec:
    mark = Mark("y", limits.far_maximum, f"a glass stays below this beyond {limits.beyond:g}")
    return FigureSpec(
        "gate", "Radial distribution function of the sample", "line", "r", "g", markers=False, x_label="r",
        y_label="g(r)", paper_marks=(mark,),
    )  # fmt: skip
