"""The operation ``relaxation``: measure the relaxation time of a liquid held at constant temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation, require_equal
from lammps_glass.operations.simulation import START
from lammps_glass.products import Record, Relaxation
from lammps_glass.simulate.protocols.anneal import Anneal
from lammps_glass.simulate.protocols.quench import Quench
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class RelaxationParameters:
    """Parameters of the operation ``relaxation``.

    Parameters
    ----------
    q
        Wave number of the relaxation time, about that of the first peak of the structure factor.
    species
        Species that is followed; all by default.
    """

    q: float = 7.2
    species: str | None = None

    def __post_init__(self) -> None:
        if not self.q > 0:
            raise InputError(f"q = {self.q:g} must be above 0")


def check(stage: Wired) -> None:
    """Refuse a liquid that was not held at the temperature and pressure that it was cooled to."""
    for liquid in stage.reads["liquid"]:
        if not isinstance(liquid.parameters, Anneal):
            raise InputError(
                f"stages.{stage.stage}.reads.liquid: stages.{liquid.stage} runs {liquid.runs}, which holds no liquid: "
                "name a stage that runs anneal"
            )
        for start in liquid.reads.get(START, ()):
            if isinstance(start.parameters, Quench):
                require_equal(start, liquid, "temperature", "pressure")


def work(parameters: RelaxationParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the pairs of frames of the two halves of the liquid's trajectory."""
    liquid = reads["liquid"][0]
    return Work(parts={"particle_pairs": liquid.n_particles * liquid.snapshots**2 / 4})


@operation(work=work, check=check)
def relaxation(case: Case[RelaxationParameters], liquid: Record) -> Relaxation:
    """Measure the relaxation time of a liquid in the first and the second half of its run."""
    from lammps_glass import analysis

    q, species, timestep = case.parameters.q, case.parameters.species, case.glass.timestep
    held = liquid.protocol
    if not isinstance(held, Anneal):
        raise InputError(f"{liquid.directory}: a run of {held.name}, not of a liquid that was held (anneal)")
    frames = list(liquid.frames())
    times = analysis.equilibration(frames, q, species, held=float(held.steps * timestep), timestep=timestep)
    product = Relaxation(case.directory)
    product.write(times, temperature=held.temperature, timestep=timestep)
    return product
