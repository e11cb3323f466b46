"""The paper of the study `igd`."""

from pathlib import Path

from lammps_glass.studies.paper import Paper

PAPER = Paper(Path(__file__).parent)
