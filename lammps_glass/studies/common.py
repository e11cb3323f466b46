"""Operations that every study may use: labels, rows and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import read_findings
from lammps_glass.studies.recipe import NoParameters, Operation
from lammps_glass.tables import TableWriter, iter_table, write_table

UNIFORM = "uniform"

Counts = Mapping[str, int]
Reads = Mapping[str, Sequence[Work]]


def frames(case: Case, stage: str) -> Iterator[Snapshot]:
    """The snapshots of the record that `case` reads, one at a time."""
    from lammps_glass.simulate import Record

    return Record(case.input(stage)).frames()


def final_snapshots(case: Case, stage: str) -> dict[str, Snapshot]:
    """Replica -> the last configuration of its record of `stage`."""
    from lammps_glass.simulate import Record

    return {product.replica: Record(product.path).final for product in case.inputs(stage)}


def key_columns(snapshot: Snapshot, replica: str, chosen: np.ndarray[Any, Any]) -> pd.DataFrame:
    """The key and species columns of the chosen particles of a snapshot."""
    return pd.DataFrame(
        {
            "replica": replica,
            "step": snapshot.step,
            "particle": snapshot.ids[chosen],
            "species": snapshot.species_of_particles[chosen],
        }
    )


def of_species(snapshot: Snapshot, species: str) -> np.ndarray[Any, Any]:
    """Row numbers of the particles of a species."""
    return np.flatnonzero(snapshot.species_of_particles == species)


# -- labels ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class D2minParameters:
    """D2min of the particles of a species over several numbers of snapshots (`lags`), neighbours within `r_max`."""

    r_max: float = 2.5
    lags: tuple[int, ...] = (1,)
    species: str = "A"


def d2min_column(lag: int) -> str:
    """Column of D2min over `lag` snapshots."""
    return f"d2min_{lag}"


def label_d2min(case: Case) -> None:
    """``labels.parquet``: a group a snapshot, a column of D2min a lag; NaN where the run has ended by then."""
    parameters: D2minParameters = case.parameters
    later = {lag: islice(frames(case, "relax"), lag, None) for lag in parameters.lags}
    with TableWriter(case.directory / "labels.parquet") as writer:
        for snapshot in frames(case, "relax"):
            chosen = of_species(snapshot, parameters.species)
            rows = key_columns(snapshot, case.replica, chosen)
            for lag, stream in later.items():
                rows[d2min_column(lag)] = _d2min(snapshot, next(stream, None), parameters.r_max)[chosen]
            writer.write(rows)


def _d2min(reference: Snapshot, current: Snapshot | None, r_max: float) -> np.ndarray[Any, Any]:
    from lammps_glass.labels import d2min

    return np.full(len(reference), np.nan) if current is None else d2min(reference, current, r_max=r_max)


# -- descriptors -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DescribeParameters:
    """Rows of a descriptor for learning: a uniform sample of all, and samples of the loose ones.

    `skip` snapshots at the start are left out (the loading transient). A seeded sample of `uniform_rows` rows a
    replica stands for all rows; for every lag and threshold another one keeps up to `loose_rows` rows with D2min above.
    """

    descriptor: str = "interstices"
    options: Mapping[str, Any] = field(default_factory=dict)
    species: str = "A"
    skip: int = 1
    thresholds: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
    uniform_rows: int = 20000
    loose_rows: int = 5000


def loose_column(lag: int, threshold: float) -> str:
    """Name of the sample of rows whose D2min over `lag` snapshots is above `threshold`."""
    return f"loose_{lag}_{threshold:g}"


def describe(case: Case) -> None:
    """``rows.parquet``: key, D2min by lag, features, and a flag for each sample that the row belongs to."""
    from lammps_glass.descriptors import REGISTRY
    from lammps_glass.learn import HashedSample

    parameters: DescribeParameters = case.parameters
    descriptor = REGISTRY.build(parameters.descriptor, parameters.options)
    samples: dict[str, HashedSample] = {UNIFORM: HashedSample(parameters.uniform_rows, case.seed)}
    groups = iter_table(case.input("label") / "labels.parquet")
    for number, (snapshot, labels) in enumerate(zip(frames(case, "relax"), groups, strict=True)):
        lags = [str(name) for name in labels if str(name).startswith("d2min_")]
        labels = labels[labels[lags].notna().any(axis=1)]
        if number < parameters.skip or labels.empty:
            continue
        rows = pd.concat([labels, _features(descriptor, snapshot, labels)], axis=1)
        samples[UNIFORM].add(rows)
        for lag in (int(name.removeprefix("d2min_")) for name in lags):
            for threshold in parameters.thresholds:
                sample = HashedSample(parameters.loose_rows, case.seed)
                sample = samples.setdefault(loose_column(lag, threshold), sample)
                sample.add(rows[rows[d2min_column(lag)] > threshold])
    metadata = {
        "descriptor": parameters.descriptor,
        "parameters": descriptor.get_params(),
        "glass": case.glass.name,
        "species": [parameters.species],
    }
    write_table(case.directory / "rows.parquet", _union(samples), metadata)


def _features(descriptor: Any, snapshot: Snapshot, labels: pd.DataFrame) -> pd.DataFrame:
    """Features of the labelled particles, with the labels' index."""
    at = np.searchsorted(snapshot.ids, labels["particle"].to_numpy())
    return pd.DataFrame(descriptor.compute(snapshot)[at], index=labels.index, columns=descriptor.feature_names)


def _union(samples: Mapping[str, Any]) -> pd.DataFrame:
    """One table of several samples, with a boolean column for each; rows sorted by step and particle."""
    key = ["step", "particle"]
    if samples[UNIFORM].n_seen == 0:
        raise InputError("no snapshot has a label: the run is too short for its lags, or `skip` is too large")
    tables = {name: sample.table() for name, sample in samples.items() if sample.n_seen}
    union: pd.DataFrame = pd.concat(tables.values()).drop_duplicates(key).sort_values(key, ignore_index=True)
    index = pd.MultiIndex.from_frame(union[key])
    for name in samples:
        inside = name in tables and index.isin(pd.MultiIndex.from_frame(tables[name][key]))
        union[name] = inside
    return union


# -- pictures ----------------------------------------------------------------------------------------------------------


def left_out_replica(case: Case, table: pd.DataFrame) -> str:
    """The replica that a fold leaves out, which must be one of the rows' (``left_out`` of the case)."""
    left_out = str(case.conditions["left_out"])
    if left_out not in set(table["replica"]):
        raise InputError(f"stages.{case.stage}.over: left_out={left_out} is not a replica: give as many as replicas")
    return left_out


def draw_figures(case: Case) -> None:
    """``figures/``: a picture of every table that an analysis of this study wrote."""
    from lammps_glass.figures import draw
    from lammps_glass.studies import REGISTRY

    specs = {spec.id: spec for spec in REGISTRY[case.study].load().figures}
    for products in case.after.values():
        for product in products:
            for identity, found in read_findings(product.path).items():
                table = pd.read_csv(product.path / "tables" / f"{identity}.csv")
                draw(specs[identity], table, case.directory / "figures", note=found["note"])


def indicator_path(folder: Path, name: str) -> Path:
    """Where a learning stage keeps its indicator."""
    return folder / "indicators" / f"{name}.indicator"


def save_indicator(case: Case, name: str, estimator: Any, metadata: Mapping[str, Any]) -> None:
    """Keep a fitted indicator where it is published from, with its name, its glass and the seed in the metadata."""
    from lammps_glass import learn

    path = indicator_path(case.directory, name)
    path.parent.mkdir(parents=True)
    about = {"indicator": name, "glass": case.glass.name, "glass_options": case.glass.options(), "seed": case.seed}
    learn.save(path, estimator, {**about, **metadata})


# -- what they ask of a machine, for `plan` ----------------------------------------------------------------------------


def _work_of_labels(parameters: Any, counts: Counts, reads: Reads) -> Work:
    read = reads["relax"][0]
    rows = float(counts[parameters.species] * read.snapshots)
    pairs = sum(max(0, read.snapshots - lag) for lag in parameters.lags)
    return Work(read.n_particles, {"particle_pairs": float(read.n_particles * pairs)}, read.snapshots, rows)


def _work_of_rows(parameters: Any, counts: Counts, reads: Reads) -> Work:
    read = reads["label"][0]
    described = max(0, read.snapshots - parameters.skip - 1)  # the last snapshot has no label
    particles = float(read.n_particles * described)
    kept = min(counts[parameters.species] * described, parameters.uniform_rows)
    return Work(read.n_particles, {"particles": particles}, described, float(kept))


def _work_of_figures(parameters: Any, counts: Counts, reads: Reads) -> Work:
    return Work(parts={"cases": 1.0})


OPERATIONS = {
    "d2min": Operation(label_d2min, D2minParameters, work=_work_of_labels),
    "describe": Operation(describe, DescribeParameters, work=_work_of_rows),
    "draw": Operation(draw_figures, NoParameters, work=_work_of_figures, rates={"cases": 8.0}),
}
