"""Error of the energy model against the amount of data that trains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.learn.energy_model import EnergyModel

Floats = NDArray[np.float64]


class EnergyRows(NamedTuple):
    """Structures as rows."""

    fractions: Floats  # (n_structures, n_environments)
    energies: Floats  # (n_structures,) of the systems
    runs: NDArray[np.str_]  # (n_structures,) names of the independent runs


def energy_learning_curve(
    training: EnergyRows, test: EnergyRows, amounts: Sequence[float], n_draws: int, seed: int
) -> pd.DataFrame:
    """Train on some of the runs and evaluate on other structures.

    Each model learns from the environments that occur in its training structures; one fold of runs stops the growth of
    its trees.

    Parameters
    ----------
    amounts
        Fractions of the runs, at least two runs each.
    n_draws
        Draws of the runs for each amount.

    Returns
    -------
    DataFrame
        A row for each draw: ``runs``, ``structures``, ``environments`` (that occur in them), ``rounds`` (trees),
        ``rmse`` (energy of a system).
    """
    names = sorted(set(training.runs.tolist()))
    rows = []
    for amount in amounts:
        count = max(2, round(amount * len(names)))
        for number in range(n_draws):
            own_seed = int(np.random.default_rng([seed, count, number]).integers(2**31))
            drawn = np.random.default_rng(own_seed).choice(names, count, replace=False)
            trains = np.isin(training.runs, drawn)
            present = training.fractions[trains].any(axis=0)
            model = EnergyModel(used_folds=1, random_state=own_seed)
            model.fit(training.fractions[trains][:, present], training.energies[trains], training.runs[trains])
            error = model.predict(test.fractions[:, present]) - test.energies
            rmse = float(np.sqrt(np.mean(error**2)))
            rows.append((count, int(trains.sum()), int(present.sum()), model.rounds_, rmse))
    return pd.DataFrame(rows, columns=["runs", "structures", "environments", "rounds", "rmse"])
