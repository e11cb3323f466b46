"""Products of the study `igd`: spectra of particles, rows of the grid over C and gamma, indicators with comparisons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass.learn import SvmChoice
from lammps_glass.product import JsonFile, Product, TableFile
from lammps_glass.products import SavedIndicator
from lammps_glass.snapshots.cell import Floats

__all__ = ["Fold", "Grid", "PaperSplit", "Spectra"]


class Spectra(Product):
    """Vibrational spectra of the particles of one sample, their boson peaks, and the sound of the box."""

    #: ``particle``, then g_i(nu) at each of the ``frequencies`` of the metadata; ``complete``: of all modes.
    spectra = TableFile("spectra.parquet")
    #: Key, ``boson_peak``, ``boson_peak_frequency``, ``msd_per_kelvin`` (harmonic).
    particles = TableFile("particles.parquet")
    #: `analysis.Sound.numbers`, and ``modes_below_lowest``.
    sound = JsonFile("sound.json")

    def write_density(self, particles: pd.Series[int], frequencies: Floats, density: Floats, *, complete: bool) -> None:
        """Write (n_particles, k) densities at (k,) frequencies, single precision."""
        names = [f"{frequency:.3f}" for frequency in frequencies]
        table = pd.DataFrame(dict(zip(names, density.T.astype(np.float32))))
        metadata = {"frequencies": frequencies.tolist(), "complete": complete}
        self.spectra.write(pd.concat([particles, table], axis=1), metadata)

    @property
    def frequencies(self) -> Floats:
        """(k,) frequencies, THz."""
        return np.array(self.spectra.metadata["frequencies"])

    @property
    def complete(self) -> bool:
        """Whether the spectrum is of all modes."""
        return bool(self.spectra.metadata["complete"])

    @property
    def density(self) -> Floats:
        """(k, n_particles) g_i(nu), 1 / THz."""
        density: Floats = self.spectra.read().drop(columns="particle").to_numpy(dtype=float).T
        return density


class Grid(Product):
    """Accuracy of cells of the grid over C and gamma by folds of the samples that train.

    Columns ``predictor``, ``left_out``, ``log2_c``, ``log2_gamma``, ``accuracy`` (NaN without an inner fold) ...
    """

    table = TableFile("grid.parquet")

    @property
    def threshold(self) -> float:
        """Largest jump above which a particle is rearranged, square angstrom."""
        return float(self.table.metadata["threshold"])


def cells_of(grids: Sequence[Grid], predictor: str) -> pd.DataFrame:
    """Read the cells of a predictor; those without an inner fold are left out."""
    table = pd.concat([grid.table.read() for grid in grids], ignore_index=True)
    return table[table["predictor"] == predictor].dropna(subset="accuracy")


class Fold(SavedIndicator):
    """The indicator that leaves one sample out, its predictions of that sample, and what C and gamma were chosen."""

    #: Key, ``label``, a column a predictor in standard deviations over the samples that train, ``species_only``.
    predictions = TableFile("predictions.parquet")
    #: ``predictor``, ``C``, ``gamma``, ``accuracy``, ``note``.
    choices = TableFile("choice.parquet")

    @property
    def left_out(self) -> str:
        """Name of the replica that did not train."""
        return str(self.conditions["left_out"])

    def write_choices(self, choices: dict[str, SvmChoice]) -> None:
        """Write the choice of every predictor."""
        self.choices.write(pd.DataFrame([{"predictor": name, **c._asdict()} for name, c in choices.items()]))


def choices_of(folds: Sequence[Fold]) -> pd.DataFrame:
    """Read C and gamma of every predictor and left-out sample."""
    return pd.concat([fold.choices.read() for fold in folds], ignore_index=True)


def last_fold(folds: Sequence[Fold]) -> Fold:
    """Return the fold that leaves the last sample out: the paper's split."""
    return max(folds, key=lambda fold: int(fold.left_out))


class PaperSplit(SavedIndicator):
    """The indicator of the paper's split (the last sample tests), with what it is compared to."""

    #: Predictions by folds of random rows, which leak.
    random_rows = TableFile("random_rows.parquet")
    #: Scores for several draws of the negatives; no row where the last sample has one class only.
    draws = TableFile("draws.parquet")
    #: Scores of the rows that trained.
    train = TableFile("train.parquet")
