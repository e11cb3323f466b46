"""Products of small made-up replicas: rows of two features, of which the first decides the label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lammps_glass import glasses
from lammps_glass.operations import Case
from lammps_glass.products import LabelColumn, Rows

GLASS = glasses.KobAndersen(n_particles=150)
COLUMNS = (LabelColumn("lag_1", "d2min", "length^2", lag=1), LabelColumn("lag_2", "d2min", "length^2", lag=2))


def table(replica: int, n_particles: int = 40, steps: tuple[int, ...] = (0, 10)) -> pd.DataFrame:
    random = np.random.default_rng(replica)
    parts = []
    for step in steps:
        features = random.normal(size=(n_particles, 2))
        part = pd.DataFrame({"replica": str(replica), "step": step, "particle": np.arange(1, n_particles + 1)})
        part["species"] = np.where(np.arange(n_particles) % 5, "A", "B")
        part["lag_1"] = features[:, 0] + 0.1 * random.normal(size=n_particles)
        part["lag_2"] = np.nan if step == steps[-1] else part["lag_1"]
        parts.append(part.assign(first=features[:, 0], second=features[:, 1]))
    return pd.concat(parts, ignore_index=True)


def write_rows(folder: Path, replica: int, species: tuple[str, ...] = ("A", "B"), **options) -> Rows:
    """The rows of a replica, as ``describe`` writes them."""
    directory = folder / f"rows-{replica}"
    directory.mkdir(parents=True)
    rows = Rows(directory, conditions={"replica": replica})
    rows.write(
        table(replica, **options),
        descriptor="made-up",
        parameters={},
        glass=GLASS.name,
        species=list(species),
        families={"one": ["first"], "two": ["second"]},
        labels=COLUMNS,
        first_step=0,
    )
    return rows


def case(folder: Path, parameters, stage: str = "fold", seed: int = 1, **conditions) -> Case:
    folder.mkdir(parents=True, exist_ok=True)
    return Case("own", "smoke", stage, conditions, parameters, GLASS, seed, folder)
