"""``lammps-glass train``: rows and labels to an indicator, with its scores on rows that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.describe import rows_metadata
from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, check_writable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class SplitBy(StrEnum):
    """What the test rows are: whole replicas (honest), or random rows (leaks, for comparison)."""

    replica = "replica"
    random = "random"


def register(app: typer.Typer) -> None:
    command(app, "train", panel="Dumps")(train)


def train(
    common: Common,
    rows: Annotated[Path, typer.Argument(metavar="ROWS.parquet", help="Rows of `describe`.", show_default=False)],
    labels: Annotated[
        list[Path], typer.Option("--labels", help="Labels of `label`; repeatable, one file a run.", show_default=False)
    ],
    threshold: Annotated[float, typer.Option("--threshold", help="A particle is loose above this label.")],
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
        str | None, typer.Option("--descriptor", "-d", help="Descriptor of rows made elsewhere (without metadata).")
    ] = None,
    glass: Annotated[str | None, typer.Option("--glass", help="Glass of rows made elsewhere.")] = None,
    settings: Settings = None,
) -> None:
    """Train an indicator on labelled rows and print its scores on the rows that were left out.

    The saved indicator is the one that the scores are of: it is trained on the training rows only.
    """
    known = {"indicator": parts.option_names(parts.registry_of("learn"), indicator), **_known(descriptor, glass)}
    options = parts.sort_settings(settings, known)
    seed = 0 if common.seed is None else common.seed
    source = _source(rows, descriptor, glass, options)
    check_writable(output)
    table, columns = _joined(common, rows, labels, label, species, drop_unmatched, source)
    loose, parting = _split(table, label, threshold, split, test_replica, test_fraction, seed)
    if common.dry_run:
        common.show(
            {"rows": len(table), "loose": int(loose.sum())}, f"would train on {len(parting.train)} rows: {parting.name}"
        )
        return
    if "random_state" in known["indicator"]:
        options["indicator"].setdefault("random_state", seed)
    estimator = parts.registry_of("learn").build(indicator, options["indicator"])
    scored = _fit(estimator, table, columns, loose, parting)
    metadata = {
        **source,
        "columns": columns,
        "indicator": indicator,
        "options": parts.plain(options["indicator"]),
        "species": sorted(table["species"].astype(str).unique().tolist()),
        "label": label,
        "threshold": threshold,
        "split": parting.name,
        "scores": scored,
        "seed": seed,
    }
    _save(output, estimator, metadata)
    _report(common, output, metadata, parting.leaking)


def _known(descriptor: str | None, glass: str | None) -> dict[str, list[str]]:
    of_descriptor = parts.option_names(parts.registry_of("descriptors"), descriptor) if descriptor else []
    return {"descriptor": of_descriptor, "glass": parts.glass_options(glass)}


def _source(rows: Path, descriptor: str | None, glass: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """How the rows were made: from their file, or from the options for rows of another origin."""
    from lammps_glass.tables import read_metadata, read_table

    read_table(rows, columns=[])  # a missing or foreign file is named here, before its metadata is asked for
    stored = read_metadata(rows)
    if descriptor is not None:
        built = parts.build_descriptor(descriptor, options["descriptor"], parts.build_glass(glass, options["glass"]))
        return rows_metadata(descriptor, built, glass, options["glass"])
    if "descriptor" not in stored:
        raise InputError(
            f"{rows}: does not say how its rows were made, so that `predict` could not describe a snapshot: "
            "make it with `describe`, or name --descriptor (with --set) and --glass"
        )
    return stored


def _joined(
    common: Common,
    rows: Path,
    labels: Sequence[Path],
    label: str,
    species: list[str] | None,
    drop_unmatched: bool,
    source: dict[str, Any],
) -> tuple[pd.DataFrame, list[str]]:
    """The rows with their label, of the chosen species, and the names of the feature columns."""
    import pandas as pd

    from lammps_glass import learn
    from lammps_glass.tables import read_table

    described = read_table(rows)
    labelled = pd.concat([_read_labels(path, label) for path in labels], ignore_index=True)
    columns = learn.feature_columns(described)
    if list(source["features"]) != columns:
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
    return _of_species(joined.table, species, rows), columns


def _require_finite(table: pd.DataFrame, columns: list[str], rows: Path) -> None:
    """Raise `InputError` unless the features are finite numbers."""
    import numpy as np

    for name in columns:
        values = table[name]
        if values.dtype.kind not in "fiub" or not np.isfinite(values.to_numpy()).all():
            raise InputError(f"{rows}: feature {name} is not a finite number in every row: leave those rows out")


def _read_labels(path: Path, label: str) -> pd.DataFrame:
    """Keys and label, and the species where the table has it: it must be that of the rows."""
    from lammps_glass.tables import KEY, column_names, read_table

    species = ["species"] if "species" in column_names(path) else []
    return read_table(path, [*KEY, *species, label])


def _difference(source: dict[str, Any], columns: list[str]) -> str:
    first = next((name for name in columns if name not in source["features"]), None)
    if first is not None:
        return f"{first} is not one of them"
    missing = next((name for name in source["features"] if name not in columns), None)
    return "their order differs" if missing is None else f"{missing} is missing"


def _of_species(table: pd.DataFrame, species: list[str] | None, rows: Path) -> pd.DataFrame:
    if not species:
        return table
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
) -> tuple[NDArray[np.int64], Any]:
    """(n_rows,) 1 for loose particles, and which rows train and which test."""
    from lammps_glass import learn
    from lammps_glass.learn.rows import check_two_classes

    try:
        loose = learn.binary_labels(table[label], threshold)
    except InputError as error:
        raise InputError(f"--threshold: {error}") from error
    if not 0 < test_fraction < 1:
        raise InputError(f"--test-fraction {test_fraction:g}: give a fraction between 0 and 1")
    if split is SplitBy.random:
        if test_replicas:
            raise InputError("--test-replica goes with --split replica; a random split draws rows of every replica")
        parting = learn.random_rows_split(loose, test_fraction, seed=seed)
    elif test_replicas:
        parting = learn.split_by_replica(table["replica"], test_replicas=test_replicas)
    else:
        n_test = max(1, round(test_fraction * table["replica"].nunique()))
        parting = learn.split_by_replica(table["replica"], n_test=n_test, seed=seed)
    check_two_classes(loose[parting.train], f"training rows (all but {parting.name})")
    check_two_classes(loose[parting.test], f"test rows ({parting.name})")
    return loose, parting


def _fit(
    estimator: Any, table: pd.DataFrame, columns: list[str], loose: NDArray[np.int64], parting: Any
) -> dict[str, float]:
    """Fit on the training rows; the scores of the test rows, then those of the training rows as ``train.*``."""
    from lammps_glass import learn

    values = learn.matrix(table, columns)
    estimator.fit(values[parting.train], loose[parting.train])
    scored: dict[str, float] = {}
    for prefix, part in (("random_split." if parting.leaking else "", parting.test), ("train.", parting.train)):
        predicted = learn.indicator_values(estimator, values[part])
        found = learn.scores(loose[part], predicted, learn.threshold_of(estimator))
        scored |= {f"{prefix}{name}": value for name, value in found.items()}
    return scored


def _save(output: Path, estimator: Any, metadata: dict[str, Any]) -> None:
    from lammps_glass import learn

    with atomic_path(output) as temporary:
        learn.save(temporary, estimator, metadata)


def _report(common: Common, output: Path, metadata: dict[str, Any], leaking: bool) -> None:
    if common.json:
        return common.show({"output": output, **metadata, "leaking": leaking})
    warning = "; LEAKS: rows of one replica train and test, the scores are too good" if leaking else ""
    common.table(
        f"scores on left-out {metadata['split']}{warning}",
        [{"score": name, "value": value} for name, value in metadata["scores"].items()],
    )
    common.say(f"{output}: {metadata['indicator']} trained on species {', '.join(metadata['species'])}")
