"""Names of the operations that every study may use."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

_HERE = "lammps_glass.operations"

REGISTRY = Registry(
    "operation",
    [
        Entry("simulate", f"{_HERE}.simulation:simulation", "run a protocol, from a record or from the glass"),
        Entry("gate", f"{_HERE}.gate:gate", "accept the record of a glass, stop at a crystal"),
        Entry("label", f"{_HERE}.label:label", "label particles by what happens to them in records"),
        Entry("activity_map", f"{_HERE}.activity_map:activity_map", "map a label in a slice of one configuration"),
        Entry("relaxation", f"{_HERE}.relaxation:relaxation", "measure how relaxed a liquid is"),
        Entry("modes", f"{_HERE}.modes:modes", "vibrational spectra of particles, boson peaks, sound of the box"),
        Entry("describe", f"{_HERE}.describe:describe", "describe labelled particles: a row of features each"),
        Entry("environments", f"{_HERE}.environments:environments", "find the unique local environments of structures"),
        Entry("encode", f"{_HERE}.environments:encode", "count the environments of structures, with energy and strain"),
        Entry("fit_barcode", f"{_HERE}.energies:fit_barcode", "fit energies of structures to their environments"),
        Entry("scan", f"{_HERE}.environment_scan:scan", "error of a barcode by similarity and amount of training data"),
        Entry(
            "search_barriers",
            f"{_HERE}.barrier_searches:search_barriers",
            "search for saddles around the particles that rearrange and as many others",
        ),
        Entry("fit", f"{_HERE}.fit:fit", "fit an indicator to the rows of some replicas"),
        Entry("predict", f"{_HERE}.predict:predict", "apply indicators to the particles of a replica"),
        Entry("score", f"{_HERE}.score:score", "score predictions by replica, with generic figures"),
        Entry(
            "group_dynamics",
            f"{_HERE}.group_dynamics:group_dynamics",
            "dynamics by quantile of an indicator, label or species; prediction against time",
        ),
        Entry("draw", f"{_HERE}.draw:draw", "draw the figures whose tables were found"),
    ],
)
