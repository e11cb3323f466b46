"""What is learned: for each left-out sample a machine that saw nothing of it, its C and gamma chosen without it too.

The paper's split (the last sample tests) is the machine that leaves the last sample out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lammps_glass import learn
from lammps_glass.learn import integrated_defect
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import indicator_path, save_indicator
from lammps_glass.studies.igd.search import (
    ALL,
    all_columns,
    columns_of,
    families,
    grid_table,
    labelled_rows,
    seed_of_draws,
    without,
)
from lammps_glass.tables import read_metadata, read_table, write_table

#: Of the indicator.
NAME = "integrated-defect"


@dataclass(frozen=True)
class FitParameters:
    """The printed C and gamma, for studies of fewer than three samples: no inner fold is left to choose them."""

    C: float = integrated_defect.PAPER_C
    gamma: float = integrated_defect.PAPER_GAMMA


@dataclass(frozen=True)
class SplitParameters:
    """Folds of random rows for the comparison that leaks, and draws of the negatives for their error bar."""

    n_folds: int = 5
    n_draws: int = 5


def _choose(case: Case, predictor: str) -> learn.SvmChoice:
    parameters: FitParameters = case.parameters
    cells = grid_table(case, predictor)
    return learn.choose_svm(None if cells.empty else cells, C=parameters.C, gamma=parameters.gamma)


def fit_without_one(case: Case) -> None:
    """Choose C and gamma and fit on all samples but ``left_out``; predict that one, by all features and by families.

    ``predictions.parquet``: key, species, label, ``igd``, a column a family (each in standard deviations of its
    machine over the samples that train), ``species_only``; ``choice.parquet``, a row a predictor.
    """
    table = labelled_rows(case)
    split, training = without(case, table)
    choices = {name: _choose(case, name) for name in columns_of(case)}
    seed = seed_of_draws(case)
    chosen = {name: (choice.C, choice.gamma) for name, choice in choices.items()}
    found = learn.family_predictions(table, families(case), [split], chosen=chosen, in_deviations=True, seed=seed)
    write_table(case.directory / "predictions.parquet", found)
    rows = [{"predictor": name, **choice._asdict(), "rows": len(training)} for name, choice in choices.items()]
    write_table(case.directory / "choice.parquet", pd.DataFrame(rows))
    _keep(case, training, choices[ALL])


def _keep(case: Case, training: pd.DataFrame, choice: learn.SvmChoice) -> None:
    """Save the machine; its metadata say in which unit the predictions are (``spread``)."""
    columns = all_columns(case)
    values = learn.matrix(training, columns)
    estimator = learn.IntegratedDefect(choice.C, choice.gamma, random_state=seed_of_draws(case))
    estimator.fit(values, training["label"].to_numpy())
    described = read_metadata(case.inputs("describe")[0].path / "rows.parquet")
    kept = {name: described[name] for name in ("descriptor", "parameters", "families", "species")}
    own = {
        "columns": columns,
        "threshold": case.inputs("label")[0].parameters["threshold"],
        "training_replicas": sorted(set(training["replica"])),
        "spread": learn.spread(estimator.decision_function(values)),
    }
    save_indicator(case, NAME, estimator, {**kept, **own})


def last_fold(case: Case) -> Product:
    """The fold that leaves the last sample out: the paper's split."""
    return max(case.inputs("fold"), key=lambda product: int(product.conditions["left_out"]))


def fit(case: Case) -> None:
    """Publish the machine of the paper's split, and compare: random rows (which leak), and draws of the negatives."""
    parameters: SplitParameters = case.parameters
    paper = last_fold(case)
    estimator, metadata = learn.load(indicator_path(paper.path, NAME))
    save_indicator(case, NAME, estimator, metadata)
    table, columns, seed = labelled_rows(case), all_columns(case), seed_of_draws(case)
    chosen = read_table(paper.path / "choice.parquet").query("predictor == @ALL")
    C, gamma = chosen[["C", "gamma"]].to_numpy(dtype=float)[0]
    options: dict[str, Any] = {"C": C, "gamma": gamma, "seed": seed}
    random = learn.random_row_folds(table["label"], parameters.n_folds, seed=case.seed)
    write_table(case.directory / "random_rows.parquet", learn.defect_predictions(table, columns, random, **options))
    split = learn.last_replica_out(table["replica"])
    draws = pd.DataFrame(columns=["draw"])
    if has_both_classes(table["label"].iloc[split.test]):
        draws = learn.scores_by_draw(table, columns, [split], n_draws=parameters.n_draws, **options)
    write_table(case.directory / "draws.parquet", draws)
    own = table.iloc[split.train]
    sample = learn.balanced_samples(own["label"], 1, None, seed=seed).indices[0]
    distance = estimator.decision_function(learn.matrix(own.iloc[sample], columns))
    training = learn.scores(own["label"].to_numpy()[sample], distance, 0.0)
    write_table(case.directory / "train.parquet", pd.DataFrame([training]))


def has_both_classes(labels: pd.Series[Any]) -> bool:
    """Whether a sample can be judged on its own: a small one may have no rearrangement at all."""
    return bool(labels.nunique() == 2)


def predict(case: Case) -> None:
    """``predictions.parquet`` of a sample: distances by the machines that left it out, and by the paper's split.

    ``igd``, the families and ``species_only`` are of machines that saw nothing of the sample; ``igd_split`` is of the
    paper's split, which trained on all samples but the last. All in standard deviations of their machines.
    """
    fold = next(p for p in case.inputs("fold") if str(p.conditions["left_out"]) == case.replica)
    found = read_table(fold.path / "predictions.parquet")
    rows = labelled_rows(case)
    estimator, metadata = learn.load(indicator_path(last_fold(case).path, NAME))
    split = rows[["replica", "step", "particle", "largest_jump"]].assign(
        igd_split=estimator.decision_function(learn.matrix(rows, metadata["columns"])) / metadata["spread"]
    )
    write_table(case.directory / "predictions.parquet", learn.join(found, split).table)
