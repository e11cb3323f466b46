"""A row a particle: the families of descriptors, each with the columns that it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import key_columns
from lammps_glass.tables import write_table

if TYPE_CHECKING:
    from lammps_glass.descriptors import Vibrational

#: Family of structure -> its descriptor in the registry.
STRUCTURE = {"G": "radial-gaussians", "S2": "pair-entropy"}
VIBRATIONS = "vMSD"


@dataclass(frozen=True)
class RowParameters:
    """Options of the descriptors of structure; the defaults are the paper's."""

    gaussians: Mapping[str, Any] = field(default_factory=dict)
    entropy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Mapping[str, Any]]:
        """Family -> options of its descriptor."""
        return {"G": self.gaussians, "S2": self.entropy}


def describe(case: Case) -> None:
    """``rows.parquet``: key, species, features; its metadata says which columns make a family.

    A family that needs a simulation is there if the stage reads it: vibrational amplitudes from ``vibrate``.
    """
    from lammps_glass.simulate import Record

    parameters: RowParameters = case.parameters
    snapshot = Record(case.input("gate")).final
    structure = _structure(snapshot, parameters.options)
    tables = {name: table for name, (table, _) in structure.items()}
    options = {STRUCTURE[name]: params for name, (_, params) in structure.items()}
    halves: dict[str, float] = {}
    if "vibrate" in case.after:
        vibrational = _vibrational(case)
        tables[VIBRATIONS] = _amplitudes(case, snapshot, vibrational)
        halves = _halves(case)
        options[vibrational.name] = vibrational.get_params()
    rows = pd.concat([key_columns(snapshot, case.replica, np.arange(len(snapshot))), *tables.values()], axis=1)
    metadata = {
        "descriptor": "joined",
        "parameters": {"parts": options},
        "families": {name: list(table.columns) for name, table in tables.items()},
        "glass": case.glass.name,
        "species": list(case.glass.species),
        "halves": halves,
    }
    write_table(case.directory / "rows.parquet", rows, metadata)


def _structure(
    snapshot: Snapshot, options: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[pd.DataFrame, dict[str, Any]]]:
    """Family -> its columns and the parameters of its descriptor."""
    from lammps_glass.descriptors import REGISTRY

    found = {}
    for family, own in options.items():
        descriptor = REGISTRY.build(STRUCTURE[family], own)
        table = pd.DataFrame(descriptor.compute(snapshot), columns=descriptor.feature_names)
        found[family] = (table, descriptor.get_params())
    return found


def _vibrational(case: Case) -> Vibrational:
    """The descriptor that asks for the runs of ``vibrate`` that there are."""
    from lammps_glass.descriptors import Vibrational

    runs, timestep = case.inputs("vibrate"), case.glass.timestep
    ran = runs[0].parameters
    return Vibrational(
        temperatures=sorted(float(run.conditions["temperature"]) for run in runs),
        duration=ran["steps"] * timestep,
        equilibration=ran["equilibration"] * timestep,
        sample_every=ran["sample_every"] * timestep,
        pressure=ran["pressure"],
        thermostat=ran["thermostat"],
    )


def _amplitudes(case: Case, snapshot: Snapshot, descriptor: Vibrational) -> pd.DataFrame:
    """The vibrational amplitude at each temperature, of the runs of ``vibrate``."""
    from lammps_glass.simulate import VibrationRecord

    values = descriptor.from_tables([VibrationRecord(run.path).vibrations_path for run in case.inputs("vibrate")])
    if len(values) != len(snapshot):
        raise InputError(
            f"{len(values)} vibrational amplitudes for {len(snapshot)} particles of replica {case.replica}"
        )
    return pd.DataFrame(values, columns=descriptor.feature_names)


def _halves(case: Case) -> dict[str, float]:
    """Temperature -> the correlation between the halves of its trace, as the runs of ``vibrate`` say."""
    from lammps_glass.simulate import VibrationRecord

    runs = case.inputs("vibrate")
    return {f"{p.conditions['temperature']:g}": VibrationRecord(p.path).correlation for p in runs}
