"""What description, learning and figures of this study ask of a machine: by the sizes of what they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lammps_glass.simulate.work import Work
from lammps_glass.studies.barcode.settings import FitParameters, ScanParameters

#: Environments at threshold 0.84 and their growth with the number of particles: 604 on 20 000 atoms, power 0.37.
KNOWN, AT, POWER = 604.0, 20_000.0, 0.37
#: Numbers in a SOAP vector, of 4 bytes.
ROW_BYTES = 3289 * 4


def size(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Particles x structures; structures x environments (cells of the trees' tables) x fits; and one case."""
    works = [work for name, found in reads.items() if name.endswith(("inherent", "encode")) for work in found]
    particles = float(sum(work.n_particles * work.snapshots for work in works))
    structures = float(sum(work.snapshots for work in works))
    environments = KNOWN * (max(particles, 1.0) / AT) ** POWER
    fits = structures * environments * _fits(parameters)
    parts = {"cases": 1.0, "particles": particles, "structures": structures, "fits": fits}
    largest = max((work.n_particles for work in works), default=0)
    memory = environments * ROW_BYTES + structures * (environments + 3289) * 8
    return Work(largest, parts, int(structures), structures, memory)


def _fits(parameters: Any) -> float:
    """How often trees are grown on the whole table of all environments, or what amounts to it."""
    if isinstance(parameters, FitParameters):  # folds of each trial; then all folds once, and 2 splits of 1 + 1 in each
        return float(parameters.n_folds * (parameters.n_trials + 5))
    if isinstance(parameters, ScanParameters):  # a fold and the model itself, of each draw
        return 2.0 * parameters.cases * sum(parameters.amounts)
    return 0.0
