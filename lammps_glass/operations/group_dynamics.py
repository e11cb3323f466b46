"""The operation ``group_dynamics``: dynamics of particles by quantile of an indicator, by label or by species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.dynamics_curves import SPECIES, DynamicsSettings, GroupedTrajectory
from lammps_glass.operations.dynamics_figures import BOSON_PEAK, add_dynamics
from lammps_glass.operations.findings_page import PageLabels
from lammps_glass.operations.operation import operation
from lammps_glass.product import Product, name_of
from lammps_glass.products import Findings, Labels, Predictions, Record, Rows, Spectra
from lammps_glass.simulate.protocols import Dynamics
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

#: Units of time and length by LAMMPS's unit style.
UNITS = {"metal": ("ps", "angstrom"), "lj": ("tau", "sigma")}
STEP, START = "step", "start"
#: Beginning of a run, as a fraction of it, whose mean temperature may be off by this fraction: in 250 particles it
#: fluctuates by 5 %.
BEGIN, TOLERANCE = 0.1, 0.1
#: Condition of a study of several glasses.
GLASS = "glass"


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
    section
        Section of the report for the page, for studies whose other figures are a paper's: see `FigureSpec.section`.
    """

    column: str | None = None
    origin: str = STEP
    observables: tuple[str, ...] = ()
    section: str = ""

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
    spectra: Sequence[Spectra] = (),
) -> Findings:
    """Draw the dynamics of particles by group, and how well their values predict mobility.

    Trajectories with a condition ``glass`` get a page a glass, whose figures and scores have its name.

    Parameters
    ----------
    trajectories
        Records with frames, of any protocol.
    values
        What particles are grouped by: predictions, labels, or rows of features. Those of the conditions of a
        trajectory are its own.
    spectra
        Vibrational spectra of the particles that the values are of, for the boson peak by group; likewise.
    """
    glasses = list(dict.fromkeys(str(record.conditions.get(GLASS, "")) for record in trajectories))
    with Findings(case.directory) as findings:
        for name in glasses:
            records = [record for record in trajectories if str(record.conditions.get(GLASS, "")) == name]
            _add_page(case, findings, records, values, spectra, name)
    return findings


def _add_page(
    case: Case[GroupDynamicsParameters],
    findings: Findings,
    records: Sequence[Record],
    values: Sequence[Predictions | Labels | Rows],
    spectra: Sequence[Spectra],
    subject: str,
) -> None:
    """Add the page of one glass."""
    p, glass = case.parameters, records[0].glass
    fitting = [product for product in values if any(belong_together(record, product) for record in records)]
    example = next(iter(fitting or values), None)
    column = p.column or (main_column(example) if example else SPECIES)
    name = p.column or (name_of_indicator(example) if example else SPECIES)
    grouped = grouped_trajectories(records, fitting, p, column)
    time, length = UNITS[glass.units]
    note = f"{_temperatures(records)} {_time_before(records, glass.timestep, time)}".strip()
    labels = PageLabels(name, time, length, note, p.section, subject)
    if fault := _temperature_fault(records):
        findings.warn(labels.name("temperature", separator=": "), fault)
    of_replica = _spectra_by_replica(records, spectra)
    observables = [name for name in p.observables if of_replica or name != BOSON_PEAK] or list(p.observables)
    if len(observables) < len(p.observables):
        findings.warn(labels.name(BOSON_PEAK, separator=": "), "left out: no stage gives the spectra of the particles")
    add_dynamics(
        findings, grouped, p, labels, timestep=glass.timestep,
        seed=case.seed, observables=observables or None, glass=glass, spectra=of_replica,
    )  # fmt: skip


def _spectra_by_replica(records: Sequence[Record], spectra: Sequence[Spectra]) -> dict[str, Spectra]:
    """Return name of a replica -> its spectra, those of the conditions of a trajectory."""
    return {record.replica: product for record in records for product in spectra if belong_together(record, product)}


def _temperatures(records: Sequence[Record]) -> str:
    """Name the temperatures that the runs were held at."""
    held = sorted({float(r.protocol.temperature) for r in records if hasattr(r.protocol, "temperature")})
    return f"Temperature {', '.join(f'{value:g}' for value in held)}." if held else ""


def _time_before(records: Sequence[Record], timestep: float, unit: str) -> str:
    """Say how long runs of `Dynamics` were heated and held before their first frame; empty where they were not."""
    protocols = [record.protocol for record in records if isinstance(record.protocol, Dynamics)]
    steps = max((protocol.heating + protocol.equilibration for protocol in protocols), default=0)
    return f"Runs were heated and held for {steps * timestep:g} {unit} before their first frame." if steps else ""


def _temperature_fault(records: Sequence[Record]) -> str:
    """Describe how runs of `Dynamics` begin away from their temperature; empty where they do not."""
    ratios = []
    for record in records:
        protocol = record.protocol
        if not isinstance(protocol, Dynamics):
            continue
        table = record.thermo
        table = table[table["phase"] == "production"]
        begin = table.head(max(1, round(BEGIN * len(table))))
        ratios.append(float(begin["temp"].mean()) / protocol.temperature)
    mean = float(np.mean(ratios)) if ratios else 1.0
    if abs(mean - 1) <= TOLERANCE:
        return ""
    return (
        f"the runs begin at {mean:.2f} of their temperature (mean over the first {BEGIN:.0%}): heat and equilibrate "
        "longer, or shorten thermostat_damping"
    )


def belong_together(record: Record, product: Product) -> bool:
    """Return whether a trajectory and values are of the same conditions, as far as both have them."""
    shared = record.conditions.keys() & product.conditions.keys()
    return all(record.conditions[name] == product.conditions[name] for name in shared)


def main_column(product: Predictions | Labels | Rows) -> str:
    """Return the column that particles are grouped by unless another is named."""
    if isinstance(product, Predictions):
        return product.predicted_columns[0].name
    if isinstance(product, Labels):
        return product.label_columns[0].name
    raise InputError(f"{product.directory}: name the feature with column = ...")


def name_of_indicator(product: Predictions | Labels | Rows) -> str:
    """Return the name of the main column without the conditions that all particles of the product share."""
    if isinstance(product, Predictions):
        column = product.predicted_columns[0]
        names = [str(value) for key, value in column.conditions.items() if key not in product.conditions]
        return "_".join(names) or column.name
    return main_column(product)


def grouped_trajectories(
    records: Sequence[Record],
    values: Sequence[Predictions | Labels | Rows],
    parameters: GroupDynamicsParameters,
    column: str,
) -> list[GroupedTrajectory]:
    """Join the values onto the trajectories, each of the product that has its conditions.

    Raises
    ------
    InputError
        A trajectory has no values, or those of several products.
    """
    if parameters.by == SPECIES:
        return [GroupedTrajectory(r.replica, run_of(r), r.frames) for r in records]
    grouped = []
    for record in records:
        products = [product for product in values if belong_together(record, product)]
        if len(products) != 1:
            raise InputError(
                f"{name_of(record.conditions)} has a trajectory, but {len(products) or 'no'} "
                f"{'sets of ' if products else ''}values of {column}"
            )
        table = products[0].read(["replica", "step", "particle", column])
        steps = record.steps
        first = next(record.frames())
        by_step = {int(step): rows for step, rows in table.groupby(table["step"].astype(int))}
        from_start = parameters.origin == START
        at = {steps[0]: table} if from_start else by_step
        if from_start and table["step"].nunique() > 1:
            raise InputError(f"replica {record.replica}: values of several steps: which one did the run start from?")
        joined = {k: values_in(first, rows, column, record.replica) for k, rows in at.items() if k in set(steps)}
        grouped.append(GroupedTrajectory(record.replica, run_of(record), record.frames, joined, from_start=from_start))
    return grouped


def run_of(record: Record) -> str:
    """Name a run by its conditions besides the replica."""
    others = {key: value for key, value in record.conditions.items() if key not in ("replica", GLASS)}
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
