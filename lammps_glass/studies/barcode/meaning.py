"""Figures 3, 4, 7a, 7b and A2: importance and geometry of environments, and their correlation with the energy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.analysis import ICOSAHEDRON
from lammps_glass.figures.clusters import JOINED
from lammps_glass.operations.energies import Floats
from lammps_glass.products import BarcodeFit, Environments, StructureSet
from lammps_glass.studies.paper import PaperFindings

#: Groups of environments, in the numbers of the paper.
GROUPS = {"kasper": "group 1", "other": "group 2"}
_GROUP_NAMES = {"kasper": "group 1: Kasper kernels", "other": "group 2: others"}


def barcode_table(fit: BarcodeFit, training: StructureSet, barcodes: Floats) -> pd.DataFrame:
    """Tabulate the environments of the barcode: names, fraction and correlation with the energy an atom.

    Group 1 (Kasper) comes first, as the paper numbers s_1 ..., by importance within a group; ``column`` is the column
    of `barcodes`, which are in the order of importance.
    """
    ranking = fit.ranking.read().head(barcodes.shape[1]).copy()
    ranking["column"] = np.arange(len(ranking))
    ranking["fraction_of_barcode"] = barcodes.mean(axis=0)
    ranking["pearson"] = analysis.pearson_coefficients(barcodes, training.energies / training.sizes)
    table = ranking.sort_values(["group", "column"], kind="stable").reset_index(drop=True)
    table["number"] = np.arange(1, len(table) + 1)
    return table


def environment_figures(
    findings: PaperFindings, fit: BarcodeFit, environments: Environments, table: pd.DataFrame
) -> None:
    """Add figures A2, 4 and 3."""
    _importance(findings, fit, len(table))
    _correlations(findings, table)
    _clusters(findings, environments, table)


def _importance(findings: PaperFindings, fit: BarcodeFit, n_environments: int) -> None:
    """Add figure A2: the importance of all environments."""
    values = fit.ranking.read()["importance"].to_numpy()
    positive = values[values > 0]
    bins = analysis.log_histogram(positive, 15, float(positive.min()), float(positive.max()) * 1.001)
    parts = [
        pd.DataFrame({"panel": "_all", "x": np.arange(1, len(values) + 1), "y": np.where(values > 0, values, np.nan)}),
        pd.DataFrame({"panel": "histogram", "x": np.log10(bins["x"]), "y": bins["count"]}),
    ]
    fraction = float(values[:n_environments].sum() / max(values.sum(), 1e-300))
    findings.add(
        "A2", pd.concat(parts, ignore_index=True).assign(series="mean |SHAP|"), environments=len(values),
        positive=len(positive), length=n_environments, fraction=fraction,
        shap=fit.ranking.metadata["shap"].replace("_", " "),
    )  # fmt: skip
    findings.score({"environments": len(values), "shap_share_of_barcode": fraction})


def _correlations(findings: PaperFindings, table: pd.DataFrame) -> None:
    """Add figure 4: the correlation of each environment of the barcode with the energy."""
    marked = table.assign(series=np.where(table["voronoi"] == ICOSAHEDRON, "<0,0,12,0>", "other kernels"))
    icosahedra = table[table["voronoi"] == ICOSAHEDRON]["pearson"]
    negative, positive = int((icosahedra < 0).sum()), int((icosahedra > 0).sum())
    columns = ["number", "pearson", "series", "environment", "voronoi", "group", "fraction", "importance"]
    findings.add("4", marked[columns], icosahedra=len(icosahedra), negative=negative, positive=positive)
    kasper = float((table["group"] == "kasper").sum())
    findings.score({"kasper_kernels": kasper, "icosahedra.negative": negative, "icosahedra.positive": positive})


def _clusters(findings: PaperFindings, environments: Environments, table: pd.DataFrame) -> None:
    """Add figure 3: the environments of the barcode."""
    clusters = environments.clusters.read()
    parts = []
    for row in table.to_dict("records"):
        label = f"s{row['number']} <{row['voronoi']}>\n{row['fraction_of_barcode']:.1%}, r = {row['pearson']:+.2f}"
        cluster = clusters[clusters["environment"] == row["environment"]]
        parts.append(cluster.assign(cluster=f"s{row['number']}", label=label, sign=row["pearson"], group=row["group"]))
    kasper = int((table["group"] == "kasper").sum())
    findings.add("3", pd.concat(parts, ignore_index=True), kasper=kasper, others=len(table) - kasper, joined=JOINED)


def sum_figures(findings: PaperFindings, table: pd.DataFrame, barcodes: Floats, structures: StructureSet) -> None:
    """Add figures 7a and 7b: sums of the barcode against the energy; `barcodes` in the order of `table`."""
    energy = 1000 * structures.energies / structures.sizes
    sums = analysis.group_sums(barcodes, table["group"].tolist())
    icosahedral = (table["voronoi"] == ICOSAHEDRON).to_numpy()
    sums["icosahedra"] = barcodes[:, icosahedral].sum(axis=1)
    related = dict(zip(sums, analysis.pearson_coefficients(sums, energy)))
    tables = {n: pd.DataFrame({"energy": energy, "sum": sums[n], "run": structures.runs}) for n in sums}
    groups = [name for name in GROUPS if name in sums]
    findings.add(
        "7a", pd.concat([tables[n].assign(series=_GROUP_NAMES[n]) for n in groups], ignore_index=True),
        correlations="; ".join(f"{GROUPS[name]}: r = {related[name]:.2f}" for name in groups),
    )  # fmt: skip
    text = f"r = {related['icosahedra']:.2f} over {int(icosahedral.sum())} icosahedra"
    findings.add("7b", tables["icosahedra"], correlation=text if icosahedral.any() else "no icosahedron in the barcode")
    findings.score({"group_1.pearson": related.get("kasper", np.nan), "icosahedra.pearson": related["icosahedra"]})
