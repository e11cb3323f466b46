"""Figures 3a and 3b: D2min of single particles along the shear, and the distribution of the largest jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.findings import Findings
from lammps_glass.tables import iter_table, read_table

#: Range (angstrom^2) and number of the bins of 3b.
LOWEST, HIGHEST, BINS = 1e-5, 10.0, 48


def shear_figures(case: Case) -> None:
    """Jumps of three particles along the strain, the distribution of the largest, and fractions by plane."""
    products = case.inputs("label")
    labels = pd.concat([read_table(p.path / "labels.parquet") for p in products], ignore_index=True)
    threshold = float(products[0].parameters["threshold"])
    with Findings(case.directory) as findings:
        _histories(findings, case, labels, threshold)
        _distribution(findings, labels, threshold)
        _mechanics(findings, case)


def _histories(findings: Findings, case: Case, labels: pd.DataFrame, threshold: float) -> None:
    """Figure 3a: of the first sample, two particles that jump (the largest, and one of half its rank), and one that
    does not (the median of all)."""
    shears = case.inputs("shear")
    first = shears[0]
    plane = str(first.conditions["plane"])
    own = labels[labels["replica"] == first.replica].set_index("particle")[f"jump_{plane}"].sort_values(ascending=False)
    jumped = int((own > threshold).sum())
    ranks = {"I": 0, "II": jumped // 2}
    places = {name: k for (name, k), enough in zip(ranks.items(), (jumped > 0, jumped > 1)) if enough}
    names = {int(own.index[k]): f"{name}: {own.index[k]}" for name, k in (places | {"III": len(own) // 2}).items()}
    table = pd.concat([_history(group, names) for group in iter_table(first.path / "d2min.parquet")])
    said = ", ".join(
        f"{name} {rows['d2min'].max():.3f} at strain {rows['strain'].iloc[int(rows['d2min'].argmax())]:.4f}"
        for name, rows in table.reset_index(drop=True).groupby("particle")
    )
    few = "" if jumped > 1 else f"Only {jumped} of its particles jumped. "
    findings.figure(
        "3a", table.sort_values(["particle", "strain"]), f"largest: {said} (angstrom^2)",
        f"Replica {first.replica}, plane {plane}. {few}I has the largest jump, II is in the middle of those that "
        "jump, III is the median particle. D2min over disjoint blocks of strain, at each block's start.",
    )  # fmt: skip


def _history(group: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    rows = group[group["particle"].isin(names)]
    return pd.DataFrame(
        {"strain": rows["strain"], "particle": rows["particle"].map(names), "d2min": rows["d2min"].astype(float)}
    )


def _distribution(findings: Findings, labels: pd.DataFrame, threshold: float) -> None:
    jumps = labels["largest_jump"].to_numpy(dtype=float)
    bins = analysis.log_histogram(jumps.clip(LOWEST, HIGHEST), BINS, LOWEST, HIGHEST)
    curves = {  # a sum through a bin is known at the bin's upper edge
        "share in the bin": (bins["x"], bins["count"] / len(jumps)),
        "share below (cumulative)": (bins["high"], bins["count"].cumsum() / len(jumps)),
    }
    table = pd.concat([pd.DataFrame({"jump": x, "share": y, "curve": name}) for name, (x, y) in curves.items()])
    planes = {name.removeprefix("jump_"): (labels[name] > threshold).mean() for name in _planes(labels)}
    union = float((jumps > threshold).mean())
    findings.score({"labels.union": union} | {f"labels.{plane}": float(share) for plane, share in planes.items()})
    said = ", ".join(f"{plane} {share:.1%}" for plane, share in planes.items())
    findings.figure(
        "3b", table, f"above {threshold:g} angstrom^2: {union:.1%} in the union ({said})",
        f"{labels['replica'].nunique()} samples, largest over the planes {', '.join(planes)}. Fast cooling leaves more "
        "particles that can rearrange: the paper cools at 1e10 K/s.",
    )  # fmt: skip


def _planes(labels: pd.DataFrame) -> Sequence[str]:
    return [str(name) for name in labels if str(name).startswith("jump_")]


def _mechanics(findings: Findings, case: Case) -> None:
    """How many plastic events there were, and what they released."""
    tables = [_steps(product) for product in case.inputs("shear")]
    events = [int(table["event"].sum()) for table in tables]
    findings.score({"shear.events_a_run": float(np.mean(events)), "shear.steps": float(sum(map(len, tables)))})
    findings.size(shear_runs=len(tables), plastic_events=sum(events), strain=float(tables[0]["strain"].max()))


def _steps(product: Product) -> pd.DataFrame:
    return read_table(product.path / "thermo.parquet")
