"""Figures of how well indicators predict the mobility of particles, against time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.operations.findings_page import FindingsPage

CEILING = "noise ceiling"
TITLES = {
    "pearson": "Pearson correlation with the squared displacement",
    "spearman": "Rank correlation with the squared displacement",
    "auc": "AUC of the most mobile tenth of the particles",
}


def add_prediction(page: FindingsPage, table: pd.DataFrame) -> None:
    """Add a figure for each measure of a table of `analysis.prediction_against_time`, with the noise ceiling."""
    for measure, title in TITLES.items():
        part = table[table["measure"] == measure]
        ceiling = part.dropna(subset=["ceiling"]).drop_duplicates("time")
        if len(ceiling):
            line = ceiling.assign(indicator=CEILING, value=ceiling["ceiling"], low=np.nan, high=np.nan)
            part = pd.concat([part, line])
        spec = FigureSpec(
            f"prediction_{measure}", title, "line", "time", "value", series="indicator", error=("low", "high"),
            logx=True, x_label=page.labels.t,
            y_label=measure.upper() if measure == "auc" else f"{measure.capitalize()} correlation",
            highlight=CEILING, paper_marks=(Mark("y", 0.5 if measure == "auc" else 0.0),),
        )  # fmt: skip
        indicators_only = part[part["indicator"] != CEILING].dropna(subset=["value"])
        top = indicators_only.loc[indicators_only.groupby("indicator", sort=False)["value"].idxmax()]
        summary = "; ".join(f"{r.indicator}: largest {r.value:.2f} at {r.time:g}" for r in top.itertuples())
        for name, value in zip(top["indicator"], top["value"]):
            page.score({f"{name}.{measure}": float(value)}, "prediction")
        page.figure(spec, part, summary)
