"""Draw the example of docs/theory/ace.md: python docs/images/ace_example.py (writes ace_example.png beside itself)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from lammps_glass import Cell, Snapshot
from lammps_glass.descriptors import ACE
from lammps_glass.descriptors.ace.radial import make_transform, radial_functions

NEAR, FAR = 1.0, 1.4


def bent(angle: float) -> Snapshot:
    """A particle with one neighbour at distance 1 and another at 1.4, `angle` apart as it sees them."""
    positions = [[0, 0, 0], [NEAR, 0, 0], [FAR * np.cos(angle), FAR * np.sin(angle), 0]]
    return Snapshot(Cell.orthogonal([9.0] * 3, periodic=(False,) * 3), np.array(positions), np.zeros(3, int), ("A",))


def draw_neighborhood(axes: Any) -> None:
    angle = 1.2
    a, b = np.array([NEAR, 0]), FAR * np.array([np.cos(angle), np.sin(angle)])
    for vector in (a, b):
        axes.plot(*zip((0, 0), vector), color="0.6", zorder=1)
    turn = np.linspace(0, angle, 40)
    axes.plot(0.35 * np.cos(turn), 0.35 * np.sin(turn), color="C3")
    axes.text(0.36, 0.2, r"$\theta$", color="C3", size=12)
    axes.scatter(*zip((0, 0), a, b), s=[420, 300, 300], color=["C0", "C1", "C1"], zorder=2)
    for text, at in (("i", (0, 0)), ("j", a), ("k", b)):
        axes.text(*at, text, ha="center", va="center", color="w", weight="bold")
    axes.text(-0.35, -0.5, "plain: jj + kk + jk + kj\npure:            jk + kj", size=10, family="monospace")
    axes.set(xlim=(-0.4, 1.5), ylim=(-0.6, 1.6), aspect="equal", title="two neighbours")
    axes.axis("off")


def draw_radial(axes: Any) -> None:
    r = np.linspace(0.8, 4, 200)
    for n, values in enumerate(radial_functions(r, 4, make_transform("ace1", 4.0)), start=1):
        axes.plot(r, values, label=f"n = {n}")
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    axes.set(xlabel="r", ylabel=r"$R_n(r)$", title='radial functions ("ace1", $r_{cut}$ = 4)')
    axes.legend(frameon=False)


def draw_angles(axes: Any) -> None:
    angles = np.linspace(0, np.pi, 61)
    names = [f"3-body A[n=1 l={ell}] A[n=1 l={ell}]" for ell in range(3)]
    for purified, style in ((True, "-"), (False, ":")):
        ace = ACE(species=("A",), features=names, purified=purified)
        rows = np.array([ace.compute(bent(angle))[0] for angle in angles])
        for ell, column in enumerate(rows.T):
            axes.plot(np.degrees(angles), column, style, color=f"C{ell}", label=f"l = {ell}" if purified else None)
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    axes.set(xlabel=r"angle $\theta$ (degrees)", ylabel="feature", title="order 2: pure (lines), plain (dots)")
    axes.legend(frameon=False)


def main() -> None:
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    for draw, axes in zip((draw_neighborhood, draw_radial, draw_angles), panels):
        draw(axes)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
