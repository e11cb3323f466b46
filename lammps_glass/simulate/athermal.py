"""Analysis of a quasi-static shear: table of strain steps, plastic events, D2min block by block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lammps_glass.errors import UnconvergedError
from lammps_glass.simulate import thermo
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.shear_planes import shear_plane
from lammps_glass.units import PRESSURE

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a block table; ``block``, ``step`` and ``strain`` (of its first configuration) are the same in a group.
BLOCK_COLUMNS = ("block", "step", "strain", "particle", "d2min", "n_neighbors")

_LINE = re.compile(r"shear (\d+) (.+)")
_COUNTS = re.compile(r"\s*Iterations, force evaluations = (\d+) (\d+)")
_FIELDS = ("pe", "pxy", "pxz", "pyz", "volume", "force_norm", "largest_displacement", "far")


def require_converged(log: Path, strain_step: float, tolerance: float) -> None:
    """Raise `SimulationError` when a step of this segment did not reach the force tolerance."""
    for line in _lines(log):
        words = line.split()
        if words[:2] == ["shear", "unconverged"]:
            step, force = int(words[2]), float(words[3])
            minimum = thermo.minima(log)[-1]  # of the last attempt: the segment ends there
            raise UnconvergedError(
                f"aqs: the minimisation at strain {step * strain_step:.9g} (step {step}) stopped at a force norm of "
                f"{force:.3g}, tolerance {tolerance:.3g} ({minimum.criterion}): {minimum.advice('max_evaluations')}"
            )


def _lines(log: Path) -> Iterator[str]:
    with log.open(encoding="utf-8", errors="replace") as lines:
        yield from lines


def step_rows(logs: Iterable[Path]) -> Iterator[dict[str, float]]:
    """Read the lines that the deck prints at each minimum, with its iterations and force evaluations."""
    for log in logs:
        iterations = evaluations = 0
        for line in _lines(log):
            if counted := _COUNTS.match(line):
                iterations, evaluations = iterations + int(counted[1]), evaluations + int(counted[2])
            elif (minimum := _LINE.match(line)) and not minimum[2].startswith("unconverged"):
                values = dict(zip(_FIELDS, map(float, minimum[2].split()), strict=True))
                yield {"step": int(minimum[1]), **values, "iterations": iterations, "evaluations": evaluations}
                iterations = evaluations = 0


def step_table(logs: Iterable[Path], plane: str, strain_step: float, units: str, n_particles: int) -> pd.DataFrame:
    """Tabulate the strain steps, the unsheared minimum first; `AQS` describes the columns."""
    import pandas as pd

    printed = pd.DataFrame(step_rows(logs))
    table = pd.DataFrame({"step": printed["step"], "strain": printed["step"] * strain_step, "pe": printed["pe"]})
    table["stress"] = -printed[f"p{shear_plane(plane).tilt}"]
    for name in ("volume", "force_norm", "iterations", "evaluations"):
        table[name] = printed[name]
    # the start is not a minimum: displacements before and to the first minimum are not a response to strain
    for name, values in (
        ("largest_displacement", printed["largest_displacement"]),
        ("participation", printed["far"] / n_particles),
    ):
        table[name] = values.where(printed["step"] > 0, 0.0)
    energies = table["pe"].to_numpy(), (table["stress"] * table["volume"]).to_numpy() / PRESSURE[units]
    table["released"], table["event"] = plastic_events(*energies, table["participation"].to_numpy(), strain_step)
    return table


def plastic_events(
    energy: Floats, work_rate: Floats, participation: Floats, strain_step: float
) -> tuple[Floats, NDArray[np.bool_]]:
    r"""Compute the energy released in each step against elastic loading, and find the plastic events.

    On an elastic branch :math:`dU = V \sigma d\gamma`, and the trapezium rule gives the energy of a step up to third
    order, softening branches included. The released energy is the part by which the minimum lies lower; a step is an
    event when it exceeds the elastic energy of a step, :math:`V \mu \Delta\gamma^2 / 2` (median tangent modulus of the
    run; a smaller drop may be curvature), and at least one particle took part in it. Without the second condition,
    pairs that leave a cutoff at which the force jumps would count.

    Parameters
    ----------
    energy
        (n,) of the minima.
    work_rate
        (n,) volume times stress, in energy units.
    participation
        (n,) fraction of the particles that took part in the step.

    Returns
    -------
    ((n,) released energy, (n,) bool); 0 and False for the first row.
    """
    released = np.zeros(len(energy))
    released[1:] = 0.5 * (work_rate[1:] + work_rate[:-1]) * strain_step - np.diff(energy)
    modulus = float(np.median(np.diff(work_rate))) / strain_step if len(energy) > 1 else 0.0
    rounding = 1e-13 * float(np.abs(energy).max())
    return released, (released > max(0.5 * abs(modulus) * strain_step**2, rounding)) & (participation > 0)


def block_table(
    block: int, reference: Snapshot, current: Snapshot, strain: float, r_max: float, reduce: str
) -> pd.DataFrame:
    """Compute one group of the block table: D2min from the start of a block to its end."""
    import pandas as pd

    from lammps_glass.labels import d2min_with_neighbors

    values, n_neighbors = d2min_with_neighbors(reference, current, r_max=r_max, reduce=reduce)
    n = len(reference)
    columns = {
        "block": np.full(n, block, np.int32),
        "step": np.full(n, reference.step, np.int32),
        "strain": np.full(n, strain),
        "particle": reference.ids.astype(np.int32),
        "d2min": values.astype(np.float32),
        "n_neighbors": n_neighbors.astype(np.int16),
    }
    return pd.DataFrame(columns)
