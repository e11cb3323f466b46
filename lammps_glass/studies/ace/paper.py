"""Findings of the paper for every glass and drive, as one table, and the specifications of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lammps_glass.figures.spec import FigureSpec, Mark

BAND = ("low", "high")
COUNT = "number of features"
SEPARATED = "separated; inactive particles have the larger magnitude"


@dataclass(frozen=True)
class Remarks:
    """Findings of the paper for one glass under one drive.

    Parameters
    ----------
    title
        Name of the case in titles of figures.
    map, map_label
        Finding of figure 2, and the label of its colours.
    accuracy, first, selected
        Findings of figures 3, 4 and 5.
    temperature
        Temperature of the liquid; None without a liquid.
    cooled
        Duration of the cooling of the liquid, or of the glass to be sheared, in Lennard-Jones times.
    targets
        Score -> the printed number.
    """

    title: str
    map: str = ""
    map_label: str = ""
    accuracy: str = ""
    first: str = SEPARATED
    selected: str = ""
    temperature: float | None = None
    cooled: float = 0.0
    targets: Mapping[str, str] = field(default_factory=dict)


THERMAL = Remarks("", "dynamical heterogeneity", ", isoconfigurational mean", cooled=50_000.0)
SHEARED = Remarks("", "a single shear transformation", " in one strain step", cooled=500.0)

#: Findings by glass and drive, which are conditions of the bundled study file.
PAPER = {
    ("polymer", "thermal"): replace(
        THERMAL,
        title="polymer, thermal",
        accuracy="75 % with one feature, 80 % with 20, 85 % with 3-body features",
        selected="first selected n = 1; PCA converges faster than body order",
        temperature=0.47,
        cooled=100_000.0,
        targets={"first_feature": "0.75", "pairs": "0.80", "accuracy": "0.85", "propensity_correlation": "0.95"},
    ),
    ("polymer", "shear"): replace(
        SHEARED,
        title="polymer, sheared",
        accuracy="73 % with one feature to 83 % with all 3-body ones",
        selected="first selected n = 1; PCA converges faster than body order",
        targets={"first_feature": "0.73", "accuracy": "0.83"},
    ),
    ("kob-andersen", "thermal"): replace(
        THERMAL,
        title="Kob-Andersen, thermal",
        accuracy="60-65 % with A-A alone, then 90 % with A-B",
        selected="B1 and A1 first; few suffice; PCA no better",
        temperature=0.44,
        targets={"like_pairs": "0.60 to 0.65", "pairs": "0.90", "propensity_correlation": "0.95"},
    ),
    ("kob-andersen", "shear"): replace(
        SHEARED,
        title="Kob-Andersen, sheared",
        accuracy="70 % after ten features",
        selected="A1 and B1 first; about ten are needed",
        targets={"like_pairs": "0.70"},
    ),
    ("wahnstrom", "thermal"): replace(
        THERMAL,
        title="Wahnström, thermal",
        accuracy="60-65 % with A-A alone, then 97 % with A-B",
        first="separated and reversed: active particles have the larger magnitude",
        selected="B1 and A1 first; few suffice; PCA no better",
        temperature=0.58,
        targets={"like_pairs": "0.60 to 0.65", "pairs": "0.97", "propensity_correlation": "0.95"},
    ),
    ("wahnstrom", "shear"): replace(
        SHEARED,
        title="Wahnström, sheared",
        accuracy="all radial features are needed",
        first="the distributions overlap",
        selected="A8 and A7 first; about ten are needed",
    ),
}

TARGETS = {f"{glass}.{drive}.{name}": text for (glass, drive), r in PAPER.items() for name, text in r.targets.items()}

RADIAL = FigureSpec(
    "1", "First six radial functions, r_cut = 4", "line", "r", "value", series="n", x_label="r (sigma)",
    y_label="R_n(r)", series_label="n", markers=False, paper="best resolution near r = 1",
)  # fmt: skip


def figures_of(glass: str, drive: str, species: str = "A", borders: tuple[Mark, ...] = ()) -> tuple[FigureSpec, ...]:
    """Return figures 2 to 7 of a glass under a drive.

    Parameters
    ----------
    species
        Labelled species.
    borders
        Numbers of features at which another body order or species begins.
    """
    remarks = PAPER.get((glass, drive), Remarks(f"{glass}, {drive}", first=""))
    case, of = f"{glass}_{drive}", remarks.title
    return (
        FigureSpec(
            f"2_{case}", f"D2min of type {species} in a slice: {of}", "map", "x", "y", value="value", size="size",
            x_label="x (sigma)", y_label="y (sigma)", value_label=f"D2min{remarks.map_label} (sigma^2)",
            paper=remarks.map,
        ),
        FigureSpec(
            f"3_{case}", f"Accuracy in body order: {of}", "line", "n_features", "accuracy", series="curve", error=BAND,
            logx=True, x_label=COUNT, y_label="accuracy", paper=remarks.accuracy, paper_marks=borders, markers=False,
        ),
        FigureSpec(
            f"4_{case}", f"First radial feature by class: {of}", "histogram", "x", "density", series="class",
            x_label=f"{species}1 = sum of R_1 over neighbours of type {species}", y_label="probability density",
            paper=remarks.first,
        ),
        FigureSpec(
            f"5_{case}", f"Selected features and components: {of}", "line", "n_features", "accuracy",
            series="basis", error=BAND, logx=True, x_label=COUNT, y_label="accuracy", paper=remarks.selected,
        ),
        FigureSpec(
            f"6_{case}", f"Learning curve: {of}", "line", "n_rows", "accuracy", series="rows", error=BAND,
            x_label="training rows", y_label="accuracy", paper="converged",
        ),
        FigureSpec(
            f"7_{case}", f"Bayesian ARD regression: {of}", "line", "n_features", "pearson", series="curve", error=BAND,
            logx=True, x_label=COUNT, y_label="Pearson coefficient", paper="same trends as the accuracy",
            paper_marks=borders, markers=False,
        ),
    )  # fmt: skip


#: By figure first, then glass and drive, as the paper's list has them.
FIGURES = (RADIAL, *(spec for same in zip(*(figures_of(*case) for case in PAPER), strict=True) for spec in same))
