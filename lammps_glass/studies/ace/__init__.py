"""Rottler & Ortner 2024: thermal and mechanical rearrangements in three glasses, atomic cluster expansion."""

from lammps_glass.studies.ace.recipe import RECIPE

__all__ = ["RECIPE"]
