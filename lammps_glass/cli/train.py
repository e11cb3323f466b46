"""``lammps-glass train``: train an indicator on rows and labels, and score it on rows that were left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import rows_metadata
from lammps_glass.cli.score_intervals import score_rows, score_test_rows
from lammps_glass.errors import InputError
from lammps_glass.files import check_writable
from lammps_glass.json_types import JsonObject, Options

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lammps_glass.learn.estimator import Estimator
    from lammps_glass.learn.splits import Split


class SplitBy(StrEnum):
    """Test rows: whole replicas, or random rows (leaks, for comparison)."""

    replica = "replica"
    random = "random"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "train", panel="Dumps")(train)


def train(
    common: Common,
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS.parquet", help="Rows of `describe`, or of your own.", show_default=False)
    ],
    labels: Annotated[
        list[Path], typer.Option("--labels", help="Labels of `label`; repeatable, one file a run.", show_default=False)
    ],
    threshold: Annotated[float, typer.Option("--threshold", help="Particles with a label above it are of class 1.")],
    indicator: Annotated[str, typer.Option("--indicator", help="Name; see `list indicators`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File of the trained indicator.")],
    label: Annotated[str, typer.Option("--label", help="Column of the labels.")] = "d2min",
    species: Annotated[
        list[str] | None, typer.Option("--species", help="Learn from these species only; repeatable (default: all).")
    ] = None,
    split: Annotated[
        SplitBy, typer.Option("--split", help="Test whole replicas, or random rows (leaks).")
    ] = SplitBy.replica,
    test_replica: Annotated[
        list[str] | None, typer.Option("--test-replica", help="Test on this one; repeatable.")
    ] = None,
    test_fraction: Annotated[float, typer.Option("--test-fraction", help="Replicas (or rows) to test on.")] = 0.2,
    drop_unmatched: Annotated[
        bool, typer.Option("--drop-unmatched", help="Leave out labels whose particle was not described.")
    ] = False,
    descriptor: Annotated[
        str | None, typer.Option("--descriptor", "-d", help="Descriptor that made rows of your own; or module:Class.")
    ] = None,
    glass: Annotated[
        str | None, typer.Option("--glass", help="Glass of rows of your own: a name or a glass.toml.")
    ] = None,
    settings: Settings = None,
) -> None:
    """Train an indicator on labelled rows and print its scores on the rows that were left out.

    The saved indicator is the one that the scores are of: it is trained on the training rows only. Rows may be any
    Parquet or CSV table with the columns replica, step and particle and numeric ones; without --descriptor the
    indicator is then for such rows only, and `predict` cannot use it on snapshots.
    """
    from lammps_glass import learn

    options_of = {"indicator": parts.registry_of("indicators")[indicator].options()}
    options_of |= _options_of_rows(descriptor, glass)
    options = parts.sort_settings(settings, options_of)
    seed = 0 if common.seed is None else common.seed
    source = _source(rows, descriptor, glass, options)
    check_writable(output)
    table, columns = _joined(common, rows, labels, label, species, drop_unmatched, source)
    classes, parting = _split(table, label, threshold, split, test_replica, test_fraction, seed)
    counts = _counts(classes, parting)
    if common.dry_run:
        common.show(
            {"rows": len(table), "class_1": int(classes.sum()), "counts": counts},
            f"would leave out {parting.name}: {_in_words(counts)}",
        )
        return
    if "random_state" in options_of["indicator"]:
        options["indicator"].setdefault("random_state", seed)
    estimator = parts.registry_of("indicators").build(indicator, options["indicator"])
    scored, interval = _fit(estimator, table, columns, classes, parting, seed)
    metadata = {
        **source,
        "columns": columns,
        "indicator": indicator,
        "options": parts.plain(options["indicator"]),
        "species": sorted(table["species"].astype(str).unique().tolist()) if "species" in table else [],
        "label": label,
        "threshold": threshold,
        "split": parting.name,
        "counts": counts,
        "scores": scored,
        "interval": interval,
        "seed": seed,
    }
    learn.save(output, estimator, metadata)
    _report(common, output, metadata, parting.leaking)


def _options_of_rows(descriptor: str | None, glass: str | None) -> dict[str, list[str]]:
    """List the options of the descriptor and of the glass, for rows made elsewhere."""
    of_descriptor = parts.descriptor_entry(descriptor).options() if descriptor else []
    return {"descriptor": of_descriptor, "glass": parts.glass_options(glass)}


def _source(rows: Path, descriptor: str | None, glass: str | None, options: Mapping[str, Options]) -> JsonObject:
    """Find out how the rows were made, by their file or the options; descriptor None for rows of unknown origin."""
    from lammps_glass.tables import read_metadata, read_table

    read_table(rows, columns=[])  # a missing or foreign file is named here, before its metadata is asked for
    stored = read_metadata(rows)
    if descriptor is not None:
        built_glass = parts.build_glass(glass, options["glass"])
        built = parts.build_descriptor(descriptor, options["descriptor"], built_glass)
        return rows_metadata(descriptor, built, built_glass)
    return stored if "descriptor" in stored else {"descriptor": None}


def _joined(
    common: Common,
    rows: Path,
    labels: Sequence[Path],
    label: str,
    species: list[str] | None,
    drop_unmatched: bool,
    source: JsonObject,
) -> tuple[pd.DataFrame, list[str]]:
    """Join the rows of the chosen species with their labels; also return the names of the feature columns."""
    import pandas as pd

    from lammps_glass import learn
    from lammps_glass.tables import read_table

    described = read_table(rows)
    labelled = pd.concat([_read_labels(path, label) for path in labels], ignore_index=True)
    try:
        columns = learn.feature_columns(described)
    except InputError as error:
        raise InputError(f"{rows}: {error}") from error
    if source["descriptor"] is not None and list(source["features"]) != columns:
        raise InputError(
            f"{rows}: its columns are not the features of {source['descriptor']}: {_difference(source, columns)}"
        )
    _require_finite(described, columns, rows)
    try:
        joined = learn.join(described, labelled, labels_without_row="drop" if drop_unmatched else "error")
    except InputError as error:
        raise InputError(f"{rows} and {', '.join(map(str, labels))}: {error}") from error
    common.say(
        f"{len(joined.table)} rows with a label, {joined.rows_without_label} rows without, "
        f"{joined.labels_without_row} labels without a row"
    )
    return _of_species(_with_value(common, joined.table, label), species, rows), columns


def _with_value(common: Common, table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Leave out the particles that have no value of the label (NaN), such as those of neither class."""
    without = table[label].isna()
    if without.all():
        raise InputError(f"no row has a value of {label} (of neither class, or a run that ends before): label more")
    if without.any():
        common.say(f"{int(without.sum())} rows have no value of {label} and are left out")
    return table[~without].reset_index(drop=True)


def _require_finite(table: pd.DataFrame, columns: list[str], rows: Path) -> None:
    """Raise `InputError` unless the features are finite numbers."""
    import numpy as np

    for name in columns:
        values = table[name]
        if values.dtype.kind not in "fiub" or not np.isfinite(values.to_numpy()).all():
            raise InputError(f"{rows}: feature {name} is not a finite number in every row: leave those rows out")


def _read_labels(path: Path, label: str) -> pd.DataFrame:
    """Read the key columns, the label, and the species where the table has it."""
    from lammps_glass.tables import KEY, column_names, read_table

    species = ["species"] if "species" in column_names(path) else []
    return read_table(path, [*KEY, *species, label])


def _difference(source: JsonObject, columns: list[str]) -> str:
    """Describe the first difference of the columns from the features of the descriptor."""
    first = next((name for name in columns if name not in source["features"]), None)
    if first is not None:
        return f"{first} is not one of them"
    missing = next((name for name in source["features"] if name not in columns), None)
    return "their order differs" if missing is None else f"{missing} is missing"


def _of_species(table: pd.DataFrame, species: list[str] | None, rows: Path) -> pd.DataFrame:
    if not species:
        return table
    if "species" not in table:
        raise InputError(f"{rows}: no column species, which --species chooses from")
    names = table["species"].astype(str)
    foreign = sorted(set(species) - set(names))
    if foreign:
        raise InputError(f"{rows}: no particle of species {', '.join(foreign)}; it has {', '.join(sorted(set(names)))}")
    return table[names.isin(species)].reset_index(drop=True)


def _split(
    table: pd.DataFrame,
    label: str,
    threshold: float,
    split: SplitBy,
    test_replicas: list[str] | None,
    test_fraction: float,
    seed: int,
) -> tuple[NDArray[np.int64], Split]:
    """Assign the classes (n_rows,), and split the rows into training and test rows."""
    from lammps_glass import learn
    from lammps_glass.learn.rows import check_two_classes

    try:
        classes = learn.binary_labels(table[label], threshold)
    except InputError as error:
        raise InputError(f"--threshold: {error}") from error
    if not 0 < test_fraction < 1:
        raise InputError(f"--test-fraction {test_fraction:g}: give a fraction between 0 and 1")
    if split is SplitBy.random:
        if test_replicas:
            raise InputError("--test-replica goes with --split replica; a random split draws rows of every replica")
        parting = learn.random_rows_split(classes, test_fraction, seed=seed)
    elif test_replicas:
        parting = learn.split_by_replica(table["replica"], test_replicas=test_replicas)
    else:
        n_test = max(1, round(test_fraction * table["replica"].nunique()))
        parting = learn.split_by_replica(table["replica"], n_test=n_test, seed=seed)
    check_two_classes(classes[parting.train], f"training rows (all but {parting.name})")
    check_two_classes(classes[parting.test], f"test rows ({parting.name})")
    return classes, parting


def _counts(classes: NDArray[np.int64], parting: Split) -> dict[str, int]:
    """Count the rows, and those of class 1, of both parts."""
    return {
        f"{part}_{name}": int(count)
        for part, rows in (("train", parting.train), ("test", parting.test))
        for name, count in (("rows", len(rows)), ("class_1", classes[rows].sum()))
    }


def _in_words(counts: Mapping[str, int]) -> str:
    return (
        f"{counts['train_rows']} rows train ({counts['train_class_1']} of class 1), "
        f"{counts['test_rows']} test ({counts['test_class_1']} of class 1)"
    )


def _fit(
    estimator: Estimator,
    table: pd.DataFrame,
    columns: list[str],
    classes: NDArray[np.int64],
    parting: Split,
    seed: int,
) -> tuple[dict[str, float], str]:
    """Fit on the training rows, and score the test rows, with intervals, then the training rows as ``train.*``.

    Returns
    -------
    tuple
        Scores by name, ``<name>.low`` and ``<name>.high`` among them, and what the intervals are over.
    """
    from lammps_glass import learn

    values = learn.matrix(table, columns)
    estimator.fit(values[parting.train], classes[parting.train])
    threshold = learn.threshold_of(estimator)
    predicted = {part: learn.indicator_values(estimator, values[part_rows]) for part, part_rows in _parts(parting)}
    replicas = table["replica"].astype(str).to_numpy(dtype=object)[parting.test]
    tested, interval = score_test_rows(classes[parting.test], predicted["test"], replicas, threshold, seed)
    prefix = "random_split." if parting.leaking else ""
    scored = {f"{prefix}{name}": value for name, value in tested.items()}
    trained = learn.scores(classes[parting.train], predicted["train"], threshold)
    return scored | {f"train.{name}": value for name, value in trained.items()}, interval


def _parts(parting: Split) -> tuple[tuple[str, NDArray[np.intp]], ...]:
    return ("test", parting.test), ("train", parting.train)


def _report(common: Common, output: Path, metadata: JsonObject, leaking: bool) -> None:
    """Print the scores, with a warning when the split leaks."""
    if common.json:
        return common.show({"output": output, **metadata, "leaking": leaking})
    warning = "; LEAKS: rows of one replica train and test, the scores are too good" if leaking else ""
    common.table(f"scores on left-out {metadata['split']}{warning}", score_rows(metadata["scores"]))
    common.say(f"intervals: {metadata['interval']}")
    common.say(_in_words(metadata["counts"]))
    common.say(f"{output}: {metadata['indicator']} trained on species {', '.join(metadata['species']) or 'unknown'}")
    if metadata["descriptor"] is None:
        common.say(
            "the rows do not say which descriptor made them: `predict` cannot describe a snapshot for this indicator "
            "(train again with --descriptor to name it)"
        )
