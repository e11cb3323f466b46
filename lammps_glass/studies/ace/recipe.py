"""The study `ace`: its operations, figures, and choices where the paper is silent."""

from __future__ import annotations

from collections.abc import Sequence

from lammps_glass.figures.spec import FigureSpec
from lammps_glass.labels import StrainStepActivity
from lammps_glass.operations.operation import Wired
from lammps_glass.operations.simulation import START
from lammps_glass.studies.ace.activity_map import activity_map
from lammps_glass.studies.ace.analysis import ace_figures
from lammps_glass.studies.ace.learning import body_order, selection
from lammps_glass.studies.ace.paper import FIGURES, PAPER, RADIAL, SHEARED, TARGETS, figures_of
from lammps_glass.studies.recipe import Recipe, Stages

STEP = 0.005  # time step in Lennard-Jones times, unless the study file says otherwise


def makes(figure: FigureSpec, stages: Stages) -> bool:
    """Return whether a study file runs the glass and the drive of a figure."""
    cases = stages.variants("selection")
    glasses, drives = ({str(case.conditions.get(name)) for case in cases} for name in ("glass", "drive"))
    figures = {
        spec.id for glass, drive in PAPER if glass in glasses and drive in drives for spec in figures_of(glass, drive)
    }
    return figure.id in {RADIAL.id, *figures}


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    learned = stages.running("selection")
    sheared = [s for s in stages.running("label") if s.parameters.label.name == StrainStepActivity.name]
    return (
        *_liquids(stages),
        "sigma_AB = 0.8 in the Kob-Andersen mixture: the printed 0.88 is a slip.",
        "D2min is the sum over neighbours within 2.5 (Falk and Langer): as a mean, 0.6 would be a jump of 0.8 sigma.",
        *(sentence for stage in sheared[:1] for sentence in _shear(stage)),
        'The distance transform is that of the authors\' code ("ace1"): the printed one contradicts the figures.',
        "Accuracies are cross-validated by independent glass; random folds of rows stand beside, and leak.",
        "Sequential selection adds the feature that raises the likelihood of the training glasses most (score test); "
        "the paper takes the cross-validated score.",
        *(
            f"Not printed: C = {stage.parameters.C:g} for features standardised by the training rows; and, unless the "
            "study file says otherwise, time step 0.005, FENE springs with K = 30 and R0 = 1.5."
            for stage in learned
        ),
    )


def _shear(stage: Wired) -> list[str]:
    """Describe the shear whose steps a stage labels."""
    label = stage.parameters.label.build(stage.parameters.species)
    aqs = stage.reads["records"][0]
    flow = [start.parameters for start in aqs.reads.get(START, ()) if start.runs == aqs.runs]
    before = "".join(f"sheared to {f.max_strain:g} in steps of {f.strain_step:g}, then " for f in flow)
    observed = aqs.parameters.max_strain
    return [
        "The rapid quench for shear is a thermostatted ramp and a minimisation: at constant energy nothing cools. The "
        "polymer is quenched at pressure 1: at the volume of its melt it would tear.",
        f"Glasses are {before}observed over {observed:g} in steps of {aqs.parameters.strain_step:g}; the paper has 0.1 "
        "and 0.01, in steps of 5e-5."
        + (" A small glass has an event in some per cent of strain only." if observed > 0.01 else ""),
        f"A strain step in which more than {label.avalanche:.0%} of type {stage.parameters.species} has D2min above "
        f"{label.threshold:g} is a system-wide avalanche and left out.",
        f"Inactive particles are those with the lowest largest D2min over the same {label.window:g} of strain, each "
        "described before one of the steps in which others were active.",
    ]


def _liquids(stages: Stages) -> list[str]:
    """Describe the liquids; temperatures and durations of the cooling where they differ from the paper."""
    paper = {glass: remarks for (glass, _), remarks in PAPER.items() if remarks.temperature}
    temperatures, times, starts = [], [], set()
    for liquid in stages.variants("anneal"):
        glass = str(liquid.conditions.get("glass"))
        if glass in paper:
            temperatures.append((glass, liquid.parameters.temperature, paper[glass].temperature))
            for start in liquid.reads.get(START, ()):
                if start.runs == "quench":
                    starts.add(start.stage)
                    times.append((glass, STEP * start.parameters.cooling, paper[glass].cooled))
    sheared = [quench for quench in stages.running("quench") if quench.stage not in starts]
    times += [("glasses to be sheared", STEP * quench.parameters.cooling, SHEARED.cooled) for quench in sheared]
    sentences = []
    if temperatures:
        sentences.append(
            "Equilibration is one run at the density (polymer: pressure) of the quench; the paper's second and third "
            "step are at the pressure and at the density that the first one ended with."
        )
    if any(value != printed for _, value, printed in temperatures):
        sentences.append(
            f"Liquids at T = {_beside_paper(temperatures)}. A small run cannot equilibrate at the paper's: the "
            "temperature is raised until the runs are about one relaxation time long, which is printed for each."
        )
    if any(value != printed for _, value, printed in times):
        sentences.append(f"Cooled in Lennard-Jones times: {_beside_paper(times)}.")
    return sentences


def _beside_paper(values: Sequence[tuple[str, float, float | None]]) -> str:
    return ", ".join(f"{name} {value:g} (paper: {printed:g})" for name, value, printed in values)


RECIPE = Recipe(
    name="ace",
    title="Structure of thermal and mechanical rearrangements in three glasses, by the atomic cluster expansion",
    citation="J. Rottler and C. Ortner (2024): Analysis of local structure of mechanical and thermal rearrangements in "
    "glasses with the atomic cluster expansion",
    operations={o.name: o for o in (activity_map, body_order, selection, ace_figures)},
    figures=FIGURES,
    score_targets=TARGETS,
    deviations=deviations,
    makes=makes,
)
