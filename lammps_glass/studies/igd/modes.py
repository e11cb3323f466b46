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

#: THz: up to where a reduced density is searched for the boson peak. Above lie the maxima of single modes.
SEARCHED = 2.0
#: Widths after which a Gaussian has ended.
WIDTHS = 5


@dataclass(frozen=True)
class ModesParameters:
    """How spectra are read (THz): Gaussian `broadening`, and frequencies from `lowest` to `highest` in steps of `step`.

    The boson peak is the maximum of the reduced density from `lowest` to `SEARCHED`. Of samples too large for all
    modes at once the softest `share` is found, more if it does not reach five widths beyond `SEARCHED`; the spectrum
    ends with them.
    """

    broadening: float = 0.1
    lowest: float = 0.4
    highest: float = 9.0
    step: float = 0.05
    share: float = 0.15


def modes(case: Case) -> None:
    """``spectra.parquet`` (a column a frequency), ``particles.parquet`` and ``sound.json`` of a sample.

    The mean of the particles' densities is that of the sample, whose integral over all frequencies is 1: N times eq. 6.
    """
    from lammps_glass.simulate import Record

    parameters: ModesParameters = case.parameters
    glass, snapshot = case.glass, Record(case.input("gate")).final
    n = len(snapshot)
    found = _modes(parameters, glass, snapshot)
    complete = len(found.frequencies) == 3 * n - 3
    frequencies = _frequencies(parameters, float(found.frequencies[-1]), complete=complete)
    spectra = analysis.particle_density_of_states(found, frequencies, broadening=parameters.broadening)
    key = key_columns(snapshot, case.replica, np.arange(n))
    columns = {f"{nu:.3f}": row for nu, row in zip(frequencies, spectra.T.astype(np.float32))}
    table = pd.concat([key[["particle"]], pd.DataFrame(columns)], axis=1)
    write_table(case.directory / "spectra.parquet", table, {"frequencies": frequencies.tolist(), "complete": complete})
    masses = np.asarray(glass.masses)[snapshot.with_species(glass.species).types]
    harmonic = found.mean_squared_displacement(masses, 1.0)
    intensity, place = boson_peaks(frequencies, spectra.T)
    peaks = key.assign(boson_peak=intensity, boson_peak_frequency=place, msd_per_kelvin=harmonic)
    write_table(case.directory / "particles.parquet", peaks)
    sound = _sound(snapshot, glass)
    sound["modes_below_lowest"] = float((found.frequencies < sound["lowest_frequency"]).sum())
    (case.directory / "sound.json").write_text(json.dumps(sound, indent=1), encoding="utf-8")


def boson_peaks(frequencies: np.ndarray, density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest reduced density up to `SEARCHED`, and where, of (k,) frequencies and (k, n) densities: (n,) each."""
    within = frequencies <= SEARCHED + 1e-9
    reduced = density[within] / frequencies[within, None] ** 2
    at = reduced.argmax(axis=0)
    return reduced.max(axis=0), frequencies[within][at]


def _modes(parameters: ModesParameters, glass: Any, snapshot: Any) -> Any:
    """All modes, or the softest of a large sample, as many as the search for the boson peak needs."""
    from lammps_glass.interactions import modes as find_modes
    from lammps_glass.interactions.vibrations import DENSE

    n, share = len(snapshot), parameters.share
    if n <= DENSE:
        return find_modes(snapshot, glass.model(), glass.masses, units=glass.units)
    needed = SEARCHED + WIDTHS * parameters.broadening
    while True:
        count = round(share * 3 * n)
        found = find_modes(snapshot, glass.model(), glass.masses, lowest=count, units=glass.units, dense=False)
        top = float(found.frequencies[-1])
        if top >= needed:
            return found
        share *= 1.02 * (needed / top) ** 3  # Debye: their number grows with the cube of the frequency


def _frequencies(parameters: ModesParameters, highest: float, *, complete: bool) -> np.ndarray:
    """The grid of frequencies: where the spectrum is not complete it ends five widths below the last mode."""
    top = parameters.highest if complete else min(parameters.highest, highest - WIDTHS * parameters.broadening)
    count = int(np.floor((top - parameters.lowest) / parameters.step + 1e-9)) + 1
    return parameters.lowest + parameters.step * np.arange(count)


def _sound(snapshot: Any, glass: Any) -> dict[str, float]:
    """Moduli, velocities, the lowest frequency of the box and Debye's level."""
    from lammps_glass.simulate import minimize

    found = analysis.sound(snapshot, glass.model(), glass.masses, lambda moved: minimize(moved, glass), glass.units)
    derived = {name: getattr(found, name) for name in ("lowest_frequency", "debye_frequency", "debye_level")}
    return {**asdict(found), **derived}
