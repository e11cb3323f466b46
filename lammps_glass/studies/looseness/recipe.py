"""The study `looseness`: its operations, figures, and choices where the paper is silent."""

from __future__ import annotations

from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.labels import D2min
from lammps_glass.studies.looseness.accuracy import accuracy_figures
from lammps_glass.studies.looseness.creep import creep_figures
from lammps_glass.studies.looseness.field import field_figures
from lammps_glass.studies.looseness.indicator import looseness_figures
from lammps_glass.studies.looseness.learning import fit_split, fit_without_one
from lammps_glass.studies.looseness.rearrangements import rearrangement_figures
from lammps_glass.studies.recipe import Recipe, Stages

BAND = ("low", "high")
STEPS = "time (steps)"

FIGURES = (
    FigureSpec(
        "2A", "Creep strain at five temperatures", "line", "time", "strain", series="temperature", error=BAND,
        logx=True, x_label=STEPS, y_label="mean strain", series_label="T", markers=False,
        paper="logarithmic at intermediate T; suppressed at 0.01; runs away near 0.4",
    ),
    FigureSpec(
        "2B", "Creep modulus against stress", "scatter", "stress", "modulus", error=BAND,
        x_label="stress (epsilon / sigma^3)", y_label="creep modulus C", paper="constant below stress 0.5",
    ),
    FigureSpec(
        "2C", "Strain of each replica and their mean", "line", "time", "strain", series="replica", logx=True,
        x_label=STEPS, y_label="strain", highlight="mean", markers=False, paper="logarithmic in time",
    ),
    FigureSpec(
        "3A", "Distribution of D2min at four times", "line", "x", "density", series="step", logx=True, logy=True,
        x_label="D2min (sigma^2)", y_label="probability density", series_label="step",
        paper="long power-law tails; lower values at later times",
    ),
    FigureSpec(
        "3B", "Mean D2min in time", "line", "step", "d2min", error=BAND, logx=True,
        x_label=STEPS, y_label="mean D2min (sigma^2)", paper="falls in time",
    ),
    FigureSpec(
        "3C", "Exponent of the power-law tail in time", "line", "step", "exponent", error=BAND, logx=True,
        x_label=STEPS, y_label="exponent of the tail", paper="steeper tail, logarithmic in time",
    ),
    FigureSpec(
        "4A", "Accuracy of each class against the threshold", "line", "threshold", "value", series="curve", error=BAND,
        x_label="threshold of D2min (sigma^2)", y_label="accuracy", paper="rises, plateaus past 0.25",
    ),
    FigureSpec(
        "4B", "Accuracy of each class against the interval", "line", "dt", "value", series="curve", error=BAND,
        logx=True, x_label="interval dt (steps)", y_label="accuracy", paper="falls with log dt from 1e4 to 1e6 steps",
    ),
    FigureSpec(
        "S1", "AUC and F1 against the threshold", "line", "threshold", "value", series="curve", error=BAND,
        x_label="threshold of D2min (sigma^2)", y_label="score", paper="as the accuracy",
    ),
    FigureSpec(
        "table_S1", "Class fractions", "table", "dt", "fraction",
        columns=("dt", "threshold", "rows", "loose", "fraction"), paper="class 1 is the minority",
    ),
    FigureSpec(
        "table_S2", "Choice of C", "table", "C", "balanced_accuracy",
        columns=("C", "balanced_accuracy", "std", "size_per_class", "chosen"), paper="C = 1",
    ),
    FigureSpec(
        "5A", "Balanced accuracy against the number of features", "line", "n_features", "balanced_accuracy", error=BAND,
        x_label="number of top ranked features", y_label="balanced accuracy", paper="peak near 10 features",
    ),
    FigureSpec(
        "5B", "The ten best features", "table", "feature", "mean_rank", columns=("feature", "mean_rank", "std_rank"),
        paper="Std(A), Std(V), Std(D), Min(D) and six medium-range features",
    ),
    FigureSpec(
        "5C", "Confusion matrix", "matrix", "predicted", "true", value="share",
        x_label="predicted", y_label="true", value_label="fraction of the true class",
        paper="67.9 % of the loose, 73.5 % of the tight",
    ),
    FigureSpec(
        "headline", "Scores", "table", "score", "left-out replicas",
        columns=("score", "left-out replicas", "low", "high", "paper's split", "random rows (leaks)", "train"),
        paper="balanced accuracy 71.6 % train, 70.7 % test; AUC 0.772; F1 0.848",
    ),
    FigureSpec(
        "6A", "Density of particles by D2min and looseness", "heatmap", "indicator", "d2min", value="density",
        logy=True,
        x_label="looseness L", y_label="D2min (sigma^2)", value_label="p(L) within the interval of D2min",
        paper="loose at high L, tight at low L",
    ),
    FigureSpec(
        "6B", "Distribution of looseness", "histogram", "indicator", "density", series="curve",
        x_label="looseness L", y_label="probability density", paper="71 % of the loose have L > 0.5",
    ),
    FigureSpec(
        "6C", "Probability of being loose given L", "line", "indicator", "p_active_given", error=BAND, logy=True,
        x_label="looseness L", y_label="p(loose | L)", paper="exponential in L",
    ),
    FigureSpec(
        "7A", "Mean looseness in time", "line", "step", "looseness", error=BAND, logx=True,
        x_label=STEPS, y_label="mean looseness", paper="falls logarithmically",
    ),
    FigureSpec(
        "7B", "Mean looseness against strain", "scatter", "strain", "looseness",
        x_label="mean strain", y_label="mean looseness", paper="correlated with the strain",
    ),
    FigureSpec(
        "8A", "Fluctuation of looseness against voxel population", "line", "population", "value", series="form",
        logx=True, logy=True, x_label="particles a voxel N", y_label="fluctuation of looseness",
        paper="N^(-1/2) for N >= 100",
    ),
    FigureSpec(
        "8B", "Spatial autocorrelation of looseness", "line", "r", "normalized", error=BAND,
        x_label="r (sigma)", y_label="autocorrelation", paper="decay length 0.63 sigma",
        paper_marks=(Mark("x", 0.63, "0.63"),),
    ),
    FigureSpec(
        "9A", "Time autocorrelation of the looseness field", "line", "time", "normalized", error=BAND,
        x_label="interval (steps)", y_label="autocorrelation", paper="sharp drop, then decay over 2e6 steps",
    ),
    FigureSpec(
        "9B", "Looseness of one voxel", "line", "step", "looseness", x_label=STEPS, y_label="looseness of the voxel",
        paper="sudden changes",
    ),
    FigureSpec(
        "9C", "Time autocorrelation of single voxels", "line", "time", "correlation", series="voxel",
        x_label="interval (steps)", y_label="autocorrelation", paper="heterogeneous: none to 4e6 steps",
    ),
    FigureSpec(
        "9D", "First zero crossings of single voxels", "scatter", "x", "density", logx=True, logy=True,
        x_label="first zero crossing (steps)", y_label="probability density", paper="power law, exponent near -1",
    ),
)  # fmt: skip


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    (fold, *_), (relax, *_), (label, *_) = (stages.running(name) for name in ("fit_without_one", "relax", "label"))
    main = relax.reads["start"][0]
    creep, quench = main.parameters, main.reads["start"][0].parameters
    others = [stage for stage in stages.running("creep") if stage is not main and stage.stage != main.stage]
    interval, threshold = fold.parameters.lag * creep.snapshot_every, fold.parameters.threshold
    return (
        "Bare scores are by replica: each replica is predicted by an indicator that saw nothing of it (its own "
        "ranking of features included), and the predictions are pooled. The paper's split stands beside.",
        f"A particle is loose if its D2min over {interval} steps is above {threshold:g}; the paper takes 0.25 "
        "over 1e4 steps. At 0.25 a small run has too few loose particles to score; 4A and table S1 show others.",
        f"Glasses: {quench.liquid} steps of liquid and {quench.cooling} of cooling; the paper has 50000 and 10000. "
        f"Creep: {creep.steps} steps with a snapshot every {creep.snapshot_every}; the paper has 1e7 and 1e4.",
        *(
            "Figures 2A and 2B: "
            + "; ".join(f"{stage.stage} runs {stage.parameters.steps} steps" for stage in others)
            + "; the paper runs 1e7 on ten replicas."
            for _ in others[:1]
        ),
        f"The ranking removes {fold.parameters.ranking_step} features at a time; the paper does not say how many.",
        "Each learner sees all loose rows and as many tight ones, drawn without replacement.",
        "Standardisation uses the training rows only; the paper standardises the test set by itself.",
        "Figures 6 to 9 use the looseness of the indicator that left the particle's replica out.",
        "Voxels of figure 9 are as small as leaves two labelled particles a voxel, at most 15 along an edge.",
        f"D2min is the mean over all neighbours of both types within {label.parameters.label.build().r_max:g} in the "
        "reference frame.",
        "Inherent structures are made from frames of the finished trajectory by a second LAMMPS instance; "
        "the trajectory is never paused.",
        "Velocities are drawn at the temperature of the run with zero momentum; the barostats are independent.",
    )


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


RECIPE = Recipe(
    name="looseness",
    title="Creep of a Kob-Andersen glass and the looseness of its particles",
    citation="M. Wu and L. Ruiz Pestana, Front. Mater. 10, 1272355 (2023), doi:10.3389/fmats.2023.1272355",
    operations={
        operation.name: operation
        for operation in (
            fit_without_one,
            fit_split,
            creep_figures,
            rearrangement_figures,
            accuracy_figures,
            looseness_figures,
            field_figures,
        )
    },
    figures=FIGURES,
    score_targets={
        "balanced_accuracy": "0.707",
        "train.balanced_accuracy": "0.716",
        "recall": "0.679",
        "recall_tight": "0.735",
        "auc": "0.772",
        "f1_weighted": "0.848",
        "looseness.decay_length": "0.63",
        "looseness.share_of_loose_above_half": "0.71",
    },
    deviations=deviations,
    check=check,
)
