"""Figures 3, 4, 7a, 7b and A2: which environments matter, how they look, and what they do to the energy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.analysis import ICOSAHEDRON
from lammps_glass.figures.clusters import JOINED
from lammps_glass.studies.barcode.structures import Structures
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.tables import read_table

GROUPS = {"kasper": "group 1: Kasper kernels", "other": "group 2: others"}


def barcode_table(case: Case, train: Structures, barcodes: np.ndarray) -> pd.DataFrame:
    """A row an environment of the barcode: its names, share and correlation with the energy an atom.

    Group 1 (Kasper) comes first, as the paper numbers s_1 ..., by importance within a group.
    """
    ranking = read_table(case.input("learn") / "ranking.parquet").head(barcodes.shape[1]).copy()
    ranking["column"] = np.arange(len(ranking))
    ranking["share_of_barcode"] = barcodes.mean(axis=0)
    ranking["pearson"] = analysis.pearson_coefficients(barcodes, train.energies / train.sizes)
    table = ranking.sort_values(["group", "column"], kind="stable").reset_index(drop=True)
    table["number"] = np.arange(1, len(table) + 1)
    return table


def importance_figures(findings: Findings, case: Case, table: pd.DataFrame) -> None:
    """Figures A2 (importance of all environments), 4 (correlations) and 3 (pictures)."""
    ranking = read_table(case.input("learn") / "ranking.parquet")
    kept = len(table)
    values = ranking["importance"].to_numpy()
    positive = values[values > 0]
    bins = analysis.log_histogram(positive, 15, float(positive.min()), float(positive.max()) * 1.001)
    parts = [
        pd.DataFrame({"panel": "_all", "x": np.arange(1, len(values) + 1), "y": np.where(values > 0, values, np.nan)}),
        pd.DataFrame({"panel": "histogram", "x": np.log10(bins["x"]), "y": bins["count"]}),
    ]
    kind = str(case.inputs("learn")[0].parameters["shap"]).replace("_", " ")
    share = float(values[:kept].sum() / max(values.sum(), 1e-300))
    findings.figure(
        "A2",
        pd.concat(parts, ignore_index=True).assign(series="mean |SHAP|"),
        f"{len(values)} environments, {int((values > 0).sum())} with a SHAP value; the first {kept} carry {share:.0%}",
        f"Mean |SHAP| ({kind}) over the training structures, in eV a system; the histogram is of its logarithm.",
    )
    findings.score({"environments": len(values), "shap_share_of_barcode": share})
    marked = table.assign(
        series=np.where(table["voronoi"] == ICOSAHEDRON, "<0,0,12,0>", "other kernels"), label=table["voronoi"]
    )
    icosahedra = marked[marked["voronoi"] == ICOSAHEDRON]["pearson"]
    findings.figure(
        "4",
        marked[["number", "pearson", "series", "environment", "voronoi", "group", "share", "importance"]],
        f"{len(icosahedra)} icosahedra: {int((icosahedra < 0).sum())} lower the energy, "
        f"{int((icosahedra > 0).sum())} raise it",
        "Pearson coefficient of each of the barcode's fractions with the energy of the training structures.",
    )
    findings.score(
        {
            "kasper_kernels": float((table["group"] == "kasper").sum()),
            "icosahedra.negative": float((icosahedra < 0).sum()),
            "icosahedra.positive": float((icosahedra > 0).sum()),
        }
    )
    _pictures(findings, case, table)


def _pictures(findings: Findings, case: Case, table: pd.DataFrame) -> None:
    clusters = read_table(case.input("environments") / "clusters.parquet")
    parts = []
    for row in table.to_dict("records"):
        label = f"s{row['number']} <{row['voronoi']}>\n{row['share_of_barcode']:.1%}, r = {row['pearson']:+.2f}"
        mine = clusters[clusters["environment"] == row["environment"]]
        parts.append(mine.assign(cluster=f"s{row['number']}", label=label, sign=row["pearson"], group=row["group"]))
    kasper = int((table["group"] == "kasper").sum())
    findings.figure(
        "3",
        pd.concat(parts, ignore_index=True),
        f"{kasper} Kasper kernels, {len(table) - kasper} not",
        "The representative of each environment and its neighbours within r_cut of SOAP (Cu orange, Zr blue; within "
        f"{JOINED:g} A joined, the rest pale). Text: number, Voronoi index, mean share of the barcode, correlation "
        "with the energy (red raises, blue lowers it). Group 1 first, by importance within a group.",
    )


def sum_figures(findings: Findings, table: pd.DataFrame, barcodes: np.ndarray, structures: Structures) -> None:
    """Figures 7a and 7b: sums of the barcode against the energy; `barcodes` in the order of importance."""
    energy = 1000 * structures.energies / structures.sizes
    ordered = barcodes[:, table["column"].to_numpy()]
    sums = analysis.group_sums(ordered, table["group"].tolist())
    related = {str(name): _related(sums[name], energy) for name in sums}
    parts = [
        pd.DataFrame({"energy": energy, "sum": sums[name], "series": GROUPS[str(name)], "run": structures.runs})
        for name in sums
    ]
    findings.figure(
        "7a",
        pd.concat(parts, ignore_index=True),
        "; ".join(f"{GROUPS[name].split(':')[0]}: r = {value:.2f}" for name, value in related.items()),
        "Training structures; the two sums add to 1, since the barcode is normalised.",
    )
    chosen = (table["voronoi"] == ICOSAHEDRON).to_numpy()
    ico = ordered[:, chosen].sum(axis=1)
    found = _related(ico, energy)
    findings.figure(
        "7b",
        pd.DataFrame({"energy": energy, "sum": ico, "run": structures.runs}),
        f"r = {found:.2f} over {int(chosen.sum())} icosahedra" if chosen.any() else "no icosahedron in the barcode",
        "Sum of the barcode over the environments whose representative is an icosahedron.",
    )
    findings.score({"group_1.pearson": related.get("kasper", np.nan), "icosahedra.pearson": found})


def _related(values: object, energy: np.ndarray) -> float:
    return float(analysis.pearson_coefficients(np.asarray(values, dtype=float)[:, None], energy)[0])
