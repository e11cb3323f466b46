"""Spectra of the samples and the sound of their boxes, as the figures of vibrations read them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lammps_glass.studies.case import Case
from lammps_glass.tables import read_metadata, read_table

#: THz: where the boson peak of a Cu-Zr glass lies.
PEAK = (0.6, 0.8)


@dataclass(frozen=True, eq=False)
class Spectra:
    """Densities of the particles of one sample: frequencies (k,), density (k, n) and the particles' ids (n,)."""

    replica: str
    frequencies: np.ndarray
    density: np.ndarray
    particles: np.ndarray
    complete: bool


def read(case: Case) -> list[Spectra]:
    """The spectra of every sample, up to where all of them are known."""
    found = []
    for product in case.inputs("modes"):
        path = product.path / "spectra.parquet"
        frequencies, table = np.array(read_metadata(path)["frequencies"]), read_table(path)
        density = table.drop(columns="particle").to_numpy(dtype=float).T
        complete = bool(read_metadata(path)["complete"])
        found.append(Spectra(product.replica, frequencies, density, table["particle"].to_numpy(), complete))
    # The softest modes alone end at another frequency in each sample: spectra are compared up to where all are known.
    common = min(len(s.frequencies) for s in found)
    return [replace(s, frequencies=s.frequencies[:common], density=s.density[:common]) for s in found]


def sounds_of(case: Case) -> pd.DataFrame:
    """A row a sample: moduli, velocities, the lowest frequency of the box and how many modes lie below it."""
    rows = [json.loads((p.path / "sound.json").read_text(encoding="utf-8")) for p in case.inputs("modes")]
    return pd.DataFrame(rows)


def box_of(sounds: pd.DataFrame) -> str:
    """What the size of the box allows: printed beside every spectrum."""
    lowest, (low, high) = sounds["lowest_frequency"].mean(), PEAK
    said = (
        f"nu_min = c_T / L = {lowest:.2f} THz (c_T {sounds['transverse'].mean() / 10:.2f} km/s), below it "
        f"{sounds['modes_below_lowest'].mean():.0f} modes a sample that are no sound waves"
    )
    if lowest > high:
        return f"{said}: no transverse wave at the boson peak's {low}-{high} THz fits into this box."
    if lowest > low:
        return f"{said}: of the boson peak's {low}-{high} THz only the upper part has transverse waves in this box."
    return f"{said}: the box holds transverse waves below the boson peak's {low}-{high} THz."


def edge_of(case: Case) -> float:
    """Share of the particles whose reduced density is largest at the lowest frequency: they have no peak there."""
    places = pd.concat([read_table(p.path / "particles.parquet") for p in case.inputs("modes")])["boson_peak_frequency"]
    first = min(read_metadata(p.path / "spectra.parquet")["frequencies"][0] for p in case.inputs("modes"))
    return float((places <= first + 1e-9).mean())
