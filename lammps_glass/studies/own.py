"""The study ``own``: any combination of parts, wired in a study file, without code."""

from __future__ import annotations

from lammps_glass.studies.recipe import Recipe

RECIPE = Recipe(name="own", title="A study of your own")
