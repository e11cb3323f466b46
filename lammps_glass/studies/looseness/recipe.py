"""The study `looseness`: its operations, and the values in which a run departs from the paper."""

from __future__ import annotations

from lammps_glass.errors import InputError
from lammps_glass.labels import D2min
from lammps_glass.studies.looseness.accuracy import accuracy_figures
from lammps_glass.studies.looseness.creep import creep_figures
from lammps_glass.studies.looseness.field import field_figures
from lammps_glass.studies.looseness.indicator import looseness_figures
from lammps_glass.studies.looseness.learning import fit_split, fit_without_one
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.looseness.rearrangements import rearrangement_figures
from lammps_glass.studies.recipe import Stages


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    (fold, *_), (relax, *_), (label, *_) = (stages.running(name) for name in ("fit_without_one", "relax", "label"))
    main = relax.reads["start"][0]
    others = [stage for stage in stages.running("creep") if stage is not main and stage.stage != main.stage]
    values = {
        "fold": fold.parameters,
        "creep": main.parameters,
        "quench": main.reads["start"][0].parameters,
        "label": label.parameters.label.build(),
        "interval": fold.parameters.lag * main.parameters.snapshot_every,
        "other_runs": "; ".join(f"{stage.stage} runs {stage.parameters.steps} steps" for stage in others) or None,
    }
    return PAPER.departures(values)


def check(stages: Stages) -> None:
    """Refuse labels that figure 3 cannot show.

    Raises
    ------
    InputError
        A label other than D2min, or none between consecutive snapshots.
    """
    for stage in stages.running("label"):
        label = stage.parameters.label
        if label.name != D2min.name or 1 not in label.build().lags:
            raise InputError(f"stages.{stage.stage}.label: figure 3 shows D2min of lag 1: give d2min, 1 among its lags")


RECIPE = PAPER.recipe(
    "looseness",
    (
        fit_without_one, fit_split, creep_figures, rearrangement_figures, accuracy_figures, looseness_figures,
        field_figures,
    ),
    deviations=deviations,
    check=check,
)  # fmt: skip
