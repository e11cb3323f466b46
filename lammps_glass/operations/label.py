"""The operation ``label``: label the particles of a replica by what happens to them in its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.operations.parts import LabelPart
from lammps_glass.products import Labels, Record
from lammps_glass.products.keys import key_columns, rows_of_species
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class LabelParameters:
    """Parameters of the operation ``label``.

    Parameters
    ----------
    label
        Name in the registry, with options.
    species
        Species whose particles are labelled; all by default.
    """

    label: LabelPart = field(default_factory=lambda: LabelPart("d2min"))
    species: str | None = None


def work(parameters: LabelParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the pairs of particles of two snapshots, or the blocks of a shear, that are read."""
    records = reads["records"]
    labelled = counts[parameters.species] if parameters.species else sum(counts.values())
    lags = parameters.label.options.get("lags", (1,))
    pairs = float(sum(max(0, w.snapshots - lag) * w.n_particles for w in records for lag in lags))
    parts = {"particle_pairs": pairs + 0.1 * sum(w.rows for w in records)}
    snapshots = max(work.snapshots for work in records)
    return Work(records[0].n_particles, parts, snapshots, float(labelled * snapshots))


@operation(work=work)
def label(case: Case[LabelParameters], records: Sequence[Record], reference: Record | None = None) -> Labels:
    """Label the particles of a replica.

    Parameters
    ----------
    records
        One trajectory for a label of two snapshots; one shear a plane, or one run a velocity, for the others.
    reference
        Record whose last configuration is labelled instead of the first one of the records: the same particles before
        a shear began.
    """
    parameters = case.parameters
    made = parameters.label.build()
    columns = made.columns(records)
    labels = Labels(case.directory)

    def groups() -> Iterator[pd.DataFrame]:
        for labelled in made.groups(records):
            snapshot = labelled.snapshot if reference is None else case.glass.check(reference.final)
            rows = rows_of_species(snapshot, parameters.species)
            keys = key_columns(snapshot, case.replica, rows)
            yield keys.assign(**{c.name: labelled.values[c.name].to_numpy()[rows] for c in columns})

    species = [parameters.species] if parameters.species else case.glass.species
    labels.write(groups(), columns, label=made.name, parameters=made.get_params(), species=species)
    return labels
