"""Figures 5a-5d, 14a and 14b: densities of states, single particles, and the boson peak by IGD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Predictions, Spectra, VibrationRecord, pooled
from lammps_glass.simulate.work import particles_read
from lammps_glass.snapshots.cell import Floats
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.samples import ALL
from lammps_glass.studies.paper import PaperFindings
from lammps_glass.units import GIGAPASCAL

#: Number of groups of IGD in 14a; fraction of the particles in a bin of 14b, and smallest number.
GROUPS, FRACTION, FEWEST = 5, 0.025, 30
#: Range of the boson peak of a Cu-Zr glass (THz).
PEAK = (0.6, 0.8)
#: Ratio of the means of measured and harmonic vMSD above which particles of a trace hop. Anharmonic vibration adds
#: a few per cent below 500 K; a particle that hops early adds the square of its hop to both halves of its trace.
HOPS = 1.5


class SampleSpectra(NamedTuple):
    """Spectra of the samples, with what the notes of their figures say.

    Attributes
    ----------
    nu
        (k,) frequencies.
    densities
        (k, n) densities of states of the particles, by replica.
    highest
        Frequency up to which boson peaks are searched.
    box, no_peak
        Descriptions of the sound in the box, and of particles without a peak.
    """

    nu: Floats
    densities: Mapping[str, Floats]
    highest: float
    box: str
    no_peak: str


@operation(work=particles_read("spectra"), rates={"cases": 2.0, "particles": 1e-4})
def vibration_figures(
    case: Case[NoParameters],
    spectra: Sequence[Spectra],
    predictions: Sequence[Predictions],
    vibrations: Sequence[VibrationRecord] = (),
) -> Findings:
    """Draw spectra of the samples, of single particles, and of the particles by IGD.

    Parameters
    ----------
    vibrations
        Traces, which are compared with the harmonic amplitudes of the spectra.
    """
    sounds = pd.DataFrame([product.sound.read() for product in spectra])
    # The softest modes alone end at another frequency in each sample: spectra end where the first of them does.
    nu = min((product.frequencies for product in spectra), key=len)
    densities = {product.replica: product.density[: len(nu)] for product in spectra}
    peaks = pd.concat([product.particles.read() for product in spectra], ignore_index=True)
    at_edge, top = float((peaks["boson_peak_frequency"] <= nu[0] + 1e-9).mean()), spectra[0].peak_below
    no_peak = f"I_BP: largest up to {top:g} THz; at {at_edge:.1%} of all particles at the lower end, so no peak. "
    samples = SampleSpectra(nu, densities, top, describe_box(sounds), no_peak)
    key = ["replica", "particle"]
    table = peaks[[*key, "boson_peak", "msd_per_kelvin"]].merge(pooled(predictions), on=key, validate="1:1")
    with PAPER.findings(case) as findings:
        findings.score({f"sound.{name}": float(v) for name, v in sounds.mean(numeric_only=True).items()})
        findings.score({"boson_peak.at_lower_end": at_edge})
        _density(findings, samples, complete=all(product.complete for product in spectra))
        _reduced(findings, samples, sounds)
        _particles(findings, samples, peaks)
        _groups(findings, samples, table[ALL])
        hops = _amplitudes(findings, vibrations, peaks)
        _peaks(findings, table, no_peak, f"{hops}{samples.box}")
    return findings


def describe_box(sounds: pd.DataFrame) -> str:
    """Describe the lowest transverse wave of the box and the modes below it, for the note of every spectrum."""
    lowest, (low, high) = sounds["lowest_frequency"].mean(), PEAK
    facts = {"velocity": sounds["transverse"].mean() / 10, "modes": sounds["modes_below_lowest"].mean()}
    size = "small" if lowest > high else "middle" if lowest > low else "large"
    return PAPER.text(f"box_{size}", box=PAPER.text("box", lowest=lowest, **facts), low=low, high=high)


def _density(findings: PaperFindings, samples: SampleSpectra, *, complete: bool) -> None:
    nu, number = samples.nu, len(samples.densities)
    parts = [
        pd.DataFrame({"frequency": nu, "vdos": density.mean(axis=1), "replica": name})
        for name, density in samples.densities.items()
    ]
    mean = findings.mean_over_replicas(pd.concat(parts, ignore_index=True), "frequency", "vdos")
    top = mean["frequency"].iloc[int(mean["vdos"].argmax())]
    ours, cut = f"largest at {top:.2f} THz, from modes of the whole Hessian; mean of {number}", ""
    if not complete:
        ours = f"TRUNCATED at {nu[-1]:.2f} THz: the softest modes only; mean of {number}"
        cut = "All modes of samples this large do not fit into memory: the band's maximum lies above what is shown. "
    findings.add("5a", mean, ours=ours, cut=cut, box=samples.box)


def _reduced(findings: PaperFindings, samples: SampleSpectra, sounds: pd.DataFrame) -> None:
    nu, level, debye = samples.nu, float(sounds["debye_level"].mean()), float(sounds["debye_frequency"].mean())
    density = np.mean([d.mean(axis=1) for d in samples.densities.values()], axis=0)
    curves = [
        pd.DataFrame({"frequency": nu, "value": density / nu**2, "curve": "samples"}),
        pd.DataFrame({"frequency": nu[nu <= debye], "value": level, "curve": "Debye level"}),
    ]
    (frequency,), (intensity,) = analysis.boson_peaks(nu, density[None], samples.highest)
    peak = {"frequency": float(frequency), "excess": float(intensity / level)}
    findings.score(peak, "boson_peak")
    moduli = {name: sounds[name].mean() * GIGAPASCAL for name in ("shear", "bulk")}
    findings.add("5b", pd.concat(curves), debye=debye, box=samples.box, **peak, **moduli)


def _particles(findings: PaperFindings, samples: SampleSpectra, peaks: pd.DataFrame) -> None:
    """Draw figures 5c and 5d: the particles of lowest, median and highest boson peak of the first sample."""
    replica, density = next(iter(samples.densities.items()))
    first = peaks[peaks["replica"] == replica]
    heights, order = first["boson_peak"].to_numpy(), np.argsort(first["boson_peak"].to_numpy())
    rows = {"lowest I_BP": order[0], "median I_BP": order[len(order) // 2], "highest I_BP": order[-1]}
    names = {f"{name}: {first['particle'].iloc[row]}": row for name, row in rows.items()}
    parts = [pd.DataFrame({"frequency": samples.nu, "vdos": density[:, names[n]], "particle": n}) for n in names]
    table = pd.concat(parts).assign(reduced=lambda t: t["vdos"] / t["frequency"] ** 2)
    facts = {"replica": replica, "box": samples.box, "no_peak": samples.no_peak}
    findings.add("5c", table, heights=", ".join(f"{heights[row]:.4f}" for row in rows.values()), **facts)
    findings.add("5d", table, least=heights.min(), largest=heights.max(), **facts)


def _groups(findings: PaperFindings, samples: SampleSpectra, igd: pd.Series[float]) -> None:
    """Draw figure 14a: all samples cut into groups of equal numbers by IGD."""
    nu, density = samples.nu, np.concatenate(list(samples.densities.values()), axis=1)
    groups = analysis.quantile_groups(igd, GROUPS)
    means = np.array([density[:, groups == number].mean(axis=1) for number in range(GROUPS)])
    heights = analysis.boson_peaks(nu, means, samples.highest).intensity
    curves = [
        pd.DataFrame({"frequency": nu, "reduced": mean / nu**2, "igd": round(igd[groups == number].mean(), 2)})
        for number, mean in enumerate(means)
    ]
    findings.score({"boson_peak.highest_over_lowest_igd": float(heights[-1] / heights[0])})
    verb, texts = "rises" if heights[-1] > heights[0] else "does not rise", ", ".join(f"{h:.4f}" for h in heights)
    findings.add("14a", pd.concat(curves), verb=verb, heights=texts, groups=GROUPS, box=samples.box)


def _amplitudes(findings: PaperFindings, vibrations: Sequence[VibrationRecord], peaks: pd.DataFrame) -> str:
    """Score measured amplitudes by temperature, mean over the samples; describe them, and warn if particles hop."""
    harmonic = peaks.set_index(["replica", "particle"])["msd_per_kelvin"]
    rows = []
    for record in vibrations:
        trace = record.vibrations
        expected = record.temperature * harmonic.loc[record.replica].loc[trace["particle"]]
        comparison = analysis.compare_with_harmonic(trace["msd"], expected)
        rows.append((f"{record.temperature:g}", record.correlation, *comparison))
    table = pd.DataFrame(rows, columns=["temperature", "halves", "ratio", "correlation"])
    compared: dict[str, dict[str, float]] = {}
    for temperature, samples in table.groupby("temperature", sort=False):
        ratio, correlation = samples["ratio"], samples["correlation"]
        means = {"ratio": ratio.mean(), "correlation": correlation.mean()}
        compared[str(temperature)] = {**means, "ratio.largest": ratio.max(), "correlation.least": correlation.min()}
        findings.score(compared[str(temperature)], f"vMSD.over_harmonic.{temperature}")
        findings.score({str(temperature): samples["halves"].mean()}, "vMSD.halves")
    if warning := hops_warning(compared):
        findings.warn("measured over harmonic vMSD", warning)
    return describe_amplitudes(compared)


def describe_amplitudes(compared: dict[str, dict[str, float]]) -> str:
    """Describe the ratios of amplitudes, with a warning where particles hop; empty without traces."""
    if not compared:
        return ""
    ratios = ", ".join(
        f"{t} K {v['ratio']:.1f} (largest {v['ratio.largest']:.1f}, correlation {v['correlation']:.2f})"
        for t, v in compared.items()
    )
    warning = f" WARNING: {hops}." if (hops := hops_warning(compared)) else ""
    return f"Measured over harmonic vMSD, mean of the samples: {ratios}.{warning} "


def hops_warning(compared: dict[str, dict[str, float]]) -> str:
    """Name the temperatures at which particles hop; empty where they only vibrate."""
    temperatures = [t for t, v in compared.items() if v["ratio.largest"] > HOPS]
    if not temperatures:
        return ""
    return f"above {HOPS:g} at {', '.join(temperatures)} K: particles hop, it is not vibration alone"


def _peaks(findings: PaperFindings, table: pd.DataFrame, no_peak: str, remarks: str) -> None:
    from scipy.stats import pearsonr, spearmanr

    means = analysis.binned_means(table[ALL], table["boson_peak"], FRACTION, FEWEST)
    bins = float(spearmanr(means["indicator"], means["value"]).statistic)
    linear = float(pearsonr(means["indicator"], means["value"]).statistic)
    single = float(spearmanr(table[ALL], table["boson_peak"]).statistic)
    harmonic = float(spearmanr(table["msd_per_kelvin"], table["boson_peak"]).statistic)
    findings.score({"boson_peak.rank_correlation": bins, "boson_peak.rank_correlation_of_particles": single})
    findings.score({"boson_peak.linear_correlation": linear})
    findings.add(
        "14b", means, linear=linear, bins=bins, single=single, harmonic=harmonic, no_peak=no_peak,
        fraction=FRACTION, fewest=FEWEST, remarks=remarks,
    )  # fmt: skip
