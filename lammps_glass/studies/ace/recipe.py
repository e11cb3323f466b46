"""The study `ace`: its operations, figures, and the readings it takes where the paper is silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.studies.ace import describing, learning, pictures, shear, thermal
from lammps_glass.studies.ace.settings import DRIVES, GLASSES, SHEAR, THERMAL, check
from lammps_glass.studies.recipe import Operation, Recipe

BAND = ("low", "high")
COUNT = "number of features"
TITLES = {"polymer": "polymer", "kob-andersen": "Kob-Andersen", "wahnstrom": "Wahnström"}
STEP = 0.005  # time step in Lennard-Jones times, unless the study file says otherwise
HOW = {THERMAL: "thermal", SHEAR: "sheared"}
#: Numbers of features at which another body order or species begins.
BORDERS = {
    "polymer": (Mark("x", 20, "3-body from here"), Mark("x", 224, "4-body from here")),
    "kob-andersen": (
        Mark("x", 10, "A-B from here"), Mark("x", 20, "3-body from here"), Mark("x", 174, "4-body from here"),
    ),
}  # fmt: skip
BORDERS["wahnstrom"] = BORDERS["kob-andersen"]

ACCURACY = {
    ("polymer", THERMAL): "75 % with one feature, 80 % with 20, 85 % with 3-body features",
    ("kob-andersen", THERMAL): "60-65 % with A-A alone, then 90 % with A-B",
    ("wahnstrom", THERMAL): "60-65 % with A-A alone, then 97 % with A-B",
    ("polymer", SHEAR): "73 % with one feature to 83 % with all 3-body ones",
    ("kob-andersen", SHEAR): "70 % after ten features",
    ("wahnstrom", SHEAR): "all radial features are needed",
}
FIRST = {
    ("wahnstrom", THERMAL): "separated and reversed: active particles have the larger magnitude",
    ("wahnstrom", SHEAR): "the distributions overlap",
}
SELECTED = {
    ("polymer", THERMAL): "first selected n = 1; PCA converges faster than body order",
    ("polymer", SHEAR): "first selected n = 1; PCA converges faster than body order",
    ("kob-andersen", THERMAL): "B1 and A1 first; few suffice; PCA no better",
    ("wahnstrom", THERMAL): "B1 and A1 first; few suffice; PCA no better",
    ("kob-andersen", SHEAR): "A1 and B1 first; about ten are needed",
    ("wahnstrom", SHEAR): "A8 and A7 first; about ten are needed",
}


def _figures(glass: str, drive: str) -> tuple[FigureSpec, ...]:
    case, of = f"{glass}_{drive}", f"{TITLES[glass]}, {HOW[drive]}"
    mean = ", isoconfigurational mean" if drive == THERMAL else " in one strain step"
    separated = "separated; inactive particles have the larger magnitude"
    return (
        FigureSpec(
            f"2_{case}", f"D2min of type A in a slice: {of}", "map", "x", "y", value="value", size="size",
            x_label="x (sigma)", y_label="y (sigma)", value_label=f"D2min{mean} (sigma^2)",
            paper="dynamical heterogeneity" if drive == THERMAL else "a single shear transformation",
        ),
        FigureSpec(
            f"3_{case}", f"Accuracy in body order: {of}", "line", "n_features", "accuracy", series="curve", error=BAND,
            logx=True, x_label=COUNT, y_label="accuracy", paper=ACCURACY[glass, drive], paper_marks=BORDERS[glass],
            markers=False,
        ),
        FigureSpec(
            f"4_{case}", f"First radial feature by class: {of}", "histogram", "x", "density", series="class",
            x_label="A1 = sum of R_1 over neighbours of type A", y_label="probability density",
            paper=FIRST.get((glass, drive), separated),
        ),
        FigureSpec(
            f"5_{case}", f"Selected features and components: {of}", "line", "n_features", "accuracy",
            series="basis", error=BAND, logx=True, x_label=COUNT, y_label="accuracy", paper=SELECTED[glass, drive],
        ),
        FigureSpec(
            f"6_{case}", f"Learning curve: {of}", "line", "n_rows", "accuracy", series="rows", error=BAND,
            x_label="training rows", y_label="accuracy", paper="converged",
        ),
        FigureSpec(
            f"7_{case}", f"Bayesian ARD regression: {of}", "line", "n_features", "pearson", series="curve", error=BAND,
            logx=True, x_label=COUNT, y_label="Pearson coefficient", paper="same trends as the accuracy",
            paper_marks=BORDERS[glass], markers=False,
        ),
    )  # fmt: skip


def _in_order() -> tuple[FigureSpec, ...]:
    """By figure first, then glass and drive, as the paper's list has them."""
    first = FigureSpec(
        "1", "First six radial functions, r_cut = 4", "line", "r", "value", series="n", x_label="r (sigma)",
        y_label="R_n(r)", series_label="n", markers=False, paper="best resolution near r = 1",
    )  # fmt: skip
    made = [_figures(glass, drive) for glass in GLASSES for drive in DRIVES]
    return (first, *(figure for same in zip(*made, strict=True) for figure in same))


def deviations(stages: Mapping[str, Any]) -> tuple[str, ...]:
    """Departures from the paper and readings taken, from the parameters that ran."""
    aqs, flow, label = stages["aqs"], stages["flow"], stages["label_shear"]
    return (
        *_liquids(stages),
        "sigma_AB = 0.8 in the Kob-Andersen mixture: the printed 0.88 is a slip.",
        "Equilibration is one run at the density (polymer: pressure) of the quench; the paper's second and third step "
        "are at the pressure and at the density that the first one ended with.",
        "D2min is the sum over neighbours within 2.5 (Falk and Langer): as a mean, 0.6 would be a jump of 0.8 sigma.",
        "The rapid quench for shear is a thermostatted ramp and a minimisation: at constant energy nothing cools. The "
        "polymer is quenched at pressure 1: at the volume of its melt it would tear.",
        f"Glasses are sheared to {flow.max_strain:g} in steps of {flow.strain_step:g}, then observed over "
        f"{aqs.max_strain:g} in steps of {aqs.strain_step:g}; the paper has 0.1 and 0.01, in steps of 5e-5."
        + (" A small glass has an event in some per cent of strain only." if aqs.max_strain > 0.01 else ""),
        f"A strain step in which more than {label.avalanche:.0%} of type A has D2min above {label.threshold:g} is a "
        "system-wide avalanche and left out.",
        f"Inactive particles are those with the lowest largest D2min over the same {label.window:g} of strain, each "
        "described before one of the steps in which others were active.",
        'The distance transform is that of the authors\' code ("ace1"): the printed one contradicts the figures.',
        "Accuracies are cross-validated by independent glass; random folds of rows stand beside, and leak.",
        "Sequential selection adds the feature that raises the likelihood of the training glasses most (score test); "
        "the paper takes the cross-validated score.",
        f"Not printed: C = {stages['selection'].C:g} for features standardised by the training rows; and, unless the "
        "study file says otherwise, time step 0.005, FENE springs with K = 30 and R0 = 1.5.",
    )


#: Temperatures of the paper's liquids, and the Lennard-Jones times in which they and the sheared glasses are cooled.
LIQUIDS = {"polymer": 0.47, "kob-andersen": 0.44, "wahnstrom": 0.58}
COOLED = {"polymer": 100_000.0, "kob-andersen": 50_000.0, "wahnstrom": 50_000.0}
COOLED_FAST = 500.0


def _liquids(stages: Mapping[str, Any]) -> tuple[str, ...]:
    """What a small run changes of the liquids and of the cooling; nothing at the paper's sizes."""
    said = []
    found = {glass: stages[f"equilibrate_{glass}"].temperature for glass in GLASSES}
    if found != LIQUIDS:
        temperatures = ", ".join(f"{glass} {value:g}" for glass, value in found.items())
        said.append(
            f"Liquids at T = {temperatures}; the paper has 0.47, 0.44 and 0.58. A small run cannot equilibrate there: "
            "the temperature is raised until the runs are about one relaxation time long, which is printed for each."
        )
    cooled = {glass: STEP * stages[f"quench_{glass}"].cooling for glass in GLASSES}
    fast = STEP * stages["fast_quench"].cooling
    if cooled != COOLED or fast != COOLED_FAST:
        times = ", ".join(f"{glass} {value:g}" for glass, value in cooled.items())
        said.append(
            f"Cooled in {times} Lennard-Jones times (the paper: 100 000, 50 000, 50 000), the glasses to be sheared in "
            f"{fast:g} (500)."
        )
    return tuple(said)


RECIPE = Recipe(
    name="ace",
    title="Structure of thermal and mechanical rearrangements in three glasses, by the atomic cluster expansion",
    citation="J. Rottler and C. Ortner (2024): Analysis of local structure of mechanical and thermal rearrangements in "
    "glasses with the atomic cluster expansion",
    # Rates were read off the preset demo on two shared cores: good to a factor of three.
    operations={
        "label_thermal": Operation(
            thermal.label_thermal, thermal.ThermalParameters, work=thermal.work, rates={"particle_pairs": 1e-5}
        ),
        "label_shear": Operation(
            shear.label_shear, shear.ShearParameters, version=3, work=shear.work, rates={"shear_rows": 1e-6}
        ),
        "describe_ace": Operation(
            describing.describe,
            describing.DescribeParameters,
            work=describing.work,
            rates={"cases": 0.5, "particles": 5e-5},
        ),
        "body_order": Operation(
            learning.body_order,
            learning.OrderParameters,
            version=4,
            work=learning.work,
            rates={"cases": 2.0, "rows": 0.005},
        ),
        "selection": Operation(
            learning.selection,
            learning.SelectionParameters,
            version=4,
            work=learning.work,
            rates={"cases": 2.0, "rows": 0.02},
        ),
        "ace_figures": Operation(pictures.ace_figures, version=2, work=pictures.work, rates={"cases": 5.0}),
    },
    figures=_in_order(),
    score_targets={
        "polymer.thermal.first_feature": "0.75",
        "polymer.thermal.pairs": "0.80",
        "polymer.thermal.accuracy": "0.85",
        "kob-andersen.thermal.like_pairs": "0.60 to 0.65",
        "kob-andersen.thermal.pairs": "0.90",
        "wahnstrom.thermal.like_pairs": "0.60 to 0.65",
        "wahnstrom.thermal.pairs": "0.97",
        "polymer.shear.first_feature": "0.73",
        "polymer.shear.accuracy": "0.83",
        "kob-andersen.shear.like_pairs": "0.70",
        **{f"{glass}.thermal.propensity_correlation": "0.95" for glass in GLASSES},
    },
    deviations=deviations,
    check=check,
)
