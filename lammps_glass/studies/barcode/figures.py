"""The analysis of the study: reads every set once and writes all figures."""

from __future__ import annotations

import numpy as np

from lammps_glass.studies.barcode.driven import comparison_figure, flowing, strain_figure
from lammps_glass.studies.barcode.energies import amount_figure, prediction_figures, prediction_scores
from lammps_glass.studies.barcode.learning import load_models
from lammps_glass.studies.barcode.meaning import barcode_table, importance_figures, sum_figures
from lammps_glass.studies.barcode.structures import Structures, read_structures
from lammps_glass.studies.barcode.transfer import transfer_figure
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings


def _sets(case: Case) -> dict[str, Structures]:
    """The structures that the models are judged on: the second test set, the larger box, and each other composition."""
    found = {
        "test": read_structures(case.inputs("test_encode")),
        "larger": read_structures(case.inputs("larger_encode")),
    }
    products = case.inputs("composition_encode")
    for glass in dict.fromkeys(str(p.conditions["glass"]) for p in products):
        found[glass] = read_structures([p for p in products if str(p.conditions["glass"]) == glass])
    return found


def barcode_figures(case: Case) -> None:
    """All figures, their tables, the scores of all models, and the sizes."""
    fitted = load_models(case)
    train, sets = read_structures(case.inputs("encode")), _sets(case)
    driven = flowing(case, case.inputs("shear_encode"))
    bars = {
        name: fitted.barcode.barcodes(s.fractions) for name, s in {"train": train, "driven": driven, **sets}.items()
    }
    table = barcode_table(case, train, bars["train"])
    order = table["column"].to_numpy()
    with Findings(case.directory) as findings:
        prediction_scores(findings, case, fitted, sets)
        prediction_figures(findings, fitted, sets, bars["test"][:, order])
        transfer_figure(findings, fitted, {name: s for name, s in sets.items() if name != "larger"})
        importance_figures(findings, case, table)
        strain_figure(findings, case, train, driven)
        comparison_figure(findings, case, table, (train, bars["train"]), (driven, bars["driven"]))
        sum_figures(findings, table, bars["train"], train)
        amount_figure(findings, case)
        _sizes(findings, case, train, sets, driven)
        kept = fitted.barcode.columns_
        findings.score({"coverage.barcode": _share(sets["test"], kept), "coverage.barcode.train": _share(train, kept)})


def _share(structures: Structures, columns: np.ndarray) -> float:
    """Share of the particles whose environment is one of some columns: what the barcode sees of a glass."""
    return float(structures.counts[:, columns].sum() / structures.sizes.sum())


def _sizes(findings: Findings, case: Case, train: Structures, sets: dict[str, Structures], driven: Structures) -> None:
    everything = {"train": train, **sets, "sheared": driven}
    findings.score({"coverage": float(sets["test"].table["coverage"].mean())})
    for name, structures in everything.items():
        findings.score({f"coverage.{name}": float(structures.table["coverage"].mean())})
    findings.size(
        particles=int(train.sizes.mean()),
        runs=len(set(train.runs.tolist())),
        structures={name: len(structures) for name, structures in everything.items()},
        environments=train.counts.shape[1],
        density=round(float(np.mean(train.table["density"])), 6),
        energy_std_ev=round(float(train.energies.std()), 4),
        test_energy_std_ev=round(float(sets["test"].energies.std()), 4),
        potential=str(case.glass.table),
        soap_backend=str(dict(case.inputs("environments")[0].parameters["options"]).get("backend", "compiled")),
    )
