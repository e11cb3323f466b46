"""Accuracy of the six cases beside the paper's printed numbers: python docs/images/ace_accuracy.py STUDY_FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

BORDERS = {"polymer": (20, 224), "kob-andersen": (10, 20, 174), "wahnstrom": (10, 20, 174)}
#: (number of features, accuracy) that the text of the paper prints.
PAPER = {
    "polymer_thermal": [(1, 0.75), (20, 0.80), (224, 0.85)],
    "kob-andersen_thermal": [(10, 0.60), (10, 0.65), (11, 0.90)],
    "wahnstrom_thermal": [(10, 0.60), (10, 0.65), (11, 0.97)],
    "polymer_shear": [(1, 0.73), (224, 0.83)],
    "kob-andersen_shear": [(10, 0.70)],
    "wahnstrom_shear": [],
}


def panel(axes: plt.Axes, case: str, table: pd.DataFrame) -> None:
    own = table[(table["rows"] == "by glass") & table["r_cut"].notna()]
    for r_cut, curve in own.groupby("r_cut"):
        axes.semilogx(curve["n_features"], curve["accuracy"], label=f"r_cut = {r_cut:g}")
    fixed = table[table["rows"] == "by glass, C = 1"]
    axes.semilogx(
        fixed["n_features"], fixed["accuracy"], "k--", linewidth=1, label=f"r_cut = {fixed['r_cut'].iloc[0]:g}, C = 1"
    )
    baseline = table[table["curve"] == "density and coordination"]["accuracy"].iloc[0]
    axes.axhline(baseline, color="grey", label="density and coordination")
    for border in BORDERS[case.split("_")[0]]:
        axes.axvline(border, color="grey", linestyle=":", linewidth=1)
    for at, (number, accuracy) in enumerate(PAPER[case]):
        axes.plot(number, accuracy, "k*", markersize=9, label=None if at else "paper")
    axes.set(ylim=(0.4, 1.0), title=case.replace("_", ", "))
    axes.grid(alpha=0.3)


def main(folder: str) -> None:
    figure, grid = plt.subplots(2, 3, figsize=(11, 6), layout="constrained", sharey=True)
    for column, glass in enumerate(BORDERS):
        for row, drive in enumerate(("thermal", "shear")):
            case = f"{glass}_{drive}"
            panel(grid[row, column], case, pd.read_csv(Path(folder) / "figures" / f"3_{case}.csv"))
    grid[0, 0].legend(fontsize=8, loc="lower right")
    figure.supxlabel("number of features, in body order")
    figure.supylabel("accuracy on left-out glasses")
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1])
