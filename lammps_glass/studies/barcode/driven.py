"""Figures 5 and 6: thermal glasses beside glasses that are sheared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.analysis.barcodes import UNSTRAINED
from lammps_glass.products import Findings, StructureSet
from lammps_glass.studies.barcode.energies import density
from lammps_glass.studies.barcode.meaning import GROUPS
from lammps_glass.studies.barcode.models import Floats

#: Bins of the distribution of strain, up to five times its mean.
BINS, LARGEST = 30, 5.0
#: Least number of temperatures of shear for a correlation with the heterogeneity.
LEAST = 5


def steady_flow(structures: StructureSet, steady_from: float) -> StructureSet:
    """Return the sheared structures whose strain is that of steady flow."""
    strain = structures.table["strain"].to_numpy() + 1e-9  # a frame at this very strain is in, whatever its rounding
    return structures.take(np.flatnonzero(strain >= steady_from))


def strain_figure(
    findings: Findings, sets: Mapping[str, StructureSet], strain_r_max: float, steady_from: float
) -> None:
    """Add figure 5: energies with heterogeneity and with deviation, and the distribution of the strain over its mean.

    Both, since the mean strain of a sheared glass is mostly that of its box and that of a thermal one a few percent.

    Parameters
    ----------
    sets
        ``thermal`` and ``sheared`` structures.
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
            distributions.append(density(relative, edges).assign(panel="strain over its mean", series=series))
    listed = {
        name: ", ".join(f"{series} {mean[name]:.3f}" for series, mean in means.items())
        for name in ("mean_strain", "deviation")
    }
    findings.figure(
        "5",
        pd.concat([*scatter, *distributions], ignore_index=True),
        "energy and std/mean of the strain: "
        + "; ".join(f"{s}: {m['energy_mev']:.1f} meV/atom, {m['heterogeneity']:.2f}" for s, m in means.items()),
        f"Von Mises strain (neighbours within {strain_r_max:g} A) of sheared glasses against the unsheared inherent "
        f"structure, flips of the box undone, from a shear strain of {steady_from:g}; of thermal ones against the "
        f"cooled glass that was annealed (the paper does not say). Mean strains: {listed['mean_strain']}; deviations: "
        f"{listed['deviation']}. {unstrained} structures fell back into the minimum they came from and have no "
        "deviation / mean.",
    )
    for series, mean in means.items():
        scores = mean.rename({"energy_mev": "energy_mev_per_atom"}).to_dict()
        findings.score({str(name): float(value) for name, value in scores.items()}, series.replace(" ", "_"))


class Barcodes(NamedTuple):
    """Structures with their barcodes (n, n_environments)."""

    structures: StructureSet
    barcodes: Floats

    def take(self, rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Barcodes:
        """Return those of some rows."""
        return Barcodes(self.structures.take(rows), self.barcodes[rows])

    @property
    def energies(self) -> Floats:
        """(n,) energies a particle."""
        return self.structures.energies / self.structures.sizes


def comparison_figure(
    findings: Findings, thermal: Barcodes, sheared: Barcodes, groups: list[str], nearest: int, seed: int
) -> None:
    """Add figure 6: barcodes of thermal and sheared glasses at equal energy, by temperature of the shear.

    Parameters
    ----------
    groups
        Group of each environment of the barcodes.
    nearest
        Number of thermal structures, those nearest in energy to the mean of the sheared ones, at each temperature.
    """
    temperatures = sheared.structures.table["temperature"].to_numpy(dtype=float)
    parts, sums, gaps = [], [], []
    for temperature in sorted(set(temperatures.tolist())):
        flowing = sheared.take(np.flatnonzero(temperatures == temperature))
        energy = float(flowing.energies.mean())
        near = thermal.take(analysis.nearest_in_energy(thermal.energies, energy, nearest))
        gaps.append(1000 * (float(near.energies.mean()) - energy))
        bars, by_group = analysis.compare_barcodes(
            *(each.structures.by_run(each.barcodes) for each in (near, flowing)), groups, seed=seed % 2**31
        )
        heterogeneity = float(flowing.structures.table["heterogeneity"].to_numpy().mean())
        sums.append(by_group.assign(temperature=temperature, heterogeneity=heterogeneity))
        if temperature in (temperatures.min(), temperatures.max()):
            parts += _bar_panels(bars, temperature, lowest=temperature == temperatures.min())
    by_group = pd.concat(sums, ignore_index=True)
    by_group["series"] = by_group["group"].map(GROUPS)
    findings.figure(
        "6",
        pd.concat([*parts, *_group_panels(by_group)], ignore_index=True),
        "; ".join(f"{name}: deviation {_deviations(part)}" for name, part in by_group.groupby("series"))
        + f"; ratio of the sums {by_group['ratio'].min():.2f} to {by_group['ratio'].max():.2f}",
        "A dashed line parts the environments of group 1, Kasper kernels, from those of group 2. "
        "Intervals of 5 to 95 % by a bootstrap over runs; scatter alone: the deviation of glasses that do not differ "
        "(scatter only adds, so that points lie low in their intervals). The "
        f"{nearest} thermal structures nearest in energy to each sheared mean; "
        f"theirs differ by {', '.join(f'{gap:+.1f}' for gap in gaps)} meV/atom. Heterogeneity of the sheared, by "
        f"temperature: {', '.join(f'{h:.2f}' for h in by_group.drop_duplicates('temperature')['heterogeneity'])}.",
    )
    _group_scores(findings, by_group)


def _bar_panels(bars: pd.DataFrame, temperature: float, *, lowest: bool) -> list[pd.DataFrame]:
    """Return the barcodes of one temperature, thermal and sheared."""
    panel = f"{'lowest' if lowest else 'highest'} temperature"
    about = {"panel": panel, "temperature": temperature, "title": f"{panel}, {temperature:g} K"}
    return [
        pd.DataFrame({"x": bars["environment"], "y": bars[column], "group": bars["group"]}).assign(
            series=series, **about
        )
        for column, series in (("thermal", "thermal"), ("driven", "sheared"))
    ]


def _group_panels(by_group: pd.DataFrame) -> list[pd.DataFrame]:
    """Return ratio and deviation of each group against the temperature, and the deviation of scatter alone."""
    parts = []
    for panel, value in (("ratio of the sums", "ratio"), ("deviation of the difference", "deviation")):
        columns = {"temperature": "x", value: "y", f"{value}_low": "low", f"{value}_high": "high"}
        table = by_group.rename(columns=columns)[["x", "y", "low", "high", "series", "heterogeneity"]]
        parts.append(table.assign(panel=panel))
    scatter = by_group.rename(columns={"temperature": "x", "noise": "y"})[["x", "y", "series", "heterogeneity"]]
    names = {"colour_of": scatter["series"], "series": scatter["series"] + ", scatter alone"}
    return [*parts, scatter.assign(panel="deviation of the difference", **names)]


def _deviations(group: pd.DataFrame) -> str:
    return ", ".join(
        f"{row.deviation:.4f} ({row.temperature:g} K; {row.noise:.4f} by scatter alone)" for row in group.itertuples()
    )


def _group_scores(findings: Findings, by_group: pd.DataFrame) -> None:
    for name, part in by_group.groupby("series"):
        prefix = str(name).replace(" ", "_")
        if len(part) >= LEAST and part["heterogeneity"].std() > 0 and part["deviation"].std() > 0:
            related = float(np.corrcoef(part["heterogeneity"], part["deviation"])[0, 1])
            findings.score({"deviation_with_heterogeneity": related}, prefix)
        for row in part.to_dict("records"):
            values = {key: float(row[key]) for key in ("deviation", "noise", "ratio")}
            findings.score(values, f"{prefix}_{row['temperature']:g}_K")
