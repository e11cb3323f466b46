"""Sets of configurations that a study makes: it is run, and its labels are written as files that anyone can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lammps_glass.comparison.spec import ComparisonFile, SetSpec
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.files import atomic_path
from lammps_glass.operations.describe import snapshot_at
from lammps_glass.products import Labels, Record, Rows
from lammps_glass.products.keys import rows_in
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

if TYPE_CHECKING:
    import pandas as pd

    from lammps_glass.workflow.stages import CaseId
    from lammps_glass.workflow.study import Study


#: Arrays of a file that are no labels.
_GEOMETRY = ("step", "ids", "positions", "types", "box")


def folder_of_study(name: str, spec: SetSpec, file: ComparisonFile, out: Path, say: Callable[[str], None]) -> Path:
    """Run the study of a set, from where it stopped, and return the folder of its configurations with labels.

    The study's folder is ``out/studies/<study>``, which sets of one study share; that of the configurations is
    ``out/sets/<set>``: one npz file a replica, as `comparison.data` reads them.

    Raises
    ------
    InputError
        A stage writes no labels, or stages label different configurations of a replica.
    SimulationError
        A case failed.
    """
    from lammps_glass.workflow import reproduce

    study = study_of(spec, file, out)
    say(f"{name}: runs {spec.study}, preset {spec.preset or 'none'}, in {study.out}")
    summary = reproduce(study, cores=file.cores, quiet=True)
    if failed := summary["cases"]["failed"]:
        raise SimulationError(
            f"sets.{name}: {len(failed)} cases of {study.out} failed, first {failed[0]}: see status {study.out}"
        )
    folder = out / "sets" / name
    folder.mkdir(parents=True, exist_ok=True)
    for replica, arrays in _replicas(name, study, spec).items():
        _write(folder / f"{replica}.npz", {key: value for key, value in arrays.items() if key not in ("step", "ids")})
    return folder


def study_of(spec: SetSpec, file: ComparisonFile, out: Path) -> Study:
    """Read and check the study of a set, whose folder is ``out/studies/<study>``; nothing is run."""
    from lammps_glass.hashing import digest
    from lammps_glass.workflow import Study

    path = file.path.parent / spec.study
    folder_name = "-".join([Path(spec.study).stem, *([digest(spec.settings)[:8]] if spec.settings else [])])
    return Study.read(
        path if path.is_file() else spec.study, spec.preset, out / "studies" / folder_name, list(spec.settings)
    )


def _replicas(name: str, study: Study, spec: SetSpec) -> dict[str, dict[str, Floats]]:
    """Collect the arrays of each replica from the cases of the label stages."""
    replicas: dict[str, dict[str, Floats]] = {}
    for stage in spec.labels or [s.name for s in study.stages if issubclass(s.operation.writes, Labels)]:
        if not issubclass(study.stage(stage).operation.writes, Labels):
            raise InputError(f"sets.{name}.labels: stage {stage} of {study.name} writes no labels")
        for case in study.stage(stage).cases:
            replica = str(dict(case.conditions).get("replica", "all"))
            arrays = _arrays(study, case)
            kept = replicas.setdefault(replica, arrays)
            if not np.array_equal(kept["positions"], arrays["positions"]):
                raise InputError(
                    f"sets.{name}.labels: {', '.join(spec.labels)} label different configurations of replica "
                    f"{replica}: make a set of each"
                )
            for column, values in arrays.items():
                if column not in _GEOMETRY and not np.array_equal(kept.get(column, values), values, equal_nan=True):
                    raise InputError(
                        f"sets.{name}.labels: two of {', '.join(spec.labels)} have a column {column}: a set each"
                    )
            kept.update(arrays)
    for stage in spec.rows:
        _add_rows(f"sets.{name}.rows", study, stage, replicas)
    return replicas


def _add_rows(where: str, study: Study, stage: str, replicas: Mapping[str, dict[str, Floats]]) -> None:
    """Add the features of a stage of rows to the arrays of each replica; the rows of its cases are put together.

    Particles without a row have NaN.

    Raises
    ------
    InputError
        The stage writes no rows; or as `join_rows`.
    """
    if not issubclass(study.stage(stage).operation.writes, Rows):
        raise InputError(f"{where}: stage {stage} of {study.name} writes no rows")
    for case in study.stage(stage).cases:
        rows = study.product(case)
        assert isinstance(rows, Rows)
        arrays = replicas.get(replica := str(dict(case.conditions).get("replica", "all")))
        if arrays is None:
            continue
        table = rows.read(["step", "particle", *rows.features])
        join_rows(arrays, table, rows.features, f"{where}: {stage}, replica {replica}")


def join_rows(arrays: dict[str, Floats], table: pd.DataFrame, features: Sequence[str], where: str) -> None:
    """Put the features of the rows of a configuration into its arrays; NaN where a particle has no row.

    Parameters
    ----------
    arrays
        ``step``, ``ids`` ascending, and (n_particles,) columns, to which the features are added.
    table
        ``step``, ``particle`` and the features; rows of other steps are left out.
    where
        Beginning of messages.

    Raises
    ------
    InputError
        No row is of the step of the configuration, a row is of a particle that it has not, or a particle has two.
    """
    step, ids = int(arrays["step"]), arrays["ids"]
    steps = table["step"].unique()
    if len(steps) and step not in steps:
        raise InputError(
            f"{where}: the labels are of step {step}, the rows of step {steps[0]}: give the stage of the labels the "
            "port reference = STAGE, whose last configuration the rows are of"
        )
    table = table[table["step"] == step]
    particles = table["particle"].to_numpy()
    if (unknown := ~np.isin(particles, ids)).any():
        raise InputError(f"{where}: the labelled configuration has no particle {particles[unknown][0]}")
    if (duplicated := table["particle"].duplicated().to_numpy()).any():
        raise InputError(f"{where}: two rows of particle {particles[duplicated][0]}")
    at = np.searchsorted(ids, particles)
    for feature in features:
        values = arrays.setdefault(feature, np.full(len(ids), np.nan))
        if feature in _GEOMETRY or np.isfinite(values[at]).any():
            raise InputError(f"{where}: two values of {feature} for one particle")
        values[at] = table[feature].to_numpy(dtype=float)


def _arrays(study: Study, case: CaseId) -> dict[str, Floats]:
    """Arrays of the first labelled configuration of a case: positions, types, box, a column for each label."""
    labels, sources = study.product(case), study.sources(case)
    assert isinstance(labels, Labels)
    table = next(labels.groups())
    records = [record for port in ("reference", "records") for record in sources.get(port, ())]
    snapshot = snapshot_at([r for r in records if isinstance(r, Record)], int(table["step"].iloc[0]))
    if snapshot is None:
        raise InputError(f"{labels.directory}: no record holds the labelled configuration")
    rows = rows_in(snapshot, table)
    return {
        "step": np.array(snapshot.step),
        "ids": snapshot.ids,
        "positions": snapshot.positions,
        "types": snapshot.species_of_particles.astype(str),
        "box": snapshot.cell.matrix,
        **{c.name: _on_all(snapshot, rows, table[c.name].to_numpy(dtype=float)) for c in labels.label_columns},
    }


def _on_all(snapshot: Snapshot, rows: NDArray[np.integer], values: Floats) -> Floats:
    everywhere = np.full(len(snapshot), np.nan)
    everywhere[rows] = values
    return everywhere


def _write(path: Path, arrays: Mapping[str, Floats]) -> None:
    """Write the arrays unless the file holds them already: its checksum then stays, and rows are not made again."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            same = set(kept.files) == set(arrays)
            if same and all(
                np.array_equal(kept[n], a, equal_nan=np.asarray(a).dtype.kind == "f") for n, a in arrays.items()
            ):
                return
    with atomic_path(path) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]
