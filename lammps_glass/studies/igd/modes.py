"""Vibrational modes of a sample: the density of states of each particle, its boson peak, and the sound of the box."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.common import key_columns
from lammps_glass.tables import write_table


@dataclass(frozen=True)
class ModesParameters:
    """How spectra are read (THz): Gaussian `broadening`, and frequencies from `lowest` to `highest` in steps of `step`.

    The boson peak is the maximum of the reduced density from `lowest` on. Of samples too large for all modes at once,
    the softest `share` is found, and the spectrum ends with them.
    """

    broadening: float = 0.1
    lowest: float = 0.4
    highest: float = 9.0
    step: float = 0.05
    share: float = 0.05


def modes(case: Case) -> None:
    """``spectra.parquet`` (a column a frequency), ``particles.parquet`` and ``sound.json`` of a sample.

    The mean of the particles' densities is that of the sample, whose integral over all frequencies is 1: N times eq. 6.
    """
    from lammps_glass.interactions import modes as find_modes
    from lammps_glass.interactions.vibrations import DENSE
    from lammps_glass.simulate import Record

    parameters: ModesParameters = case.parameters
    glass, snapshot = case.glass, Record(case.input("gate")).final
    n = len(snapshot)
    lowest = None if n <= DENSE else round(parameters.share * 3 * n)
    found = find_modes(snapshot, glass.model(), glass.masses, lowest=lowest, units=glass.units)
    frequencies = _frequencies(parameters, float(found.frequencies[-1]), complete=lowest is None)
    spectra = analysis.particle_density_of_states(found, frequencies, broadening=parameters.broadening)
    key = key_columns(snapshot, case.replica, np.arange(n))
    columns = {f"{nu:.3f}": row for nu, row in zip(frequencies, spectra.T.astype(np.float32))}
    table = pd.concat([key[["particle"]], pd.DataFrame(columns)], axis=1)
    write_table(case.directory / "spectra.parquet", table, {"frequencies": frequencies.tolist()})
    masses = np.asarray(glass.masses)[snapshot.with_species(glass.species).types]
    harmonic = found.mean_squared_displacement(masses, 1.0)
    peaks = (spectra / frequencies**2).max(axis=1)
    write_table(case.directory / "particles.parquet", key.assign(boson_peak=peaks, msd_per_kelvin=harmonic))
    (case.directory / "sound.json").write_text(json.dumps(_sound(snapshot, glass), indent=1), encoding="utf-8")


def _frequencies(parameters: ModesParameters, highest: float, *, complete: bool) -> np.ndarray:
    """The grid of frequencies: where the spectrum is not complete it ends five widths below the last mode."""
    top = parameters.highest if complete else min(parameters.highest, highest - 5 * parameters.broadening)
    count = int(np.floor((top - parameters.lowest) / parameters.step + 1e-9)) + 1
    return parameters.lowest + parameters.step * np.arange(count)


def _sound(snapshot: Any, glass: Any) -> dict[str, float]:
    """Moduli, velocities, the lowest frequency of the box and Debye's level."""
    from lammps_glass.simulate import minimize

    found = analysis.sound(snapshot, glass.model(), glass.masses, lambda moved: minimize(moved, glass), glass.units)
    derived = {name: getattr(found, name) for name in ("lowest_frequency", "debye_frequency", "debye_level")}
    return {**asdict(found), **derived}
