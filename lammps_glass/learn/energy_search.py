"""Bayesian search for the parameters of `EnergyModel` over the ranges of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.learn.energy_model import EnergyModel

if TYPE_CHECKING:
    import optuna

#: Ranges of C. Liu et al., Acta Mater. 259, 119281 (2023), section 2.3. `min_child_weight` is the value for
#: 8000 rows, as in `EnergyModel`.
RANGES: dict[str, tuple[float, float]] = {
    "max_depth": (20, 40),
    "learning_rate": (0.01, 0.05),
    "gamma": (0.001, 10.0),
    "min_child_weight": (0.0, 2000.0),
    "subsample": (0.4, 1.0),
    "colsample_bytree": (0.4, 1.0),
}


def search_energy_model(
    X: ArrayLike, y: ArrayLike, groups: ArrayLike | None, *, n_trials: int, seed: int, **options: int
) -> tuple[dict[str, float], pd.DataFrame]:
    """Find the parameters with the smallest error of left-out folds; the first trial is the paper's best.

    Parameters
    ----------
    X, y, groups
        As for `EnergyModel.fit`; the folds are of whole groups.
    n_trials
        Trials of optuna's tree-structured Parzen estimator (Bergstra et al. 2011), of which the first third (10 at
        most) are random; 1 keeps the paper's best.
    options
        Other parameters of `EnergyModel`: numbers of folds and of rounds.

    Returns
    -------
    (parameters, trials)
        Parameters for `EnergyModel`; a row per trial with its parameters, ``rmse`` (energy units) and ``rounds``.
    """
    if n_trials < 1:
        raise InputError(f"n_trials = {n_trials}: a search needs at least one trial")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows: list[dict[str, float]] = []

    def objective(trial: optuna.Trial) -> float:
        """Compute the error of left-out folds with the parameters of a trial."""
        chosen = {name: _suggest(trial, name) for name in RANGES}
        model: EnergyModel = EnergyModel(random_state=seed, **options).set_params(**chosen)
        rounds, error = model.validate(X, y, groups)
        rows.append({**chosen, "rmse": error, "rounds": rounds})
        return error

    sampler = optuna.samplers.TPESampler(n_startup_trials=startup_trials(n_trials), seed=seed % 2**32)
    study = optuna.create_study(sampler=sampler)
    paper = EnergyModel()
    study.enqueue_trial({name: getattr(paper, name) for name in RANGES})
    study.optimize(objective, n_trials=n_trials)
    table = pd.DataFrame(rows)
    best = table.iloc[int(np.argmin(table["rmse"]))]
    return {name: int(best[name]) if name == "max_depth" else float(best[name]) for name in RANGES}, table


def startup_trials(n_trials: int) -> int:
    """Choose the number of random trials: with optuna's default, 10, a short search would be a random one."""
    return max(1, min(10, n_trials // 3))


def _suggest(trial: optuna.Trial, name: str) -> float:
    low, high = RANGES[name]
    if name == "max_depth":
        return int(trial.suggest_int(name, int(low), int(high)))
    return float(trial.suggest_float(name, low, high, log=name == "gamma"))
