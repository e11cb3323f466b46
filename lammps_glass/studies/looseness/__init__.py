"""Wu & Ruiz Pestana 2023: creep of a Kob-Andersen glass, interstice features, looseness."""

from lammps_glass.studies.looseness.recipe import RECIPE

__all__ = ["RECIPE"]
