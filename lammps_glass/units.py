"""Constants of LAMMPS's unit styles ``lj`` (reduced) and ``metal`` (eV, angstrom, ps, g/mol, K, bar)."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from lammps_glass.errors import InputError

#: One energy per volume in pressure units: 1, and bar in eV per cubic angstrom (LAMMPS's own value, so that energies
#: follow from the stresses that it prints; CODATA has 1.602176634e6).
PRESSURE = {"lj": 1.0, "metal": 1.6021765e6}
#: Gigapascal in one eV per cubic angstrom.
GIGAPASCAL = 160.2176634
#: Square root of one energy per (mass length^2), in inverse time units: 1, and 1/ps.
FREQUENCY = {"lj": 1.0, "metal": (1.602176634e-19 / 1.66053906660e-27) ** 0.5 * 1e10 * 1e-12}
#: Boltzmann's constant, energy per temperature: 1, and eV/K.
BOLTZMANN = {"lj": 1.0, "metal": 8.617333262e-5}

#: Units that defaults are declared in -> LAMMPS's unit styles in which they hold (``real`` has angstrom too).
_STYLES = {
    "angstrom": ("metal", "real"),
    "metal units": ("metal",),
    "reduced units": ("lj",),
}


@dataclass(frozen=True)
class UnitDefaults:
    """Declaration that the defaults of some parameters are numbers in certain units.

    Parameters
    ----------
    units
        ``"angstrom"`` (lengths), ``"metal units"`` or ``"reduced units"``.
    parameters
        Names of the parameters that must be given for a snapshot or glass in other units. Those without a scale of
        their own, such as the largest move in a line search, are not among them.
    """

    units: str
    parameters: tuple[str, ...]

    def require_given(self, owner: str, part: object, units: str | None) -> None:
        """Raise `InputError` when a default of `part` would be used in other units than its own.

        Parameters
        ----------
        owner
            Name of the part, for the message.
        part
            Object that holds each parameter under its name. A value that is the default object itself was not given; an
            equal number that is given is another object.
        units
            LAMMPS's unit style of the snapshot or glass; unknown units (None) pass.
        """
        if units is None or units in _STYLES[self.units]:
            return
        defaults = inspect.signature(type(part)).parameters
        missing = [name for name in self.parameters if getattr(part, name) is defaults[name].default]
        if missing:
            raise InputError(
                f"{owner}: the default of {missing[0]} is in {self.units}, but snapshot or glass is in {units} units: "
                f"give {', '.join(missing)} in these"
            )
