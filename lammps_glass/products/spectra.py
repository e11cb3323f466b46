"""`Spectra`: vibrational spectra of the particles of one configuration, their boson peaks, the sound of its box."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass.product import JsonFile, Product, TableFile
from lammps_glass.snapshots.cell import Floats


class Spectra(Product):
    """Vibrational spectra of the particles of one configuration; frequencies in 1 / time of the glass (THz in metals).

    Metadata of the spectra: ``frequencies``; ``complete``, whether they are of all modes; ``peak_below``, up to where
    boson peaks were searched.
    """

    #: ``particle``, then g_i(nu) at each frequency, single precision.
    spectra = TableFile("spectra.parquet")
    #: Key, ``species``, ``boson_peak`` and ``boson_peak_frequency``, ``msd_per_kelvin`` (harmonic, a unit temperature).
    particles = TableFile("particles.parquet")
    #: `analysis.Sound.numbers`, and ``modes_below_lowest``: modes below the slowest transverse wave of the box.
    sound = JsonFile("sound.json")

    def write(
        self, particles: pd.DataFrame, frequencies: Floats, density: Floats, *, complete: bool, peak_below: float
    ) -> None:
        """Write the table of the particles, and (n_particles, k) densities at (k,) frequencies."""
        names = [f"{frequency:.3f}" for frequency in frequencies]
        columns = pd.DataFrame(dict(zip(names, density.T.astype(np.float32))))
        about = {"frequencies": frequencies.tolist(), "complete": complete, "peak_below": peak_below}
        self.spectra.write(pd.concat([particles[["particle"]], columns], axis=1), about)
        self.particles.write(particles)

    @property
    def frequencies(self) -> Floats:
        """(k,) frequencies."""
        return np.array(self.spectra.metadata["frequencies"])

    @property
    def complete(self) -> bool:
        """Whether the spectrum is of all modes."""
        return bool(self.spectra.metadata["complete"])

    @property
    def peak_below(self) -> float:
        """Frequency up to which boson peaks were searched."""
        return float(self.spectra.metadata["peak_below"])

    @property
    def density(self) -> Floats:
        """(k, n_particles) g_i(nu), in units of time."""
        density: Floats = self.spectra.read().drop(columns="particle").to_numpy(dtype=float).T
        return density
