"""Liu et al. 2023: unique local environments of Cu-Zr glasses, and their energy from a barcode of forty of them."""

from lammps_glass.studies.barcode.recipe import RECIPE

__all__ = ["RECIPE"]
