"""The study `ace`: its operations, and the values in which a run departs from the paper."""

from __future__ import annotations

from collections.abc import Sequence

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.labels import StrainStepActivity
from lammps_glass.operations import Wired
from lammps_glass.operations.simulation import START
from lammps_glass.studies.ace.analysis import ace_figures
from lammps_glass.studies.ace.learning import SelectionParameters, body_order, selection
from lammps_glass.studies.ace.paper import CASES, DRIVES, FIGURES, PAPER, TARGETS, figures_of
from lammps_glass.studies.recipe import Stages

STEP = 0.005  # time step in Lennard-Jones times, unless the study file says otherwise


def makes(figure: FigureSpec, stages: Stages) -> bool:
    """Return whether a study file runs the glass and the drive of a figure."""
    cases = stages.variants("selection")
    glasses, drives = ({str(case.conditions.get(name)) for case in cases} for name in ("glass", "drive"))
    figures = {spec.id for g, d in CASES if g in glasses and d in drives for spec in figures_of(g, d)}
    return figure.id in figures | {FIGURES[0].id}


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    sheared = [s for s in stages.running("label") if s.parameters.label.name == StrainStepActivity.name]
    shear = _shear(sheared[0]) if sheared else {}
    selected: SelectionParameters = stages.parameters_of("selection")
    penalty = PAPER.text("chosen_penalty") if selected.C is None else f"C = {selected.C:g}"
    if selected.C is None and len(selected.order_factors) > 1:
        penalty += PAPER.text("order_penalty", factors=", ".join(f"{factor:g}" for factor in selected.order_factors))
    return PAPER.departures({"selection": selected, "penalty": penalty, **_liquids(stages), **shear})


def _shear(stage: Wired) -> dict[str, object]:
    """Return the values in the sentences on the shear whose steps a stage labels."""
    aqs = stage.reads["records"][0]
    flow = [start.parameters for start in aqs.reads.get(START, ()) if start.runs == aqs.runs]
    few = " A small glass has an event in some per cent of strain only." if aqs.parameters.max_strain > 0.01 else ""
    return {
        "labelled": stage.parameters,
        "label": stage.parameters.label.build(stage.parameters.species),
        "shear": aqs.parameters,
        "before": "".join(f"sheared to {f.max_strain:g} in steps of {f.strain_step:g}, then " for f in flow),
        "few_events": few,
    }


def _liquids(stages: Stages) -> dict[str, object]:
    """Return temperatures of the liquids, and durations of the cooling, where they differ from the paper."""
    paper = {glass: case for (glass, _), case in CASES.items() if "temperature" in case}
    temperatures, times, starts = [], [], set()
    for liquid in stages.variants("anneal"):
        glass = str(liquid.conditions.get("glass"))
        if glass in paper:
            temperatures.append((glass, liquid.parameters.temperature, paper[glass]["temperature"]))
            for start in liquid.reads.get(START, ()):
                if start.runs == "quench":
                    starts.add(start.stage)
                    times.append((glass, STEP * start.parameters.cooling, paper[glass]["cooled"]))
    sheared = [quench for quench in stages.running("quench") if quench.stage not in starts]
    cooled = DRIVES["shear"]["cooled"]
    times += [("glasses to be sheared", STEP * quench.parameters.cooling, cooled) for quench in sheared]
    return {
        "liquids": temperatures or None, "temperatures": _beside_paper(temperatures), "times": _beside_paper(times)
    }  # fmt: skip


def _beside_paper(values: Sequence[tuple[str, float, float]]) -> str | None:
    """Name the values with those of the paper; None where all are equal."""
    if all(value == printed for _, value, printed in values):
        return None
    return ", ".join(f"{name} {value:g} (paper: {printed:g})" for name, value, printed in values)


RECIPE = PAPER.recipe(
    "ace",
    (body_order, selection, ace_figures),
    figures=FIGURES,
    score_targets=TARGETS,
    deviations=deviations,
    makes=makes,
)
