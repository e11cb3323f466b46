"""Labels of mechanical activity: D2min of single strain steps in the flowing glass."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import number
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot, files as snapshot_files
from lammps_glass.studies.ace.settings import LABEL, SPECIES, TARGET, records
from lammps_glass.studies.ace.thermal import LABELS, SNAPSHOTS
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import of_species
from lammps_glass.tables import iter_table, write_table

EVENTS, MAP = "events.json", "map.parquet"


@dataclass(frozen=True)
class ShearParameters:
    """Active: type A with D2min of a strain step above `threshold`; inactive: as many with the lowest largest value.

    A step in which more than `avalanche` of type A is above it is system-wide and left out. Both classes are drawn anew
    in each `window` of strain: over more of it hardly a particle of a small glass stays inactive.
    """

    threshold: float = 0.6
    avalanche: float = 0.2
    window: float = 0.01

    def __post_init__(self) -> None:
        for field in ("threshold", "avalanche", "window"):
            number("label_shear", field, getattr(self, field), above=0.0)
        if self.avalanche > 1:
            raise InputError(f"label_shear: avalanche = {self.avalanche:g} is a share of particles: at most 1")


def label_shear(case: Case) -> None:
    """``labels.parquet``: a row an active or inactive particle before a step; the snapshots before those steps.

    A window in which nothing is active (or too much for as many inactive ones) leaves no rows, and is counted.
    """
    from lammps_glass import labels
    from lammps_glass.simulate import Record

    parameters: ShearParameters = case.parameters
    sheared = records(case, "aqs")[-1]  # the run before it, if any, was sheared to make the glass flow
    record = Record(sheared.path)
    table = record.directory / "d2min.parquet"
    steps, particles, values = labels.block_values(table)
    majority = _majority(next(iter(record.frames())), particles)
    limits = {"threshold": parameters.threshold, "max_share": parameters.avalanche}
    calm = labels.calm_blocks(values, **limits, eligible=majority)
    said = _said(record.thermo, values[:, majority], calm, parameters.threshold)
    said["active_fraction_by_mean"] = _active_by_mean(table, particles[majority], calm, parameters.threshold)
    width = max(1, round(parameters.window / float(sheared.parameters["block_strain"])))
    rows = _rows_of_windows(steps, particles, values, majority, calm, width, parameters.threshold, said)
    write_table(case.directory / LABELS, rows.assign(replica=case.replica, species=SPECIES), {"drive": "shear"})
    typical = _typical(rows)
    shown = _map(typical, steps, particles[majority], values[:, majority])
    write_table(case.directory / MAP, shown)
    wanted = {*rows["step"].tolist(), *shown["step"].tolist()}
    snapshot_files.write(case.directory / SNAPSHOTS, (s for s in record.frames() if s.step in wanted))
    (case.directory / EVENTS).write_text(json.dumps(said, indent=1, sort_keys=True), encoding="utf-8")


def _majority(snapshot: Snapshot, particles: Any) -> NDArray[np.bool_]:
    """(n,) which of the particles (ids) are of the majority type."""
    return np.asarray(np.isin(particles, snapshot.ids[of_species(snapshot, SPECIES)]))


def _no_rows() -> pd.DataFrame:
    kinds = {"step": np.int64, "particle": np.int64, TARGET: float, LABEL: np.int64}
    return pd.DataFrame({name: np.empty(0, kind) for name, kind in kinds.items()})


def _rows_of_windows(
    steps: Any,
    particles: Any,
    values: Any,
    majority: Any,
    calm: Any,
    width: int,
    threshold: float,
    said: dict[str, Any],
) -> pd.DataFrame:
    """Rows of every `width` blocks, and in `said` how many windows had none because too little or too much happened."""
    from lammps_glass import labels

    parts, said["windows"], said["windows_still"], said["windows_crowded"] = [_no_rows()], 0, 0, 0
    for start in range(0, max(1, len(steps) - width + 1), width):
        own = slice(start, start + width)
        said["windows"] += 1
        try:
            found = labels.active_and_inactive(values[own], threshold=threshold, eligible=majority, calm=calm[own])
        except InputError:
            happened = bool((values[own][calm[own]][:, majority] > threshold).any())
            said["windows_crowded" if happened else "windows_still"] += 1
            continue
        parts.append(_rows(found, steps[own], particles, values[own], calm[own]))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _rows(found: Any, steps: Any, particles: Any, values: Any, calm: Any) -> pd.DataFrame:
    """Both classes with D2min: of its step for an active particle, the largest of all steps for an inactive one."""
    (at, who), (quiet_at, quiet) = found.active.T, found.inactive.T
    largest = values[calm].max(axis=0)
    active = pd.DataFrame({"step": steps[at], "particle": particles[who], TARGET: values[at, who], LABEL: 1})
    inactive = pd.DataFrame({"step": steps[quiet_at], "particle": particles[quiet], TARGET: largest[quiet], LABEL: 0})
    rows = pd.concat([active, inactive], ignore_index=True).astype({"particle": np.int64, TARGET: float})
    return rows.sort_values(["step", "particle"], ignore_index=True)


def _typical(rows: pd.DataFrame) -> int:
    """The step with the median number of active particles among those with any; -1 if there is none."""
    by_size = rows[rows[LABEL] == 1].groupby("step").size().sort_values(kind="stable").index
    return int(by_size[len(by_size) // 2]) if len(by_size) else -1


def _map(step: int, steps: Any, particles: Any, values: Any) -> pd.DataFrame:
    """D2min of type A in one step; of the step with the largest value when no step counts."""
    at = int(np.flatnonzero(steps == step)[0]) if step >= 0 else int(np.argmax(values.max(axis=1)))
    return pd.DataFrame({"step": steps[at], "particle": particles, TARGET: values[at].astype(float)})


def _said(thermo: pd.DataFrame, values: Any, calm: Any, threshold: float) -> dict[str, Any]:
    """How much happened: steps, events, avalanches, and the fraction of type A ever active, avalanches left out."""
    moving = thermo[thermo["step"] > 0]
    return {
        "steps": len(moving),
        "plastic_steps": int(moving["event"].sum()),
        "avalanches": int((~calm).sum()),
        "mean_stress": float(moving["stress"].mean()),
        "active_fraction": float((values[calm] > threshold).any(axis=0).mean()),
    }


def _active_by_mean(table: Path, particles: Any, calm: Any, threshold: float) -> float:
    """The same fraction were D2min a mean over the neighbours."""
    ever = np.zeros(len(particles), dtype=bool)
    for block, counts in zip(iter_table(table, ["particle", TARGET, "n_neighbors"]), calm, strict=True):
        own = block[block["particle"].isin(particles)]
        ever |= counts & (own[TARGET] / own["n_neighbors"] > threshold).to_numpy()
    return float(ever.mean())


def snapshots(folder: Any) -> Iterator[Snapshot]:
    """The snapshots that a label stage kept."""
    return Snapshot.read_all(folder / SNAPSHOTS)


def work(parameters: ShearParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    sheared = [work for works in reads.values() for work in works]
    blocks = float(sum(work.rows for work in sheared))
    n_particles = max(work.n_particles for work in sheared)
    # Preset demo: a strain step in twenty is plastic and kept, and a window of 1 % gives 0.06 rows a particle.
    steps = max(1, max(work.snapshots for work in sheared) // 20)
    rows = 0.06 * n_particles * sum(work.strain for work in sheared) / 0.01
    return Work(n_particles, {"shear_rows": blocks}, steps, rows)
