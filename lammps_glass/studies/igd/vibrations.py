"""Figures 5a-5d, 14a and 14b: densities of states, single particles, and the boson peak by IGD."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.studies.igd.harmonic import compare, hopping, hops_warning
from lammps_glass.studies.igd.modes import SEARCHED, boson_peaks
from lammps_glass.studies.igd.predictions import UNIT, pooled
from lammps_glass.studies.igd.spectra import Spectra, box_of, edge_of, read, sounds_of
from lammps_glass.tables import read_table
from lammps_glass.units import GIGAPASCAL

#: Groups of IGD in 14a; share of the particles in a bin of 14b, and the fewest.
GROUPS, SHARE, FEWEST = 5, 0.025, 30


def vibration_figures(case: Case) -> None:
    """Spectra of the samples, of single particles, and of the particles by IGD."""
    spectra, sounds = read(case), sounds_of(case)
    box = box_of(sounds)
    with Findings(case.directory) as findings:
        findings.score({f"sound.{name}": float(v) for name, v in sounds.mean(numeric_only=True).items()})
        edge = edge_of(case)
        findings.score({"boson_peak.at_lower_end": edge})
        _density(findings, spectra, box, case.seed)
        _reduced(findings, spectra, sounds, box)
        _particles(findings, spectra[0], box, edge)
        table = _with_igd(case)
        _groups(findings, spectra, table, box)
        compared = compare(case)
        for temperature, values in compared.items():
            findings.score(values, f"vMSD.over_harmonic.{temperature}")
        if said := hops_warning(compared):
            findings.warn("measured over harmonic vMSD", said)
        _peaks(findings, table, f"{hopping(compared)}{box}", edge)


def _mean(spectra: list[Spectra], seed: int) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"frequency": s.frequencies, "vdos": s.density.mean(axis=1), "replica": s.replica})
        for s in spectra
    ]  # fmt: skip
    return analysis.mean_over_replicas(pd.concat(parts, ignore_index=True), "frequency", "vdos", seed=seed)


def _density(findings: Findings, spectra: list[Spectra], box: str, seed: int) -> None:
    mean = _mean(spectra, seed)
    top, end = mean.iloc[int(mean["vdos"].argmax())], spectra[0].frequencies[-1]
    ours = f"largest at {top['frequency']:.2f} THz, from modes of the whole Hessian; mean of {len(spectra)}"
    cut = ""
    if not all(s.complete for s in spectra):
        ours = f"TRUNCATED at {end:.2f} THz: the softest modes only; mean of {len(spectra)}"
        cut = "All modes of samples this large do not fit into memory: the band's maximum lies above what is shown. "
    findings.figure(
        "5a", mean, ours,
        f"{cut}Normalised to 1 over all frequencies; Gaussian broadening; band: interval over the samples. {box}",
    )  # fmt: skip


def _reduced(findings: Findings, spectra: list[Spectra], sounds: pd.DataFrame, box: str) -> None:
    nu, level = spectra[0].frequencies, float(sounds["debye_level"].mean())
    debye_top = float(sounds["debye_frequency"].mean())
    reduced = np.mean([s.density.mean(axis=1) for s in spectra], axis=0) / nu**2
    curves = [
        pd.DataFrame({"frequency": nu, "value": reduced, "curve": "samples"}),
        pd.DataFrame({"frequency": nu[nu <= debye_top], "value": level, "curve": "Debye level"}),
    ]
    peak = int(reduced[nu <= SEARCHED].argmax())
    excess = reduced[peak] / level
    findings.score({"boson_peak.frequency": float(nu[peak]), "boson_peak.excess": float(excess)})
    findings.figure(
        "5b", pd.concat(curves), f"peak at {nu[peak]:.2f} THz, {excess:.2f} times the Debye level",
        f"Debye level 3 / nu_D^3 from the elastic moduli (shear {sounds['shear'].mean() * GIGAPASCAL:.0f} GPa, bulk "
        f"{sounds['bulk'].mean() * GIGAPASCAL:.0f} GPa, nu_D {debye_top:.2f} THz). {box}",
    )  # fmt: skip


def _particles(findings: Findings, first: Spectra, box: str, edge: float) -> None:
    """Figures 5c and 5d: the particles of lowest, median and highest boson peak of the first sample."""
    peaks, _ = boson_peaks(first.frequencies, first.density)
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
    findings.figure("5d", table, f"I_BP from {peaks.min():.4f} to {peaks.max():.4f} THz^-3", f"{_no_peak(edge)}{note}")


def _no_peak(edge: float) -> str:
    return f"I_BP: largest up to {SEARCHED:g} THz; at {edge:.1%} of all particles at the lower end, so no peak. "


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


def _peaks(findings: Findings, table: pd.DataFrame, said: str, edge: float) -> None:
    from scipy.stats import pearsonr, spearmanr

    means = analysis.binned_means(table["igd"], table["boson_peak"], SHARE, FEWEST)
    bins = float(spearmanr(means["indicator"], means["value"]).statistic)
    linear = float(pearsonr(means["indicator"], means["value"]).statistic)
    single = float(spearmanr(table["igd"], table["boson_peak"]).statistic)
    harmonic = float(spearmanr(table["msd_per_kelvin"], table["boson_peak"]).statistic)
    findings.score({"boson_peak.rank_correlation": bins, "boson_peak.rank_correlation_of_particles": single})
    findings.score({"boson_peak.linear_correlation": linear})
    findings.figure(
        "14b", means,
        f"correlation of the bins {linear:.2f} (ranks {bins:.2f}), ranks of single particles {single:.2f}",
        f"{_no_peak(edge)}Bins of {SHARE:.1%} of all particles, at least {FEWEST}; {UNIT}. vMSD is one of the "
        "features, and at low temperature the vMSD of a particle is an integral over the same g_i(nu) / nu^2: part of "
        "this correlation is "
        f"an identity (harmonic vMSD against I_BP: {harmonic:.2f}). {said}",
    )  # fmt: skip
