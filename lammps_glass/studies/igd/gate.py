"""The glass gate as a stage: what reads it starts from a glass, or does not start."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lammps_glass import analysis
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.studies.case import Case

PICTURE = FigureSpec(
    "gate", "Radial distribution function of the sample", "line", "r", "g", markers=False,
    x_label="r (angstrom)", y_label="g(r)", paper_marks=(Mark("y", 1.2, "a glass stays below this beyond 6 angstrom"),),
)  # fmt: skip


@dataclass(frozen=True)
class GateParameters:
    """None: a study file cannot let a crystal pass."""

    stops: ClassVar[bool] = True

    def shortened(self, steps: int) -> GateParameters:
        """Of a probe of seconds, whose sample has hardly melted, only the speed is asked: it goes on."""
        return _Miniature()


@dataclass(frozen=True)
class _Miniature(GateParameters):
    stops: ClassVar[bool] = False


def glass_gate(case: Case) -> None:
    """The quench's record, handed on, with ``gate.json`` and the picture of g(r); a sample that is no glass stops here.

    The picture of one that is no glass is kept beside the reason of the failure, as ``<stage>.failed.png``.

    Raises
    ------
    SimulationError
        The sample is a crystal, or still a gas or a liquid; the message names the picture.
    """
    from lammps_glass.figures import draw
    from lammps_glass.simulate import Record

    source = Record(case.input("quench"))
    gate = analysis.check_glass(source.final)
    said = "; ".join(gate.faults) or "a glass"
    picture, *_ = draw(PICTURE, gate.rdf, case.directory / "gate", f"Replica {case.replica}: {said}.")
    if case.parameters.stops and not gate.passed:
        kept = case.directory.with_name(f"{case.stage}.failed.png")
        shutil.copyfile(picture, kept)
        where = f"replica {case.replica} ({kept} shows its g(r))"
        gate.require(where)
    _hand_on(source.directory, case.directory)
    numbers = json.dumps(gate.numbers, indent=1, sort_keys=True)
    (case.directory / "gate.json").write_text(numbers, encoding="utf-8")


def _hand_on(source: Path, target: Path) -> None:
    """Copy what makes a folder a `Record`, so that a simulation can start from the sample that passed."""
    for name in ("final.lammpstrj.gz", "thermo.parquet", "run.json"):
        shutil.copyfile(source / name, target / name)
