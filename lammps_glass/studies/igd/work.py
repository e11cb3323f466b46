"""What the operations of this study ask of a machine, by the sizes of what they read.

Their rates stand in the recipe. They were read off the finished presets smoke and demo on two cores, and are good to a
factor of two there, and of three at sizes that were not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lammps_glass.simulate.work import Work

#: Share of the particles that rearrange, for the number of rows that train: the demo's; slower cooling leaves fewer.
PREVALENCE = 0.2
#: Machines of a cell of the grid: of all features, and of each family.
PREDICTORS = 4
#: Particles up to which all modes are found at once (`interactions.modes`), and features of a row.
DENSE, FEATURES = 4000, 100

Counts = Mapping[str, int]
Reads = Mapping[str, Sequence[Work]]


def gated(parameters: Any, counts: Counts, reads: Reads) -> Work:
    """The particles of a sample, which is handed on: a probe runs it, so that it can run what starts from it."""
    n = sum(counts.values())
    return Work(n, {"particles": float(n)}, 1, float(n))


def particles(parameters: Any, counts: Counts, reads: Reads) -> Work:
    """One case, its particles, and the rows that it reads (blocks of the shear)."""
    n = sum(counts.values())
    rows = float(sum(work.rows for work in reads.get("shear", ())))
    return Work(n, {"cases": 1.0, "particles": float(n), "rows": rows}, 1, float(n))


def modes(parameters: Any, counts: Counts, reads: Reads) -> Work:
    """Modes grow with the cube of the particles: all of them at once, or a share of them by iteration.

    Iterated ones are kept orthogonal, which grows with the square of their share; the rate is of a share of 0.05.
    """
    n = sum(counts.values())
    if n <= DENSE:
        return Work(n, {"cases": 1.0, "dense": float(n) ** 3}, 1, float(n), memory=9.0 * n**2 * 8 * 3)
    iterated = float(n) ** 3 * (parameters.share / 0.05) ** 2
    # Twice as many vectors as wanted are iterated, and the wanted ones combined from them.
    return Work(n, {"cases": 1.0, "iterated": iterated}, 1, float(n), memory=4 * parameters.share * 9.0 * n**2 * 8)


def learning(parameters: Any, counts: Counts, reads: Reads) -> Work:
    """Machines grow with the square of the rows that train: twice the rearranged ones of all samples.

    With a large C they take longer to converge: 2, 5 and 16 times as long at 2^10, 2^12 and 2^14 in preset demo.
    """
    described = reads.get("describe", ())
    rows = float(sum(work.rows for work in described))
    training = 2 * PREVALENCE * rows
    machines: float = PREDICTORS * len(getattr(parameters, "log2_gamma", (0,)))
    machines *= 1.0 + 2.0 ** (getattr(parameters, "log2_c", 0.0) - 10.0)
    parts = {"cases": 1.0, "kernel": training**2 * machines, "rows": rows}
    return Work(sum(counts.values()), parts, 1, rows, memory=3 * rows * FEATURES * 8)


def pictures(parameters: Any, counts: Counts, reads: Reads) -> Work:
    """One case, and the particles of all samples."""
    return Work(parts={"cases": 1.0, "particles": float(sum(work.rows for work in reads.get("gate", ())))})
