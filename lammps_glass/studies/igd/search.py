"""What the machines learn from, and the search for their C and gamma: the left-out sample is never seen."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import left_out_replica
from lammps_glass.tables import read_metadata, read_table, write_table

#: The predictor from all families, beside one a family.
ALL = "igd"


@dataclass(frozen=True)
class GridParameters:
    """A row of the grid over C and gamma: one `log2_c`, all of `log2_gamma`; the paper searches -5..15 and -15..3."""

    log2_c: float = 2.0
    log2_gamma: tuple[float, ...] = (-5.0,)


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


def columns_of(case: Case) -> dict[str, list[str]]:
    """Predictor -> its features: all of them, then each family alone."""
    return {ALL: all_columns(case), **families(case)}


def seed_of_draws(case: Case) -> int:
    """The seed of the draw of negatives: one for all cells of the grid and all folds, so that they can be compared."""
    return case.inputs("describe")[0].seed


def without(case: Case, table: pd.DataFrame) -> tuple[learn.Split, pd.DataFrame]:
    """The split that tests on the case's ``left_out``, and the rows that train."""
    left_out = left_out_replica(case, table)
    split = learn.split_by_replica(table["replica"], test_replicas=[left_out])
    training = table.iloc[split.train]
    if training["label"].nunique() < 2:
        threshold = case.inputs("label")[0].parameters["threshold"]
        raise InputError(
            f"stages.label.threshold = {threshold:g}: {int(training['label'].sum())} of {len(training)} training atoms "
            f"pass (largest jump {training['largest_jump'].max():.3g}): take another threshold, or shear further"
        )
    return split, training


def grid(case: Case) -> None:
    """``grid.parquet``: accuracy of the cells of this row, by predictor, by folds of whole samples that train."""
    parameters: GridParameters = case.parameters
    _, training = without(case, labelled_rows(case))
    cells = [(parameters.log2_c, gamma) for gamma in parameters.log2_gamma]
    # A sample without a rearrangement cannot tell whether one is found: the folds are of those that can.
    judged = training[training.groupby("replica")["label"].transform("nunique") == 2]
    parts = [_cells(case, judged, columns, cells).assign(predictor=name) for name, columns in columns_of(case).items()]
    table = pd.concat(parts, ignore_index=True).assign(left_out=str(case.conditions["left_out"]))
    write_table(case.directory / "grid.parquet", table)


def _cells(case: Case, rows: pd.DataFrame, columns: list[str], cells: list[tuple[float, float]]) -> pd.DataFrame:
    """Accuracy of each cell; NaN where fewer than two samples leave no fold."""
    if not learn.can_cross_validate(rows["replica"]):
        return pd.DataFrame(cells, columns=["log2_c", "log2_gamma"]).assign(accuracy=float("nan"))
    values = learn.matrix(rows, columns)
    return learn.svm_grid_cells(values, rows["label"], rows["replica"], cells, seed=seed_of_draws(case))


def grid_table(case: Case, predictor: str = ALL) -> pd.DataFrame:
    """The rows of the grid that the case reads, of a predictor; cells without an inner fold are left out."""
    table = pd.concat([read_table(p.path / "grid.parquet") for p in case.inputs("grid")], ignore_index=True)
    return table[table["predictor"] == predictor].dropna(subset="accuracy")


def choices(case: Case) -> pd.DataFrame:
    """C and gamma of every predictor and left-out sample."""
    return pd.concat([read_table(p.path / "choice.parquet") for p in case.inputs("fold")], ignore_index=True)
