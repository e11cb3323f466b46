"""Train a support vector machine for each left-out sample; neither training nor the choice of C and gamma uses it.

The paper's split (the last sample tests) is the machine that leaves the last sample out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.learn import integrated_defect
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.operations.fit import check_labels, labelled_rows
from lammps_glass.products import PredictedColumn, Predictions, Rows
from lammps_glass.simulate.work import Work
from lammps_glass.studies.igd.products import Fold, Grid, PaperSplit, cells_of, last_fold
from lammps_glass.studies.igd.samples import ALL, JUMP
from lammps_glass.tables import KEY

NAME = "integrated-defect"
#: Descriptor -> name of its family of features, as in the paper.
FAMILIES = {"radial-gaussians": "G", "pair-entropy": "S2", "vibrational": "vMSD", "barriers": "barriers"}
#: Fraction of particles that rearrange in preset demo, to estimate training rows; slower cooling leaves fewer.
PREVALENCE = 0.2
#: Number of features of a row, and of machines a cell of the grid: one of all features, one of each family.
FEATURES, MACHINES = 100, 4


@dataclass(frozen=True)
class GridParameters:
    """Parameters of a row of the grid over C and gamma.

    The paper searches log2 C from -5 to 15 and log2 gamma from -15 to 3.

    Parameters
    ----------
    threshold
        Largest jump above which a particle is rearranged (class 1), square angstrom; folds take it from the grid.
    log2_c
        log2 C of this row.
    log2_gamma
        log2 gamma of the cells of the row.
    """

    threshold: float = 0.05
    log2_c: float = 2.0
    log2_gamma: tuple[float, ...] = (-5.0,)


@dataclass(frozen=True)
class FoldParameters:
    """C and gamma of the paper, used for studies of fewer than three samples, which have no inner folds."""

    C: float = integrated_defect.PAPER_C
    gamma: float = integrated_defect.PAPER_GAMMA


@dataclass(frozen=True)
class SplitParameters:
    """Numbers of folds of random rows (a comparison that leaks), and of draws of the negatives (for an error bar)."""

    n_folds: int = 5
    n_draws: int = 5


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the machines: the cost grows with the square of the training rows, twice the rearranged of all samples.

    With a large C a fit takes longer to converge: 2, 5 and 16 times as long at 2^10, 2^12 and 2^14 in preset demo.
    """
    rows = float(sum(work.rows for work in reads["rows"]))
    machines: float = MACHINES * len(getattr(parameters, "log2_gamma", (0,)))
    machines *= 1.0 + 2.0 ** (getattr(parameters, "log2_c", 0.0) - 10.0)
    parts = {"cases": 1.0, "kernel": (2 * PREVALENCE * rows) ** 2 * machines, "rows": rows}
    return Work(sum(counts.values()), parts, 1, rows, memory=3 * rows * FEATURES * 8)


def labelled(rows: Sequence[Rows], threshold: float) -> pd.DataFrame:
    """Read features, species, ``largest_jump`` and ``label`` (0 or 1) of every particle of every sample."""
    table = labelled_rows(rows, rows[0].label_column(quantity="largest-jump").name)
    return table.assign(label=(table[JUMP] > threshold).astype(np.int64))


def families(rows: Rows) -> dict[str, list[str]]:
    """Return the features of each family, in the order of the descriptor."""
    return {FAMILIES.get(name, name): columns for name, columns in rows.families.items()}


def left_out_split(case: Case[GridParameters] | Case[FoldParameters], table: pd.DataFrame) -> learn.Split:
    """Return the split that tests on the replica of the case's condition ``left_out``.

    Raises
    ------
    InputError
        The rows that train hold one class only.
    """
    split = learn.split_by_replica(table["replica"], test_replicas=[str(case.conditions["left_out"])])
    training = table.iloc[split.train]
    if training["label"].nunique() < 2:
        raise InputError(
            f"stages.{case.stage}: {int(training['label'].sum())} of {len(training)} training atoms pass the threshold "
            f"(largest jump {training[JUMP].max():.3g}): take another threshold, or shear further"
        )
    return split


@operation(work=work, rates={"cases": 0.5, "kernel": 4e-8}, check=check_labels)
def grid(case: Case[GridParameters], rows: Sequence[Rows]) -> Grid:
    """Find the accuracy of the cells of a row of the grid, by predictor, from folds of whole training samples."""
    parameters = case.parameters
    table = labelled(rows, parameters.threshold)
    training = table.iloc[left_out_split(case, table).train]
    cells = [(parameters.log2_c, gamma) for gamma in parameters.log2_gamma]
    # A sample without a rearrangement has no balanced accuracy: the folds are of the other samples.
    tested = training[training.groupby("replica")["label"].transform("nunique") == 2]
    parts = []
    for name, columns in {ALL: rows[0].features, **families(rows[0])}.items():
        if learn.can_cross_validate(tested["replica"]):
            values, labels = learn.matrix(tested, columns), tested["label"]
            part = learn.svm_grid_cells(values, labels, tested["replica"], cells, seed=rows[0].seed)
        else:
            part = pd.DataFrame(cells, columns=["log2_c", "log2_gamma"]).assign(accuracy=float("nan"))
        parts.append(part.assign(predictor=name))
    cells_of_row = Grid(case.directory)
    table = pd.concat(parts, ignore_index=True).assign(left_out=str(case.conditions["left_out"]))
    cells_of_row.table.write(table, {"threshold": parameters.threshold})
    return cells_of_row


@operation(work=work, rates={"cases": 0.5, "kernel": 5e-8}, check=check_labels)
def fit_without_one(case: Case[FoldParameters], rows: Sequence[Rows], grids: Sequence[Grid]) -> Fold:
    """Choose C and gamma and fit on all samples but ``left_out``; predict that one, by all features and by families."""
    parameters, seed, threshold = case.parameters, rows[0].seed, grids[0].threshold
    table = labelled(rows, threshold)
    split = left_out_split(case, table)
    choices = {}
    for name in (ALL, *families(rows[0])):
        cells = cells_of(grids, name)
        choices[name] = learn.choose_svm(None if cells.empty else cells, C=parameters.C, gamma=parameters.gamma)
    chosen = {name: (choice.C, choice.gamma) for name, choice in choices.items()}
    predictions = learn.family_predictions(
        table, families(rows[0]), [split], chosen=chosen, in_deviations=True, seed=seed
    )
    fold = Fold(case.directory)
    fold.predictions.write(predictions)
    fold.write_choices(choices)
    training, columns = table.iloc[split.train], rows[0].features
    values = learn.matrix(training, columns)
    estimator = learn.IntegratedDefect(*chosen[ALL], random_state=seed).fit(values, training["label"].to_numpy())
    about = {
        **rows[0].description,
        "columns": columns,
        "threshold": threshold,
        "training_replicas": sorted(set(training["replica"])),
        "spread": learn.spread(estimator.decision_function(values)),  # unit of the predictions
    }
    fold.save(NAME, estimator, case.glass, case.seed, about)
    return fold


@operation(work=work, rates={"cases": 0.5, "kernel": 1e-7}, check=check_labels)
def paper_split(case: Case[SplitParameters], rows: Sequence[Rows], folds: Sequence[Fold]) -> PaperSplit:
    """Save the machine of the paper's split, with comparisons: random rows (which leak), and draws of the negatives."""
    parameters, fold, published = case.parameters, last_fold(folds), PaperSplit(case.directory)
    estimator, metadata = fold.indicator, fold.metadata
    published.save(NAME, estimator, case.glass, case.seed, metadata)
    table, columns, seed = labelled(rows, metadata["threshold"]), metadata["columns"], rows[0].seed
    C, gamma = estimator.C, estimator.gamma
    folds_of_rows = learn.random_row_folds(table["label"], parameters.n_folds, seed=case.seed)
    published.random_rows.write(learn.defect_predictions(table, columns, folds_of_rows, C=C, gamma=gamma, seed=seed))
    split = learn.last_replica_out(table["replica"])
    draws = pd.DataFrame(columns=["draw"])
    if table["label"].iloc[split.test].nunique() == 2:
        n_draws = parameters.n_draws
        draws = learn.scores_by_draw(table, columns, [split], n_draws=n_draws, C=C, gamma=gamma, seed=seed)
    published.draws.write(draws)
    training = table.iloc[split.train]
    balanced = training.iloc[learn.balanced_samples(training["label"], 1, None, seed=seed).indices[0]]
    distances = estimator.decision_function(learn.matrix(balanced, columns))
    published.train.write(pd.DataFrame([learn.scores(balanced["label"], distances, 0.0)]))
    return published


@operation(work=work, rates={"cases": 0.5, "rows": 1e-4})
def predict_left_out(case: Case[NoParameters], rows: Rows, folds: Sequence[Fold]) -> Predictions:
    """Collect the predictions for a sample: by machines that left it out, and by that of the paper's split.

    ``igd``, the families and ``species_only`` are of machines that were not trained on the sample; ``igd_split`` is of
    the paper's split, which trained on all samples but the last. All are in standard deviations of their machines.
    """
    left_out = next(fold for fold in folds if fold.left_out == case.replica).predictions.read()
    last = last_fold(folds)
    estimator, metadata = last.indicator, last.metadata
    table = rows.table.read()
    distances = estimator.decision_function(learn.matrix(table, metadata["columns"])) / metadata["spread"]
    of_split = table[[*KEY, JUMP]].assign(igd_split=distances)
    predictions = Predictions(case.directory)
    predictions.write(
        [learn.join(left_out, of_split).table],
        [
            *(PredictedColumn(name, NAME, 0.0) for name in (ALL, *families(rows))),
            PredictedColumn("species_only", "species", 0.0),
            PredictedColumn("igd_split", NAME, 0.0, tuple(metadata["training_replicas"])),
        ],
        [rows.label_column(quantity="largest-jump")],
    )
    return predictions
