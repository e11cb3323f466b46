"""Parameters of the study's operations, and what its stages must agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lammps_glass.errors import InputError


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


@dataclass(frozen=True)
class EncodeParameters:
    """`strain_r_max`: neighbourhood of the von Mises strain against the first inherent structure, in angstrom."""

    strain_r_max: float = 4.0


@dataclass(frozen=True)
class ScanParameters(EnvironmentParameters):
    """Figure A1 at one threshold: `amounts` of the runs that train, `cases` draws of them each."""

    amounts: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    cases: int = 5


@dataclass(frozen=True)
class FitParameters:
    """What is learned: `n_environments` of the barcode, `n_trials` of the search, `n_folds` of all validation."""

    n_environments: int = 40
    n_trials: int = 50
    n_folds: int = 5
    shap: str = "tree_path_dependent"


@dataclass(frozen=True)
class FigureParameters:
    """`steady_from`: shear strain from which a driven glass flows; `nearest`: number of thermal structures compared."""

    steady_from: float = 0.15
    nearest: int = 20


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
    if shear and shear.strain < 0.2:
        raise InputError(f"stages.shear.strain = {shear.strain:g}: steady flow needs at least 0.2")
    if shear and analyse and analyse.steady_from >= shear.strain:
        raise InputError(
            f"stages.analyse.steady_from = {analyse.steady_from:g} is not below stages.shear.strain = {shear.strain:g}"
        )
