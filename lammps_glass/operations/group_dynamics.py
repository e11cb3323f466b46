"""The operation ``group_dynamics``: dynamics of particles by quantile of an indicator, by label or by species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.dynamics_curves import SPECIES, DynamicsSettings, GroupedTrajectory
from lammps_glass.operations.dynamics_figures import PageLabels, add_dynamics
from lammps_glass.operations.operation import operation
from lammps_glass.products import Findings, Labels, Predictions, Record, Rows
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

#: Units of time and length by LAMMPS's unit style.
UNITS = {"metal": ("ps", "angstrom"), "lj": ("tau", "sigma")}
STEP, START = "step", "start"


@dataclass(frozen=True)
class GroupDynamicsParameters(DynamicsSettings):
    """Parameters of the operation ``group_dynamics``.

    Parameters
    ----------
    column
        Column of values; default the main one of predictions or labels.
    origin
        ``step``: values hold at the frame of their step. ``start``: they are those of the configuration that the run
        started from, and hold at its first frame.
    observables
        Figures; default all for which the trajectories suffice.
    """

    column: str | None = None
    origin: str = STEP
    observables: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.origin not in (STEP, START):
            raise InputError(f"origin = {self.origin!r} must be step or start")


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the pairs of frames of all trajectories."""
    pairs = sum(work.n_particles * work.snapshots**2 / 2 for work in reads["trajectories"])
    frames = sum(work.n_particles * work.snapshots for work in reads["trajectories"])
    return Work(parts={"cases": 1.0, "particle_pairs": float(pairs), "particles": float(frames)})


@operation(work=work, rates={"cases": 8.0, "particle_pairs": 1e-8, "particles": 2e-5})
def group_dynamics(
    case: Case[GroupDynamicsParameters],
    trajectories: Sequence[Record],
    values: Sequence[Predictions | Labels | Rows] = (),
) -> Findings:
    """Draw the dynamics of particles by group, and how well their values predict mobility.

    Parameters
    ----------
    trajectories
        Records with frames, of any protocol.
    values
        What particles are grouped by: predictions, labels, or rows of features.
    """
    p, glass = case.parameters, case.glass
    name = p.column or (main_column(values[0]) if values else SPECIES)
    grouped = grouped_trajectories(trajectories, values, p, name)
    time, length = UNITS[glass.units]
    protocols = [record.protocol for record in trajectories]
    temperature = {float(protocol.temperature) for protocol in protocols if hasattr(protocol, "temperature")}
    note = f"Temperature {', '.join(f'{t:g}' for t in sorted(temperature))}." if temperature else ""
    with Findings(case.directory) as findings:
        add_dynamics(
            findings, grouped, p, PageLabels(name, time, length, note), timestep=glass.timestep, seed=case.seed,
            observables=p.observables or None, masses=dict(zip(glass.species, glass.masses)),
        )  # fmt: skip
    return findings


def main_column(product: Predictions | Labels | Rows) -> str:
    """Return the column that particles are grouped by unless another is named."""
    if isinstance(product, Predictions):
        return product.predicted_columns[0].name
    if isinstance(product, Labels):
        return product.label_columns[0].name
    raise InputError(f"{product.directory}: name the feature with column = ...")


def grouped_trajectories(
    records: Sequence[Record],
    values: Sequence[Predictions | Labels | Rows],
    parameters: GroupDynamicsParameters,
    column: str,
) -> list[GroupedTrajectory]:
    """Join the values of each replica onto its trajectories."""
    if parameters.by == SPECIES:
        return [GroupedTrajectory(r.replica, run_of(r), r.frames) for r in records]
    tables = {product.replica: product.read(["replica", "step", "particle", column]) for product in values}
    grouped = []
    for record in records:
        if record.replica not in tables:
            raise InputError(f"replica {record.replica} has a trajectory, but no values of {column}")
        table = tables[record.replica]
        steps = record.steps
        first = next(record.frames())
        by_step = {int(step): rows for step, rows in table.groupby(table["step"].astype(int))}
        at = {steps[0]: table} if parameters.origin == START else by_step
        if parameters.origin == START and table["step"].nunique() > 1:
            raise InputError(f"replica {record.replica}: values of several steps: which one did the run start from?")
        joined = {k: values_in(first, rows, column, record.replica) for k, rows in at.items() if k in set(steps)}
        grouped.append(GroupedTrajectory(record.replica, run_of(record), record.frames, joined))
    return grouped


def run_of(record: Record) -> str:
    """Name a run by its conditions besides the replica."""
    others = {key: value for key, value in record.conditions.items() if key != "replica"}
    return "_".join(f"{key}-{value}" for key, value in others.items()) or "1"


def values_in(first: Snapshot, table: pd.DataFrame, column: str, replica: str) -> Floats:
    """Return (n_particles,) values in the order of the particles of a snapshot; NaN where there is none.

    Raises
    ------
    InputError
        The table names a particle that the trajectory does not have, or none that it has.
    """
    particles = table["particle"].to_numpy()
    at = np.searchsorted(first.ids, particles)
    unknown = (at == len(first)) | (first.ids[np.minimum(at, len(first) - 1)] != particles)
    if unknown.any() or not len(particles):
        which = f"particle {particles[unknown][0]}" if len(particles) else "no particle"
        raise InputError(
            f"replica {replica}: {column} is given for {which}, which the trajectory does not have "
            f"(ids {first.ids[0]} to {first.ids[-1]}): it is an indicator of other particles"
        )
    if "species" in table:
        species = np.asarray(first.species)[first.types[at]]
        if (other := np.flatnonzero(species != table["species"].astype(str).to_numpy())).size:
            raise InputError(
                f"replica {replica}: particle {particles[other[0]]} is {species[other[0]]} in the trajectory, and "
                f"{table['species'].iloc[other[0]]} where {column} is given: it is an indicator of other particles"
            )
    result = np.full(len(first), np.nan)
    result[at] = table[column].to_numpy(dtype=float)
    return result
