"""Parameters of the study's operations, what wired stages must agree on, and what cases ask of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.glasses import Glass
from lammps_glass.glasses.checks import number, whole
from lammps_glass.operations.operation import Wired, require_equal, require_runs
from lammps_glass.operations.parts import DescriptorPart
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.work import Work

#: Least shear strain of steady flow.
STEADY = 0.2
Form = Literal["distance", "half"]
ShapKind = Literal["tree_path_dependent", "interventional"]


def _require_fraction(key: str, value: float, *, allow_one: bool) -> None:
    if not (0 < value < 1 or (allow_one and value == 1)):
        raise InputError(f"{key} = {value:g} must be above 0 and {'1 at most' if allow_one else 'below 1'}")


@dataclass(frozen=True)
class EnvironmentParameters:
    """Parameters of the search for unique local environments: section 2.2 of the paper; the same at every preset.

    Parameters
    ----------
    threshold, form
        Of the similarity: see `lammps_glass.learn.cosine_limit`.
    fraction
        Of each structure's particles that is scanned.
    descriptor
        ``soap`` with options; the glass gives the species.
    """

    threshold: float = 0.84
    form: Form = "distance"
    fraction: float = 1.0
    descriptor: DescriptorPart = field(default_factory=lambda: DescriptorPart("soap"))

    def __post_init__(self) -> None:
        _require_fraction("threshold", self.threshold, allow_one=False)
        _require_fraction("fraction", self.fraction, allow_one=True)
        if self.descriptor.name != "soap":
            raise InputError(f"descriptor = {self.descriptor.name}: environments are rows of soap")

    def soap(self, glass: Glass) -> SOAP:
        """Build the descriptor; its rows are in float32, the precision of the similarities."""
        return SOAP(**{**self.descriptor.with_glass(glass), "dtype": "float32"})


@dataclass(frozen=True)
class EncodeParameters:
    """Parameters of the operation ``encode``.

    Parameters
    ----------
    strain_r_max
        Neighbourhood of the von Mises strain against the first structure of the record, in length units.
    """

    strain_r_max: float = 4.0

    def __post_init__(self) -> None:
        number("encode", "strain_r_max", self.strain_r_max, above=0.0)


@dataclass(frozen=True)
class ScanParameters(EnvironmentParameters):
    """Parameters of the operation ``scan``: figure A1 at one threshold.

    Parameters
    ----------
    amounts
        Fractions of the training runs that train.
    cases
        Draws of the runs for each amount.
    """

    amounts: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    cases: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("scan", "cases", self.cases, minimum=1)
        if not self.amounts:
            raise InputError("amounts: no amount of the training runs")
        for amount in self.amounts:
            _require_fraction("amounts", amount, allow_one=True)


@dataclass(frozen=True)
class FitParameters:
    """Parameters of the operation ``fit_barcode``.

    Parameters
    ----------
    n_environments
        Length of the barcode.
    n_trials
        Of the search for the parameters of the trees.
    n_folds
        Of every validation.
    shap
        Kind of the SHAP values that are shown; the barcode is ranked by the path-dependent ones.
    """

    n_environments: int = 40
    n_trials: int = 50
    n_folds: int = 5
    shap: ShapKind = "tree_path_dependent"

    def __post_init__(self) -> None:
        for name, least in (("n_environments", 1), ("n_trials", 1), ("n_folds", 2)):
            whole("fit_barcode", name, getattr(self, name), minimum=least)


@dataclass(frozen=True)
class FigureParameters:
    """Parameters of the operation ``barcode_figures``.

    Parameters
    ----------
    steady_from
        Shear strain from which a sheared glass is in steady flow.
    nearest
        Number of thermal structures that a sheared set is compared with.
    """

    steady_from: float = STEADY
    nearest: int = 20

    def __post_init__(self) -> None:
        number("barcode_figures", "steady_from", self.steady_from, minimum=STEADY)
        whole("barcode_figures", "nearest", self.nearest, minimum=1)


# -- what wired stages must agree on; each check refuses with an `InputError` that names the keys -----------------------


def check_records(stage: Wired) -> None:
    """Refuse records of other than inherent structures, and test structures of runs that train."""
    for port in ("structures", "training", "test"):
        require_runs(stage, port, "inherent")
    check_test(stage)


def check_test(stage: Wired) -> None:
    """Refuse test structures that share a stage with the training structures, back to the cooling of the run."""
    training = set().union(*map(stages_of_runs, stage.reads.get("training", ())))
    for source in stage.reads.get("test", ()):
        if shared := sorted(stages_of_runs(source) & training):
            raise InputError(
                f"stages.{stage.stage}.reads.test: {source.stage} and the training structures both come from "
                f"{shared[0]}: give other runs"
            )


def stages_of_runs(stage: Wired) -> set[str]:
    """Return the names of the stages that made structures, from the cooling on, which makes independent runs."""
    if isinstance(stage.parameters, Cooling):
        return {stage.stage}
    earlier = [*stage.reads.get("structures", ()), *stage.reads.get("start", ())]
    return {stage.stage}.union(*map(stages_of_runs, earlier))


def check_encode(stage: Wired) -> None:
    """Refuse a sheared glass without its shear, whose strain would be unknown, and a shear of another glass."""
    check_records(stage)
    require_runs(stage, "shear", "shear")
    named = [source.stage for source in stage.reads.get("shear", ())]
    for structures in stage.reads["structures"]:
        starts = [start.stage for start in structures.reads["start"] if start.runs == "shear"]
        if starts != named:
            raise InputError(
                f"stages.{stage.stage}.reads.shear: the structures come from {', '.join(starts) or 'no shear'}, "
                f"the port is wired to {', '.join(named) or 'nothing'}"
            )


def check_library(stage: Wired) -> None:
    """Refuse structures that were encoded by another library than the one that the stage reads."""
    (library,) = stage.reads["environments"]
    for port, sources in stage.reads.items():
        for source in sources:
            if source.runs in ("encode", "fit_barcode") and source.reads["environments"][0].stage != library.stage:
                raise InputError(
                    f"stages.{stage.stage}.reads.{port}: {source.stage} has the environments of "
                    f"{source.reads['environments'][0].stage}, not of {library.stage}"
                )


def check_figures(stage: Wired) -> None:
    """Refuse sets that do not belong together, and sheared glasses that never flow."""
    check_library(stage)
    check_test(stage)
    for scan in stage.reads["scan"]:
        require_equal(scan, stage.reads["environments"][0], "form", "descriptor")
    for encoded in stage.reads["sheared"]:
        if not encoded.reads.get("shear"):
            raise InputError(f"stages.{stage.stage}.reads.sheared: the structures of {encoded.stage} are not sheared")
        for shear in encoded.reads["shear"]:
            if shear.parameters.strain < STEADY:
                raise InputError(f"{shear.key('strain')}: steady flow needs at least {STEADY:g}")
            if stage.parameters.steady_from >= shear.parameters.strain:
                raise InputError(f"{stage.key('steady_from')} is not below {shear.key('strain')}")


# -- what cases ask of a machine --------------------------------------------------------------------------------------

#: Environments at threshold 0.84 and their growth with the number of particles: 604 on 20 000 atoms, power 0.37.
ENVIRONMENTS, AT, POWER = 604.0, 20_000.0, 0.37
#: Numbers in a SOAP vector.
ROW = 3289
#: Ports through which structures are read.
PORTS = ("structures", "training", "test", "larger", "compositions", "sheared")


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare particles, structures, cells of the trees' tables (structures x environments x fits), and one case."""
    works = [work for port in PORTS for work in reads.get(port, ())]
    particles = float(sum(work.n_particles * work.snapshots for work in works))
    structures = float(sum(work.snapshots for work in works))
    environments = ENVIRONMENTS * (max(particles, 1.0) / AT) ** POWER
    fits = structures * environments * _fits(parameters)
    parts = {"cases": 1.0, "particles": particles, "structures": structures, "fits": fits}
    largest = max((work.n_particles for work in works), default=0)
    memory = environments * ROW * 4 + structures * (environments + ROW) * 8
    return Work(largest, parts, int(structures), structures, memory)


def _fits(parameters: object) -> float:
    """Return how often trees are grown on the whole table of all environments, or what amounts to it."""
    if isinstance(parameters, FitParameters):  # folds of each trial; then all folds once, and 2 splits of 1 + 1 in each
        return float(parameters.n_folds * (parameters.n_trials + 5))
    if isinstance(parameters, ScanParameters):  # a fold and the model itself, of each draw
        return 2.0 * parameters.cases * sum(parameters.amounts)
    return 0.0
