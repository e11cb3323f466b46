"""Settings that the stages share: read from what ran, and checked against each other before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lammps_glass.errors import require
from lammps_glass.studies.case import Case


def interval_steps(case: Case) -> int:
    """Steps between two snapshots of the runs that were labelled."""
    return int(case.inputs("creep")[0].parameters["snapshot_every"])


def first_step(case: Case) -> int:
    """Step of the first snapshot that counts: earlier ones are the loading transient."""
    return int(case.inputs("describe")[0].parameters["skip"]) * interval_steps(case)


def species(case: Case) -> str:
    """The species that is described and judged."""
    return str(case.inputs("describe")[0].parameters["species"])


def check(stages: Mapping[str, Any]) -> None:
    """Refuse a study file whose stages disagree: they would run to the end and mean nothing.

    Raises
    ------
    InputError
        Naming the two keys.
    """
    creep, relax, label, describe = (stages.get(name) for name in ("creep", "relax", "label", "describe"))
    fits = {name: stages[name] for name in ("fold", "learn") if name in stages}
    if creep and relax:
        require(
            creep.stress == relax.stress,
            f"stages.relax.stress = {relax.stress:g} differs from stages.creep.stress = {creep.stress:g}: set both",
        )
    if label:
        require(1 in label.lags, f"stages.label.lags = {list(label.lags)}: needs lag 1, which figure 3 shows")
    if label and describe:
        require(
            label.species == describe.species,
            f"stages.describe.species = {describe.species} is not stages.label.species = {label.species}: set both",
        )
    for name, fit in fits.items():
        require(
            label is None or fit.lag in label.lags,
            f"stages.{name}.lag = {fit.lag} is not among stages.label.lags",
        )
        require(
            describe is None or fit.threshold in describe.thresholds,
            f"stages.{name}.threshold = {fit.threshold:g} is not among stages.describe.thresholds: add it there",
        )
    if len(fits) == 2:
        _check_fits(fits["fold"], fits["learn"])


def _check_fits(fold: Any, learn: Any) -> None:
    for key in ("lag", "threshold", "n_features", "C", "n_learners", "ranking_step"):
        ours, theirs = getattr(fold, key), getattr(learn, key)
        require(ours == theirs, f"stages.fold.{key} = {ours} differs from stages.learn.{key} = {theirs}: set both")
