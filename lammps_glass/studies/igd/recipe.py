"""The study `igd`: its operations, figures, and choices where the paper is silent.

The rates that its operations state were read off the finished presets smoke and demo on two cores: good to a factor of
two there, and of three at sizes that were not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi, sqrt

from lammps_glass.descriptors import Descriptor, PairEntropy, RadialGaussians
from lammps_glass.errors import require
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.operations import Wired, require_equal
from lammps_glass.operations.barrier_searches import BarrierParameters
from lammps_glass.operations.gate import GateParameters
from lammps_glass.simulate.protocols import Dynamics
from lammps_glass.studies.igd.accuracy import accuracy_figures
from lammps_glass.studies.igd.barrier_figures import barrier_figures
from lammps_glass.studies.igd.barrier_learning import fit_with_barriers
from lammps_glass.studies.igd.defects import defect_figures
from lammps_glass.studies.igd.dynamics import PAPER_TEMPERATURE, dynamics_figures
from lammps_glass.studies.igd.glass import shear_figures, structure_figures
from lammps_glass.studies.igd.learning import FAMILIES, fit_without_one, grid, paper_split, predict_left_out
from lammps_glass.studies.igd.paper import PAPER
from lammps_glass.studies.igd.space import space_figures
from lammps_glass.studies.igd.vibrations import vibration_figures
from lammps_glass.studies.recipe import Stages

#: Width L of the Gaussians in the paper, angstrom.
PAPER_WIDTH = 3.5
VOLUME = "at the volume of the inherent structure"
#: Figures that need barriers.
BARRIER_FIGURES = ("2a", "2b", "2c", "2d", "2e", "13b")
#: Lowest temperature (K) at which the start melts within picoseconds: B2 stays solid at 2000 K.
MELTS = 3000.0


def check(stages: Stages) -> None:
    """Refuse stages with contradictory parameters, whose results would be meaningless.

    Raises
    ------
    InputError
        Naming the keys.
    """
    for quench in stages.running("melt-quench"):
        require(
            quench.parameters.melt_temperature >= MELTS,
            f"{quench.key('melt_temperature')}: the crystal would not melt in so short a time: use {MELTS:g} K or more",
        )
    for gate in stages.running("gate"):
        require(
            gate.parameters == GateParameters(),
            f"stages.{gate.stage}: these glasses must pass the default limits, those of Cu-Zr: drop its parameters",
        )
    for grid_stage in stages.running("grid"):
        for labels in (label for rows in grid_stage.reads["rows"] for label in rows.reads.get("labels", ())):
            _check_labels(grid_stage, labels)
        for other in (*stages.running("shear_figures"), *stages.running("search_barriers")):
            require_equal(other, grid_stage, "threshold")


def _check_labels(grid_stage: Wired, labels: Wired) -> None:
    """Refuse labels other than the largest jump of D2min as a mean over neighbours: the threshold is for these."""
    label = labels.parameters.label.name
    require(
        label == "largest-jump",
        f"stages.{labels.stage}.label = {label!r}: {grid_stage.key('threshold')} is of the largest jump: use "
        "'largest-jump'",
    )
    for shear in labels.reads["records"]:
        reduce = getattr(shear.parameters, "reduce", "mean")
        require(
            reduce == "mean",
            f"stages.{shear.stage}.reduce = {reduce!r}: {grid_stage.key('threshold')} is of the mean over the "
            "neighbours (eq. 4): leave it at 'mean'",
        )


def deviations(stages: Stages) -> tuple[str, ...]:
    """List departures from the paper and choices where it is silent, from the parameters that ran."""
    names = ("melt-quench", "aqs", "vibrate", "describe", "modes", "search_barriers", "dynamics")
    quench, shear, vibrate, describe, modes, searches, run = map(stages.parameters_of, names)
    descriptor = describe and describe.descriptor.build()
    members = {member.name: member for member in getattr(descriptor, "members", [descriptor] if descriptor else [])}
    families = [FAMILIES.get(name, name) for name in members]
    values = {
        "families": " and ".join(filter(None, [", ".join(families[:-1]), *families[-1:]])),
        "also": ", and with barriers on the atoms that were searched around" if searches else "",
        "quench": quench,
        "shear": shear,
        "vibrate": vibrate,
        "no_vibrate": None if vibrate else True,
        "held": vibrate and ("at constant pressure" if vibrate.pressure is not None else VOLUME),
        "modes": modes,
        "no_searches": None if searches else True,
    }
    return PAPER.departures(values | _structure(members) | (_barriers(searches) if searches else {}) | _dynamics(run))


def _structure(members: Mapping[str, Descriptor]) -> dict[str, object]:
    """Return the values in the sentences on the families of structural features."""
    entropy, gaussians = members.get("pair-entropy"), members.get("radial-gaussians")
    values: dict[str, object] = {}
    if isinstance(entropy, PairEntropy):
        r_c = max(entropy.cutoffs)
        values |= {"entropy": entropy, "r_c": r_c, "shot_noise": -r_c / (4 * sqrt(pi) * entropy.smoothing)}
    if isinstance(gaussians, RadialGaussians):
        species = "by species" if gaussians.by_species else "of all species together"
        few = ": they hold about four independent numbers, as smooth as that" if gaussians.width == PAPER_WIDTH else ""
        names = gaussians.feature_names
        values |= {"gaussians": gaussians, "n_gaussians": len(names), "species": f"{species}{few}"}
    return values


def _barriers(searches: BarrierParameters) -> dict[str, object]:
    """Return the values in the sentence on the searches for barriers."""
    atoms = "every atom" if searches.everywhere else "the atoms that rearrange and as many others"
    if searches.most and not searches.everywhere:
        atoms = f"at most {searches.most} {atoms[4:]}"
    refined = (
        f"converged again with {searches.refine_radius or 20.0:g} angstrom around mobile, or the whole sample where "
        "its box is narrower than twice that"
    )
    energies = refined if searches.refine else "of a sphere whose surroundings do not move"
    return {"searches": searches, "atoms": atoms, "energies": energies}


def _dynamics(run: Dynamics | None) -> dict[str, object]:
    """Return the values in the sentence on the runs at temperature."""
    if run is None:
        return {}
    hotter = "" if run.temperature == PAPER_TEMPERATURE else " (the paper: 700 K, too slow for runs of this length)"
    return {"dynamics": run, "hotter": hotter, "start_temperature": run.start_temperature or run.temperature}


def makes(figure: FigureSpec, stages: Stages) -> bool:
    """Whether the stages make a figure: those of barriers need searches."""
    return figure.id not in BARRIER_FIGURES or bool(stages.running("barrier_figures"))


RECIPE = PAPER.recipe(
    "igd",
    (
        grid, fit_without_one, paper_split, predict_left_out, structure_figures, shear_figures, accuracy_figures,
        space_figures, defect_figures, vibration_figures, fit_with_barriers, barrier_figures, dynamics_figures,
    ),
    deviations=deviations,
    check=check,
    makes=makes,
)  # fmt: skip
