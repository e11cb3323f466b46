"""The operation ``barcode_figures``: all figures and scores of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import Bound, PositiveInt, check_fields
from lammps_glass.operations import Case, Wired, operation, require_equal
from lammps_glass.operations.energies import EnergyModels
from lammps_glass.operations.environment_scan import check_independent_runs
from lammps_glass.operations.environments import check_library, structures_work
from lammps_glass.products import BarcodeFit, Environments, Findings, Scan, Structures, StructureSet
from lammps_glass.simulate.work import Work
from lammps_glass.studies.barcode import driven, energies, meaning
from lammps_glass.studies.barcode.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

#: Smallest shear strain of steady flow.
STEADY = 0.2


@dataclass(frozen=True)
class FigureParameters:
    """Parameters of the operation ``barcode_figures``.

    Parameters
    ----------
    steady_from
        Shear strain from which a sheared glass is in steady flow.
    nearest
        Number of thermal structures that a sheared set is compared with.
    """

    steady_from: Annotated[float, Bound(minimum=STEADY)] = STEADY
    nearest: PositiveInt = 20

    def __post_init__(self) -> None:
        check_fields("barcode_figures", self)


def check_figures(stage: Wired) -> None:
    """Refuse sets that do not belong together, and sheared glasses that never flow."""
    check_library(stage)
    check_independent_runs(stage)
    for scan in stage.reads["scan"]:
        require_equal(scan, stage.reads["environments"][0], "form", "descriptor")
    for encoded in stage.reads["sheared"]:
        if not encoded.reads.get("shear"):
            raise InputError(f"stages.{stage.stage}.reads.sheared: the structures of {encoded.stage} are not sheared")
        for shear in encoded.reads["shear"]:
            if shear.parameters.strain < STEADY:
                raise InputError(f"{shear.key('strain')}: steady flow needs at least {STEADY:g}")
            if stage.parameters.steady_from >= shear.parameters.strain:
                raise InputError(f"{stage.key('steady_from')} is not below {shear.key('strain')}")


def work(parameters: FigureParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are read."""
    ports = ("training", "test", "larger", "compositions", "sheared")
    return structures_work([work for port in ports for work in reads.get(port, ())])


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
        Other glasses, with more particles and with other compositions (a set for each condition ``glass``).
    sheared
        Inherent structures of sheared glasses.
    """
    parameters, models = case.parameters, EnergyModels.load(fit)
    sets = {energies.TEST: StructureSet.of(test), energies.LARGER: StructureSet.of(larger)}
    by_glass: dict[str, list[Structures]] = {}
    for product in compositions:
        by_glass.setdefault(str(product.conditions.get("glass", "composition")), []).append(product)
    sets |= {glass: StructureSet.of(products) for glass, products in by_glass.items()}
    trained = StructureSet.of(training)
    flowing = driven.steady_flow(StructureSet.of(sheared), parameters.steady_from)
    table = meaning.barcode_table(fit, trained, models.barcode.barcodes(trained.fractions))
    order = table["column"].to_numpy()
    evaluated = {name: energies.Evaluated.by(models, structures) for name, structures in sets.items()}

    def barcodes(structures: StructureSet) -> analysis.BarcodeSet:
        """Return the barcodes of structures, in the order of `table`."""
        bars = models.barcode.barcodes(structures.fractions)[:, order]
        return analysis.BarcodeSet(bars, structures.energies / structures.sizes, structures.runs)

    with PAPER.findings(case) as findings:
        energies.prediction_scores(findings, fit, evaluated)
        energies.prediction_figures(findings, evaluated, barcodes(sets[energies.TEST]).barcodes)
        energies.transfer_figure(findings, evaluated, case.glass.species)
        energies.amount_figure(findings, scan)
        meaning.environment_figures(findings, fit, environments, table)
        meaning.sum_figures(findings, table, barcodes(trained).barcodes, trained)
        strain_r_max = float(training[0].table.metadata["strain_r_max"])
        driven.strain_figure(findings, {"thermal": trained, "sheared": flowing}, strain_r_max, parameters.steady_from)
        driven.comparison_figure(
            findings, barcodes(trained), barcodes(flowing), flowing.table, table["group"].tolist(), parameters.nearest,
        )  # fmt: skip
        _coverage_scores(findings, trained, {**sets, "sheared": flowing}, models.barcode.columns_)
        findings.size(
            particles=int(trained.sizes.mean()),
            runs=len(set(trained.runs.tolist())),
            structures={name: len(s) for name, s in {"train": trained, **sets, "sheared": flowing}.items()},
            environments=trained.counts.shape[1],
            density=round(float(np.mean(trained.table["density"])), 6),
            energy_std_ev=round(float(trained.energies.std()), 4),
            test_energy_std_ev=round(float(sets[energies.TEST].energies.std()), 4),
            potential=str(case.glass.options().get("table", "")),
            soap_backend=str(environments.library.read().definition["backend"]),
        )
    return findings


def _coverage_scores(
    findings: PaperFindings, training: StructureSet, sets: Mapping[str, StructureSet], columns: NDArray[np.intp]
) -> None:
    """Add the fractions of particles that have an environment, and that have one of the barcode (`columns`)."""
    findings.score({"coverage": float(sets[energies.TEST].table["coverage"].mean())})
    for name, structures in {"train": training, **sets}.items():
        findings.score({f"coverage.{name}": float(structures.table["coverage"].mean())})
    for name, structures in {"coverage.barcode": sets[energies.TEST], "coverage.barcode.train": training}.items():
        findings.score({name: float(structures.counts[:, columns].sum() / structures.sizes.sum())})
