"""What learning and analysis of this study ask of a machine: by the sizes of what they read.

Their rates stand in the recipe. They were read off the finished presets smoke and demo on two slow cores, and are good
to a factor of two there, and of three at sizes that were not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lammps_glass.simulate.work import Work

#: A row that is learned from: 86 columns of 8 bytes, held three times (pooled, sampled, as a matrix).
ROW_BYTES = 3 * 86 * 8


def size(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """One case, the rows of the stage ``describe``, and the particles x snapshots of ``relax`` or of ``label``."""
    rows = sum(work.rows for work in reads.get("describe", ()))
    parts = {"cases": 1.0, "rows": rows, "particles": _particles(reads.get("relax", ()))}
    parts["label_particles"] = _particles(reads.get("label", ()))
    return Work(parts=parts, memory=rows * ROW_BYTES)


def _particles(works: Sequence[Work]) -> float:
    return float(sum(work.n_particles * work.snapshots for work in works))
