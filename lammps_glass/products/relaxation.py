"""`Relaxation`: relaxation times of a liquid."""

from __future__ import annotations

from dataclasses import asdict

from lammps_glass.analysis.equilibration import Equilibration
from lammps_glass.product import JsonFile, Product


class Relaxation(Product):
    """Relaxation times of the liquid of one replica, with the temperature and time step of its run."""

    values = JsonFile("relaxation.json")

    def write(self, equilibration: Equilibration, *, temperature: float, timestep: float) -> None:
        """Write the relaxation times, the temperature and the time step, in units of the glass."""
        self.values.write({**asdict(equilibration), "temperature": temperature, "timestep": timestep})

    @property
    def equilibration(self) -> Equilibration:
        """Relaxation times of both halves of the run."""
        values = self.values.read()
        return Equilibration(values["first_half"], values["second_half"], values["held"])

    @property
    def temperature(self) -> float:
        """Temperature at which the liquid was held."""
        return float(self.values.read()["temperature"])

    @property
    def timestep(self) -> float:
        """Time step of the run."""
        return float(self.values.read()["timestep"])
