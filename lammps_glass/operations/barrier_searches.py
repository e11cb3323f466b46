"""The operation ``search_barriers``: saddles around the particles that rearrange, and around as many others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from lammps_glass.errors import InputError, require
from lammps_glass.glasses.checks import NonNegativeInt, PositiveFloat, PositiveInt, check_fields
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.products import Labels, Record
from lammps_glass.simulate import BarrierRecord
from lammps_glass.simulate.protocols import Artn
from lammps_glass.simulate.work import Work
from lammps_glass.units import UnitDefaults

#: Fraction of the particles that rearrange, to estimate the searches: that of sheared Cu-Zr glasses of 2000 atoms.
PREVALENCE = 0.2
#: Smallest number of particles that do not rearrange, for samples in which few do.
FEWEST_OTHERS = 4
#: Particles within the radius of the refinement in a large sample.
REFINED = 2000


@dataclass(frozen=True)
class BarrierParameters:
    """Parameters of the searches; those not named here are as in the protocol `artn`.

    Parameters
    ----------
    everywhere
        Search around all particles; else around those that rearrange and as many others.
    threshold
        Label (of the main column) above which a particle is rearranged; the default is of D2min in square angstrom.
    most
        Largest number of particles that rearrange to search around in a sample; 0: all of them.
    chunk, n_chunks
        Part of the particles, from 1, and number of parts.
    events
        Accepted events a particle whose configurations are kept.
    """

    sets_rate: ClassVar[tuple[str, ...]] = ()
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("angstrom", ("threshold",))

    n_barriers: PositiveInt = 24
    max_trials: PositiveInt = 72
    everywhere: bool = False
    threshold: PositiveFloat = 0.05
    most: NonNegativeInt = 0
    chunk: PositiveInt = 1
    n_chunks: PositiveInt = 1
    radius: PositiveFloat | None = None
    refine: bool = True
    refine_radius: PositiveFloat | None = None
    settings: Mapping[str, float | str] = field(default_factory=dict)
    events: NonNegativeInt = 0

    def __post_init__(self) -> None:
        check_fields("search_barriers", self)

    def protocol(self, particles: Sequence[int] | None) -> Artn:
        """Build the protocol for some particles."""
        options = {
            name: value for name, value in asdict(self).items() if name not in ("everywhere", "threshold", "most")
        }
        return Artn(particles=None if particles is None else tuple(particles), **options)

    def shortened(self, steps: int) -> Self:
        """Search once around a few particles, for a calibration run of what reads the searches."""
        return replace(
            self, everywhere=False, most=1, n_barriers=1, max_trials=min(self.max_trials, 3), chunk=1, n_chunks=1,
            refine=False,
        )  # fmt: skip


def work(parameters: BarrierParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the accepted barriers of a chunk, with `PREVALENCE` for the particles that rearrange."""
    n = sum(counts.values())
    rearranged = min(int(PREVALENCE * n), parameters.most or n)
    particles = n if parameters.everywhere else 2 * max(rearranged, FEWEST_OTHERS)
    barriers = parameters.n_barriers * particles / parameters.n_chunks
    mobile = float(min(n, REFINED)) if parameters.refine else 0.0
    return Work(n, {"cases": 1.0, "barriers": barriers, "refined": barriers * mobile}, 1, barriers)


def check(stage: Wired) -> None:
    """Refuse parameters that no protocol takes, a chunk beyond their number, a default in other units."""
    parameters: BarrierParameters = stage.parameters
    parameters.protocol(None)
    if stage.glass and not parameters.everywhere:
        parameters.unit_defaults.require_given(f"stages.{stage.stage}", parameters, stage.glass.units)


@operation(work=work, rates={"cases": 2.0, "barriers": 0.7, "refined": 1.6e-3}, check=check)
def search_barriers(case: Case[BarrierParameters], sample: Record, labels: Labels) -> BarrierRecord:
    """Search for barriers around the particles that rearrange and as many others; resumed particle by particle."""
    parameters, snapshot = case.parameters, sample.final
    seed = sample.identity["seed"]  # of the sample: searches do not depend on the chunks
    particles = None if parameters.everywhere else selected(labels, parameters, seed)
    parameters.protocol(particles).run(snapshot, seed, case.directory, glass=case.glass)
    return BarrierRecord(case.directory, conditions=case.conditions)


def selected(labels: Labels, parameters: BarrierParameters, seed: int) -> list[int]:
    """Draw the ids to search around: of those that rearrange at most `most`, and as many others."""
    column = labels.label_columns[0].name
    table = labels.read(["step", "particle", column]).dropna(subset=column)
    if table["step"].nunique() > 1:
        raise InputError(f"{labels.directory}: labels of several configurations: search_barriers takes those of one")
    rearranged = table[column].to_numpy() > parameters.threshold
    random = np.random.default_rng([seed, len(table)])
    ids = table["particle"].to_numpy()
    first, others = random.permutation(ids[rearranged]), random.permutation(ids[~rearranged])
    first = first[: parameters.most or None]
    chosen = np.concatenate([first, others[: max(len(first), FEWEST_OTHERS)]])
    require(len(chosen) > 0, "search_barriers: the sample has no particle with a label")
    return sorted(map(int, chosen))
