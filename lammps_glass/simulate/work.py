"""`Work`: the amount of computation of one case, in units whose rates a calibration run measures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass

#: Parts of every protocol: molecular dynamics (particles x steps), and minimisations. The iterations of a minimisation
#: grow with the box's edge (870 on average for 500 particles, 1170 for 1000 in creep's frames), so that its amount is
#: particles^(4/3) for each snapshot.
ATOM_STEPS, MINIMISED = "atom_steps", "minimised"
#: Part of the protocol `artn`: the accepted events of all particles that are searched around.
BARRIERS = "barriers"

_LOOP = re.compile(r"Loop time of (\S+) on \d+ procs for (\d+) steps with (\d+) atoms")


@dataclass(frozen=True)
class Work:
    """Amounts of computation and data of one case.

    Parameters
    ----------
    n_particles
        Particles of a snapshot.
    parts
        Name of a kind of work -> its amount; each has its rate (seconds a unit).
    snapshots
        Number of snapshots in the trajectory (or table by snapshot) that the case writes.
    rows
        Rows of the table that the case writes.
    memory
        Bytes that grow with the sizes, beyond those of a small case.
    strain
        Strain over which shear is observed.
    features
        Numbers in a row of the table; 0 where it is no table of features.
    conditions, glass
        Of the case, for those that read its products.
    """

    n_particles: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)
    snapshots: int = 0
    rows: float = 0.0
    memory: float = 0.0
    strain: float = 0.0
    features: int = 0
    conditions: Mapping[str, str | float] = field(default_factory=dict)
    glass: Glass | None = None


def one_case(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare a case whose cost does not depend on sizes."""
    return Work(parts={"cases": 1.0})


def particles_read(port: str) -> Callable[[object, Mapping[str, int], Mapping[str, Sequence[Work]]], Work]:
    """Declare one case and the particles x snapshots of the cases that a port reads."""

    def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
        """Declare one case and the particles that it reads."""
        particles = float(sum(work.n_particles * work.snapshots for work in reads[port]))
        return Work(parts={"cases": 1.0, "particles": particles})

    return work


def minimisations(n_particles: int, snapshots: int = 1) -> float:
    """Compute the amount `MINIMISED` of snapshots."""
    return float(snapshots * n_particles ** (4 / 3))


@dataclass(frozen=True)
class LoopTimes:
    """Times from a log: seconds of minimisations, and of each run of dynamics with its particles x steps."""

    dynamics: tuple[tuple[float, float], ...]
    minimising: float

    @property
    def seconds(self) -> float:
        """Seconds of all loops."""
        return self.minimising + sum(seconds for seconds, _ in self.dynamics)


def loop_times(log: Path) -> LoopTimes:
    """Read LAMMPS's loop times; a loop with minimisation statistics behind it was a minimisation."""
    blocks = re.split(r"(?=Loop time of )", log.read_text(encoding="utf-8", errors="replace"))
    dynamics: list[tuple[float, float]] = []
    minimising = 0.0
    for block in blocks:
        loop = _LOOP.match(block)
        if loop and "Minimization stats:" in block:
            minimising += float(loop[1])
        elif loop and int(loop[2]) > 0:  # a run of no steps only evaluates
            dynamics.append((float(loop[1]), float(loop[2]) * float(loop[3])))
    return LoopTimes(tuple(dynamics), minimising)
