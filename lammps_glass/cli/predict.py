"""``lammps-glass predict``: write a trained indicator as a per-particle column of a dump."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, command
from lammps_glass.cli.reading import Boundary, Reader, RowsAreParticles, Snapshots, TypeNames, located
from lammps_glass.errors import InputError
from lammps_glass.files import check_writable
from lammps_glass.json_types import JsonObject

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.learn.estimator import Estimator
    from lammps_glass.registry import Entry
    from lammps_glass.snapshots import Snapshot

NEEDED = ("descriptor", "parameters", "columns", "indicator", "species")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "predict", panel="Dumps")(predict)


def predict(
    common: Common,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Trained indicator of `train`.", show_default=False)],
    snapshots: Snapshots,
    output: Annotated[Path, typer.Option("--output", "-o", help="Dump or .extxyz file to write, or with .gz, .zst.")],
    species: Annotated[
        list[str] | None,
        typer.Option("--species", help="Predict for these species (default: those it was trained on)."),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Only the last frame of each file.")] = False,
    descriptor: Annotated[
        str | None, typer.Option("--descriptor", "-d", help="The module:Class that MODEL says it needs, if it does.")
    ] = None,
    types: TypeNames = None,
    boundary: Boundary = None,
    rows_are_particles: RowsAreParticles = False,
) -> None:
    """Write the dumps again with the indicator as a per-particle column, named after it, that OVITO opens.

    All frames of all files go into one dump, in the order given. Particles of other species than those predicted get
    the value nan, which OVITO shows as such.
    """
    predictor, glass = load_predictor(model, species, descriptor, common.seed)
    _check_output(output)
    reader = Reader(glass, types, boundary, rows_are_particles, common.say)
    frames = predictor.frames(snapshots, reader, last)
    column = predictor.column
    if common.dry_run:
        count = sum(1 for path in snapshots for _ in reader.frames(path, last=last))
        return common.show({"frames": count}, f"would predict {column} of {count} frames")
    written = _write(output, frames)
    common.show({"output": output, "frames": written, "column": column}, f"{output}: {written} frames, column {column}")


def load_predictor(
    model: Path, species: Sequence[str] | None, descriptor: str | None, seed: int | None
) -> tuple[Predictor, Glass | None]:
    """Load a trained indicator with what describes a bare snapshot, and the glass that it was trained on.

    Raises
    ------
    InputError
        The model does not say how its rows were made, or from features that its descriptor does not have.
    """
    from lammps_glass import learn

    estimator, metadata = learn.load(model)
    if metadata.get("columns") and metadata.get("descriptor", "") is None:
        raise InputError(
            f"{model}: was trained on rows that do not say which descriptor made them; it needs the columns "
            f"{_shortened(metadata['columns'])}: train it again with --descriptor, or on rows of `describe`"
        )
    missing = [key for key in NEEDED if key not in metadata]
    if missing:
        raise InputError(f"{model}: its metadata lack {', '.join(missing)}: train it with `lammps-glass train`")
    entry = _descriptor_entry(model, metadata, descriptor)
    glass = _glass(model, metadata)
    built = entry.build(metadata["parameters"])
    names = list(built.feature_names)
    if not set(metadata["columns"]) <= set(names):
        raise InputError(
            f"{model}: was trained on other features than {metadata['descriptor']} has now: train it again"
        )
    chosen = [names.index(name) for name in metadata["columns"]]
    column = str(metadata["indicator"]).replace("-", "_")
    describe_one = parts.describing(built, glass, seed)
    return Predictor(estimator, describe_one, chosen, tuple(species or metadata["species"]), column), glass


def _descriptor_entry(model: Path, metadata: JsonObject, confirmed: str | None) -> Entry:
    """Return the entry of the descriptor of a model; code that is not installed must be confirmed by its target.

    A model is data and may come from anyone: it must not decide which code is imported from the current folder.
    """
    needed = str(metadata["descriptor"])
    if confirmed is not None and confirmed != needed:
        raise InputError(f"--descriptor {confirmed}: {model} was trained on rows of {needed}")
    if ":" in needed and confirmed is None:
        raise InputError(
            f"{model}: needs the descriptor {needed}, which is not installed as a plug-in: if you trust it, add "
            f"-d {needed} (its module is found on PYTHONPATH and in the current folder)"
        )
    return parts.descriptor_entry(needed)


def _glass(model: Path, metadata: JsonObject) -> Glass | None:
    """Build the glass of a model; a table of it that has moved or changed is named with the model."""
    if metadata.get("glass") is None:
        return None
    from lammps_glass import glasses

    try:
        return glasses.build(str(metadata["glass"]), metadata.get("glass_options"))
    except InputError as error:
        raise InputError(f"{model}: {error}") from error


def _shortened(names: Sequence[str], limit: int = 10) -> str:
    listed = ", ".join(names[:limit])
    return f"{listed} and {len(names) - limit} more" if len(names) > limit else listed


class Predictor:
    """An indicator with the function that describes a snapshot, and the columns that it uses."""

    def __init__(
        self,
        estimator: Estimator,
        describe: parts.Describe,
        columns: Sequence[int],
        species: tuple[str, ...],
        column: str,
    ) -> None:
        self.estimator, self.describe, self.columns = estimator, describe, list(columns)
        self.species, self.column = species, column

    def frames(self, paths: Sequence[Path], reader: Reader, last: bool) -> Iterator[Snapshot]:
        """Iterate over the snapshots with the column of the indicator."""
        for path in paths:
            for snapshot in reader.frames(path, last=last):
                try:
                    yield self.predicted(snapshot)
                except InputError as error:
                    raise located(error, path, snapshot.step) from error

    def predicted(self, snapshot: Snapshot) -> Snapshot:
        """Add the column of the indicator to a snapshot; NaN for particles of other species."""
        import numpy as np

        from lammps_glass import learn

        chosen = np.isin(snapshot.species_of_particles, self.species)
        if not chosen.any():
            raise InputError(
                f"no particle of species {', '.join(self.species)}, which the indicator is for; "
                f"the snapshot has {', '.join(snapshot.species)}"
            )
        values = np.full(len(snapshot), np.nan)
        features = self.describe(snapshot)[chosen][:, self.columns]
        values[chosen] = learn.indicator_values(self.estimator, features)
        return snapshot.with_properties(**{self.column: values})


def _check_output(output: Path) -> None:
    from lammps_glass.snapshots.files import kind_of_name

    check_writable(output)
    if kind_of_name(output) == "data":
        raise InputError(f"{output}: a data file has no column for the indicator: write a dump or an .extxyz file")


def _write(output: Path, frames: Iterator[Snapshot]) -> int:
    """Write the frames as they come, and return their number."""
    from lammps_glass.snapshots.files import write

    count = 0

    def counted() -> Iterator[Snapshot]:
        """Count the frames."""
        nonlocal count
        for frame in frames:
            count += 1
            yield frame

    write(output, counted())
    return count
