"""Names of the operations that every study may use."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

_HERE = "lammps_glass.operations"

REGISTRY = Registry(
    "operation",
    [
        Entry("simulate", f"{_HERE}.simulation:simulation", "run a protocol, from a record or from the glass"),
        Entry("label", f"{_HERE}.label:label", "label particles by what happens to them in records"),
        Entry("describe", f"{_HERE}.describe:describe", "describe labelled particles: a row of features each"),
        Entry("fit", f"{_HERE}.fit:fit", "fit an indicator to the rows of some replicas"),
        Entry("predict", f"{_HERE}.predict:predict", "apply indicators to the particles of a replica"),
        Entry("score", f"{_HERE}.score:score", "score predictions by replica, with generic figures"),
        Entry("draw", f"{_HERE}.draw:draw", "draw the figures whose tables were found"),
    ],
)
