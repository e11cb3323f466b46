"""Test whether a quenched metal is a glass, by its radial distribution function and its crystal-like atoms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.analysis.structure import ideal_counts, pair_counts
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.json_types import Json
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

#: Standard deviations of the count in a bin by which g(r) must be beyond a limit to fail: 250 atoms have only 230 pairs
#: in the first maximum.
NOISE = 3.0


@dataclass(frozen=True)
class GateLimits:
    """Limits that a Cu-Zr glass keeps; lengths in angstrom.

    Attributes
    ----------
    first_maximum
        Smallest height of the first maximum of g(r), from `nearest` to the range of the minimum: a liquid stays below.
        No upper bound: slow cooling sharpens it.
    nearest
        Distance from which the first maximum is searched: a single pair below it (of a gas) would read as a high one.
    first_minimum
        Largest g at the first minimum, the lowest within `minimum_range`; a glass has about 0.3 at 3.85.
    minimum_range
        Range of the position of the first minimum.
    beyond, far_maximum
        Largest g at distances from `beyond` on; the shells of a crystal stay sharp there (up to 10.9).
    crystal_fraction
        Upper limit of the fraction of atoms with the neighbours of fcc, hcp or bcc (B2) crystals.
    """

    first_maximum: float = 3.0
    nearest: float = 2.0
    first_minimum: float = 0.6
    minimum_range: tuple[float, float] = (3.4, 4.4)
    beyond: float = 6.0
    far_maximum: float = 1.2
    crystal_fraction: float = 0.05

    @property
    def accepts_all(self) -> bool:
        """Whether no sample can miss a limit on g(r)'s first maximum or on crystal-like atoms."""
        return self.first_maximum <= 0 and self.crystal_fraction > 1


_LIMITS = {item.name for item in fields(GateLimits)}


class HasGate(Protocol):
    """A glass, as far as its gate is concerned."""

    def gate_limits(self) -> Mapping[str, Json]:
        """Return limits by name, ``r_max`` and ``bin_width``."""


class Extreme(NamedTuple):
    """A maximum or minimum of g(r): value, position, and standard deviation by the number of pairs in its bin."""

    g: float
    r: float
    noise: float


@dataclass(frozen=True, eq=False)
class GlassGate:
    """Result of the test.

    Attributes
    ----------
    first_maximum, first_minimum, far_maximum
        Extremes of g(r); the last is its largest value beyond 6 angstrom.
    crystal_fraction
        Fraction of crystal-like atoms.
    rdf
        Columns ``r`` (angstrom, middle of the bin), ``g`` and ``noise`` (standard deviation of g).
    faults
        Reasons why the sample is not a glass, one clause each; empty for a glass.
    limits
        Limits that it was tested by.
    """

    first_maximum: Extreme
    first_minimum: Extreme
    far_maximum: Extreme
    crystal_fraction: float
    rdf: pd.DataFrame = field(repr=False)
    faults: tuple[str, ...]
    limits: GateLimits = field(default_factory=GateLimits)

    @property
    def passed(self) -> bool:
        """Whether the sample is a glass."""
        return not self.faults

    @property
    def numbers(self) -> dict[str, float]:
        """Seven numbers by name: the three extremes, their positions (``..._at``), and the fraction."""
        numbers: dict[str, float] = {}
        for name in ("first_maximum", "first_minimum", "far_maximum"):
            extreme: Extreme = getattr(self, name)
            numbers |= {name: extreme.g, f"{name}_at": extreme.r}
        return {**numbers, "crystal_fraction": self.crystal_fraction}

    def require(self, sample: str = "sample") -> GlassGate:
        """Return this result, or raise a `SimulationError` that says why `sample` is not a glass."""
        if self.faults:
            raise SimulationError(self.message(sample))
        return self

    def message(self, sample: str) -> str:
        """Say why `sample` is not a glass."""
        return f"{sample} is not a glass: {'; '.join(self.faults)}; melt hotter or longer, or cool faster"


def check_glass(
    snapshot: Snapshot,
    limits: GateLimits | None = None,
    *,
    r_max: float | None = None,
    bin_width: float | None = None,
    glass: HasGate | None = None,
) -> GlassGate:
    """Test whether an inherent structure is a glass, by its g(r) and its crystal-like atoms.

    Every periodic image counts, so that small boxes are allowed: beyond half the box g(r) is that of the periodic
    sample. Atoms are compared with fcc, hcp and bcc (and so B2) environments by OVITO's polyhedral template matching
    (Larsen, Schmidt and Schiotz, Modelling Simul. Mater. Sci. Eng. 24, 055007 (2016), RMSD at most 0.1); icosahedra
    belong to the glass.

    Parameters
    ----------
    snapshot
        Periodic in every direction; angstrom.
    limits
        Limits that a glass keeps; default those of `glass`.
    r_max, bin_width
        Range and bin width of g(r); default those of `glass`.
    glass
        The glass that decides what is not given; default Cu-Zr.

    Raises
    ------
    InputError
        An open cell, or an `r_max` not beyond the limits' ranges.
    """
    numbers: dict[str, Any] = {"r_max": 10.0, "bin_width": 0.1, **(glass.gate_limits() if glass else {})}
    r_max, bin_width = r_max or numbers.pop("r_max"), bin_width or numbers.pop("bin_width")
    limits = limits or GateLimits(**{key: value for key, value in numbers.items() if key in _LIMITS})
    if not snapshot.cell.periodic.all():
        raise InputError("glass gate: the cell must be periodic in every direction")
    if not r_max > limits.beyond > limits.minimum_range[1]:
        raise InputError(f"glass gate: r_max = {r_max:g} must lie beyond {limits.beyond:g}")
    rdf = _rdf(snapshot, r_max, bin_width)
    low, high = limits.minimum_range
    peak = _extreme(rdf, limits.nearest, low, np.argmax)
    valley = _extreme(rdf, low, high, np.argmin)
    far = _extreme(rdf, limits.beyond, r_max, np.argmax)
    crystal = crystal_fraction(snapshot)
    return GlassGate(peak, valley, far, crystal, rdf, _faults(limits, peak, valley, far, crystal), limits)


def _faults(limits: GateLimits, peak: Extreme, valley: Extreme, far: Extreme, crystal: float) -> tuple[str, ...]:
    """List the limits that are missed by more than chance, each with the number and its limit."""
    missed = {
        f"first maximum of g(r) is {peak.g:.2f} (above {limits.first_maximum:g})": (
            peak.g + NOISE * peak.noise < limits.first_maximum
        ),
        f"first minimum of g(r) is {valley.g:.2f} (below {limits.first_minimum:g})": (
            valley.g - NOISE * valley.noise > limits.first_minimum
        ),
        f"g({far.r:.1f}) is {far.g:.2f} (below {limits.far_maximum:g})": (
            far.g - NOISE * far.noise > limits.far_maximum
        ),
        f"{100 * crystal:.1f} % of the atoms are crystal-like (below {100 * limits.crystal_fraction:g} %)": (
            crystal >= limits.crystal_fraction
        ),
    }
    return tuple(text for text, is_missed in missed.items() if is_missed)


def _extreme(rdf: pd.DataFrame, low: float, high: float, which: Callable[[Floats], np.intp]) -> Extreme:
    inside = rdf[(rdf["r"] >= low) & (rdf["r"] <= high)]
    row = inside.iloc[int(which(inside["g"].to_numpy()))]
    return Extreme(float(row["g"]), float(row["r"]), float(row["noise"]))


def _rdf(snapshot: Snapshot, r_max: float, bin_width: float) -> pd.DataFrame:
    counts, edges = pair_counts(snapshot, r_max, max(1, round(r_max / bin_width)))
    ideal = ideal_counts(edges, len(snapshot) * snapshot.number_density)
    # each pair is counted from both ends
    noise = np.sqrt(2.0 * counts) / ideal
    return pd.DataFrame({"r": (edges[:-1] + edges[1:]) / 2, "g": counts / ideal, "noise": noise})


def crystal_fraction(snapshot: Snapshot, rmsd: float = 0.1) -> float:
    """Compute the fraction of particles in fcc, hcp, bcc or diamond environments, by polyhedral template matching.

    Diamond is matched by itself, so that its templates, which reach to second neighbours, take no particle from others.
    """
    from ovito.modifiers import PolyhedralTemplateMatchingModifier as Matching

    kinds = Matching.Type
    packed = _matches(snapshot, rmsd, (kinds.FCC, kinds.HCP, kinds.BCC), (kinds.ICO,))
    return float((packed | _matches(snapshot, rmsd, (kinds.CUBIC_DIAMOND, kinds.HEX_DIAMOND), ())).mean())


def _matches(snapshot: Snapshot, rmsd: float, chosen: tuple[int, ...], others: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which particles match one of the templates `chosen` best, of these and `others`."""
    from ovito.modifiers import PolyhedralTemplateMatchingModifier as Matching

    data = snapshot.to_ovito()
    matching = Matching(rmsd_cutoff=rmsd)
    for structure in matching.structures:
        structure.enabled = structure.id in (*chosen, *others)
    data.apply(matching)
    return np.isin(np.asarray(data.particles["Structure Type"]), chosen)
