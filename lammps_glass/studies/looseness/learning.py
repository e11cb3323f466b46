"""What is learned: an indicator for each left-out replica, and the paper's own split with its scans and ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass import learn
from lammps_glass.errors import InputError
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import (
    UNIFORM,
    d2min_column,
    indicator_path,
    left_out_replica,
    loose_column,
    save_indicator,
)
from lammps_glass.tables import read_metadata, read_table, write_table

#: Of the indicator.
NAME = "looseness"
#: Names in the table of scans: class 1 is loose, class 0 is tight.
SCAN_COLUMNS = {"recall": "accuracy_loose", "specificity": "accuracy_tight"}
#: Scans list combinations with fewer loose rows than this without a score, unless none has more.
SMALLEST = 20


@dataclass(frozen=True)
class FitParameters:
    """How an indicator is fitted: see section 2.3.4 of the paper. The same at every preset.

    `lag` in snapshots and `threshold` make the label; the `n_features` best of the ranking are used. `ranking_rows` and
    `scan_rows` are the sizes of a class in the five balanced samples of the ranking and of the scans; fewer where
    there are fewer. The ranking removes `ranking_step` features at a time.
    """

    lag: int = 1
    threshold: float = 0.15
    n_features: int = 10
    C: float = 1.0
    n_learners: int = 10
    n_samples: int = 5
    ranking_rows: int = 2115
    scan_rows: int = 1285
    ranking_step: int = 2
    n_test: int = 2


def features_of(table: pd.DataFrame) -> list[str]:
    """Columns that are descriptors: not the key, the labels or the flags of samples."""
    flags = [str(name) for name in table if str(name).startswith((UNIFORM, "loose_", "d2min_"))]
    return learn.feature_columns(table, exclude=flags)


def pooled_rows(case: Case) -> pd.DataFrame:
    """Rows of all replicas that the case reads, sorted by key."""
    parts = [read_table(product.path / "rows.parquet") for product in case.inputs("describe")]
    return pd.concat(parts, ignore_index=True)


def labelled(table: pd.DataFrame, lag: int, threshold: float) -> pd.DataFrame:
    """Rows to learn from: all sampled loose ones, and of the uniform sample those that are tight; column ``label``."""
    value = table[d2min_column(lag)]
    flag = loose_column(lag, threshold)
    if flag not in table:
        raise InputError(f"rows were sampled without threshold {threshold:g} at lag {lag}: add it to stages.describe")
    loose = table[flag].to_numpy(dtype=bool)
    tight = (table[UNIFORM] & (value <= threshold)).to_numpy(dtype=bool)
    if not loose.any():
        raise InputError(f"threshold {threshold:g} leaves no loose particle in training: lower it or run longer")
    return table[loose | tight].assign(label=loose[loose | tight].astype(np.int64)).reset_index(drop=True)


def rank(rows: pd.DataFrame, columns: list[str], parameters: FitParameters, seed: int) -> pd.DataFrame:
    """Ranking of the features by recursive elimination on balanced samples."""
    return learn.rank_features(
        learn.matrix(rows, columns),
        rows["label"],
        columns,
        n_samples=parameters.n_samples,
        size_per_class=parameters.ranking_rows,
        step=parameters.ranking_step,
        seed=seed,
    )


def fit_ensemble(rows: pd.DataFrame, columns: list[str], parameters: FitParameters, seed: int) -> Any:
    """EasyEnsemble of logistic regressions on the chosen columns."""
    ensemble = learn.EasyEnsemble(C=parameters.C, n_estimators=parameters.n_learners, random_state=seed)
    return ensemble.fit(learn.matrix(rows, columns), rows["label"].to_numpy())


def _keep(case: Case, estimator: Any, columns: list[str], replicas: list[str]) -> None:
    """Save with what ``predict`` needs to describe a bare snapshot."""
    described = read_metadata(case.inputs("describe")[0].path / "rows.parquet")
    metadata = {
        "descriptor": described["descriptor"],
        "parameters": described["parameters"],
        "species": sorted(described["species"]),
        "columns": columns,
        "threshold": case.parameters.threshold,
        "training_replicas": replicas,
    }
    save_indicator(case, NAME, estimator, metadata)


def fit_without_one(case: Case) -> None:
    """Rank, choose and fit on all replicas but ``left_out``; nothing of that replica is seen."""
    parameters: FitParameters = case.parameters
    table = pooled_rows(case)
    left_out = left_out_replica(case, table)
    rows = labelled(table[table["replica"] != left_out], parameters.lag, parameters.threshold)
    ranking = rank(rows, features_of(table), parameters, case.seed)
    columns = ranking["feature"].head(parameters.n_features).tolist()
    write_table(case.directory / "ranking.parquet", ranking)
    test = labelled(table, parameters.lag, parameters.threshold).query("replica == @left_out")
    write_table(case.directory / "by_number.parquet", _by_number(rows, test, ranking, parameters, case.seed))
    _keep(case, fit_ensemble(rows, columns, parameters, case.seed), columns, sorted(set(rows["replica"])))


def fit(case: Case) -> None:
    """The paper's own way: one split of whole replicas; scans, choice of C, ranking."""
    parameters: FitParameters = case.parameters
    table = pooled_rows(case)
    columns = features_of(table)
    rows = labelled(table, parameters.lag, parameters.threshold)
    split = learn.split_by_replica(rows["replica"], n_test=parameters.n_test, seed=case.seed)
    training = rows.iloc[split.train]
    ranking = rank(training, columns, parameters, case.seed)
    best = ranking["feature"].head(parameters.n_features).tolist()
    estimator = fit_ensemble(training, best, parameters, case.seed)
    _keep(case, estimator, best, sorted(set(training["replica"])))
    tables = {
        "scan": _scan(table, columns, parameters, case.seed),
        "choice_of_c": _choose_c(training, columns, parameters, case.seed),
        "ranking": ranking,
        "train": _training_scores(training, best, estimator, case.seed),
        "random_rows": _random_rows(rows, best, parameters, case.seed),
    }
    for name, one in tables.items():
        write_table(case.directory / f"{name}.parquet", one)


def _choose_c(rows: pd.DataFrame, columns: list[str], parameters: FitParameters, seed: int) -> pd.DataFrame:
    """Table S2, by folds of whole replicas; of random rows (which leak) where a fold would train without loose rows."""
    loose_replicas = rows.loc[rows["label"] == 1, "replica"].nunique()
    by_replica = loose_replicas >= 3
    table = learn.choose_c(
        learn.matrix(rows, columns),
        rows["label"],
        rows["replica"] if by_replica else None,
        n_samples=parameters.n_samples,
        n_folds=5 if by_replica else min(5, int(rows["label"].sum())),
        size_per_class=parameters.scan_rows,
        seed=seed,
    )
    return table.assign(folds="replica" if by_replica else "random rows (leaks)")


def _scan(table: pd.DataFrame, columns: list[str], parameters: FitParameters, seed: int) -> pd.DataFrame:
    """Scores by interval and threshold on samples of one size; each combination draws from its own samples of rows."""
    flags = [str(name) for name in table if str(name).startswith("loose_") and table[name].any()]
    counts = [int(table[flag].sum()) for flag in flags]
    if not counts:
        raise InputError("no particle is loose at any threshold: lower the thresholds or run longer")
    smallest = min(SMALLEST, max(counts))
    size = min([parameters.scan_rows, *(count for count in counts if count >= smallest)])
    options: dict[str, Any] = {
        "n_samples": parameters.n_samples,
        "size_per_class": size,
        "smallest": smallest,
        "seed": seed,
    }
    found = []
    for flag in flags:
        lag, threshold = int(flag.split("_")[1]), float(flag.split("_")[2])
        rows = labelled(table, lag, threshold).rename(columns={d2min_column(lag): "d2min"})
        try:
            found.append(learn.threshold_scan({lag: rows}, columns, [threshold], C=parameters.C, **options))
        except InputError:  # a fold of whole replicas trains without a loose row: this combination cannot be judged
            found.append(pd.DataFrame([{"dt": lag, "threshold": threshold, "folds": "replica", "leaking": False}]))
    columns_of_scan = {"dt": "lag", **SCAN_COLUMNS, **{f"{n}_std": f"{c}_std" for n, c in SCAN_COLUMNS.items()}}
    return pd.concat(found, ignore_index=True).rename(columns=columns_of_scan)


def _by_number(
    rows: pd.DataFrame, test: pd.DataFrame, ranking: pd.DataFrame, parameters: FitParameters, seed: int
) -> pd.DataFrame:
    """Figure 5A's share of one left-out replica: how many of its loose and tight rows are right, by number of features.

    Columns ``n_features``, ``sample``, and ``loose``, ``loose_right``, ``tight``, ``tight_right`` (rows).
    """
    samples = learn.balanced_samples(rows["label"], parameters.n_samples, parameters.ranking_rows, seed=seed).indices
    order = ranking["feature"].tolist()
    values, labels = learn.matrix(rows, order), rows["label"].to_numpy()
    tested, loose = learn.matrix(test, order), test["label"].to_numpy() == 1
    found = []
    for count in range(1, len(order) + 1):
        for number, chosen in enumerate(samples):
            model = learn.logistic(parameters.C)().fit(values[chosen, :count], labels[chosen])
            right = (model.predict_proba(tested[:, :count])[:, 1] > 0.5) == loose
            found.append((count, number, loose.sum(), right[loose].sum(), (~loose).sum(), right[~loose].sum()))
    columns = ["n_features", "sample", "loose", "loose_right", "tight", "tight_right"]
    return pd.DataFrame(found, columns=columns)


def _training_scores(rows: pd.DataFrame, columns: list[str], estimator: Any, seed: int) -> pd.DataFrame:
    """Scores on a balanced sample of the rows that trained, as the paper gives its training accuracy."""
    sample = learn.balanced_samples(rows["label"], 1, None, seed=seed).indices[0]
    probability = estimator.predict_proba(learn.matrix(rows.iloc[sample], columns))[:, 1]
    return pd.DataFrame([learn.scores(rows["label"].to_numpy()[sample], probability)])


def _random_rows(rows: pd.DataFrame, columns: list[str], parameters: FitParameters, seed: int) -> pd.DataFrame:
    """The leaking comparison: folds of random rows, the same estimator and features."""
    return learn.random_row_predictions(
        rows,
        columns,
        lambda: learn.EasyEnsemble(C=parameters.C, n_estimators=parameters.n_learners, random_state=seed),
        seed=seed,
    )


def predict(case: Case) -> None:
    """``predictions.parquet``: looseness of every labelled particle of a replica by two indicators.

    ``looseness`` is of the indicator that left the replica out, ``looseness_split`` of the paper's split, which may
    have trained on the replica.
    """
    from lammps_glass.descriptors import REGISTRY
    from lammps_glass.studies.common import frames
    from lammps_glass.tables import TableWriter, iter_table

    fold = next(p for p in case.inputs("fold") if str(p.conditions["left_out"]) == case.replica)
    folders = {"looseness": fold.path, "looseness_split": case.input("learn")}
    indicators = {name: learn.load(indicator_path(folder, NAME)) for name, folder in folders.items()}
    metadata = indicators["looseness"][1]
    descriptor = REGISTRY.build(metadata["descriptor"], metadata["parameters"])
    columns = list(descriptor.feature_names)
    at = {name: [columns.index(c) for c in said["columns"]] for name, (_, said) in indicators.items()}
    groups = iter_table(case.input("label") / "labels.parquet")
    with TableWriter(case.directory / "predictions.parquet") as writer:
        for snapshot, rows in zip(frames(case, "relax"), groups, strict=True):
            values = descriptor.compute(snapshot)[np.searchsorted(snapshot.ids, rows["particle"].to_numpy())]
            predicted = {n: e.predict_proba(values[:, at[n]])[:, 1] for n, (e, _) in indicators.items()}
            writer.write(rows.assign(**predicted))
