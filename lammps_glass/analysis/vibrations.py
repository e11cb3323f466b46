"""Vibrations of an inherent structure: density of states, boson peak, participation.

Input are `lammps_glass.interactions.Modes`: all modes, or the lowest ones of a large system. Frequencies are
nu = omega / 2 pi (THz for metal units), not omega. The weight of particle i in mode k is its squared polarisation
|e_ki|^2; weights are computed in parts, so that no second array as large as the modes is held. Mean squared
displacements in the harmonic approximation are `Modes.mean_squared_displacement`; the Debye level and the lowest
transverse wave of the box are those of `analysis.Sound`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.errors import InputError
from lammps_glass.interactions.vibrations import Modes
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.snapshot import Integers

if TYPE_CHECKING:
    import pandas as pd

Rows = Integers | slice
#: Modes whose weights are held at a time.
_PART = 256
#: Standard deviations after which a Gaussian is taken to be zero.
_SIGMAS = 5.0


class BosonPeak(NamedTuple):
    """Maximum of g(nu) / nu^2: its frequency and value."""

    frequency: float
    intensity: float


class BosonPeaks(NamedTuple):
    """(n_particles,) frequencies where g_i(nu) / nu^2 is largest, and its values there."""

    frequency: Floats
    intensity: Floats


class HarmonicComparison(NamedTuple):
    """Ratio of the mean measured amplitude to the mean harmonic one, and their correlation over particles."""

    ratio: float
    correlation: float


def vibrational_density_of_states(
    modes: Modes,
    *,
    of: ArrayLike | None = None,
    frequencies: ArrayLike | None = None,
    step: float = 0.02,
    broadening: float = 0.1,
) -> pd.DataFrame:
    """Compute the vibrational density of states g(nu), each mode broadened to a Gaussian.

    Parameters
    ----------
    modes
        Modes of a stable configuration: all, or the lowest (g is then right up to five `broadening` below the highest).
    of
        (m,) rows or (n_particles,) mask of particles (a species, a quantile of an indicator) whose partial density is
        computed: each mode counts with the mean weight of these particles. Default: all particles.
    frequencies
        (k,) frequencies of g; default 0 to five `broadening` above the highest mode, in steps of `step`.
    broadening
        Standard deviation of the Gaussians, in the unit of frequencies: 0.1 THz in a metal.

    Returns
    -------
    DataFrame
        ``frequency``, ``vdos`` in units of time. The integral for all particles is 1 (the 3 n - 3 modes without
        translations); the mean over particles is that of all.

    Raises
    ------
    InputError
        A mode is unstable, or a parameter is not positive.
    """
    import pandas as pd

    at = _grid_of_all_peaks(modes, step, broadening) if frequencies is None else np.asarray(frequencies, dtype=float)
    values = _partial(modes, at, broadening, _rows(modes, of))
    return pd.DataFrame({"frequency": at, "vdos": values})


def particle_density_of_states(modes: Modes, frequencies: ArrayLike, *, broadening: float = 0.1) -> Floats:
    """Compute g_i(nu) of every particle at (k,) `frequencies`: (n_particles, k), whose mean is g of all particles."""
    _check(modes, broadening=broadening)
    at = np.asarray(frequencies, dtype=float)
    total = np.zeros((modes.vectors.shape[1], len(at)))
    for start in range(0, len(modes.eigenvalues), _PART):
        peaks = _gaussians(modes.frequencies[start : start + _PART], at, broadening)
        total += modes.weights(start, start + _PART).T @ peaks
    result: Floats = total * _normalisation(modes)
    return result


def reduced_density_of_states(
    modes: Modes,
    *,
    of: ArrayLike | None = None,
    lowest: float = 0.4,
    step: float = 0.02,
    broadening: float = 0.1,
) -> pd.DataFrame:
    """Compute the reduced density of states from `lowest` up: ``frequency``, ``reduced`` = g / nu^2 (time^3).

    Parameters as for `vibrational_density_of_states`.
    """
    import pandas as pd

    at = _determined_grid(modes, lowest, step, broadening)
    reduced = _partial(modes, at, broadening, _rows(modes, of)) / at**2
    return pd.DataFrame({"frequency": at, "reduced": reduced})


def boson_peak(
    modes: Modes,
    *,
    of: ArrayLike | None = None,
    lowest: float = 0.4,
    step: float = 0.02,
    broadening: float = 0.1,
) -> BosonPeak:
    """Find the maximum of g / nu^2 at `lowest` and above, of the mean over the particles `of`.

    Below `lowest` a broadened density over nu^2 diverges. Compare the peak with the lowest transverse wave of the box.
    The "5 THz" of Yang et al. (2021) can only be an angular frequency: the peak lies near nu = 0.6 to 0.8 THz.
    """
    table = reduced_density_of_states(modes, of=of, lowest=lowest, step=step, broadening=broadening)
    at, reduced = table["frequency"].to_numpy(), table["reduced"].to_numpy()
    highest = int(np.argmax(reduced))
    return BosonPeak(float(at[highest]), float(reduced[highest]))


def boson_peak_intensity(modes: Modes, *, lowest: float = 0.4, step: float = 0.02, broadening: float = 0.1) -> Floats:
    """Compute the intensity of the boson peak of each particle, I_BP, its largest g_i / nu^2: (n_particles,), time^3.

    The harmonic mean squared displacement, T / m times the integral of g_i / nu^2, weights the same modes in the same
    way: that the two correlate at low temperatures is an identity, not a finding.

    The lowest modes of a large system suffice: in Cu-Zr (1024 atoms) intensities of the modes below 1.5 THz (5 % of
    them) correlate with those of all modes at 0.9986, of the modes below 2 THz at 0.9999.

    References
    ----------
    Yang et al. (2021), section III E 1: I_BP = max g_i(omega) / omega^2.
    """
    at = _determined_grid(modes, lowest, step, broadening)
    return boson_peaks(at, particle_density_of_states(modes, at, broadening=broadening)).intensity


def boson_peaks(frequencies: ArrayLike, density: ArrayLike, highest: float | None = None) -> BosonPeaks:
    """Find the largest reduced density of states of every particle, and its frequency.

    Parameters
    ----------
    frequencies
        (k,) ascending, positive.
    density
        (n_particles, k) g_i(nu), of `particle_density_of_states`.
    highest
        Frequency up to which the maximum is searched; above the boson peak lie the maxima of single modes.
    """
    at = np.asarray(frequencies, dtype=float)
    within = at <= (np.inf if highest is None else highest + 1e-9)
    reduced = np.asarray(density, dtype=float)[:, within] / at[within] ** 2
    return BosonPeaks(at[within][reduced.argmax(axis=1)], reduced.max(axis=1))


def frequency_grid(modes: Modes, lowest: float, highest: float, step: float, *, broadening: float = 0.1) -> Floats:
    """Return (k,) frequencies from `lowest` to `highest`, or five `broadening` below the last of incomplete modes."""
    _positive(lowest=lowest, step=step, broadening=broadening)
    limit = np.inf if modes.is_complete else float(modes.frequencies[-1]) - _SIGMAS * broadening
    count = int(np.floor((min(highest, limit) - lowest) / step + 1e-9)) + 1
    return np.asarray(lowest + step * np.arange(count), dtype=float)


def compare_with_harmonic(measured: ArrayLike, harmonic: ArrayLike) -> HarmonicComparison:
    """Compare mean squared displacements of a trace with those of the Hessian, which knows no hops.

    Parameters
    ----------
    measured, harmonic
        (n_particles,) of the same particles at one temperature (`Modes.mean_squared_displacement`).
    """
    trace, modes = np.asarray(measured, dtype=float), np.asarray(harmonic, dtype=float)
    if trace.shape != modes.shape or not (np.isfinite(trace).all() and np.isfinite(modes).all()):
        raise InputError(f"{trace.shape} measured and {modes.shape} harmonic amplitudes must be finite and as many")
    return HarmonicComparison(float(trace.mean() / modes.mean()), float(np.corrcoef(trace, modes)[0, 1]))


def participation_ratios(modes: Modes) -> pd.DataFrame:
    """Compute the participation ratio 1 / (n sum_i |e_ki|^4) of each mode: ``frequency``, ``participation``.

    It is 1 when all particles move alike, and 1 / n when a single one moves.
    """
    import pandas as pd

    n_modes, n_particles = modes.vectors.shape[:2]
    ratios = [
        1.0 / (n_particles * (modes.weights(start, start + _PART) ** 2).sum(axis=1))
        for start in range(0, n_modes, _PART)
    ]
    return pd.DataFrame({"frequency": modes.frequencies, "participation": np.concatenate(ratios)})


def low_mode_participation(modes: Modes, *, highest: float) -> Floats:
    """Sum the weights |e_ki|^2 of each particle in the modes with frequencies up to `highest`: (n_particles,).

    Raises
    ------
    InputError
        A mode is unstable, no mode lies below `highest`, or the modes do not reach it.
    """
    _check(modes, highest=highest)
    count = int(np.searchsorted(modes.frequencies, highest, side="right"))
    if not count or (count == len(modes.frequencies) and not modes.is_complete):
        raise InputError(
            f"low modes: highest = {highest:g} is outside of the modes given, "
            f"{modes.frequencies[0]:.3g} to {modes.frequencies[-1]:.3g}"
        )
    total = np.zeros(modes.vectors.shape[1])
    for start in range(0, count, _PART):
        total += modes.weights(start, min(count, start + _PART)).sum(axis=0)
    return total


def _partial(modes: Modes, at: Floats, broadening: float, rows: Rows) -> Floats:
    """Average g_i over the particles of `rows` at the frequencies `at`: (k,)."""
    _check(modes, broadening=broadening)
    total = np.zeros(len(at))
    for start in range(0, len(modes.eigenvalues), _PART):
        weights = modes.weights(start, start + _PART)[:, rows].mean(axis=1)
        total += weights @ _gaussians(modes.frequencies[start : start + _PART], at, broadening)
    result: Floats = total * _normalisation(modes)
    return result


def _gaussians(frequencies: Floats, at: Floats, broadening: float) -> Floats:
    """Compute the Gaussian of each mode, with integral 1, at the frequencies `at`: (modes, k)."""
    x = (at - frequencies[:, None]) / broadening
    peaks: Floats = np.exp(-0.5 * x**2) / (np.sqrt(2 * np.pi) * broadening)
    return peaks


def _normalisation(modes: Modes) -> float:
    """Compute the factor that makes the integral of the mean density over all 3 n - 3 modes 1."""
    n_particles = int(modes.vectors.shape[1])
    return n_particles / (3 * n_particles - 3)


def _grid_of_all_peaks(modes: Modes, step: float, broadening: float) -> Floats:
    """Make a grid of frequencies from 0 to where the broadened peak of the last mode ends."""
    _positive(step=step, broadening=broadening)
    end = float(modes.frequencies[-1]) + _SIGMAS * broadening
    return np.asarray(np.arange(0.0, end + step, step), dtype=float)


def _determined_grid(modes: Modes, lowest: float, step: float, broadening: float) -> Floats:
    """Make a grid of frequencies from `lowest` to the end of the density that the modes determine."""
    _positive(lowest=lowest, step=step, broadening=broadening)
    sign = 1 if modes.is_complete else -1
    end = float(modes.frequencies[-1]) + sign * _SIGMAS * broadening
    if end <= lowest:
        raise InputError(
            f"density of states: the modes given end at {modes.frequencies[-1]:.3g}, too low for frequencies from "
            f"{lowest:g} on with a broadening of {broadening:g}: find more modes"
        )
    return np.asarray(np.arange(lowest, end + step / 2, step), dtype=float)


def _rows(modes: Modes, of: ArrayLike | None) -> Rows:
    """Convert rows or a mask of particles to an index of arrays."""
    if of is None:
        return slice(None)
    rows = np.asarray(of)
    n_particles = modes.vectors.shape[1]
    if rows.dtype == bool and rows.shape != (n_particles,):
        raise InputError(f"density of states: a mask of {rows.size} for {n_particles} particles")
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
    if not rows.size or rows.min() < 0 or rows.max() >= n_particles:
        raise InputError(f"density of states: of=... names no particle, or a row outside of 0 to {n_particles - 1}")
    return rows


def _check(modes: Modes, **positive: float) -> None:
    modes.require_stable()
    _positive(**positive)


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"vibrations: {name} = {value!r} must be a positive number")
