"""Figures 2A-2C: strain against time, and the creep modulus against stress."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.products import Findings, Record
from lammps_glass.simulate.protocols.creep import Creep
from lammps_glass.simulate.work import one_case
from lammps_glass.studies.looseness.paper import PAPER
from lammps_glass.studies.paper import PaperFindings

#: Times at which a strain curve is kept: enough for the plot and for a fit with equal weight for each part of ln t.
N_TIMES = 60
#: Damping times of the barostat that fits leave out: the box oscillates when the load is applied.
RINGING = 2.0


def md_strains(records: Sequence[Record], *others: pd.DataFrame) -> pd.DataFrame:
    """Compute the strain of the MD boxes, with the conditions of each run, below other tables."""
    tables = [
        analysis.axial_strain(record.thermo, n_times=N_TIMES).assign(
            **{name: value for name, value in record.conditions.items() if name != "replica"}, replica=record.replica
        )
        for record in records
    ]
    return pd.concat([*others, *tables], ignore_index=True)


def inherent_strains(relaxed: Sequence[Record], creep: Sequence[Record]) -> pd.DataFrame:
    """Compute the strain of the relaxed boxes; L_z0 is the box of the minimised glass before the load."""
    starts = {record.replica: record.thermo["lz"].iloc[0] for record in creep}
    tables = [
        analysis.axial_strain(record.thermo, starts[record.replica]).assign(replica=record.replica)
        for record in relaxed
    ]
    return pd.concat(tables, ignore_index=True)


def load_of(record: Record) -> Creep:
    """Return the protocol of a creep run.

    Raises
    ------
    InputError
        The record is of another protocol.
    """
    protocol = record.protocol
    if not isinstance(protocol, Creep):
        raise InputError(f"{record.directory}: a run of {protocol.name}, not of creep")
    return protocol


@operation(work=one_case, rates={"cases": 1.5})
def creep_figures(
    case: Case[NoParameters],
    creep: Sequence[Record],
    relaxed: Sequence[Record],
    temperatures: Sequence[Record] = (),
    stresses: Sequence[Record] = (),
) -> Findings:
    """Find strain curves and moduli, with the straight-line fit of the mean in ln t.

    Parameters
    ----------
    creep, relaxed
        Runs under the main load, and the inherent structures of their frames.
    temperatures, stresses
        Shorter runs at other temperatures, and under other stresses.
    """
    main, inherent, load = md_strains(creep), inherent_strains(relaxed, creep), load_of(creep[0])
    main = main.assign(temperature=load.temperature, stress=load.stress)
    rung = RINGING * load.barostat_damping / case.glass.timestep
    with PAPER.findings(case) as findings:
        _strains(findings, main[main["time"] >= rung], inherent, load.stress)
        _temperatures(findings, md_strains(temperatures, main))
        _moduli(findings, md_strains(stresses, main), rung)
        findings.size(replicas=len(creep), particles=case.glass.n_particles, creep_steps=int(main["time"].max()))
    return findings


def _strains(findings: PaperFindings, main: pd.DataFrame, inherent: pd.DataFrame, stress: float) -> None:
    """Draw figure 2C, and score the fit of the mean strain against ln t for both boxes."""
    fits = {}
    for box, table in (("inherent", inherent), ("md", main)):
        mean = table.groupby("time", as_index=False)["strain"].mean()
        fits[box] = analysis.linear_in_log_time(mean["time"], mean["strain"])
        modulus = analysis.creep_modulus(table, stress, seed=findings.seed).iloc[0]
        findings.score(
            {
                "strain_r2": fits[box].r2,
                "strain_slope": fits[box].slope,
                "strain_slope.low": modulus["slope_low"],
                "strain_slope.high": modulus["slope_high"],
            },
            box,
        )
    mean = inherent.groupby("time", as_index=False)["strain"].mean().assign(replica="mean")
    curves = pd.concat([inherent, mean], ignore_index=True)
    findings.add("2C", curves, **fits, replicas=inherent["replica"].nunique())


def _temperatures(findings: PaperFindings, table: pd.DataFrame) -> None:
    """Draw figure 2A: mean strain at each temperature, compared where replicas and times are those of all."""
    means = [
        findings.mean_over_replicas(part, "time", "strain").assign(temperature=temperature)
        for temperature, part in table.groupby("temperature")
    ]
    ends = table.groupby(["temperature", "replica"])["time"].max()
    latest = ends.min()
    names = [set(part["replica"]) for _, part in table.groupby("temperature")]
    shared = table[table["replica"].isin(set.intersection(*names)) & table["time"].between(0.8 * latest, latest)]
    strains = shared.groupby("temperature")["strain"].mean()
    text = ", ".join(f"T = {t:g}: {value:.4f}" for t, value in strains.items())
    runs = ", ".join(f"T = {t:g}: {len(part)} x {int(part.max())} steps" for t, part in ends.groupby("temperature"))
    findings.add("2A", pd.concat(means, ignore_index=True), strains=text, latest=int(latest), runs=runs)


def _moduli(findings: PaperFindings, table: pd.DataFrame, rung: float) -> None:
    """Draw figure 2B: creep modulus against stress, after the box's oscillation, over the time common to all runs."""
    shortest = table.groupby(["stress", "replica"])["time"].max().min()
    start = min(rung, shortest / 4)  # a short run keeps a fit, whatever it is worth
    fitted = table[table["time"].between(start, shortest)]
    moduli: pd.DataFrame = pd.concat(
        [
            analysis.creep_modulus(part, float(part["stress"].iloc[0]), seed=findings.seed)
            for _, part in fitted.groupby("stress")
        ],
        ignore_index=True,
    )
    resolved = moduli["slope_low"] > 0
    text = ", ".join(
        f"{r.stress:g}: {r.modulus:.0f} ({r.low:.0f} to {r.high:.0f})" for r in moduli[resolved].itertuples()
    )
    shown = moduli.assign(**{name: moduli[name].where(resolved) for name in ("modulus", "low", "high")})
    findings.add(
        "2B", shown if resolved.any() else moduli,
        moduli=f"C at stress {text}" if text else "no stress at which the strain grows beyond its error",
        start=int(start), end=int(shortest),
        unresolved=", ".join(f"{stress:g}" for stress in moduli.loc[~resolved, "stress"]) or "none",
        replicas=", ".join(f"{r.stress:g}: {r.replicas:g}" for r in moduli.itertuples()),
    )  # fmt: skip
