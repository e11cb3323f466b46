"""The operation ``modes``: vibrational spectra of the particles of an inherent structure, and the sound of its box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Wired, operation
from lammps_glass.products import Record, Spectra
from lammps_glass.products.keys import key_columns
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class ModesParameters:
    """Parameters of the operation ``modes``; frequencies nu in 1 / time of the glass, defaults for metals (THz).

    Parameters
    ----------
    broadening
        Standard deviation of the Gaussian of a mode.
    lowest, highest, step
        Frequencies of the spectra. Below `lowest` a broadened density over nu^2 diverges.
    peak_below
        The boson peak is the maximum of g / nu^2 from `lowest` to this; above lie the maxima of single modes.
    fraction
        Fraction of the modes, the softest, that is computed for samples too large for all modes at once; more if these
        do not reach five widths beyond `peak_below`. The spectrum ends with them.
    """

    broadening: float = 0.1
    lowest: float = 0.4
    highest: float = 9.0
    step: float = 0.05
    peak_below: float = 2.0
    fraction: float = 0.15


#: Passes of the filter that a glass needs.
PASSES = 3


def work(parameters: ModesParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the modes: the cost grows with the cube of the number of particles.

    Dense diagonalisation finds all of them; iteration a fraction, in single precision: to filter the vectors costs
    their number times that of the particles, to keep them orthogonal its square.
    """
    from lammps_glass.interactions.filtered import DEGREE, SURPLUS
    from lammps_glass.interactions.vibrations import DENSE

    n = sum(counts.values())
    if n <= DENSE:
        return Work(n, {"cases": 1.0, "dense": float(n) ** 3}, 1, float(n), memory=9.0 * n**2 * 8 * 3)
    vectors = SURPLUS * parameters.fraction * 3 * n
    parts = {"cases": 1.0, "filtered": PASSES * DEGREE * vectors * n, "orthogonalised": PASSES * 3 * n * vectors**2}
    # The vectors and, while they are combined, five matrices of their number squared, all of single precision.
    return Work(n, parts, 1, float(n), memory=4 * 3 * n * vectors + 20 * vectors**2)


def check(stage: Wired) -> None:
    """Refuse a glass without compiled interactions, before anything runs."""
    if stage.glass is not None:
        try:
            stage.glass.require_model("modes")
        except InputError as error:
            key = f"stages.{stage.stage}"
            raise InputError(f"{key}.run: {error}; --set {key}=false leaves the stage out") from error


@operation(check=check, work=work, rates={"cases": 3.0, "dense": 3e-8, "filtered": 1.8e-7, "orthogonalised": 2e-10})
def modes(case: Case[ModesParameters], sample: Record) -> Spectra:
    """Find the spectra of the particles of an inherent structure, their boson peaks, and the sound of its box.

    The mean of the particles' densities is that of the sample, whose integral over all frequencies is 1.
    """
    from lammps_glass import analysis
    from lammps_glass.interactions import modes_up_to
    from lammps_glass.simulate import minimize

    p, glass, snapshot = case.parameters, case.glass, sample.final
    model, needed = glass.model(), p.peak_below + 5 * p.broadening
    vibrations = modes_up_to(needed, snapshot, model, glass.masses, fraction=p.fraction, units=glass.units)
    frequencies = analysis.frequency_grid(vibrations, p.lowest, p.highest, p.step, broadening=p.broadening)
    density = analysis.particle_density_of_states(vibrations, frequencies, broadening=p.broadening)
    peaks = analysis.boson_peaks(frequencies, density, p.peak_below)
    masses = np.asarray(glass.masses)[snapshot.with_species(glass.species).types]
    sound = analysis.sound(snapshot, model, glass.masses, lambda moved: minimize(moved, glass), glass.units)
    particles = key_columns(snapshot, case.replica).assign(
        boson_peak=peaks.intensity,
        boson_peak_frequency=peaks.frequency,
        msd_per_kelvin=vibrations.mean_squared_displacement(masses, 1.0),
    )
    spectra = Spectra(case.directory)
    spectra.write(particles, frequencies, density, complete=vibrations.is_complete, peak_below=p.peak_below)
    below = float((vibrations.frequencies < sound.lowest_frequency).sum())
    spectra.sound.write({**sound.numbers, "modes_below_lowest": below})
    return spectra
