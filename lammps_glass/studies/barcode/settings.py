"""Parameters of the operations of the study, checks of wired stages, and the work of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import Bound, PositiveInt, check_fields
from lammps_glass.operations.environments import EnvironmentParameters, require_fraction, structures_work
from lammps_glass.operations.operation import Wired, require_equal, require_runs
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.work import Work

#: Smallest shear strain of steady flow.
STEADY = 0.2


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
    cases: PositiveInt = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fields("scan", self)
        if not self.amounts:
            raise InputError("amounts: no amount of the training runs")
        for amount in self.amounts:
            require_fraction("amounts", amount)


@dataclass(frozen=True)
class FitParameters:
    """Parameters of the operation ``fit_barcode``.

    Parameters
    ----------
    n_environments
        Length of the barcode.
    n_trials
        Number of trials of the search for the parameters of the trees.
    n_folds
        Number of folds of every cross-validation.
    shap
        Kind of SHAP values in figures; environments are always ranked by the path-dependent kind.
    """

    n_environments: PositiveInt = 40
    n_trials: PositiveInt = 50
    n_folds: Annotated[int, Bound(minimum=2)] = 5
    shap: Literal["tree_path_dependent", "interventional"] = "tree_path_dependent"

    def __post_init__(self) -> None:
        check_fields("fit_barcode", self)


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

    steady_from: Annotated[float, Bound(minimum=STEADY)] = STEADY
    nearest: PositiveInt = 20

    def __post_init__(self) -> None:
        check_fields("barcode_figures", self)


# -- checks of wired stages; each refuses with an `InputError` that names the keys ---------------------


def stages_of_runs(stage: Wired) -> set[str]:
    """Return the names of the stages behind structures, back to the cooling, which makes independent runs."""
    if isinstance(stage.parameters, Cooling):
        return {stage.stage}
    earlier = [*stage.reads.get("structures", ()), *stage.reads.get("start", ())]
    return {stage.stage}.union(*map(stages_of_runs, earlier))


def check_test(stage: Wired) -> None:
    """Refuse test structures that share a stage with the training structures, back to the cooling of the run."""
    training = set().union(*map(stages_of_runs, stage.reads["training"]))
    for source in stage.reads["test"]:
        if shared := sorted(stages_of_runs(source) & training):
            raise InputError(
                f"stages.{stage.stage}.reads.test: {source.stage} and the training structures both come from "
                f"{shared[0]}: wire another set"
            )


def check_scan(stage: Wired) -> None:
    """Refuse records of other than inherent structures, and test structures of runs that train."""
    for port in ("training", "test"):
        require_runs(stage, port, "inherent")
    check_test(stage)


def check_library(stage: Wired) -> None:
    """Refuse structures that were encoded by another library than the one that the stage reads."""
    (library,) = stage.reads["environments"]
    for port, sources in stage.reads.items():
        for source in sources:
            for other in source.reads.get("environments", ()):
                if other.stage != library.stage:
                    raise InputError(
                        f"stages.{stage.stage}.reads.{port}: {source.stage} has the environments of {other.stage}, not "
                        f"of {library.stage}"
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


# -- work of cases ---------------------------------------------------------------------------------------------------


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are read, and the equivalent number of fits of trees to all of them."""
    fits = 0.0
    if isinstance(parameters, FitParameters):  # folds of each trial; then all folds once, and 2 splits of 1 + 1 in each
        fits = float(parameters.n_folds * (parameters.n_trials + 5))
    if isinstance(parameters, ScanParameters):  # a fold and the model itself, of each draw
        fits = 2.0 * parameters.cases * sum(parameters.amounts)
    ports = ("training", "test", "larger", "compositions", "sheared")
    return structures_work([work for port in ports for work in reads.get(port, ())], fits)
