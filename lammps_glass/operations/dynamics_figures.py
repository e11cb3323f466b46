"""Figures of dynamics by group of particles: the same page for every indicator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.glasses import Glass
from lammps_glass.operations.dynamics_curves import (
    QUANTILE,
    DynamicsSettings,
    GroupedTrajectory,
    indicator_table,
    largest_alpha2,
    mobility_of,
    relaxation_by_group,
)
from lammps_glass.operations.dynamics_page import BAND, DynamicsPage
from lammps_glass.operations.dynamics_spectra import add_boson_peak, add_modes, add_vacf, add_vdos, has_even_velocities
from lammps_glass.operations.dynamics_structure import add_g, add_s, add_van_hove
from lammps_glass.operations.findings_page import PageLabels
from lammps_glass.operations.prediction_figures import add_prediction
from lammps_glass.products import Findings, Spectra

#: Observable that needs the spectra of a stage `modes`.
BOSON_PEAK = "boson-peak"


def add_dynamics(
    findings: Findings,
    trajectories: Sequence[GroupedTrajectory],
    settings: DynamicsSettings,
    labels: PageLabels,
    *,
    timestep: float | None,
    seed: int,
    observables: Sequence[str] | None = None,
    glass: Glass | None = None,
    spectra: Mapping[str, Spectra] = MappingProxyType({}),
) -> None:
    """Compute and add every figure of the page.

    Parameters
    ----------
    observables
        Names of `OBSERVABLES`; default: those for which the trajectories have what is needed, without ``modes``.
    glass
        Gives masses for ``vdos`` (default 1), and interactions for ``modes``.
    spectra
        Name of a replica -> spectra of its particles, for ``boson-peak``.

    Raises
    ------
    InputError
        An unknown observable, or one for which the trajectories do not suffice.
    """
    if unknown := [name for name in observables or () if name not in OBSERVABLES]:
        raise InputError(f"no observable {', '.join(unknown)}: there are {', '.join(OBSERVABLES)}")
    page = DynamicsPage(findings, trajectories, settings, labels, timestep, seed, glass, spectra)
    for name in observables or (name for name in OBSERVABLES if _has(page, name)):
        OBSERVABLES[name](page)
    page.size(
        trajectories=len(trajectories),
        replicas=page.n_replicas,
        particles=len(page.first),
        wave_number=page.settings.q,
        overlap_distance=page.settings.distance,
    )


def _has(page: DynamicsPage, name: str) -> bool:
    """Return whether the trajectories have what an observable needs; modes are drawn only where they are asked for."""
    if name == "prediction":
        return bool(page.indicators)
    if name == "chi4":
        return bool(np.isfinite(page.curves["chi4"][page.curves["time"] > 0]).any())
    if name in ("vacf", "vdos"):
        return has_even_velocities(page)
    if name in ("g", "s"):
        return bool(page.first.cell.periodic.all())
    if name == BOSON_PEAK:
        return bool(page.spectra)
    return name != "modes"


def _add_msd(page: DynamicsPage) -> None:
    lines = []
    for name, group in page.curves.groupby("group", sort=False):
        mean = group.groupby("time")["msd"].mean()
        diffusion = None
        if len(mean) > 8:
            try:
                diffusion = analysis.diffusion_coefficient(mean.index, mean)
            except InputError:
                diffusion = None
        if diffusion and diffusion.coefficient is not None:
            page.score({str(name): diffusion.coefficient}, "diffusion")
            lines.append(f"{name}: D = {diffusion.coefficient:.3g}")
    summary = "; ".join(lines) or "no group diffuses within the run: no diffusion coefficient"
    unit = f"{page.labels.length}^2"
    table = page.curve("msd", "Mean squared displacement", f"mean squared displacement ({unit})", summary, logy=True)
    last = table[table["time"] == table["time"].max()]["msd"].to_numpy()
    if page.settings.by == QUANTILE and len(last) == page.settings.n_groups:
        page.score({"highest_over_lowest": float(last[-1] / last[0])}, "msd")


def _add_alpha2(page: DynamicsPage) -> None:
    top = largest_alpha2(page.curves[page.curves["time"] > 0], page.seed)
    summary = "; ".join(f"{r.group}: {r.alpha2:.2f} at {r.time:g}" for r in top.itertuples())
    for group, alpha2, time in zip(top["group"], top["alpha2"], top["time"]):
        page.score({str(group): float(alpha2), f"{group}.time": float(time)}, "alpha2_max")
    page.curve("alpha2", "Non-Gaussian parameter", "alpha2", f"largest: {summary}")


def _add_fs(page: DynamicsPage) -> None:
    how = "all directions of q" if page.settings.directions == "sphere" else "wave vectors of the box near q"
    page.curve(
        "fs", f"Self-intermediate scattering function, q = {page.settings.q:g}", "F_s(q, t)",
        f"average over {how}", marks=(Mark("y", float(np.exp(-1)), "1/e"),),
    )  # fmt: skip


def _add_relaxation(page: DynamicsPage) -> None:
    table = relaxation_by_group(page.curves, page.seed)
    reached = table[np.isfinite(table["tau"])]
    missing = table[table["fault"] != ""]
    if reached.empty:
        page.warn("relaxation time", f"none within the run: {missing['fault'].iloc[0]}")
        return
    page.score({str(group): float(tau) for group, tau in zip(reached["group"], reached["tau"])}, "tau")
    summary = "; ".join(f"{row['group']}: {row['tau']:.3g} ({_fit(row)})" for _, row in reached.iterrows())
    remarks = []
    if late := [f"{r.group}: {r.fault}" for r in missing.itertuples()]:
        remarks.append(f"Not reached: {'; '.join(late)}.")
    if compressed := [f"{r.group} ({r.beta:.2f})" for r in reached.itertuples() if r.fit_fault]:
        remark = f"beta above 1 is a compressed, not a stretched exponential: {', '.join(compressed)}"
        remarks.append(f"{remark}; a glass that is still melting, or too few lags.")
        page.warn("relaxation fit", remark)
    wide = float(reached["tau"].max()) > 10 * float(reached["tau"].min())  # decades; else bars begin at zero
    spec = FigureSpec(
        "relaxation", "Relaxation time", "bar", "group", "tau", error=BAND, logy=wide,
        x_label=page.series.replace("\n", " "), y_label=f"relaxation time, crossing of 1/e ({page.labels.time})",
    )  # fmt: skip
    page.figure(spec, reached, summary, " ".join(remarks))


def _fit(row: pd.Series[float]) -> str:
    if not np.isfinite(row["tau_fit"]):
        return "no fit"
    flag = ", above 1" if row["fit_fault"] else ""
    return f"fit {row['tau_fit']:.3g}, beta {row['beta']:.2f}{flag}"


def _add_overlap(page: DynamicsPage) -> None:
    title = f"Overlap: particles that moved less than {page.settings.distance:g}"
    page.curve("overlap", title, "overlap Q(t) / n", "")


def _add_chi4(page: DynamicsPage) -> None:
    if not _has(page, "chi4"):
        raise InputError("chi4 needs several origins: a lag with one has no fluctuation")
    table = page.curve("chi4", "Four-point susceptibility", "chi4", "fluctuation of the overlap over origins")
    top = table.iloc[int(table["chi4"].argmax())]
    page.score({"largest": float(top["chi4"]), "time": float(top["time"])}, "chi4")


def _add_prediction(page: DynamicsPage) -> None:
    if not page.indicators:
        raise InputError("prediction against time needs values of an indicator at an origin: not --by species")
    table = analysis.prediction_against_time(
        indicator_table(page.trajectories, page.indicators, page.labels.indicator),
        mobility_of(page.trajectories, page.timestep), page.indicators, species=page.settings.species, seed=page.seed,
    )  # fmt: skip
    add_prediction(page, table)


#: Observables of the page, in its order: name -> function that adds their figures.
OBSERVABLES: Mapping[str, Callable[[DynamicsPage], None]] = {
    "msd": _add_msd,
    "alpha2": _add_alpha2,
    "fs": _add_fs,
    "relaxation": _add_relaxation,
    "overlap": _add_overlap,
    "chi4": _add_chi4,
    "van-hove": add_van_hove,
    "g": add_g,
    "s": add_s,
    "prediction": _add_prediction,
    "vacf": add_vacf,
    "vdos": add_vdos,
    "modes": add_modes,
    BOSON_PEAK: add_boson_peak,
}
