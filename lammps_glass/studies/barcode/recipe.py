"""The study `barcode`: its operations, and the values in which a run departs from the paper."""

from __future__ import annotations

from typing import Any

from lammps_glass.studies.barcode.figures import barcode_figures
from lammps_glass.studies.barcode.paper import PAPER
from lammps_glass.studies.recipe import Stages


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    scan_of = _behind(stages, "scan", "scan")
    values = {
        "quench": _behind(stages, "training", "constant-volume-cooling"),
        "anneal": _behind(stages, "training", "anneal"),
        "shear": _behind(stages, "sheared", "shear"),
        "library": _behind(stages, "environments", "environments"),
        "fitted": _behind(stages, "fit", "fit_barcode"),
        "scan": scan_of,
        "amounts": scan_of and ", ".join(f"{amount:.0%}" for amount in scan_of.amounts),
    }
    return PAPER.departures(values)


def _behind(stages: Stages, port: str, runs: str) -> Any:
    """Return the parameters of a stage that runs `runs` behind a port of the analysis; None without one."""
    sources = [s for analysis in stages.running(barcode_figures.name) for s in analysis.reads.get(port, ())]
    behind = (stage for source in sources for stage in source.behind())
    return next((stage.parameters for stage in behind if stage.runs == runs), None)


RECIPE = PAPER.recipe("barcode", [barcode_figures], deviations=deviations)
