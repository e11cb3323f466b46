"""The operation ``predict``: apply the indicators that left a replica out to its particles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.json_types import JsonObject
from lammps_glass.learn.estimator import Estimator, Floats
from lammps_glass.operations.case import Case, NoParameters
from lammps_glass.operations.describe import features_of, labelled_configurations
from lammps_glass.operations.fit import LEFT_OUT, random_fold
from lammps_glass.operations.operation import operation
from lammps_glass.operations.parts import DescriptorPart
from lammps_glass.products import Labels, PredictedColumn, Predictions, Record, Rows, SavedIndicator
from lammps_glass.simulate.work import Work


class LoadedIndicator(NamedTuple):
    """An indicator with its metadata and its column of predictions."""

    estimator: Estimator
    metadata: JsonObject
    column: PredictedColumn


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the rows that are predicted, or the particles that are described first."""
    rows = sum(work.rows for work in reads.get("rows", ()))
    described = float(sum(work.n_particles * work.snapshots for work in reads.get("configurations", ())))
    labelled = sum(work.rows for work in reads.get("labels", ()))
    return Work(parts={"cases": 1.0, "rows": rows, "particles": described}, rows=rows or labelled)


@operation(work=work, rates={"cases": 1.5, "rows": 1e-5, "particles": 1e-4})
def predict(
    case: Case[NoParameters],
    indicators: Sequence[SavedIndicator],
    rows: Rows | None = None,
    labels: Labels | None = None,
    configurations: Sequence[Record] = (),
) -> Predictions:
    """Predict the particles of one replica, each by the indicator that was not trained on it.

    An indicator without ``left_out`` is applied too; its column says which replicas trained it.

    Parameters
    ----------
    rows
        Rows to predict; or
    labels, configurations
        labelled particles, which are described anew: for trajectories whose rows are too many to keep. Without labels
        the particles of the species that trained the indicator are described in every configuration.

    Raises
    ------
    InputError
        No indicator left the replica out, or neither rows nor configurations are wired.
    """
    loaded = [load(product) for product in indicators]
    folds = sorted({str(left_out_of(i.metadata)) for i in loaded if left_out_of(i.metadata) is not None})
    applied = [indicator for indicator in loaded if applies(indicator, case.replica)]
    if not applied:
        raise InputError(f"stages.{case.stage}: no indicator has left replica {case.replica} out")
    if rows is None and not configurations:
        raise InputError(f"stages.{case.stage}.reads: wire rows, or labels and configurations, or these alone")
    columns = rows.label_columns if rows else labels.label_columns if labels else ()
    kept = ["replica", "step", "particle", "species", *(column.name for column in columns)]

    def groups() -> Iterator[pd.DataFrame]:
        """Iterate over the predictions, a configuration at a time."""
        for table in tables(case, applied[0], rows, labels, configurations):
            predicted = table[kept].copy()
            for indicator in applied:  # of folds of random rows, each predicts the rows that it has left out
                values = pd.Series(indicator_column(indicator, table, folds), index=table.index)
                name = indicator.column.name
                predicted[name] = predicted[name].fillna(values) if name in predicted else values
            yield predicted

    predictions = Predictions(case.directory)
    predictions.write(groups(), list({i.column.name: i.column for i in applied}.values()), columns)
    return predictions


def tables(
    case: Case[NoParameters],
    indicator: LoadedIndicator,
    rows: Rows | None,
    labels: Labels | None,
    configurations: Sequence[Record],
) -> Iterator[pd.DataFrame]:
    """Iterate over rows with labels and features, a configuration at a time."""
    if rows is not None:
        yield from (group for _, group in rows.table.read().groupby("step", sort=True))
        return
    part = DescriptorPart(indicator.metadata["descriptor"], indicator.metadata["parameters"])
    descriptor = part.build(case.glass)
    for snapshot, keys in labelled_configurations(
        case.stage, case.replica, configurations, labels, labelled_only=False
    ):
        if labels is None:
            keys = keys[keys["species"].isin(indicator.metadata["species"])]
        features = features_of(descriptor, snapshot, case.glass, case.seed, keys)
        yield pd.concat([keys, features], axis=1)


def load(product: SavedIndicator) -> LoadedIndicator:
    """Load an indicator; the name of its column only distinguishes the indicators of one replica."""
    from lammps_glass import learn

    estimator, metadata = product.load()
    conditions = {name: value for name, value in product.conditions.items() if name != LEFT_OUT}
    named = conditions if "indicator" in conditions else {"indicator": metadata["indicator"], **conditions}
    column = PredictedColumn(
        name="_".join([*map(str, named.values()), *([] if left_out_of(metadata) is not None else ["all_replicas"])]),
        indicator=metadata["indicator"],
        threshold=learn.threshold_of(estimator),
        training_replicas=_training_replicas(metadata) if left_out_of(metadata) is None else (),
        leaking=_is_random(metadata),
        conditions=named,
    )
    return LoadedIndicator(estimator, metadata, column)


def left_out_of(metadata: JsonObject) -> str | None:
    """Return the replica that an indicator left out; None where it left out none, as `BarcodeFit` does."""
    left_out: str | None = metadata.get(LEFT_OUT)
    return left_out


def _training_replicas(metadata: JsonObject) -> tuple[str, ...]:
    """Return the replicas that trained an indicator, or the runs (`BarcodeFit`)."""
    return tuple(metadata["training_replicas"] if "training_replicas" in metadata else metadata["training_runs"])


def _is_random(metadata: JsonObject) -> bool:
    """Return whether random rows were left out instead of replicas."""
    return metadata.get("split") == "random"


def applies(indicator: LoadedIndicator, replica: str) -> bool:
    """Return whether an indicator predicts rows of a replica: it left them out, or it was trained on all replicas."""
    return _is_random(indicator.metadata) or left_out_of(indicator.metadata) in (None, replica)


def indicator_column(indicator: LoadedIndicator, table: pd.DataFrame, folds: Sequence[str]) -> Floats:
    """Return (n_rows,) values of an indicator; NaN for rows of another fold of random rows."""
    from lammps_glass import learn

    estimator, metadata, _ = indicator
    values = learn.indicator_values(estimator, learn.matrix(table, metadata["columns"]))
    if _is_random(metadata) and left_out_of(metadata) is not None:
        values = np.where(random_fold(table, folds) == left_out_of(metadata), values, np.nan)
    return values
