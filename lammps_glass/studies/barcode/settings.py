"""Parameters of the study's operations, and what its stages must agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import number, whole
from lammps_glass.registry import unknown_name

#: Shear strain that steady flow needs at the least.
STEADY = 0.2
FORMS = ("distance", "half")
KINDS_OF_SHAP = ("tree_path_dependent", "interventional")


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{field}: {unknown_name('name', value, list(known))}")


def _share(field: str, value: float, *, whole_too: bool) -> None:
    """A share above 0, and below 1 or 1 at most."""
    if not (0 < value < 1 or (whole_too and value == 1)):
        raise InputError(f"{field} = {value:g} must be above 0 and {'1 at most' if whole_too else 'below 1'}")


@dataclass(frozen=True)
class EnvironmentParameters:
    """How unique local environments are found: see section 2.2 of the paper. The same at every preset.

    `threshold` and `form` of the similarity (`learn.cosine_limit`), `fraction` of each structure's environments that is
    scanned, `options` of the descriptor soap (the glass gives the species).
    """

    threshold: float = 0.84
    form: str = "distance"
    fraction: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _share("threshold", self.threshold, whole_too=False)
        _share("fraction", self.fraction, whole_too=True)
        _one_of("form", self.form, FORMS)


@dataclass(frozen=True)
class EncodeParameters:
    """`strain_r_max`: neighbourhood of the von Mises strain against the first inherent structure, in angstrom."""

    strain_r_max: float = 4.0

    def __post_init__(self) -> None:
        number("encode", "strain_r_max", self.strain_r_max, above=0.0)


@dataclass(frozen=True)
class ScanParameters(EnvironmentParameters):
    """Figure A1 at one threshold: `amounts` of the runs that train, `cases` draws of them each."""

    amounts: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    cases: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("scan", "cases", self.cases, minimum=1)
        if not self.amounts:
            raise InputError("amounts: no amount of the training runs")
        for amount in self.amounts:
            _share("amounts", amount, whole_too=True)


@dataclass(frozen=True)
class FitParameters:
    """What is learned: `n_environments` of the barcode, `n_trials` of the search, `n_folds` of all validation."""

    n_environments: int = 40
    n_trials: int = 50
    n_folds: int = 5
    shap: str = "tree_path_dependent"

    def __post_init__(self) -> None:
        for name, least in (("n_environments", 1), ("n_trials", 1), ("n_folds", 2)):
            whole("fit", name, getattr(self, name), minimum=least)
        _one_of("shap", self.shap, KINDS_OF_SHAP)


@dataclass(frozen=True)
class FigureParameters:
    """`steady_from`: shear strain from which a driven glass flows; `nearest`: number of thermal structures compared."""

    steady_from: float = STEADY
    nearest: int = 20

    def __post_init__(self) -> None:
        number("barcode_figures", "steady_from", self.steady_from, minimum=STEADY)
        whole("barcode_figures", "nearest", self.nearest, minimum=1)


def check(stages: Mapping[str, Any]) -> None:
    """Refuse a study file whose stages disagree: they would run to the end and mean nothing.

    Raises
    ------
    InputError
        Naming the key.
    """
    environments, scan, shear, analyse = (stages.get(n) for n in ("environments", "scan", "shear", "analyse"))
    if environments and scan and (environments.form, environments.options) != (scan.form, scan.options):
        raise InputError("stages.scan.form and .options differ from stages.environments: set both")
    if shear and shear.strain < STEADY:
        raise InputError(f"stages.shear.strain = {shear.strain:g}: steady flow needs at least {STEADY:g}")
    if shear and analyse and analyse.steady_from >= shear.strain:
        raise InputError(
            f"stages.analyse.steady_from = {analyse.steady_from:g} is not below stages.shear.strain = {shear.strain:g}"
        )
