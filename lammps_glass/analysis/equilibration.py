"""How relaxed a liquid is: its relaxation time, and whether it was held long enough to have forgotten its start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass.analysis.dynamics import self_intermediate_scattering
from lammps_glass.analysis.frames import Trajectory
from lammps_glass.analysis.relaxation import crossing_time
from lammps_glass.snapshots import Snapshot

#: A liquid may still age when it was held for fewer relaxation times, or relaxes this much slower in the second half.
LEAST_TIMES, AGEING = 10.0, 1.5


def relaxation_time(
    snapshots: Trajectory, q: float, species: str | None = None, *, timestep: float | None = None
) -> float | None:
    """Return the time at which the self-intermediate scattering function has fallen to 1/e; None if it has not.

    Parameters and errors are those of `self_intermediate_scattering`; `q` is usually the wave number of the first peak
    of the structure factor. Linear interpolation between lags.
    """
    table = self_intermediate_scattering(snapshots, q, species, timestep=timestep)
    return crossing_time(table["time"], table["fs"])


@dataclass(frozen=True)
class Equilibration:
    """Relaxation times of the two halves of a run at constant conditions, in its time unit; None: longer than a half.

    Parameters
    ----------
    first_half, second_half
        Relaxation times.
    held
        Length of the run.
    """

    first_half: float | None
    second_half: float | None
    held: float

    @property
    def fault(self) -> str:
        """Why the liquid may still age; empty when nothing says so."""
        first, tau = self.first_half, self.second_half
        if tau is None:
            return f"not equilibrated: tau_alpha is longer than half of the {self.held:g} for which it was held"
        if self.held < LEAST_TIMES * tau:
            return f"held for {self.held / tau:.1f} tau_alpha only"
        if first is not None and tau > AGEING * first:
            return f"ages: tau_alpha grew from {first:.3g} to {tau:.3g}"
        return ""


def equilibration(
    frames: Sequence[Snapshot], q: float, species: str | None = None, *, held: float, timestep: float
) -> Equilibration:
    """Return the relaxation times of the two halves of a trajectory; parameters as `relaxation_time`."""
    half = len(frames) // 2
    first, second = (relaxation_time(part, q, species, timestep=timestep) for part in (frames[:half], frames[half:]))
    return Equilibration(first, second, held)


def median_relaxation_time(runs: Sequence[Equilibration]) -> float:
    """Return the median over runs of the second half's relaxation time; NaN where it is longer than a half.

    A run that did not relax in time is slower than all that did; leaving it out would make the median too short.
    """
    median = float(np.median([math.inf if run.second_half is None else run.second_half for run in runs]))
    return median if math.isfinite(median) else math.nan
