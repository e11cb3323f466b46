"""The analysis of the study: reads every set once, and writes all figures and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import operation
from lammps_glass.products import Environments, Findings, Structures, StructureSet
from lammps_glass.studies.barcode.driven import Barcodes, comparison_figure, steady_flow, strain_figure
from lammps_glass.studies.barcode.energies import (
    LARGER,
    TEST,
    Evaluated,
    amount_figure,
    prediction_figures,
    prediction_scores,
    transfer_figure,
)
from lammps_glass.studies.barcode.meaning import (
    barcode_table,
    cluster_figure,
    correlation_figure,
    importance_figure,
    sum_figures,
)
from lammps_glass.studies.barcode.models import EnergyModels
from lammps_glass.studies.barcode.products import BarcodeFit, Scan
from lammps_glass.studies.barcode.settings import FigureParameters, check_figures, work


@operation(version=3, work=work, rates={"cases": 3.0, "structures": 2e-3}, check=check_figures)
def barcode_figures(
    case: Case[FigureParameters],
    training: Sequence[Structures],
    test: Sequence[Structures],
    larger: Sequence[Structures],
    compositions: Sequence[Structures],
    sheared: Sequence[Structures],
    environments: Environments,
    fit: BarcodeFit,
    scan: Sequence[Scan],
) -> Findings:
    """Analyse the models and the barcode.

    Parameters
    ----------
    test
        A second, independently prepared set.
    larger, compositions
        Other glasses, of more particles and of other compositions (a set for each condition ``glass``).
    sheared
        Inherent structures of sheared glasses.
    """
    parameters, models = case.parameters, EnergyModels.load(fit)
    sets = {TEST: StructureSet.of(test), LARGER: StructureSet.of(larger)}
    for glass in dict.fromkeys(str(product.conditions["glass"]) for product in compositions):
        sets[glass] = StructureSet.of([product for product in compositions if product.conditions["glass"] == glass])
    trained, flowing = StructureSet.of(training), steady_flow(StructureSet.of(sheared), parameters.steady_from)
    barcodes = models.barcode.barcodes(trained.fractions)
    table = barcode_table(fit, trained, barcodes)
    order = table["column"].to_numpy()
    evaluated = {name: Evaluated.by(models, structures) for name, structures in sets.items()}
    with Findings(case.directory) as findings:
        prediction_scores(findings, fit, evaluated, case.seed)
        prediction_figures(findings, evaluated, models.barcode.barcodes(sets[TEST].fractions)[:, order])
        first, last = case.glass.species
        transfer_figure(findings, {name: e for name, e in evaluated.items() if name != LARGER}, (first, last))
        importance_figure(findings, fit, len(table))
        correlation_figure(findings, table)
        cluster_figure(findings, environments, table)
        strain_r_max = float(training[0].table.metadata["strain_r_max"])
        strain_figure(findings, {"thermal": trained, "sheared": flowing}, strain_r_max, parameters.steady_from)
        comparison_figure(
            findings,
            Barcodes(trained, barcodes[:, order]),
            Barcodes(flowing, models.barcode.barcodes(flowing.fractions)[:, order]),
            table["group"].tolist(),
            parameters.nearest,
            case.seed,
        )
        sum_figures(findings, table, barcodes[:, order], trained)
        amount_figure(findings, scan)
        _coverage_scores(findings, trained, {**sets, "sheared": flowing}, models.barcode.columns_)
        findings.size(
            particles=int(trained.sizes.mean()),
            runs=len(set(trained.runs.tolist())),
            structures={name: len(s) for name, s in {"train": trained, **sets, "sheared": flowing}.items()},
            environments=trained.counts.shape[1],
            density=round(float(np.mean(trained.table["density"])), 6),
            energy_std_ev=round(float(trained.energies.std()), 4),
            test_energy_std_ev=round(float(sets[TEST].energies.std()), 4),
            potential=str(case.glass.options().get("table", "")),
            soap_backend=str(environments.library.read().definition["backend"]),
        )
    return findings


def _coverage_scores(
    findings: Findings, training: StructureSet, sets: Mapping[str, StructureSet], columns: NDArray[np.intp]
) -> None:
    """Add the fraction of the particles that have an environment, and one of the barcode's (`columns`)."""
    findings.score({"coverage": float(sets[TEST].table["coverage"].mean())})
    for name, structures in {"train": training, **sets}.items():
        findings.score({f"coverage.{name}": float(structures.table["coverage"].mean())})
    for name, structures in {"coverage.barcode": sets[TEST], "coverage.barcode.train": training}.items():
        findings.score({name: float(structures.counts[:, columns].sum() / structures.sizes.sum())})
