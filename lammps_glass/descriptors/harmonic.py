"""`Harmonic`: vibrations of each particle about its inherent structure, from the Hessian; nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors.configuration import Configuration, ConfigurationDescriptor
from lammps_glass.descriptors.radial_gaussians import ascending_lengths, positive_length
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats


class Harmonic(ConfigurationDescriptor):
    r"""Harmonic mean squared displacement, soft modes and localised modes of the inherent structure.

    With the modes k of the mass-weighted Hessian, eigenvalues :math:`\lambda_k = \omega_k^2` and polarisations
    :math:`e_{ki}`:

    .. math:: \text{vmsd}_i = \frac 1 {m_i} \sum_k \frac{|e_{ki}|^2}{\lambda_k}, \qquad
        \text{soft}_i = \frac 1 {m_i} \sum_{k\ \text{low}} \frac{|e_{ki}|^2}{\lambda_k^2}, \qquad
        \text{localised}_i = \sum_{k\ \text{low},\ P_k < P} |e_{ki}|^2, \qquad
        P_k = \frac{(\sum_i |e_{ki}|^2)^2}{n \sum_i |e_{ki}|^4}

    The mean squared displacement is that at :math:`k_B T = 1`, in length squared over energy; its columns by band sum
    over parts of the spectrum. The snapshot is minimised first.

    Parameters
    ----------
    bands
        Upper ends of the bands, as fractions of the number of modes from the softest up, ascending, the last at most 1.
    low
        Fraction of the modes that are low.
    participation
        P: a mode of a smaller participation ratio is localised.
    max_modes
        Largest number of modes that are found; of a system with more, the softest: bands end there, and the whole mean
        squared displacement is that of these modes. All modes of more than 4000 particles need too much memory.

    References
    ----------
    A. Widmer-Cooper, H. Perry, P. Harrowell and D. R. Reichman, Nature Phys. 4, 711 (2008); M. L. Manning and
    A. J. Liu, Phys. Rev. Lett. 107, 108302 (2011).
    """

    name = "harmonic"
    of_box = True

    def __init__(
        self,
        bands: Sequence[float] = (0.01, 0.05, 0.2, 1.0),
        low: float = 0.02,
        participation: float = 0.2,
        max_modes: int = 12000,
    ) -> None:
        self.bands = bands
        self.low = low
        self.participation = participation
        self.max_modes = max_modes
        ascending_lengths(self.name, "bands", bands)
        for field in ("low", "participation"):
            positive_length(self.name, field, getattr(self, field))
        if max(bands) > 1 or low > 1:
            raise InputError(f"harmonic: bands = {bands!r} and low = {low!r} are fractions, at most 1")
        if isinstance(max_modes, bool) or not isinstance(max_modes, int) or max_modes < 10:
            raise InputError(f"harmonic: max_modes = {max_modes!r} must be a whole number, 10 or more")

    @property
    def feature_names(self) -> list[str]:
        """``vmsd``, ``vmsd 0 to 0.01`` ..., ``soft``, ``localised``."""
        starts = (0.0, *self.bands)
        return ["vmsd", *(f"vmsd {a:g} to {b:g}" for a, b in zip(starts, self.bands)), "soft", "localised"]

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Return (n_particles, n_bands + 3).

        Raises
        ------
        InputError
            The cell has an open direction, or a mode is unstable.
        """
        from lammps_glass.interactions import modes

        inherent, material = configuration.inherent, configuration.material
        if not inherent.cell.periodic.all():
            raise InputError("harmonic: the cell must be periodic in every direction")
        n_modes = 3 * len(inherent) - 3
        lowest = None if n_modes <= self.max_modes else self.max_modes
        model = configuration.model
        found = modes(inherent, model, material.masses, lowest=lowest, units=material.units)
        found.require_stable()
        masses = np.asarray(material.masses)[inherent.with_species(model.species).types]
        ends = [min(round(end * n_modes), len(found.eigenvalues)) for end in self.bands]
        low = max(1, round(self.low * n_modes))
        parts, soft, localised = (
            np.zeros((len(ends) + 1, len(inherent))),
            np.zeros(len(inherent)),
            np.zeros(len(inherent)),
        )
        for start in range(0, len(found.eigenvalues), 256):  # the squares of all modes at once would be as large
            weights = found.weights(start, start + 256)
            values = found.eigenvalues[start : start + 256]
            number = np.arange(start, start + len(values))
            over = weights / values[:, None]
            band = np.searchsorted(ends, number, side="right")
            for k in range(len(ends)):
                parts[k] += over[band == k].sum(axis=0)
            parts[-1] += over.sum(axis=0)
            is_low = number < low
            soft += (over[is_low] / values[is_low, None]).sum(axis=0)
            ratio = 1.0 / (len(inherent) * (weights**2).sum(axis=1))
            localised += weights[is_low & (ratio < self.participation)].sum(axis=0)
        return np.column_stack([parts[-1] / masses, *(parts[:-1] / masses), soft / masses, localised])
