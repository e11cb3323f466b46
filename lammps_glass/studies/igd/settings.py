"""Stages of the study checked against each other before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lammps_glass.errors import InputError, require

#: Below this a metal does not really melt in picoseconds: B2 stays solid at 2000 K.
MELTS = 3000.0


def check(stages: Mapping[str, Any]) -> None:
    """Refuse a study file whose stages disagree: they would run to the end and mean nothing.

    Raises
    ------
    InputError
        Naming the keys.
    """
    quench, shear, label, describe = (stages.get(name) for name in ("quench", "shear", "label", "describe"))
    if quench:
        require(
            quench.melt_temperature >= MELTS,
            f"stages.quench.melt_temperature = {quench.melt_temperature:g}: the crystal would not melt in so short a "
            f"time: use at least {MELTS:g} K",
        )
    if shear and label:
        require(
            shear.reduce == "mean",
            f"stages.shear.reduce = {shear.reduce!r}: stages.label.threshold is of the mean over the neighbours "
            "(eq. 4): leave it at 'mean'",
        )
    if describe:
        _options(describe)


def _options(describe: Any) -> None:
    """Options that a descriptor refuses would stop the study after its simulations; the defaults need no look."""
    from lammps_glass.descriptors import REGISTRY
    from lammps_glass.studies.igd.rows import STRUCTURE

    for family, own in describe.options.items():
        if own:
            try:
                REGISTRY.build(STRUCTURE[family], own)
            except InputError as error:
                raise InputError(f"stages.describe: {error}") from error
