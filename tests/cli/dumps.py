"""Dumps of another origin: plain LAMMPS text written here line by line, by nothing of the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

N_CELLS = 4
DENSITY = 1.2


def jittered_crystal(seed: int, jitter: float = 0.05) -> tuple[np.ndarray, np.ndarray, float]:
    """256 particles near fcc sites at the density of the Kob-Andersen glass: positions, types (1, 2; 80:20), edge.

    Nearest neighbours stand at 1.06, so that lengths are plausible, and every particle has a closed shell.
    """
    random = np.random.default_rng(seed)
    edge = N_CELLS * (4 / DENSITY) ** (1 / 3)
    corners = np.stack(np.meshgrid(*[np.arange(N_CELLS)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    sites = (corners[:, None] + basis[None]).reshape(-1, 3) * (edge / N_CELLS)
    positions = sites + random.normal(scale=jitter, size=sites.shape)
    types = np.where(random.random(len(sites)) < 0.2, 2, 1)
    return positions, types, edge


def frame(
    positions: np.ndarray,
    types: np.ndarray,
    edge: float,
    step: int = 0,
    *,
    order: Sequence[int] | None = None,
    units: str = "",
) -> str:
    """One frame of a text dump: id type x y z, in the given order of the rows."""
    rows = range(len(positions)) if order is None else order
    lines = [f"ITEM: UNITS\n{units}"] if units else []
    lines += [f"ITEM: TIMESTEP\n{step}", f"ITEM: NUMBER OF ATOMS\n{len(positions)}"]
    lines += ["ITEM: BOX BOUNDS pp pp pp"] + [f"0.0 {edge!r}"] * 3 + ["ITEM: ATOMS id type x y z"]
    lines += [f"{i + 1} {types[i]} " + " ".join(f"{x:.17g}" for x in positions[i]) for i in rows]
    return "\n".join(lines) + "\n"


def trajectory(path: Path, seed: int, n_frames: int = 3) -> Path:
    """A dump of `n_frames` frames; in each the particles of one corner jump, the others hardly move."""
    positions, types, edge = jittered_crystal(seed)
    random = np.random.default_rng(seed + 1000)
    text = ""
    for number in range(n_frames):
        text += frame(positions, types, edge, step=100 * number)
        jump = np.where((positions < edge / 2).all(axis=1), 0.1, 0.005)
        positions = positions + random.normal(size=positions.shape) * jump[:, None]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
