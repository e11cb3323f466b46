"""Support vector machines with barriers, for each left-out sample, on the particles that were searched around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.json_types import Json
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.products import Rows, pooled
from lammps_glass.simulate.work import Work
from lammps_glass.studies.igd.learning import FAMILIES, families, labelled
from lammps_glass.studies.igd.products import BarrierFold, Fold
from lammps_glass.studies.igd.samples import ALL
from lammps_glass.tables import KEY

#: Feature of the descriptor that is no barrier: their number, the same for most particles.
COUNT = "n_genuine"


@dataclass(frozen=True)
class BarrierFoldParameters:
    """Grid over C and gamma for the machines that use barriers; the other families keep their choices."""

    log2_c: tuple[float, ...] = (-3.0, -1.0, 1.0, 3.0, 5.0, 7.0, 9.0)
    log2_gamma: tuple[float, ...] = (-11.0, -9.0, -7.0, -5.0, -3.0, -1.0)


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare one case; the rows are those of the particles with barriers."""
    rows = float(sum(work.rows for work in reads["barriers"]))
    return Work(sum(counts.values()), {"cases": 1.0, "rows": rows}, 1, rows)


@operation(work=work, rates={"cases": 3.0, "rows": 1e-4})
def fit_with_barriers(
    case: Case[BarrierFoldParameters], rows: Sequence[Rows], barriers: Sequence[Rows], fold: Fold
) -> BarrierFold:
    """Fit on all samples but ``left_out`` and predict that one: barriers alone, each other family, and all together."""
    parameters, seed = case.parameters, rows[0].seed
    table, members = with_barriers(rows, barriers, fold.metadata["threshold"])
    split = learn.split_by_replica(table["replica"], test_replicas=[fold.left_out])
    training = table.iloc[split.train]
    if training["label"].nunique() < 2:
        raise InputError(
            f"stages.{case.stage}: the {len(training)} training atoms with barriers are of one class: search around "
            "more atoms, or shear further"
        )
    cells = [(c, gamma) for c in parameters.log2_c for gamma in parameters.log2_gamma]
    tested = training[training.groupby("replica")["label"].transform("nunique") == 2]
    stored = {
        row["predictor"]: (float(row["C"]), float(row["gamma"])) for row in fold.choices.read().to_dict("records")
    }
    choices: dict[str, tuple[float, float]] = {}
    every = [name for columns in members.values() for name in columns]
    for name, columns in {ALL: every, **members}.items():
        if name in stored and name != ALL:
            choices[name] = stored[name]
            continue
        grid = None
        if learn.can_cross_validate(tested["replica"]):
            values = learn.matrix(tested, columns)
            grid = learn.svm_grid_cells(values, tested["label"], tested["replica"], cells, seed=seed)
        choice = learn.choose_svm(grid)
        choices[name] = (choice.C, choice.gamma)
    predictions = learn.family_predictions(table, members, [split], chosen=choices, in_deviations=True, seed=seed)
    result = BarrierFold(case.directory)
    chosen: dict[str, Json] = {name: list(values) for name, values in choices.items()}
    result.predictions.write(predictions, {"predictors": list(choices), "C and gamma": chosen})
    return result


def with_barriers(
    rows: Sequence[Rows], barriers: Sequence[Rows], threshold: float
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Join the barriers to the rows of the particles that have any; return also the features of each family."""
    columns = [name for name in barriers[0].features if name != COUNT]
    found = pooled(barriers, [*KEY, *columns]).dropna(subset=columns)
    table = labelled(rows, threshold).merge(found, on=KEY, validate="one_to_one")
    return table, {**families(rows[0]), FAMILIES["barriers"]: columns}
