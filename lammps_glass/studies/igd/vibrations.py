"""Figures 5a-5d, 14a and 14b: densities of states, single particles, and the boson peak by IGD."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.predictions import UNIT, pooled
from lammps_glass.tables import read_metadata, read_table

#: Groups of IGD in 14a; share of the particles in a bin of 14b, and the fewest.
GROUPS, SHARE, FEWEST = 5, 0.025, 30
#: THz: where the boson peak of a Cu-Zr glass lies, and up to where a reduced spectrum is searched for it.
PEAK, SEARCHED = (0.6, 0.8), 2.0


@dataclass(frozen=True, eq=False)
class Spectra:
    """Densities of the particles of one sample: frequencies (k,), density (k, n) and the particles' ids (n,)."""

    replica: str
    frequencies: np.ndarray
    density: np.ndarray
    particles: np.ndarray


def vibration_figures(case: Case) -> None:
    """Spectra of the samples, of single particles, and of the particles by IGD."""
    spectra, sounds = _read(case), _sounds(case)
    box = _box(sounds)
    with Findings(case.directory) as findings:
        findings.score({f"sound.{name}": float(v) for name, v in sounds.mean(numeric_only=True).items()})
        _whole(findings, spectra, sounds, box, case.seed)
        _particles(findings, spectra[0], box)
        table = _with_igd(case)
        _groups(findings, spectra, table, box)
        _peaks(findings, table, box)


def _read(case: Case) -> list[Spectra]:
    found = []
    for product in case.inputs("modes"):
        path = product.path / "spectra.parquet"
        frequencies, table = np.array(read_metadata(path)["frequencies"]), read_table(path)
        density = table.drop(columns="particle").to_numpy(dtype=float).T
        found.append(Spectra(product.replica, frequencies, density, table["particle"].to_numpy()))
    # The softest modes alone end at another frequency in each sample: spectra are compared up to where all are known.
    common = min(len(s.frequencies) for s in found)
    return [replace(s, frequencies=s.frequencies[:common], density=s.density[:common]) for s in found]


def _sounds(case: Case) -> pd.DataFrame:
    rows = [json.loads((p.path / "sound.json").read_text(encoding="utf-8")) for p in case.inputs("modes")]
    return pd.DataFrame(rows)


def _box(sounds: pd.DataFrame) -> str:
    """What the size of the box allows: printed beside every spectrum."""
    lowest = sounds["lowest_frequency"].mean()
    said = f"nu_min = c_T / L = {lowest:.2f} THz (c_T {sounds['transverse'].mean() / 10:.2f} km/s)"
    if lowest > PEAK[0]:
        return f"{said}: no wave of the boson peak's {PEAK[0]}-{PEAK[1]} THz fits into this box, its peak is the box's."
    return f"{said}: the box holds waves below the boson peak's {PEAK[0]}-{PEAK[1]} THz."


def _whole(findings: Findings, spectra: list[Spectra], sounds: pd.DataFrame, box: str, seed: int) -> None:
    parts = [
        pd.DataFrame({"frequency": s.frequencies, "vdos": s.density.mean(axis=1), "replica": s.replica})
        for s in spectra
    ]  # fmt: skip
    mean = analysis.mean_over_replicas(pd.concat(parts, ignore_index=True), "frequency", "vdos", seed=seed)
    top = mean.iloc[int(mean["vdos"].argmax())]
    findings.figure(
        "5a", mean, f"largest at {top['frequency']:.2f} THz, from modes of the whole Hessian; mean of {len(spectra)}",
        f"Normalised to 1 over all frequencies; Gaussian broadening; band: interval over the samples. {box}",
    )  # fmt: skip
    nu, level = mean["frequency"].to_numpy(), float(sounds["debye_level"].mean())
    debye_top = float(sounds["debye_frequency"].mean())
    reduced = mean["vdos"].to_numpy() / nu**2
    curves = [
        pd.DataFrame({"frequency": nu, "value": reduced, "curve": "samples"}),
        pd.DataFrame({"frequency": nu[nu <= debye_top], "value": level, "curve": "Debye level"}),
    ]
    peak = int(reduced[nu <= SEARCHED].argmax())
    excess = reduced[peak] / level
    findings.score({"boson_peak.frequency": float(nu[peak]), "boson_peak.excess": float(excess)})
    findings.figure(
        "5b", pd.concat(curves), f"peak at {nu[peak]:.2f} THz, {excess:.2f} times the Debye level",
        f"Debye level 3 / nu_D^3 from the elastic moduli (shear {sounds['shear'].mean() * 160.2177:.0f} GPa, bulk "
        f"{sounds['bulk'].mean() * 160.2177:.0f} GPa, nu_D {debye_top:.2f} THz). {box}",
    )  # fmt: skip


def _particles(findings: Findings, first: Spectra, box: str) -> None:
    """Figures 5c and 5d: the particles of lowest, median and highest boson peak of the first sample."""
    peaks = (first.density / first.frequencies[:, None] ** 2).max(axis=0)
    order = np.argsort(peaks)
    names = {"lowest I_BP": order[0], "median I_BP": order[len(order) // 2], "highest I_BP": order[-1]}
    table = pd.concat(
        [
            pd.DataFrame({"frequency": first.frequencies, "vdos": first.density[:, at]}).assign(
                particle=f"{name}: {first.particles[at]}"
            )
            for name, at in names.items()
        ]
    )
    table["reduced"] = table["vdos"] / table["frequency"] ** 2
    note = f"Replica {first.replica}; N times eq. 6, so that the mean particle has the density of the sample. {box}"
    said = ", ".join(f"{peaks[at]:.4f}" for at in names.values())
    findings.figure("5c", table, f"particles of I_BP {said} THz^-3", note)
    findings.figure("5d", table, f"I_BP from {peaks.min():.4f} to {peaks.max():.4f} THz^-3", note)


def _with_igd(case: Case) -> pd.DataFrame:
    """The predictions of all samples beside the boson peaks of their particles."""
    parts = [read_table(product.path / "particles.parquet") for product in case.inputs("modes")]
    key = ["replica", "particle"]
    peaks = pd.concat(parts, ignore_index=True)[[*key, "boson_peak", "msd_per_kelvin"]]
    return pooled(case).merge(peaks, on=key, validate="one_to_one")


def _groups(findings: Findings, spectra: list[Spectra], table: pd.DataFrame, box: str) -> None:
    """Figure 14a: all samples cut into groups of equal numbers by IGD."""
    table = table.assign(group=pd.qcut(table["igd"].rank(method="first"), GROUPS, labels=False))
    curves = []
    for _, members in table.groupby("group"):
        density = np.concatenate([s.density[:, _rows(s, members)] for s in spectra], axis=1).mean(axis=1)
        nu = spectra[0].frequencies
        curves.append(
            pd.DataFrame({"frequency": nu, "reduced": density / nu**2, "igd": round(members["igd"].mean(), 2)})
        )
    heights = [float(curve.loc[curve["frequency"] <= SEARCHED, "reduced"].max()) for curve in curves]
    verb = "rises" if heights[-1] > heights[0] else "does not rise"
    findings.score({"boson_peak.highest_over_lowest_igd": heights[-1] / heights[0]})
    findings.figure(
        "14a", pd.concat(curves), f"{verb} with IGD: {', '.join(f'{h:.4f}' for h in heights)} THz^-3",
        f"{GROUPS} groups of equal numbers by IGD, left-out samples pooled: {UNIT}. {box}",
    )  # fmt: skip


def _rows(spectra: Spectra, members: pd.DataFrame) -> np.ndarray:
    own = members.loc[members["replica"] == spectra.replica, "particle"]
    return np.flatnonzero(np.isin(spectra.particles, own))


def _peaks(findings: Findings, table: pd.DataFrame, box: str) -> None:
    from scipy.stats import spearmanr

    means = analysis.binned_means(table["igd"], table["boson_peak"], SHARE, FEWEST)
    bins = float(spearmanr(means["indicator"], means["value"]).statistic)
    single = float(spearmanr(table["igd"], table["boson_peak"]).statistic)
    harmonic = float(spearmanr(table["msd_per_kelvin"], table["boson_peak"]).statistic)
    findings.score({"boson_peak.rank_correlation": bins, "boson_peak.rank_correlation_of_particles": single})
    findings.figure(
        "14b", means, f"rank correlation {bins:.2f} of the bins, {single:.2f} of single particles",
        f"Bins of {SHARE:.1%} of all particles, at least {FEWEST}; {UNIT}. vMSD is one of the features, and at low "
        "temperature the vMSD of a particle is an integral over the same g_i(nu) / nu^2: part of this correlation is "
        f"an identity (harmonic vMSD against I_BP: {harmonic:.2f}). {box}",
    )  # fmt: skip
