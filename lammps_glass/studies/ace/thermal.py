"""Labels of thermal activity: the isoconfigurational mean of D2min, and how relaxed the liquid is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lammps_glass.glasses.checks import number
from lammps_glass.registry import unknown_name
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.ace.settings import LABEL, SPECIES, TARGET, records
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.common import key_columns, of_species
from lammps_glass.tables import write_table

LABELS, SNAPSHOTS, RELAXATION = "labels.parquet", "snapshots.lammpstrj.gz", "relaxation.json"
PROPENSITY = "propensity"
#: What the classes can be made of.
QUANTITIES = (TARGET, PROPENSITY)
#: A liquid still ages when it was held for fewer relaxation times, or relaxes this much slower in the second half.
HELD, AGEING = 10.0, 1.5


@dataclass(frozen=True)
class ThermalParameters:
    """Top and bottom `fraction` by the mean over the runs of `quantity`.

    ``"d2min"`` (`reduce` of neighbours within `r_max`), or ``"propensity"``, the distance moved. D2min is between the
    first and the last inherent structure of each run. `q` is the wave number of the relaxation time, about that of the
    first peak of the structure factor.
    """

    r_max: float = 2.5
    reduce: str = "sum"
    fraction: float = 0.05
    q: float = 7.2
    quantity: str = TARGET

    def __post_init__(self) -> None:
        for field in ("r_max", "fraction", "q"):
            number("label_thermal", field, getattr(self, field), above=0.0)
        if self.quantity not in QUANTITIES:
            raise unknown_name("quantity of label_thermal", str(self.quantity), list(QUANTITIES))


def label_thermal(case: Case) -> None:
    """``labels.parquet``: a row a particle of type A; ``snapshots.lammpstrj.gz``: what is to be described."""
    from lammps_glass.labels import extreme_fractions

    parameters: ThermalParameters = case.parameters
    runs = records(case, "isoconfigurational")
    start, values, moved = _ensemble(runs, parameters)
    chosen = of_species(start, SPECIES)
    table = key_columns(start, case.replica, chosen)
    table[TARGET] = values.mean(axis=0)[chosen]
    table[PROPENSITY] = moved.mean(axis=0)[chosen]
    table["spread"] = values.std(axis=0)[chosen]
    table[LABEL] = extreme_fractions(table[parameters.quantity].to_numpy(), parameters.fraction)
    write_table(case.directory / LABELS, table, {"runs": len(runs), "drive": "thermal"})
    start.write(case.directory / SNAPSHOTS)
    said = _relaxation(case, parameters.q) | {"run_time": _run_time(runs[0], case), "runs": len(runs)}
    (case.directory / RELAXATION).write_text(json.dumps(said, indent=1, sort_keys=True), encoding="utf-8")


def _ensemble(
    runs: Sequence[Product], parameters: ThermalParameters
) -> tuple[Snapshot, NDArray[np.float64], NDArray[np.float64]]:
    """The common start, and (n_runs, n_particles) D2min and distances moved, between inherent structures."""
    from lammps_glass.labels import d2min
    from lammps_glass.simulate import Record

    values, moved = [], []
    for run in runs:
        frames = list(Record(run.path).frames())
        first, last = frames[0], frames[-1]
        values.append(d2min(first, last, r_max=parameters.r_max, reduce=parameters.reduce))
        moved.append(np.linalg.norm(last.positions - first.positions, axis=1))
    return first, np.array(values), np.array(moved)


def _run_time(run: Product, case: Case) -> float:
    return float(run.parameters["steps"] * case.glass.timestep)


def _relaxation(case: Case, q: float) -> dict[str, Any]:
    """Relaxation times of the equilibration's two halves (None: longer than a half), in its time unit."""
    from lammps_glass.simulate import Record

    (held,) = records(case, "anneal")
    frames = list(Record(held.path).frames())
    half = len(frames) // 2
    first, second = (relaxation_time(part, q, case.glass.timestep) for part in (frames[:half], frames[half:]))
    time = float(held.parameters["steps"] * case.glass.timestep)
    return {"tau_first_half": first, "tau_alpha": second, "held": time, "temperature": held.parameters["temperature"]}


def relaxation_time(frames: Sequence[Snapshot], q: float, timestep: float) -> float | None:
    """Time at which the self-intermediate scattering function of type A has fallen to 1/e; None if it has not."""
    from lammps_glass import analysis

    table = analysis.self_intermediate_scattering(frames, q, species=SPECIES, timestep=timestep)
    time, fs = table["time"].to_numpy(), table["fs"].to_numpy()
    below = np.flatnonzero(fs <= np.exp(-1))
    if not len(below):
        return None
    k = int(below[0])
    return float(np.interp(-np.exp(-1), -fs[k - 1 : k + 1], time[k - 1 : k + 1]))


def equilibration_warning(said: Mapping[str, Any]) -> str:
    """Why the liquid of a replica may still age; empty when nothing says so."""
    first, tau, held = said["tau_first_half"], said["tau_alpha"], said["held"]
    if tau is None:
        return f"not equilibrated: tau_alpha is longer than half of the {held:g} for which it was held"
    if held < HELD * tau:
        return f"held for {held / tau:.1f} tau_alpha only"
    if first is not None and tau > AGEING * first:
        return f"ages: tau_alpha grew from {first:.3g} to {tau:.3g}"
    return ""


def work(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    runs = [work for works in reads.values() for work in works]
    pairs = float(sum(work.n_particles for work in runs))
    labelled = 2 * parameters.fraction * counts[SPECIES]  # the rows that are described
    return Work(max(w.n_particles for w in runs), {"particle_pairs": pairs}, 1, labelled)
