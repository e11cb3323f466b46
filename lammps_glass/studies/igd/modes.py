"""Vibrational modes of a sample: the density of states of each particle, its boson peak, and the sound of the box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass import analysis
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.products import Record
from lammps_glass.products.keys import key_columns
from lammps_glass.simulate.work import Work
from lammps_glass.studies.igd.products import Spectra

#: THz: up to where a reduced density is searched for the boson peak. Above lie the maxima of single modes.
SEARCHED = 2.0


@dataclass(frozen=True)
class ModesParameters:
    """How spectra are read, in THz.

    Parameters
    ----------
    broadening
        Standard deviation of the Gaussian of a mode.
    lowest, highest, step
        Frequencies of the spectra. The boson peak is the maximum of the reduced density from `lowest` to 2 THz.
    share
        Of samples too large for all modes at once the softest `share` is found, more if it does not reach five widths
        beyond 2 THz; the spectrum ends with them.
    """

    broadening: float = 0.1
    lowest: float = 0.4
    highest: float = 9.0
    step: float = 0.05
    share: float = 0.15


def work(parameters: ModesParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare modes, which grow with the cube of the particles: all of them at once, or a fraction by iteration.

    Iterated ones are kept orthogonal, which grows with the square of their fraction; the rate is of 0.05.
    """
    from lammps_glass.interactions.vibrations import DENSE

    n = sum(counts.values())
    if n <= DENSE:
        return Work(n, {"cases": 1.0, "dense": float(n) ** 3}, 1, float(n), memory=9.0 * n**2 * 8 * 3)
    iterated = float(n) ** 3 * (parameters.share / 0.05) ** 2
    # Twice as many vectors as wanted are iterated, and the wanted ones combined from them.
    return Work(n, {"cases": 1.0, "iterated": iterated}, 1, float(n), memory=4 * parameters.share * 9.0 * n**2 * 8)


@operation(work=work, rates={"cases": 3.0, "dense": 3e-8, "iterated": 1.5e-9})
def modes(case: Case[ModesParameters], sample: Record) -> Spectra:
    """Find the spectra of the particles of an inherent structure, their boson peaks, and the sound of its box.

    The mean of the particles' densities is that of the sample, whose integral over all frequencies is 1: N times eq. 6.
    """
    from lammps_glass.interactions import modes_up_to
    from lammps_glass.simulate import minimize

    parameters, glass, snapshot = case.parameters, case.glass, sample.final
    broadening, model = parameters.broadening, glass.model()
    needed = SEARCHED + 5 * broadening
    vibrations = modes_up_to(needed, snapshot, model, glass.masses, fraction=parameters.share, units=glass.units)
    frequencies = analysis.frequency_grid(
        vibrations, parameters.lowest, parameters.highest, parameters.step, broadening=broadening
    )
    density = analysis.particle_density_of_states(vibrations, frequencies, broadening=broadening)
    peaks = analysis.boson_peaks(frequencies, density, SEARCHED)
    masses = np.asarray(glass.masses)[snapshot.with_species(glass.species).types]
    sound = analysis.sound(snapshot, model, glass.masses, lambda moved: minimize(moved, glass), glass.units)

    made, keys = Spectra(case.directory), key_columns(snapshot, case.replica)
    made.write_density(keys["particle"], frequencies, density, complete=vibrations.is_complete)
    made.particles.write(
        keys.assign(
            boson_peak=peaks.intensity,
            boson_peak_frequency=peaks.frequency,
            msd_per_kelvin=vibrations.mean_squared_displacement(masses, 1.0),
        )
    )
    below = float((vibrations.frequencies < sound.lowest_frequency).sum())
    made.sound.write({**sound.numbers, "modes_below_lowest": below})
    return made
