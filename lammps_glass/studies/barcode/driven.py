"""Figures 5 and 6: thermal glasses beside glasses that are sheared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.analysis.barcodes import UNSTRAINED, BarcodeSet
from lammps_glass.products import StructureSet
from lammps_glass.studies.barcode.meaning import GROUPS
from lammps_glass.studies.paper import PaperFindings

#: Bins of the distribution of strain, up to five times its mean.
BINS, LARGEST = 30, 5.0
#: Smallest number of temperatures of shear for a correlation with the heterogeneity.
FEWEST = 5


def steady_flow(structures: StructureSet, steady_from: float) -> StructureSet:
    """Return the sheared structures whose strain is that of steady flow."""
    strain = structures.table["strain"].to_numpy() + 1e-9  # includes a frame at this strain despite rounding
    return structures.take(np.flatnonzero(strain >= steady_from))


def strain_figure(
    findings: PaperFindings, sets: Mapping[str, StructureSet], strain_r_max: float, steady_from: float
) -> None:
    """Add figure 5: energies with heterogeneity and with deviation, and the distribution of the strain over its mean.

    Heterogeneity and deviation are both shown, since the mean strain of a sheared glass is mostly that of its box, and
    that of a thermal glass a few per cent.

    Parameters
    ----------
    sets
        Structures by name of the set, ``thermal`` and ``sheared``.
    """
    scatter, distributions, means, unstrained = [], [], {}, 0
    edges = np.linspace(0.0, LARGEST, BINS + 1)
    for kind, structures in sets.items():
        table = structures.table.assign(energy_mev=1000 * structures.energies / structures.sizes)
        table["deviation"] = table["heterogeneity"] * table["mean_strain"]
        table["heterogeneity"] = table["heterogeneity"].where(table["mean_strain"] >= UNSTRAINED)
        unstrained += int(table["heterogeneity"].isna().sum())
        for temperature, part in table.groupby("temperature"):
            series = f"{kind} {temperature:g} K"
            means[series] = part[["energy_mev", "heterogeneity", "mean_strain", "deviation"]].mean()
            for y in ("heterogeneity", "deviation"):
                points = part[["energy_mev", y]].set_axis(["x", "y"], axis=1).dropna()
                scatter.append(points.assign(panel=f"energy and {y}", series=series))
            relative = analysis.relative_strains(structures.strains[row] for row in part.index)
            bins = analysis.histogram(relative, edges)[["x", "density"]].rename(columns={"density": "y"})
            distributions.append(bins.assign(panel="strain over its mean", series=series))
    listed = {
        f"{name}s": ", ".join(f"{series} {mean[name]:.3f}" for series, mean in means.items())
        for name in ("mean_strain", "deviation")
    }
    findings.add(
        "5", pd.concat([*scatter, *distributions], ignore_index=True), r_max=strain_r_max,
        steady_from=steady_from, unstrained=unstrained, **listed,
        energies="; ".join(f"{s}: {m['energy_mev']:.1f} meV/atom, {m['heterogeneity']:.2f}" for s, m in means.items()),
    )  # fmt: skip
    for series, mean in means.items():
        scores = mean.rename({"energy_mev": "energy_mev_per_atom"}).to_dict()
        findings.score({str(name): float(value) for name, value in scores.items()}, series.replace(" ", "_"))


def comparison_figure(
    findings: PaperFindings,
    thermal: BarcodeSet,
    sheared: BarcodeSet,
    conditions: pd.DataFrame,
    groups: Sequence[str],
    nearest: int,
) -> None:
    """Add figure 6: barcodes of thermal and sheared glasses at equal energy, by temperature of the shear.

    Parameters
    ----------
    conditions
        ``temperature`` and ``heterogeneity`` of the sheared structures.
    groups, nearest
        As in `analysis.compare_at_equal_energy`.
    """
    parts, sums, gaps = [], [], []
    temperatures = conditions["temperature"]
    for temperature, rows in conditions.groupby("temperature"):
        flowing = sheared.take(rows.index.to_numpy())
        bars, by_group, gap = analysis.compare_at_equal_energy(thermal, flowing, groups, nearest, findings.seed % 2**31)
        gaps.append(1000 * gap)
        heterogeneity = float(rows["heterogeneity"].to_numpy().mean())
        sums.append(by_group.assign(temperature=temperature, heterogeneity=heterogeneity))
        for panel, at in (("lowest temperature", temperatures.min()), ("highest temperature", temperatures.max())):
            if temperature == at:
                parts += _bars(bars, panel, float(at))
    by_group = pd.concat(sums, ignore_index=True)
    by_group["series"] = by_group["group"].map(GROUPS)
    heterogeneities = by_group.drop_duplicates("temperature")["heterogeneity"]
    findings.add(
        "6", pd.concat([*parts, *_group_panels(by_group)], ignore_index=True), nearest=nearest,
        deviations="; ".join(f"{name}: deviation {_deviations(part)}" for name, part in by_group.groupby("series")),
        least=by_group["ratio"].min(), largest=by_group["ratio"].max(),
        gaps=", ".join(f"{gap:+.1f}" for gap in gaps), heterogeneities=", ".join(f"{h:.2f}" for h in heterogeneities),
    )  # fmt: skip
    _group_scores(findings, by_group)


def _bars(bars: pd.DataFrame, panel: str, temperature: float) -> list[pd.DataFrame]:
    """Return the barcodes of one temperature, thermal and sheared."""
    table = bars.rename(columns={"environment": "x"}).assign(
        panel=panel, temperature=temperature, title=f"{panel}, {temperature:g} K"
    )
    columns = ["x", "y", "group", "panel", "temperature", "title"]
    names = {"thermal": "thermal", "driven": "sheared"}
    return [table.rename(columns={name: "y"})[columns].assign(series=series) for name, series in names.items()]


def _group_panels(by_group: pd.DataFrame) -> list[pd.DataFrame]:
    """Return ratio and deviation of each group against the temperature, and the deviation of scatter alone."""
    parts = []
    for panel, value in (("ratio of the sums", "ratio"), ("deviation of the difference", "deviation")):
        columns = {"temperature": "x", value: "y", f"{value}_low": "low", f"{value}_high": "high"}
        table = by_group.rename(columns=columns)[["x", "y", "low", "high", "series", "heterogeneity"]]
        parts.append(table.assign(panel=panel))
    scatter = by_group.rename(columns={"temperature": "x", "noise": "y"})[["x", "y", "series", "heterogeneity"]]
    scatter = scatter.assign(colour_of=scatter["series"], series=scatter["series"] + ", scatter alone")
    return [*parts, scatter.assign(panel="deviation of the difference")]


def _deviations(group: pd.DataFrame) -> str:
    return ", ".join(
        f"{row.deviation:.4f} ({row.temperature:g} K; {row.noise:.4f} by scatter alone)" for row in group.itertuples()
    )


def _group_scores(findings: PaperFindings, by_group: pd.DataFrame) -> None:
    for name, part in by_group.groupby("series"):
        prefix = str(name).replace(" ", "_")
        if len(part) >= FEWEST and part["heterogeneity"].std() > 0 and part["deviation"].std() > 0:
            related = float(np.corrcoef(part["heterogeneity"], part["deviation"])[0, 1])
            findings.score({"deviation_with_heterogeneity": related}, prefix)
        for row in part.to_dict("records"):
            values = {key: float(row[key]) for key in ("deviation", "noise", "ratio")}
            findings.score(values, f"{prefix}_{row['temperature']:g}_K")
