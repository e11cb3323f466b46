"""Vibrational mean squared displacement (Debye-Waller factor) of each particle at several temperatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lammps_glass.descriptors.base import Material, RunFolder, SimulatedDescriptor
from lammps_glass.descriptors.radial_gaussians import ascending_lengths, positive_length
from lammps_glass.errors import InputError
from lammps_glass.json_types import Options
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    import pandas as pd

#: Temperatures of Yang et al.: 25 to 500 K in steps of 25.
TEMPERATURES = tuple(25.0 * k for k in range(1, 21))
_METHODS = ("dynamics", "harmonic")


class Vibrational(SimulatedDescriptor):
    r"""vMSD, :math:`\langle |r_i(t) - r_{i,0}|^2 \rangle_\tau` about the inherent structure (Yang et al. 2021, eq. 3).

    One column for each temperature, in length units squared. It needs a simulation: one run of the protocol `vibrate`
    a temperature (`runs`), whose records or tables make the rows. `lammps_glass.simulate.describe` and the command
    line's ``describe`` do both.

    Parameters
    ----------
    temperatures
        Ascending, in the temperature unit of the glass; default 25 to 500 in steps of 25 (K).
    duration
        Length of the trace, in the time unit of the glass; default 100 (ps).
    equilibration, sample_every
        Time before it (0 for none), and between samples.
    method
        ``"dynamics"``, or ``"harmonic"``: k_B T / m sum over modes of e^2 / omega^2, exact as T goes to 0. It needs
        the compiled interactions of the glass and no dynamics, and its columns are multiples of each other.
    pressure, thermostat
        As in the protocol: the volume of the inherent structure is kept unless a pressure is given.

    References
    ----------
    Yang et al. (2021), eq. 3 (100 ps, NPT).
    """

    name = "vibrational"
    unit_defaults = UnitDefaults("metal units", ("temperatures",))
    protocol: ClassVar[str] = "vibrate"

    def __init__(
        self,
        temperatures: Sequence[float] = TEMPERATURES,
        duration: float = 100.0,
        equilibration: float = 10.0,
        sample_every: float = 0.02,
        method: str = "dynamics",
        pressure: float | None = None,
        thermostat: str = "nose-hoover",
    ) -> None:
        self.temperatures = temperatures
        self.duration = duration
        self.equilibration = equilibration
        self.sample_every = sample_every
        self.method = method
        self.pressure = pressure
        self.thermostat = thermostat
        self._check()

    def _check(self) -> None:
        ascending_lengths(self.name, "temperatures", self.temperatures)
        for field in ("duration", "sample_every"):
            positive_length(self.name, field, getattr(self, field))
        if self.equilibration != 0:  # a run of the protocol may have none
            positive_length(self.name, "equilibration", self.equilibration)
        if self.duration < 2 * self.sample_every:
            raise InputError(f"{self.name}: duration = {self.duration:g} has no two samples of {self.sample_every:g}")
        if self.method not in _METHODS:
            raise InputError(f"{self.name}: method = {self.method!r}; known are {', '.join(_METHODS)}")

    @property
    def feature_names(self) -> list[str]:
        """``vMSD(temperature)`` for each temperature."""
        return [f"vMSD({temperature:.12g})" for temperature in self.temperatures]

    def check_glass(self, glass: Material) -> None:
        """Refuse a glass without compiled interactions where the modes are computed."""
        if self.method == "harmonic":
            glass.require_model(f"{self.name} with method = 'harmonic'")

    def runs(self, glass: Material) -> list[Options]:
        """List the options of the protocol for each simulation that the rows need, one a temperature; none if harmonic.

        Times are rounded to the glass's time steps, the trace to whole pairs of samples.
        """
        if self.method == "harmonic":
            return []
        every = max(1, round(self.sample_every / glass.timestep))
        pairs = max(1, round(self.duration / (2 * every * glass.timestep)))
        shared: Options = {
            "steps": 2 * every * pairs,
            "equilibration": round(self.equilibration / glass.timestep),
            "sample_every": every,
            "pressure": self.pressure,
            "thermostat": self.thermostat,
        }
        return [{"temperature": float(temperature), **shared} for temperature in self.temperatures]

    def of_records(self, glass: Material, records: Sequence[RunFolder]) -> Self:
        """Return the descriptor with the temperatures, times and ensemble of runs of `vibrate`; itself if harmonic."""
        if self.method == "harmonic":
            return self
        protocols = [record.protocol for record in records]
        ran = protocols[0]
        return type(self)(
            temperatures=sorted(float(protocol.temperature) for protocol in protocols),
            duration=ran.steps * glass.timestep,
            equilibration=ran.equilibration * glass.timestep,
            sample_every=ran.sample_every * glass.timestep,
            pressure=ran.pressure,
            thermostat=ran.thermostat,
        )

    def from_simulations(self, snapshot: Snapshot, glass: Material, records: Sequence[RunFolder]) -> Floats:
        """Compute (n_particles, n_temperatures) float64 of an inherent structure.

        Parameters
        ----------
        snapshot
            The inherent structure.
        glass
            Its glass; only its interactions, masses and units are used, and only by the harmonic method.
        records
            Of the protocol, for `runs`, in any order.
        """
        if self.method == "dynamics":
            return self.from_tables([_table_of(record) for record in records], snapshot.ids)
        from lammps_glass.interactions.vibrations import modes

        harmonic = modes(snapshot, glass.model(), glass.masses, units=glass.units)
        masses = np.asarray(glass.masses)[snapshot.with_species(glass.species).types]
        return np.column_stack(
            [harmonic.mean_squared_displacement(masses, float(temperature)) for temperature in self.temperatures]
        )

    def from_tables(self, tables: Iterable[str | Path], particles: Integers | None = None) -> Floats:
        """Compute (n_particles, n_temperatures) from the tables of several temperatures.

        Parameters
        ----------
        tables
            Paths of tables of the protocol (`VibrationRecord.vibrations_path`), in any order; their metadata has the
            temperatures.
        particles
            (n_particles,) ids that the rows must be of, in this order; default as in the tables, which are by id.

        Raises
        ------
        InputError
            A temperature is missing or duplicated, or a table is of other particles.
        """
        measured: dict[float, pd.DataFrame] = {}
        for path in map(Path, tables):
            temperature, table = _read(path)
            if temperature in measured:
                raise InputError(f"{self.name}: {path}: a second table of temperature {temperature:g}")
            measured[temperature] = table
        columns = []
        for temperature in map(float, self.temperatures):
            nearest = min(measured, key=lambda other: abs(other - temperature), default=None)
            if nearest is None or abs(nearest - temperature) > 1e-9 * temperature:
                available = ", ".join(f"{t:g}" for t in sorted(measured)) or "none"
                raise InputError(
                    f"{self.name}: no run of `vibrate` at temperature {temperature:g}; there are {available}"
                )
            table = measured[nearest]
            particles = table["particle"].to_numpy() if particles is None else particles
            if not np.array_equal(table["particle"], particles):
                raise InputError(f"{self.name}: the run at temperature {temperature:g} is of other particles")
            columns.append(table["msd"].to_numpy(dtype=float))
        return np.column_stack(columns)


def _table_of(record: RunFolder) -> Path:
    """Return the path of a record's table of mean squared displacements."""
    path: Path | None = getattr(record, "vibrations_path", None)
    if path is None:
        raise InputError(f"vibrational: {record.directory} holds no record of the protocol vibrate")
    return path


def _read(path: Path) -> tuple[float, pd.DataFrame]:
    from lammps_glass.tables import read_metadata, read_table

    table = read_table(path, ["particle", "msd"])
    metadata = read_metadata(path)
    if "temperature" not in metadata:
        raise InputError(f"{path}: has no temperature in its metadata: it is not a table of the protocol vibrate")
    return float(metadata["temperature"]), table
