"""Figures of vibrations by group: velocity autocorrelation, densities of states from velocities and from modes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis
from lammps_glass.errors import InputError
from lammps_glass.figures.spec import FigureSpec, Mark
from lammps_glass.operations.dynamics_curves import averaged
from lammps_glass.operations.dynamics_page import BAND, DynamicsPage
from lammps_glass.products import Spectra

#: Widths of a broadened mode in the range of all modes: 0.1 THz in Cu-Zr, whose modes end near 9 THz.
WIDTHS = 90


def has_even_velocities(page: DynamicsPage) -> bool:
    """Return whether the frames of the first trajectory have velocities and are evenly spaced."""
    if page.first.velocities is None:
        return False
    steps = [frame.step for frame in page.trajectories[0].frames()]
    return len(set(np.diff(steps).tolist())) <= 1


def _autocorrelations(page: DynamicsPage) -> pd.DataFrame:
    masses = dict(zip(page.glass.species, page.glass.masses)) if page.glass else None
    parts = [
        analysis.velocity_autocorrelation(trajectory.frames(), timestep=page.timestep, masses=masses, of=rows).assign(
            group=name, replica=trajectory.replica, run=trajectory.run
        )
        for trajectory, _, members in page.first_origins()
        for name, rows in members.items()
    ]
    return pd.concat(parts, ignore_index=True)


def add_vacf(page: DynamicsPage) -> None:
    """Add the velocity autocorrelation function."""
    table = averaged(_autocorrelations(page), "normalized", page.seed)
    spec = FigureSpec(
        "vacf", "Velocity autocorrelation", "line", "time", "normalized", series="group", error=BAND, markers=False,
        x_label=page.labels.t, y_label="C_v(t) / C_v(0)", series_label=page.series,
    )  # fmt: skip
    page.figure(spec, table, "groups at the first origin")


def add_vdos(page: DynamicsPage) -> None:
    """Add the density of states from velocities."""
    curves = _autocorrelations(page)
    length = float(curves["time"].max())
    broadening = max(3.0 / (2 * np.pi * length), 0.0)
    nyquist = 0.5 / float(np.diff(np.sort(curves["time"].unique())[:2])[0])
    frequencies = np.linspace(0, nyquist, 400)
    parts = [
        analysis.velocity_density_of_states(each, frequencies, broadening=broadening).assign(
            group=str(k[0]), replica=str(k[1])
        )
        for k, each in curves.groupby(["group", "replica", "run"], sort=False)
    ]
    _add_density(page, "vdos", "Vibrational density of states from velocities", parts, f"broadened by {broadening:.3g}")


def add_modes(page: DynamicsPage) -> None:
    """Add the density of states from the modes of the inherent structure of each replica's first origin.

    Raises
    ------
    InputError
        No glass, one without compiled interactions, or more particles than a whole matrix is diagonalised for.
    """
    from lammps_glass.interactions import modes
    from lammps_glass.simulate import minimize

    if page.glass is None:
        raise InputError("modes need the interactions of the particles: name the glass with --glass")
    page.glass.require_model("modes")
    origins = {trajectory.replica: (frame, members) for trajectory, frame, members in page.first_origins()}
    found = {
        name: modes(minimize(frame, page.glass), page.glass.model(), page.glass.masses, units=page.glass.units)
        for name, (frame, _) in origins.items()
    }
    highest = max(float(each.frequencies[-1]) for each in found.values())
    broadening = highest / WIDTHS
    frequencies = np.linspace(0, highest + 5 * broadening, 400)
    parts = [
        analysis.vibrational_density_of_states(
            found[name], of=rows, frequencies=frequencies, broadening=broadening
        ).assign(group=group, replica=name)
        for name, (_, members) in origins.items()
        for group, rows in members.items()
    ]
    text = f"inherent structures at the box of the first origin; modes broadened by {broadening:.3g}"
    _add_density(page, "modes", "Vibrational density of states from modes", parts, text)


def add_boson_peak(page: DynamicsPage) -> None:
    """Add the reduced density of states g / nu^2 and its maximum, the boson peak, of the replicas that have spectra.

    Raises
    ------
    InputError
        No replica has.
    """
    of_replica = {trajectory.replica: rows for trajectory, _, rows in page.first_origins()}
    members = {replica: rows for replica, rows in of_replica.items() if replica in page.spectra}
    if not members:
        raise InputError(
            "boson-peak needs the spectra of the particles: read a stage of the operation modes as spectra"
        )
    # The softest modes alone end at another frequency in each sample: curves end where the first of them does.
    nu = min((page.spectra[replica].frequencies for replica in members), key=len)
    curves, heights = [], []
    for replica, groups in members.items():
        density = page.spectra[replica].density[: len(nu)]
        for name, rows in groups.items():
            mean = density[:, rows].mean(axis=1)
            (height,) = analysis.boson_peaks(nu, mean[None], page.spectra[replica].peak_below).intensity
            curves.append(pd.DataFrame({"group": name, "replica": replica, "frequency": nu, "reduced": mean / nu**2}))
            heights.append({"group": name, "replica": replica, "height": height})
    rest = f"Of the glass at rest, by its Hessian; replicas with spectra: {len(members)}."
    _add_reduced(page, pd.concat(curves), next(iter(page.spectra.values())), rest)
    table = analysis.mean_over_replicas(pd.DataFrame(heights), ["group"], "height", seed=page.seed)
    of_groups = dict(zip(table["group"].astype(str), table["height"].to_numpy(dtype=float).tolist()))
    page.score(of_groups, "boson_peak")
    spec = FigureSpec(
        "boson_peak", "Boson-peak height", "bar", "group", "height", error=BAND,
        x_label=page.series.replace("\n", " "), y_label=f"largest g / nu^2 ({page.labels.time}^3)",
    )  # fmt: skip
    page.figure(spec, table, "; ".join(f"{name}: {height:.4g}" for name, height in of_groups.items()), rest)


def _add_reduced(page: DynamicsPage, curves: pd.DataFrame, example: Spectra, rest: str) -> None:
    """Add the reduced density of states by group; its note says what the box does to it."""
    mean = analysis.mean_over_replicas(curves, ["group", "frequency"], "reduced", seed=page.seed)
    lowest = float(str(example.sound.read()["lowest_frequency"]))
    spec = FigureSpec(
        "reduced_vdos", "Reduced density of states", "line", "frequency", "reduced", series="group", error=BAND,
        markers=False, x_label=f"frequency (1 / {page.labels.time})", y_label=f"g / nu^2 ({page.labels.time}^3)",
        series_label=page.series, paper_marks=(Mark("x", lowest, "slowest wave of the box"),),
    )  # fmt: skip
    text = (
        f"maximum searched up to {example.peak_below:g} / {page.labels.time}; the slowest transverse wave of the box "
    )
    box = "Below the slowest wave there is no sound in the box, and a maximum near it depends on the size of the box."
    page.figure(spec, mean, f"{text}has {lowest:.3g}", f"{rest} {box}")


def _add_density(page: DynamicsPage, name: str, title: str, parts: list[pd.DataFrame], ours: str) -> None:
    """Average densities of states over replicas, and add their figure."""
    mean = analysis.mean_over_replicas(pd.concat(parts), ["group", "frequency"], "vdos", seed=page.seed)
    spec = FigureSpec(
        name, title, "line", "frequency", "vdos", series="group", error=BAND, markers=False,
        x_label=f"frequency (1 / {page.labels.time})", y_label=f"g(nu) ({page.labels.time})", series_label=page.series,
    )  # fmt: skip
    page.figure(spec, mean, ours)
