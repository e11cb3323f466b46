"""The picture of the README, from the folder of a finished looseness study: ``python docs/picture.py DIR``."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap

from lammps_glass import Snapshot
from lammps_glass.workflow import Study

THRESHOLD = 0.15


def busiest(study: Study) -> tuple[Snapshot, pd.DataFrame]:
    """The snapshot in which most particles are about to rearrange, and its predictions."""
    best: tuple[int, int, pd.DataFrame] = (-1, 0, pd.DataFrame())
    for case in study.stage("predict").cases:
        table = pd.read_parquet(study.store.folder(case) / "predictions.parquet")
        loose = table[(table["d2min_1"] > THRESHOLD) & (table["step"] > 0)]
        if len(loose) and loose["step"].value_counts().max() > best[0]:
            step = loose["step"].value_counts().idxmax()
            best = loose["step"].value_counts().max(), case.index, table[table["step"] == step]
    frames = Snapshot.read_all(study.store.folder(study.case("relax", best[1])) / "frames.lammpstrj.gz")
    return next(f for f in frames if f.step == best[2]["step"].iloc[0]).wrap(), best[2]


def main(folder: str) -> None:
    study = Study.read(folder)
    snapshot, rows = busiest(study)
    at = np.searchsorted(snapshot.ids, rows["particle"].to_numpy())
    positions, loose = snapshot.positions[at], (rows["d2min_1"] > THRESHOLD).to_numpy()
    centre = np.median(positions[loose][:, 1])
    slab = np.abs(snapshot.cell.minimum_image(positions - [0, centre, 0])[:, 1]) < 1.5
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), width_ratios=(1.15, 1), layout="constrained")
    colours = ListedColormap(plt.get_cmap("viridis")(np.linspace(0, 0.95, 256)))
    dots = left.scatter(*positions[slab][:, [0, 2]].T, c=rows["looseness"].to_numpy()[slab], cmap=colours, s=130)
    left.scatter(*positions[slab & loose][:, [0, 2]].T, s=230, facecolors="none", edgecolors="crimson", linewidths=1.8)
    left.set(aspect="equal", xticks=[], yticks=[], title="Looseness before, rearranged after (red)")
    figure.colorbar(dots, ax=left, label="looseness L")
    table = pd.read_csv(Path(folder) / "figures" / "6C.csv")
    right.fill_between(table["indicator"], table["low"], table["high"], alpha=0.2, linewidth=0)
    right.semilogy(table["indicator"], table["p_active_given"], "o-")
    right.set(xlabel="looseness L", ylabel="p(rearranges | L)", title="How often a particle rearranges")
    right.grid(alpha=0.3)
    target = Path(__file__).parent / "images" / "looseness.png"
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1])
