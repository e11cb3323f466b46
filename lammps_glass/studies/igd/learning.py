"""What is learned: for each left-out sample a machine that saw nothing of it, its C and gamma chosen without it too.

The paper's split (the last sample tests) is the machine that leaves the last sample out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn import integrated_defect
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import indicator_path, save_indicator
from lammps_glass.tables import read_metadata, read_table, write_table

#: Of the indicator.
NAME = "integrated-defect"


@dataclass(frozen=True)
class GridParameters:
    """A row of the grid over C and gamma: one `log2_c`, all of `log2_gamma`; the paper searches -5..15 and -15..3."""

    log2_c: float = 2.0
    log2_gamma: tuple[float, ...] = (-5.0,)


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


def labelled_rows(case: Case) -> pd.DataFrame:
    """Features, species, ``largest_jump`` and ``label`` of every particle of every sample."""
    return pd.concat([_of_replica(case, product) for product in case.inputs("describe")], ignore_index=True)


def _of_replica(case: Case, product: Product) -> pd.DataFrame:
    folder = next(p.path for p in case.inputs("label") if p.replica == product.replica)
    labels = read_table(folder / "labels.parquet", ["replica", "step", "particle", "species", "largest_jump", "label"])
    return learn.join(read_table(product.path / "rows.parquet"), labels).table


def families(case: Case) -> dict[str, list[str]]:
    """Family of descriptors -> its columns, as the rows say."""
    found: dict[str, list[str]] = read_metadata(case.inputs("describe")[0].path / "rows.parquet")["families"]
    return found


def all_columns(case: Case) -> list[str]:
    """Every feature, family by family."""
    return [name for columns in families(case).values() for name in columns]


def seed_of_draws(case: Case) -> int:
    """The seed of the draw of negatives: one for all cells of the grid and all folds, so that they can be compared."""
    return case.inputs("describe")[0].seed


def _without(case: Case, table: pd.DataFrame) -> tuple[learn.Split, pd.DataFrame]:
    """The split that tests on the case's ``left_out``, and the rows that train."""
    left_out = str(case.conditions["left_out"])
    if left_out not in set(table["replica"]):
        raise InputError(f"stages.{case.stage}.over: left_out={left_out} is not a replica: give as many as replicas")
    split = learn.split_by_replica(table["replica"], test_replicas=[left_out])
    return split, table.iloc[split.train]


def grid(case: Case) -> None:
    """``grid.parquet``: accuracy of the cells of this row by folds of whole samples, the left-out one never seen."""
    parameters: GridParameters = case.parameters
    _, training = _without(case, labelled_rows(case))
    cells = [(parameters.log2_c, gamma) for gamma in parameters.log2_gamma]
    found = pd.DataFrame(cells, columns=["log2_c", "log2_gamma"]).assign(accuracy=float("nan"))
    # Fewer than two samples that train leave no inner fold, nor do samples of which one has no rearrangement at all.
    if learn.can_cross_validate(training["replica"]) and training.groupby("replica")["label"].max().min() == 1:
        values = learn.matrix(training, all_columns(case))
        found = learn.svm_grid_cells(values, training["label"], training["replica"], cells, seed=seed_of_draws(case))
    write_table(case.directory / "grid.parquet", found.assign(left_out=str(case.conditions["left_out"])))


def grid_table(case: Case) -> pd.DataFrame:
    """The rows of the grid that the case reads; cells without an inner fold are left out."""
    table = pd.concat([read_table(p.path / "grid.parquet") for p in case.inputs("grid")], ignore_index=True)
    return table.dropna(subset="accuracy")


def fit_without_one(case: Case) -> None:
    """Choose C and gamma and fit on all samples but ``left_out``; predict that one, by all features and by families.

    ``predictions.parquet``: key, species, label, ``igd``, a column a family, ``species_only``; ``choice.parquet``.
    """
    parameters: FitParameters = case.parameters
    table = labelled_rows(case)
    split, training = _without(case, table)
    cells = grid_table(case)
    choice = learn.choose_svm(None if cells.empty else cells, C=parameters.C, gamma=parameters.gamma)
    options: dict[str, Any] = {"C": choice.C, "gamma": choice.gamma}
    seed, columns = seed_of_draws(case), all_columns(case)
    found = learn.family_predictions(table, families(case), [split], **options, seed=seed)
    write_table(case.directory / "predictions.parquet", found)
    write_table(case.directory / "choice.parquet", pd.DataFrame([{**choice._asdict(), "rows": len(training)}]))
    estimator = learn.IntegratedDefect(**options, random_state=seed)
    estimator.fit(learn.matrix(training, columns), training["label"].to_numpy())
    _keep(case, estimator, columns, sorted(set(training["replica"])))


def _keep(case: Case, estimator: Any, columns: list[str], replicas: list[str]) -> None:
    described = read_metadata(case.inputs("describe")[0].path / "rows.parquet")
    kept = {name: described[name] for name in ("descriptor", "parameters", "families", "species")}
    threshold = case.inputs("label")[0].parameters["threshold"]
    save_indicator(
        case, NAME, estimator, {**kept, "columns": columns, "threshold": threshold, "training_replicas": replicas}
    )


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
    chosen = read_table(paper.path / "choice.parquet").iloc[0]
    options: dict[str, Any] = {"C": float(chosen["C"]), "gamma": float(chosen["gamma"]), "seed": seed}
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
    paper's split, which trained on all samples but the last.
    """
    fold = next(p for p in case.inputs("fold") if str(p.conditions["left_out"]) == case.replica)
    found = read_table(fold.path / "predictions.parquet")
    rows = labelled_rows(case)
    estimator, metadata = learn.load(indicator_path(last_fold(case).path, NAME))
    split = rows[["replica", "step", "particle", "largest_jump"]].assign(
        igd_split=estimator.decision_function(learn.matrix(rows, metadata["columns"]))
    )
    write_table(case.directory / "predictions.parquet", learn.join(found, split).table)
