"""Figures 5 and 6: thermal glasses beside glasses that were driven by shear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.barcode.meaning import GROUPS
from lammps_glass.studies.barcode.structures import Structures, read_structures
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.findings import Findings

BINS = 30
#: Mean strain of a glass that fell back into the minimum it came from: what is left (1e-6) is the minimiser's, and says
#: nothing about heterogeneity.
UNSTRAINED = 1e-4
#: Temperatures of shear that a correlation with the heterogeneity is made of: one of three points says nothing.
LEAST = 5


def flowing(case: Case, products: tuple[Product, ...]) -> Structures:
    """The driven structures whose strain is that of steady flow."""
    structures = read_structures(products)
    strain = structures.table["strain"].to_numpy() + 1e-9  # a frame at the very strain is in, whatever its rounding
    rows = np.flatnonzero(strain >= case.parameters.steady_from)
    return structures.take(rows)


def _strains(products: tuple[Product, ...], chosen: pd.DataFrame) -> dict[str, np.ndarray]:
    """Temperature -> strain of every particle of the chosen structures, over its structure's mean."""
    found: dict[str, list[np.ndarray]] = {}
    for product in products:
        name = f"{float(product.conditions['temperature']):g} K"
        mine = read_structures([product]).table
        values = np.load(product.path / "strain.npy")
        wanted = mine["step"].isin(set(chosen["step"])) & (mine["mean_strain"] >= UNSTRAINED)
        kept = values[wanted.to_numpy()]
        found.setdefault(name, []).append((kept / kept.mean(axis=1, keepdims=True)).ravel())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def strain_figure(findings: Findings, case: Case, thermal: Structures, driven: Structures) -> None:
    """Figure 5: energies with heterogeneity and with deviation, and the distribution of the strain over its mean.

    Both, since the mean strain of a driven glass is mostly that of its box and that of a thermal one a few percent.
    """
    parts, means, still = [], {}, 0
    for kind, structures in (("thermal", thermal), ("sheared", driven)):
        table = structures.table.assign(energy_mev=1000 * structures.energies / structures.sizes)
        table["deviation"] = table["heterogeneity"] * table["mean_strain"]
        table["heterogeneity"] = table["heterogeneity"].where(table["mean_strain"] >= UNSTRAINED)
        still += int(table["heterogeneity"].isna().sum())
        for temperature, part in table.groupby("temperature"):
            series = f"{kind} {temperature:g} K"
            means[series] = part[["energy_mev", "heterogeneity", "mean_strain", "deviation"]].mean()
            for y in ("heterogeneity", "deviation"):
                one = part[["energy_mev", y]].set_axis(["x", "y"], axis=1).dropna()
                parts.append(one.assign(panel=f"energy and {y}", series=series))
    edges = np.linspace(0.0, 5.0, BINS + 1)
    for kind, stage, structures in (("thermal", "encode", thermal), ("sheared", "shear_encode", driven)):
        for temperature, values in _strains(case.inputs(stage), structures.table).items():
            bins = analysis.histogram(values, edges)[["x", "density"]].rename(columns={"density": "y"})
            parts.append(bins.assign(panel="strain over its mean", series=f"{kind} {temperature}"))
    said = "; ".join(f"{n}: {m['energy_mev']:.1f} meV/atom, {m['heterogeneity']:.2f}" for n, m in means.items())
    findings.figure(
        "5",
        pd.concat(parts, ignore_index=True),
        f"energy and std/mean of the strain: {said}",
        f"Von Mises strain (neighbours within {case.inputs('encode')[0].parameters['strain_r_max']:g} A) of sheared "
        "glasses against the unsheared inherent structure, flips of the box undone, from a shear strain of "
        f"{case.parameters.steady_from:g}; of thermal ones against the cooled glass that was annealed (the paper does "
        "not say). Mean strains: "
        + ", ".join(f"{n} {m['mean_strain']:.3f}" for n, m in means.items())
        + "; deviations: "
        + ", ".join(f"{n} {m['deviation']:.3f}" for n, m in means.items())
        + f". {still} structures fell back into the minimum they came from and have no deviation / mean.",
    )
    for name, mean in means.items():
        found = {str(key): float(value) for key, value in mean.rename({"energy_mev": "energy_mev_per_atom"}).items()}
        findings.score(found, name.replace(" ", "_"))


def _by_run(barcodes: np.ndarray, runs: Any) -> dict[str, np.ndarray]:
    return {str(name): barcodes[runs == name] for name in sorted(set(runs.tolist()))}


def comparison_figure(
    findings: Findings,
    case: Case,
    table: pd.DataFrame,
    thermal: tuple[Structures, np.ndarray],
    driven: tuple[Structures, np.ndarray],
) -> None:
    """Figure 6: barcodes of thermal and driven glasses at equal energy, by temperature of the shear."""
    order = table["column"].to_numpy()
    calm, flow = ((structures, bars[:, order]) for structures, bars in (thermal, driven))
    temperatures = sorted({float(t) for t in flow[0].table["temperature"]})
    parts, sums, gaps = [], [], []
    for temperature in temperatures:
        bars, by_group, gap = _at_temperature(case, table["group"].tolist(), calm, flow, temperature)
        gaps.append(gap)
        sums.append(by_group)
        if temperature in (temperatures[0], temperatures[-1]):
            panel = "lowest temperature" if temperature == temperatures[0] else "highest temperature"
            for column, series in (("thermal", "thermal"), ("driven", "sheared")):
                one = pd.DataFrame({"x": bars["environment"], "y": bars[column], "group": bars["group"]})
                title = f"{panel}, {temperature:g} K"
                parts.append(one.assign(panel=panel, series=series, temperature=temperature, title=title))
    words = pd.concat(sums, ignore_index=True)
    for panel, value in (("ratio of the sums", "ratio"), ("deviation of the difference", "deviation")):
        columns = {"temperature": "x", value: "y", f"{value}_low": "low", f"{value}_high": "high"}
        one = words.rename(columns=columns)[["x", "y", "low", "high", "series", "heterogeneity"]]
        parts.append(one.assign(panel=panel))
    alone = words.rename(columns={"temperature": "x", "noise": "y"})[["x", "y", "series", "heterogeneity"]]
    alone["colour_of"] = alone["series"]
    alone["series"] += ", scatter alone"
    parts.append(alone.assign(panel="deviation of the difference"))
    text = "; ".join(
        f"{name}: deviation "
        + ", ".join(
            f"{d:.4f} ({t:g} K; {n:.4f} by scatter alone)"
            for d, t, n in zip(part["deviation"], part["temperature"], part["noise"])
        )
        for name, part in words.groupby("series")
    )
    spread = ", ".join(f"{value:.2f}" for value in words.drop_duplicates("temperature")["heterogeneity"])
    findings.figure(
        "6",
        pd.concat(parts, ignore_index=True),
        f"{text}; ratio of the sums {words['ratio'].min():.2f} to {words['ratio'].max():.2f}",
        "A dashed line parts the environments of group 1, Kasper kernels, from those of group 2. "
        "Intervals of 5 to 95 % by a bootstrap over runs; scatter alone: the deviation of glasses that do not differ "
        "(scatter only adds, so that points lie low in their intervals). The "
        f"{case.parameters.nearest} thermal structures nearest in energy to each driven mean; "
        f"theirs differ by {', '.join(f'{gap:+.1f}' for gap in gaps)} meV/atom. "
        f"Heterogeneity of the driven, by temperature: {spread}.",
    )
    _group_scores(findings, words)


def _at_temperature(
    case: Case,
    groups: list[str],
    calm: tuple[Structures, np.ndarray],
    flow: tuple[Structures, np.ndarray],
    temperature: float,
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Bars, sums by group, and by how much the thermal energies differ (meV an atom), at one temperature of shear."""
    mine = (flow[0].table["temperature"] == temperature).to_numpy()
    energies = [structures.energies / structures.sizes for structures, _ in (calm, flow)]
    wanted = float(energies[1][mine].mean())
    near = analysis.nearest_in_energy(energies[0], wanted, case.parameters.nearest)
    bars, by_group = analysis.compare_barcodes(
        _by_run(calm[1][near], calm[0].runs[near]), _by_run(flow[1][mine], flow[0].runs[mine]), groups,
        seed=case.seed % 2**31,
    )  # fmt: skip
    spread = float(flow[0].table["heterogeneity"].to_numpy()[mine].mean())
    names = [GROUPS[name].split(":")[0] for name in by_group["group"]]
    by_group = by_group.assign(temperature=temperature, heterogeneity=spread, series=names)
    return bars, by_group, 1000 * (float(energies[0][near].mean()) - wanted)


def _group_scores(findings: Findings, words: pd.DataFrame) -> None:
    for name, part in words.groupby("series"):
        prefix = str(name).replace(" ", "_")
        if len(part) >= LEAST and part["heterogeneity"].std() > 0 and part["deviation"].std() > 0:
            related = float(np.corrcoef(part["heterogeneity"], part["deviation"])[0, 1])
            findings.score({"deviation_with_heterogeneity": related}, prefix)
        for at, temperature in enumerate(part["temperature"]):
            values = {key: float(part[key].iloc[at]) for key in ("deviation", "noise", "ratio")}
            findings.score(values, f"{prefix}_{temperature:g}_K")
