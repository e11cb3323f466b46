"""Yang, Wei, Zaccone & Wang 2021: athermal shear of a Cu-Zr glass, four families of descriptors, glassy defects."""

from lammps_glass.studies.igd.recipe import RECIPE

__all__ = ["RECIPE"]
