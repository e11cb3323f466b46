"""The figures of the study `igd`; those of barriers (2, 13b) come later."""

from __future__ import annotations

from lammps_glass.figures.spec import FigureSpec, Mark, Panel

BAND = ("low", "high")
R, NU, IGD = "r (angstrom)", "frequency nu (THz)", "integrated glassy defect (IGD, standard deviations)"
X, Y = "x (angstrom)", "y (angstrom)"
#: Limits of the logarithmic axis of autocorrelations; below lies noise.
DECAY = (3e-3, 1.5)
JUMP = "largest jump of D2min (angstrom^2)"
REDUCED = "g(nu) / nu^2 (THz^-3)"
THRESHOLD = 0.05
T, MSD, ONE_E = "t (ps)", "mean squared displacement (angstrom^2)", (Mark("y", 0.36788, "1/e"),)
SISF = "F_s(q = 2.7 / angstrom, t)"

FIGURES = (
    FigureSpec(
        "1", "Radial distribution function", "line", "r", "g", series="pair", markers=False, highlight="all",
        x_label=R, y_label="g(r)", paper="split second peak; first peak at 2.7 angstrom",
    ),
    FigureSpec(
        "3a", "Jump in D2min against shear strain of three particles", "line", "strain", "d2min", series="particle",
        markers=False, x_label="shear strain", y_label="jump of D2min (angstrom^2)",
        paper="two particles jump, a third does not", paper_marks=(Mark("y", THRESHOLD, "threshold 0.05"),),
    ),
    FigureSpec(
        "3b", "Distribution of the largest jump", "line", "jump", "share", series="curve", markers=False, logx=True,
        x_label=JUMP, y_label="fraction of the particles", paper="threshold 0.05 angstrom^2 labels about 5 % of atoms",
        paper_marks=(Mark("x", THRESHOLD, "threshold 0.05"),),
    ),
    FigureSpec(
        "4", "Cross-validation accuracy by sample", "heatmap", "log2_C", "log2_gamma", value="accuracy",
        x_label="log2 C", y_label="log2 gamma", value_label="accuracy, balanced rows of left-out samples",
        paper="best at C = 4, gamma = 2^-5", paper_marks=(Mark("x", 2.0, "C = 4"), Mark("y", -5.0, "gamma = 2^-5")),
    ),
    FigureSpec(
        "5a", "Vibrational density of states", "line", "frequency", "vdos", error=BAND, markers=False,
        x_label=NU, y_label="g(nu) (1 / THz)", paper="one broad band",
    ),
    FigureSpec(
        "5b", "Reduced density of states, with the Debye level", "line", "frequency", "value", series="curve",
        markers=False, x_label=NU, y_label=REDUCED, paper="boson peak above the Debye level",
    ),
    FigureSpec(
        "5c", "Density of states of single particles", "line", "frequency", "vdos", series="particle", markers=False,
        x_label=NU, y_label="g_i(nu) (1 / THz)", paper="differ between atoms",
    ),
    FigureSpec(
        "5d", "Reduced density of states of single particles", "line", "frequency", "reduced", series="particle",
        markers=False, x_label=NU, y_label="g_i(nu) / nu^2 (THz^-3)", paper="boson peaks of unlike heights",
    ),
    FigureSpec(
        "6a", "Structure factor", "line", "q", "s", error=BAND, markers=False, x_label="q (1 / angstrom)",
        y_label="S(q)", paper="main peak at 2.7 / angstrom", paper_marks=(Mark("x", 2.7, "2.7"),),
    ),
    FigureSpec(
        "6b", "Mean squared displacement", "line", "time", "msd", error=BAND, logx=True, logy=True, markers=False,
        x_label=T, y_label=MSD, paper="ballistic, plateau, then diffusive at 700 K",
    ),
    FigureSpec(
        "6c", "Non-Gaussian parameter", "line", "time", "alpha2", error=BAND, logx=True, markers=False, x_label=T,
        y_label="alpha2", paper="always positive, with a maximum at intermediate times",
    ),
    FigureSpec(
        "6d", "Self-intermediate scattering function", "line", "time", "fs", error=BAND, logx=True, markers=False,
        x_label=T, y_label=SISF, paper="two steps; falls to 1/e at the relaxation time", paper_marks=ONE_E,
    ),
    FigureSpec(
        "8a", "Rearrangements of a left-out sample in space", "space", "x", "y", z="z", series="particles",
        x_label=X, y_label=Y,
        paper="78.4 % accuracy, 76.4 % of the rearrangements caught",
    ),
    FigureSpec(
        "8b", "Largest jump in a slice, predicted particles", "map", "x", "y",
        value="value", series="layer", x_label=X, y_label=Y,
        value_label="log10 of " + JUMP, paper="the predicted lie where jumps are large",
    ),
    FigureSpec(
        "8c", "Probability of a positive prediction against the jump", "line", "jump", "predicted", error=BAND,
        logx=True, x_label=JUMP, y_label="fraction predicted to rearrange", y_limits=(0.0, 1.0),
        paper="rises, saturates at 0.87 past 0.1 angstrom^2",
        paper_marks=(Mark("y", 0.87, "0.87"), Mark("x", 0.1, "0.1 angstrom^2")),
    ),
    FigureSpec(
        "9a", "IGD in space, a corner of the box left out", "space", "x", "y", z="z", value="igd", value_label="IGD",
        x_label=X, y_label=Y,
        paper="heterogeneous, correlated in space",
    ),
    FigureSpec(
        "9b", "Distribution of IGD", "histogram", "igd", "density", series="particles", x_label=IGD,
        y_label="probability density", paper="that of rearranged atoms lies to the right",
    ),
    FigureSpec(
        "9c", "Spatial autocorrelation of jump and IGD", "line", "r", "normalized", series="of", error=BAND,
        x_label=R, y_label="autocorrelation", logy=True, y_limits=DECAY, markers=False,
        paper="decay lengths 3.1 angstrom (jump) and 3.2 angstrom (IGD)",
    ),
    FigureSpec(
        "10", "g(r) around the 10 % of highest and of lowest IGD", "line", "r", "g", series="particles", error=BAND,
        markers=False, x_label=R, y_label="g(r)", paper="lower and nearer first peak for high IGD",
    ),
    FigureSpec(
        "11a", "IGD in a slice, with the rearrangements", "map", "x", "y", value="value",
        series="layer", size="jump", x_label=X, y_label=Y, value_label="IGD",
        paper="rearrangements lie where IGD is high",
    ),
    FigureSpec(
        "11b", "Largest jump against IGD", "scatter", "indicator", "value", series="samples", error=BAND,
        x_label=IGD, y_label="mean " + JUMP, paper="monotonic, in the testing set and in all samples",
    ),
    FigureSpec(
        "12a", "Accuracy of single families and of all", "bar", "family", "value", series="score", error=BAND,
        x_label="descriptors", y_label="left-out samples", y_limits=(0.0, 1.0),
        paper="vMSD 72.5 %, barriers 64.2 %, G 61.5 %, S2 55.4 %, IGD 78.4 %",
        paper_marks=(Mark("y", 0.784, "plain accuracy of IGD in the paper"),),
    ),
    FigureSpec(
        "12b", "Power factor chi of single families and of all", "bar", "family", "chi", error=BAND, logy=True,
        x_label="descriptors", y_label="chi = P(top 5 %) / P(lowest 5 %)", paper="IGD highest, then vMSD",
    ),
    *(
        FigureSpec(
            identity, title, "line", "r", "normalized", series="of", error=BAND, x_label=R, y_label="autocorrelation",
            logy=True, y_limits=DECAY, markers=False, paper=paper,
        )
        for identity, title, paper in (
            ("13a", "Autocorrelation of the predictor from vMSD", "longer than those of structure"),
            ("13b", "Autocorrelation of all predictors (in the paper: of barriers)", "barriers: a later addition"),
            ("13c", "Autocorrelation of the predictor from G", "decay length 2.0 angstrom"),
            ("13d", "Autocorrelation of the predictor from S2", "decay length 1.9 angstrom"),
        )
    ),
    FigureSpec(
        "14a", "Reduced density of states by IGD", "line", "frequency", "reduced", series="igd", markers=False,
        x_label=NU, y_label=REDUCED, series_label="mean IGD", paper="boson peak rises with IGD",
    ),
    FigureSpec(
        "14b", "Intensity of the boson peak against IGD", "scatter", "indicator", "value", error=BAND,
        x_label=IGD, y_label="I_BP = max g_i(nu) / nu^2 (THz^-3)", paper="linear, rising",
    ),
    FigureSpec(
        "14c", "Mean squared displacement by IGD", "line", "time", "msd", series="igd", logx=True, logy=True,
        markers=False, x_label=T, y_label=MSD, series_label="mean IGD", paper="rises with IGD",
    ),
    FigureSpec(
        "14d", "Non-Gaussian parameter by IGD, and its maximum against IGD", "panels", "x", "y", series="igd",
        paper="maximum falls with IGD, and comes later for low IGD",
        panels=(
            Panel("_curves", "line", (0.0, 0.0, 0.56, 0.86), T, "alpha2", logx=True),
            Panel("maximum against IGD", "line", (0.68, 0.0, 0.32, 0.86), "mean IGD", "largest alpha2"),
            Panel("legend", "legend", (0.0, 0.92, 1.0, 0.08)),
        ),
    ),
    FigureSpec(
        "14e", "Self-intermediate scattering function by IGD", "line", "time", "fs", series="igd", logx=True,
        markers=False, x_label=T, y_label=SISF, series_label="mean IGD", paper="falls later for low IGD",
        paper_marks=ONE_E,
    ),
    FigureSpec(
        "14f", "Relaxation time against IGD", "scatter", "indicator", "tau", error=BAND, logy=True, x_label=IGD,
        y_label="relaxation time, crossing of 1/e (ps)", paper="falls with IGD",
    ),
)  # fmt: skip
