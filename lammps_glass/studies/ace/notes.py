"""What the figures of a case say below them of how its glass was prepared and driven."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lammps_glass.studies.ace.settings import TARGET
from lammps_glass.studies.ace.shear import EVENTS
from lammps_glass.studies.ace.thermal import LABELS, RELAXATION, equilibration_warning
from lammps_glass.studies.case import Product
from lammps_glass.tables import read_table


def thermal_notes(labelled: Sequence[Product]) -> dict[str, Any]:
    """Relaxation times, warnings, and how D2min goes with the distance moved."""
    said = [json.loads((p.path / RELAXATION).read_text(encoding="utf-8")) for p in labelled]
    # A replica that did not relax in time is slower than all that did; leaving it out would make the median too short.
    median = float(np.median([math.inf if s["tau_alpha"] is None else s["tau_alpha"] for s in said]))
    known = math.isfinite(median)
    tau = median if known else math.nan
    warnings = [f"replica {p.replica} {w}" for p, s in zip(labelled, said) if (w := equilibration_warning(s))]
    tables = [read_table(p.path / LABELS) for p in labelled]
    correlations = [float(np.corrcoef(t[TARGET], t["propensity"])[0, 1]) for t in tables]
    scores = {
        "tau_alpha": tau,
        "run_over_tau": said[0]["run_time"] / tau,
        "held_over_tau": said[0]["held"] / tau,
        "not_equilibrated": len(warnings),
        "propensity_correlation": float(np.mean(correlations)),
    }
    reached = f"tau_alpha = {tau:.3g}" if known else "tau_alpha longer than half of the equilibration"
    one = said[0]
    note = (
        f"T = {one['temperature']:g}, {reached}, {one['runs']} runs of {one['run_time']:g}, liquid held for "
        f"{one['held']:g}." + (f" Not equilibrated: {'; '.join(warnings)}." if warnings else "")
    )
    return {"scores": scores, "note": note, "warnings": warnings}


def shear_notes(labelled: Sequence[Product]) -> dict[str, Any]:
    said = [json.loads((p.path / EVENTS).read_text(encoding="utf-8")) for p in labelled]
    total = {
        key: sum(s[key] for s in said)
        for key in ("steps", "plastic_steps", "avalanches", "windows", "windows_still", "windows_crowded")
    }
    active = float(np.mean([s["active_fraction"] for s in said]))
    by_mean = float(np.mean([s["active_fraction_by_mean"] for s in said]))
    note = (
        f"{total['steps']} strain steps, {total['plastic_steps']} plastic, {total['avalanches']} system-wide and left "
        f"out; of {total['windows']} windows of strain {total['windows_still']} without an active particle, "
        f"{total['windows_crowded']} with too many; {active:.1%} of type A ever active (by the mean over neighbours: "
        f"{by_mean:.1%})."
    )
    return {
        "scores": {"active_fraction": active, "active_fraction_by_mean": by_mean} | total,
        "note": note,
        "warnings": [],
    }
