"""LAMMPS logs: thermodynamic output as tables, and the ends of minimisations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lammps_glass.errors import InputError, SimulationError

if TYPE_CHECKING:
    import pandas as pd

# Thermo keywords whose column heads differ from the name one asks for.
_NAMES = {
    "PotEng": "pe", "KinEng": "ke", "TotEng": "etotal", "Econserve": "econserve", "v_fmax": "fmax", "c_fmax": "fmax",
}  # fmt: skip
_LIMITS = ("max iterations", "max force evaluations", "walltime limit reached")
# The line search finds no lower energy, whatever the number of iterations.
_STUCK = ("linesearch alpha is zero", "search direction is not downhill", "quadratic factors are zero")


@dataclass(frozen=True)
class Minimum:
    """End of a minimisation, with LAMMPS's stopping criterion."""

    criterion: str

    @property
    def at_limit(self) -> bool:
        """Whether it stopped at a limit on iterations, evaluations or time."""
        return self.criterion in _LIMITS

    def advice(self, evaluations: str = "max_iterations (ten times as many evaluations are allowed)") -> str:
        """Say what to change when the minimisation stopped above its force tolerance.

        Parameters
        ----------
        evaluations
            Parameter that limits the evaluations of energy and forces.
        """
        if self.criterion == "max iterations":
            return "raise max_iterations"
        if self.criterion == "max force evaluations":
            return f"raise {evaluations}"
        if self.criterion in _STUCK:
            return (
                "more iterations do not help, as no step along the forces lowers the energy: it is at its round-off, "
                "or the interactions are not smooth (an energy that jumps at the cutoff, as without `pair_modify shift "
                "yes`, or a table that is coarse or interpolated linearly): raise force_tolerance, or smooth them"
            )
        return "raise force_tolerance or max_iterations"


def tables(log: Path) -> list[pd.DataFrame]:
    """Read one table per ``run`` or ``minimize`` of a log, with a column a thermo keyword (``step``, ``pe``, ...)."""
    import pandas as pd

    result = []
    for header, rows in _blocks(log):
        columns = [_NAMES.get(name, name.lower()) for name in header]
        table = pd.DataFrame(np.array(rows, dtype=float).reshape(len(rows), len(columns)), columns=columns)
        result.append(table.astype({"step": np.int64}))
    return result


def _blocks(log: Path) -> Iterator[tuple[list[str], list[list[str]]]]:
    if not log.is_file():
        raise InputError(f"{log}: no such log")
    header: list[str] | None = None
    rows: list[list[str]] = []
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            if words[:1] == ["Step"]:
                header, rows = words, []
            elif header is not None and line.startswith("Loop time"):
                yield header, rows
                header = None
            elif header is not None and len(words) == len(header) and _is_number(words[0]):
                rows.append(words)


def _is_number(word: str) -> bool:
    return word.lstrip("-").isdigit()


def join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the tables of consecutive runs: the first row of a run repeats the last of the one before and is dropped."""
    import pandas as pd

    kept = parts[:1]
    for part in parts[1:]:
        border = part["step"].iloc[0] == kept[-1]["step"].iloc[-1]
        kept.append(part.iloc[1:] if border else part)
    return pd.concat(kept, ignore_index=True)


def read(*logs: Path) -> pd.DataFrame:
    """Read the runs of one or several consecutive logs as one table."""
    parts = [table for log in logs for table in tables(log) if len(table)]
    if not parts:
        raise InputError(f"{', '.join(str(log) for log in logs)}: no thermo output of a finished run")
    return join(parts)


def require_finite(table: pd.DataFrame, source: str) -> None:
    """Raise `SimulationError` naming the first step and column that is not a finite number."""
    values = table.select_dtypes("number").to_numpy(dtype=float)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        name = table.select_dtypes("number").columns[column]
        raise SimulationError(f"{source}: {name} is {values[row, column]} at step {table['step'].iloc[row]}")


def minima(log: Path) -> list[Minimum]:
    """Read the ends of the minimisations of a log."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [Minimum(match.strip()) for match in re.findall(r"Stopping criterion = (.*)", text)]
