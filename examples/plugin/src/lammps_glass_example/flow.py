"""The study `harmonic-flow`: which harmonic spheres change neighbours in slow shear, and what is around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass.analysis import radial_distribution_around
from lammps_glass.errors import InputError
from lammps_glass.figures import FigureSpec
from lammps_glass.operations import Case, operation
from lammps_glass.products import Findings, Predictions, Record
from lammps_glass.products.keys import rows_in
from lammps_glass.studies.recipe import Recipe

FIGURE = FigureSpec(
    "structure",
    "Neighbours of soft and of hard particles",
    "line",
    "r",
    "g",
    series="particles",
    markers=False,
    x_label="r / diameter of A",
    y_label="g(r)",
)


@dataclass(frozen=True)
class StructureParameters:
    """Parameters of the operation ``structure``.

    Parameters
    ----------
    fraction
        Of the particles of each configuration that count as soft, and as hard.
    r_max, bins
        Of the radial distribution function.
    """

    fraction: float = 0.1
    r_max: float = 3.0
    bins: int = 60

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 0.5:
            raise InputError(f"fraction = {self.fraction:g} must be above 0 and at most 0.5")


@operation(rates={"cases": 1.0})
def structure(
    case: Case[StructureParameters], predictions: Sequence[Predictions], configurations: Sequence[Record]
) -> Findings:
    """Compare g(r) around the softest and around the hardest particles of each predicted configuration.

    Soft particles have fewer neighbours at the first peak: S. S. Schoenholz, E. D. Cubuk, D. M. Sussman, E. Kaxiras
    and A. J. Liu, Nat. Phys. 12, 469 (2016), figure 1.
    """
    column = predictions[0].predicted_columns[0].name
    of_replica = {product.replica: product.read() for product in predictions}
    curves: dict[str, list[pd.DataFrame]] = {"soft": [], "hard": []}
    for record in configurations:
        for snapshot in record.frames():
            table = of_replica[record.replica]
            rows = table[table["step"] == snapshot.step]
            order = rows_in(snapshot, rows)[np.argsort(rows[column].to_numpy(), kind="stable")]
            count = max(1, round(case.parameters.fraction * len(order)))
            for name, centres in (("hard", order[:count]), ("soft", order[-count:])):
                if len(order):
                    g = radial_distribution_around(snapshot, centres, case.parameters.r_max, case.parameters.bins)
                    curves[name].append(g)
    table = pd.concat(
        [
            pd.concat(tables).groupby("r", as_index=False).mean().assign(particles=name)
            for name, tables in curves.items()
        ]
    )
    peaks = table.groupby("particles")["g"].max()
    with Findings(case.directory) as findings:
        findings.figure(
            FIGURE,
            table,
            f"first peak {peaks['soft']:.2f} around soft, {peaks['hard']:.2f} around hard particles",
            "Softness of each replica is that of a machine that has not seen it.",
        )
        findings.score({"first_peak.soft": peaks["soft"], "first_peak.hard": peaks["hard"]})
    return findings


RECIPE = Recipe(
    name="harmonic-flow",
    title="Softness of jammed harmonic spheres in slow shear",
    operations={"structure": structure},
    figures=(FIGURE,),
)
