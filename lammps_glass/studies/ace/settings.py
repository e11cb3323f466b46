"""Names that the stages of this study share, and what they must agree on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lammps_glass.errors import InputError
from lammps_glass.studies.case import Case, Product

THERMAL, SHEAR = "thermal", "shear"
GLASSES = ("polymer", "kob-andersen", "wahnstrom")
DRIVES = (THERMAL, SHEAR)
#: Columns of the rows that are neither key nor feature.
BASELINE = ("local_density", "coordination")
BASELINE_NAME = "density and coordination"
TARGET, LABEL = "d2min", "label"
SPECIES = "A"  # the majority type, which is labelled and described


class Block(NamedTuple):
    """Features of one body order and one set of neighbour species, in the order of the descriptor."""

    name: str
    end: int


def protocol_name(product: Product) -> str:
    """The protocol of a simulated case."""
    from lammps_glass.simulate import Record

    return str(Record(product.path).identity["protocol"]["name"])


def records(case: Case, protocol: str) -> list[Product]:
    """The simulated cases of one protocol that `case` reads, whatever their stages are called."""
    found = [product for products in case.after.values() for product in products]
    chosen = [product for product in found if protocol_name(product) == protocol]
    if not chosen:
        raise InputError(f"stages.{case.stage}: `after` names no stage that runs the protocol {protocol}")
    return chosen


def products(case: Case) -> list[Product]:
    """All cases that `case` reads."""
    return [product for found in case.after.values() for product in found]


def blocks(names: Sequence[str]) -> list[Block]:
    """Where each run of features of one body order ends; among pairs, also where each species does."""
    found: list[Block] = []
    for at, name in enumerate(names, start=1):
        order, factors = name.split(" ", 1)
        what = f"{order} {factors[0]}" if order == "2-body" else order
        if found and found[-1].name == what:
            found.pop()
        found.append(Block(what, at))
    return found


def check(stages: Mapping[str, Any]) -> None:
    """Refuse stages that disagree.

    Runs at another temperature than their liquid would not be isoconfigurational, and a liquid is held at the pressure
    that it was cooled at. Active is who moved in one strain step, and the configuration before every step is described,
    so a block is a step and each one is stored.

    Raises
    ------
    InputError
        Naming the two keys.
    """
    for glass in GLASSES:
        liquid, run = stages.get(f"equilibrate_{glass}"), stages.get(f"isoconfigurational_{glass}")
        quench = stages.get(f"quench_{glass}")
        equal = (("isoconfigurational", run, "temperature"), ("quench", quench, "temperature"))
        for name, other, field in (*equal, ("quench", quench, "pressure")):
            if liquid and other and getattr(other, field) != getattr(liquid, field):
                raise InputError(
                    f"stages.{name}_{glass}.{field} = {_said(getattr(other, field))} is not "
                    f"stages.equilibrate_{glass}.{field} = {_said(getattr(liquid, field))}: set both"
                )
    if aqs := stages.get("aqs"):
        _check_every_step(aqs)
        _check_windows(aqs, stages.get("label_shear"))


def _check_windows(aqs: Any, label: Any) -> None:
    """The observed strain is cut into whole windows: nothing of it is left out unsaid."""
    if label is None:
        return
    windows = aqs.max_strain / label.window
    if windows < 1 - 1e-6 or not math.isclose(windows, round(windows), rel_tol=1e-6):
        raise InputError(
            f"stages.aqs.max_strain = {aqs.max_strain:g} is not a multiple of stages.label_shear.window = "
            f"{label.window:g}: set either"
        )


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _check_every_step(aqs: Any) -> None:
    for field in ("block_strain", "snapshot_every"):
        if not math.isclose(getattr(aqs, field), aqs.strain_step, rel_tol=1e-6):
            raise InputError(
                f"stages.aqs.{field} = {getattr(aqs, field):g} is not stages.aqs.strain_step = {aqs.strain_step:g}: "
                "set both"
            )
