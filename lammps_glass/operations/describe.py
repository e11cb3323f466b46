"""The operation ``describe``: a row of features for every labelled particle of a replica, or for a sample of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from lammps_glass.descriptors.base import Descriptor, SimulatedDescriptor
from lammps_glass.descriptors.joined import Joined
from lammps_glass.errors import InputError
from lammps_glass.glasses import Glass
from lammps_glass.labels.base import LabelColumn
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.operations.parts import DescriptorPart
from lammps_glass.products import Labels, Record, Rows
from lammps_glass.products.keys import key_columns, rows_in, rows_of_species
from lammps_glass.simulate.protocols import REGISTRY as PROTOCOLS
from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.tables import KEY

#: Copies of the kept rows in memory at once: the configurations', the table's, and Parquet's (2.4 were measured).
COPIES = 3.0


@dataclass(frozen=True)
class DescribeParameters:
    """Parameters of the operation ``describe``.

    Parameters
    ----------
    descriptor
        Name in the registry, with options.
    r_cut
        Cutoff of the descriptor, or of every part of a joined one that has one, in place of that of its options: a
        stage may run over a condition of this name.
    species
        Species to describe without labels; all by default. With labels, the labelled particles are described.
    skip
        Number of configurations at the start that are left out, such as the transient after a load.
    max_rows
        Rows a replica; a hashed sample where there are more. 0 keeps all.
    particles
        Particles of each configuration that are described, for descriptors whose rows cost seconds: those whose keys
        hash to the smallest ranks, the same for every descriptor of the same particles. 0: all.
    chunk, n_chunks
        Part of these particles, from 1: a stage that runs over the condition ``chunk`` describes each in a case of its
        own, and stages that read all of them have the rows of one.
    thresholds, rows_above
        Besides the sample of all rows, keep for each label and threshold up to `rows_above` rows whose label is above
        the threshold: a sample of all rows would miss rare events.
    """

    sets_rate: ClassVar[tuple[str, ...]] = ("descriptor",)

    descriptor: DescriptorPart = field(default_factory=lambda: DescriptorPart("interstices"))
    r_cut: float | None = None
    species: str | None = None
    skip: int = 0
    max_rows: int = 0
    particles: int = 0
    chunk: int = 1
    n_chunks: int = 1
    thresholds: tuple[float, ...] = ()
    rows_above: int = 5000

    def __post_init__(self) -> None:
        for name, least in (("skip", 0), ("max_rows", 0), ("particles", 0), ("chunk", 1), ("rows_above", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} = {getattr(self, name)} must be at least {least}")
        if self.chunk > self.n_chunks:
            raise InputError(f"chunk = {self.chunk} of n_chunks = {self.n_chunks}")
        if self.n_chunks > 1 and self.max_rows:
            raise InputError(
                f"n_chunks = {self.n_chunks} and max_rows = {self.max_rows}: each chunk would be a sample of its own; "
                "give particles instead of max_rows"
            )
        if self.r_cut is not None and not self.r_cut > 0:
            raise InputError(f"r_cut = {self.r_cut:g} must be above 0")


def check_configurations(stage: Wired) -> None:
    """Refuse configurations of stages that the labels are not of: their steps may have the same numbers.

    Raises
    ------
    InputError
        Naming the stages.
    """
    configurations = [run.stage for run in stage.reads["configurations"]]
    for labels in stage.reads.get("labels", ()):
        labelled = {run.stage for port in ("records", "reference") for run in labels.reads.get(port, ())}
        others = [name for name in configurations if name not in labelled]
        if labelled and others and len(configurations) > 1:
            raise InputError(
                f"stages.{stage.stage}.reads.configurations: stages.{labels.stage} labels "
                f"{', '.join(sorted(labelled))}, and the same case reads {', '.join(others)}: give them a condition "
                "that sets them apart"
            )


def check(stage: Wired) -> None:
    """Refuse configurations and species that are not the labelled ones, and simulations that no descriptor needs.

    Raises
    ------
    InputError
        Naming the stages.
    """
    check_configurations(stage)
    for labels in stage.reads.get("labels", ()):
        labelled = getattr(labels.parameters, "species", stage.parameters.species)
        if stage.parameters.species not in (None, labelled):
            raise InputError(
                f"{stage.key('species')} differs from {labels.key('species')}: the labelled particles are described; "
                "leave the former out"
            )
    descriptor = stage.parameters.descriptor.build(stage.glass)
    needed = {getattr(member, "protocol", "") for member in getattr(descriptor, "members", [descriptor])}
    written = {PROTOCOLS[name].load().record for name in needed if name} - {Record}
    for source in stage.reads.get("simulations", ()):
        if source.runs not in needed and source.writes not in written:
            raise InputError(
                f"stages.{stage.stage}.reads.simulations: stage {source.stage} runs {source.runs}, and the descriptor "
                f"needs {', '.join(sorted(filter(None, needed))) or 'no simulation'}"
            )


def work(parameters: DescribeParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the particles that are described, and the memory of the rows that are kept."""
    labels = reads.get("labels", ())
    described = labels or reads["configurations"]
    snapshots = max(0, max(work.snapshots for work in described) - parameters.skip)
    n_particles = described[0].n_particles
    described_particles = min(n_particles, parameters.particles or n_particles) / parameters.n_chunks
    particles = float(described_particles * snapshots)
    rows = float(sum(work.rows for work in labels)) if labels else float(n_particles * snapshots)
    rows *= particles / max(1.0, float(n_particles * snapshots))
    kept = min(rows, parameters.max_rows or rows)
    above = len(parameters.thresholds) * parameters.rows_above if parameters.max_rows else 0
    glass = described[0].glass
    features = len(parameters.descriptor.build(glass, parameters.r_cut).feature_names) if glass else 0
    memory = 8.0 * features * (COPIES * min(rows, kept + above) + 2 * n_particles)
    return Work(n_particles, {"particles": particles}, snapshots, kept, memory, features=features)


@operation(work=work, check=check)
def describe(
    case: Case[DescribeParameters],
    configurations: Sequence[Record],
    labels: Labels | None = None,
    simulations: Sequence[Record] = (),
) -> Rows:
    """Describe particles of a replica.

    Parameters
    ----------
    configurations
        Records that hold the configurations: every frame, or the last one where a record has no frames.
    labels
        Labels of the configurations and particles to describe; their values are joined to the rows. Where the labels
        make classes, the particles of a class are described, and a replica without any has no rows.
    simulations
        Runs from the only configuration, for a descriptor that needs simulations: it takes their temperatures and
        times. Without this port the runs are made here.
    """
    parameters = case.parameters
    descriptor = parameters.descriptor.build(case.glass, parameters.r_cut)
    if simulations and isinstance(descriptor, SimulatedDescriptor | Joined):
        descriptor = descriptor.of_records(case.glass, simulations)
    columns = labels.label_columns if labels else ()
    sample = RowSample(parameters, columns, case.seed)
    first_step: int | None = None
    for number, (snapshot, keys) in enumerate(
        labelled_configurations(case.stage, case.replica, configurations, labels, parameters.species)
    ):
        if number < parameters.skip or (keys.empty and not (labels and labels.classes)):
            continue
        keys = chosen_particles(keys, parameters)
        first_step = snapshot.step if first_step is None else first_step
        features = features_of(descriptor, snapshot, case.glass, case.seed, keys, simulations)
        sample.add(pd.concat([keys, features], axis=1))
    if first_step is None:
        raise InputError(f"stages.{case.stage}: no configuration with a label is left: run longer, or skip fewer")
    rows = Rows(case.directory)
    rows.write(
        sample.table(),
        descriptor=parameters.descriptor.name,
        parameters=descriptor.get_params(),
        glass=case.glass.name,
        species=labels.metadata["species"] if labels else _species(case),
        families=families_of(parameters.descriptor, descriptor),
        labels=columns,
        first_step=first_step,
        seed=case.seed,
        thresholds=list(parameters.thresholds),
    )
    rows.samples.write(sample.members())
    return rows


def chosen_particles(keys: pd.DataFrame, parameters: DescribeParameters) -> pd.DataFrame:
    """Return the rows of `keys`, of one configuration, that a case describes: a sample, and its chunk of that."""
    from lammps_glass.learn.hashed_sample import key_ranks

    if 0 < parameters.particles < len(keys):
        ranks = key_ranks(keys, seed=0)
        keys = keys.iloc[np.sort(np.argsort(ranks, kind="stable")[: parameters.particles])]
    first, end = (len(keys) * k // parameters.n_chunks for k in (parameters.chunk - 1, parameters.chunk))
    return keys.iloc[first:end]


class RowSample:
    """Rows of one replica: all, or a hashed sample of all and one of those above each threshold.

    Parameters
    ----------
    columns
        Labels that thresholds apply to.
    seed
        Of the samples.
    """

    def __init__(self, parameters: DescribeParameters, columns: Sequence[LabelColumn], seed: int) -> None:
        from lammps_glass.learn import HashedSample

        self.everything: list[pd.DataFrame] = []
        self.uniform = HashedSample(parameters.max_rows, seed) if parameters.max_rows else None
        self.above = {
            (column.name, threshold): HashedSample(parameters.rows_above, seed)
            for column in columns
            for threshold in parameters.thresholds
        }

    def add(self, rows: pd.DataFrame) -> None:
        """Offer the rows of a configuration."""
        if self.uniform is None:
            self.everything.append(rows)
            return
        self.uniform.add(rows)
        for (column, threshold), sample in self.above.items():
            sample.add(rows[rows[column] > threshold])

    def table(self) -> pd.DataFrame:
        """Return the rows that are in any sample, sorted by step and particle."""
        if self.uniform is None:
            return pd.concat(self.everything, ignore_index=True)
        tables = [self.uniform.table(), *(sample.table() for sample in self.above.values() if sample.n_seen)]
        union: pd.DataFrame = pd.concat(tables).drop_duplicates(KEY[1:]).sort_values(KEY[1:], ignore_index=True)
        return union

    def members(self) -> pd.DataFrame:
        """Return which rows are in which sample: key, ``label`` (column; empty: of all rows) and ``threshold``."""
        uniform = self.table() if self.uniform is None else self.uniform.table()
        parts = [uniform[KEY].assign(label="", threshold=0.0)]
        for (column, threshold), sample in self.above.items():
            if sample.n_seen:
                parts.append(sample.table()[KEY].assign(label=column, threshold=threshold))
        return pd.concat(parts, ignore_index=True)


def _species(case: Case[DescribeParameters]) -> list[str]:
    """Return the species that are described without labels."""
    return [case.parameters.species] if case.parameters.species else list(case.glass.species)


def families_of(part: DescriptorPart, descriptor: Descriptor) -> dict[str, list[str]]:
    """Return the features by member of a joined descriptor; all under its own name for another descriptor."""
    members = getattr(descriptor, "members", None)
    if members is None:
        return {part.name: list(descriptor.feature_names)}
    return {member.name: list(member.feature_names) for member in members}


def features_of(
    descriptor: Descriptor,
    snapshot: Snapshot,
    glass: Glass,
    seed: int,
    keys: pd.DataFrame,
    simulations: Sequence[Record] = (),
) -> pd.DataFrame:
    """Return the features of the particles of `keys`, with the index of `keys`; run missing simulations."""
    from lammps_glass.simulate import describe as describe_snapshot

    if keys.empty:
        return pd.DataFrame(np.empty((0, len(descriptor.feature_names))), columns=list(descriptor.feature_names))
    if simulations and isinstance(descriptor, SimulatedDescriptor | Joined):
        values = descriptor.from_simulations(glass.check(snapshot), glass, simulations)
    else:
        descriptor = descriptor.of_particles(keys["particle"].tolist())
        values = describe_snapshot(descriptor, snapshot, glass, seed=seed)
    return pd.DataFrame(values[rows_in(snapshot, keys)], index=keys.index, columns=list(descriptor.feature_names))


def labelled_configurations(
    stage: str,
    replica: str,
    configurations: Sequence[Record],
    labels: Labels | None,
    species: str | None = None,
    *,
    labelled_only: bool = True,
) -> Iterator[tuple[Snapshot, pd.DataFrame]]:
    """Iterate over configurations with the keys, and the labels, of their particles.

    Parameters
    ----------
    stage
        For messages.
    labels
        None: every configuration is described, the particles of `species` or all.
    labelled_only
        Leave out particles without any label, and those of no class where the labels make classes.

    Raises
    ------
    InputError
        No record holds a labelled configuration.
    """
    if labels is None:
        for snapshot in snapshots_of(configurations):
            yield snapshot, key_columns(snapshot, replica, rows_of_species(snapshot, species))
        return
    values = [labels.classes.name] if labels.classes else [column.name for column in labels.label_columns]
    groups = labels.groups()
    group = next(groups, None)
    for snapshot in snapshots_of(configurations):
        if group is None:
            return
        if int(group["step"].iloc[0]) == snapshot.step:
            yield snapshot, group[group[values].notna().any(axis=1)] if labelled_only else group
            group = next(groups, None)
    if group is not None:
        raise InputError(
            f"stages.{stage}.reads.configurations: none holds the labelled step {int(group['step'].iloc[0])}: "
            "labels of runs that start from these configurations take them as their port `reference`"
        )


def snapshot_at(records: Sequence[Record], step: int) -> Snapshot | None:
    """Return the configuration of this step in records; None without one."""
    return next((snapshot for snapshot in snapshots_of(records) if snapshot.step == step), None)


def snapshots_of(records: Sequence[Record]) -> Iterator[Snapshot]:
    """Iterate over the frames of records, each step once; over the last configuration of one without frames."""
    seen: set[int] = set()
    for record in records:
        for snapshot in record.frames() if record.frames_path.is_file() else [record.final]:
            if snapshot.step not in seen:
                seen.add(snapshot.step)
                yield snapshot
