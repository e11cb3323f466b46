"""The barcode: the few environments that matter for the energy, and what each particle's environment is worth."""

from __future__ import annotations

import io
import json
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError
from lammps_glass.learn.energy_model import EnergyModel
from lammps_glass.learn.environment_library import EnvironmentLibrary

Floats = NDArray[np.float64]


class Barcode(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Energy of a structure from its fractions of the environments with the largest mean |SHAP| (section 2.3).

    A first `EnergyModel` on all environments ranks them; rows over the `n_environments` best, made to sum to 1 again
    (figure 7 of the paper says so), train a second one. With a library attached it also says what a particle's
    environment is worth (`particle_values`).

    Parameters
    ----------
    n_environments
        Length of the barcode (the paper: 40). With no more environments than that, all are kept as they are.
    max_depth, learning_rate, gamma, min_child_weight, subsample, colsample_bytree, n_folds, used_folds, random_state
        Of both models, see `EnergyModel`.

    Attributes
    ----------
    ranking_ : (n_features,)
        Mean |SHAP| of every environment over the training rows, in energy units.
    columns_ : (n_environments,)
        The environments of the barcode, the largest first.
    full_ : EnergyModel
        The model on all environments; not saved with the barcode.
    model_ : EnergyModel
        The model on the barcode.
    library_ : EnvironmentLibrary or None
    n_particles_ : float
        What `attach` was given.

    References
    ----------
    C. Liu et al., Acta Mater. 259, 119281 (2023), sections 2.2, 2.3 and 3.1.
    """

    saved_as = "estimator.xgboost"

    def __init__(
        self,
        n_environments: int = 40,
        max_depth: int = 20,
        learning_rate: float = 0.0271589,
        gamma: float = 0.01878,
        min_child_weight: float = 82.011109,
        subsample: float = 0.767066,
        colsample_bytree: float = 0.623959,
        n_folds: int = 5,
        used_folds: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_environments = n_environments
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.gamma = gamma
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.n_folds = n_folds
        self.used_folds = used_folds
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on (n_structures, n_environments) fractions and energies; `groups` are runs that folds keep together."""
        values, energies = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        if self.n_environments < 1:
            raise InputError(f"n_environments = {self.n_environments}: a barcode has at least one environment")
        options = {name: value for name, value in self.get_params().items() if name != "n_environments"}
        self.full_ = EnergyModel(**options).fit(values, energies, groups)
        shap, _ = self.full_.shap_values(values)
        self.ranking_ = np.abs(shap).mean(axis=0)
        self.columns_ = np.argsort(-self.ranking_, kind="stable")[: self.n_environments]
        self.library_: EnvironmentLibrary | None = None
        self.n_particles_ = float("nan")
        self.model_ = EnergyModel(**options).fit(self.barcodes(values), energies, groups)
        return self

    def barcodes(self, X: ArrayLike) -> Floats:
        """(n_structures, n_environments) fractions of the chosen environments, each row summing to 1 again.

        Raises
        ------
        InputError
            A structure has none of them.
        """
        values = np.asarray(X, dtype=np.float64)
        chosen: Floats = values[:, self.columns_]
        if values.shape[1] <= self.n_environments:
            return chosen
        total = chosen.sum(axis=1, keepdims=True)
        if (total <= 0).any():
            raise InputError(
                f"structure in row {int(np.argmin(total))} has none of the {len(self.columns_)} environments of the "
                "barcode: it is no glass of this kind"
            )
        return np.asarray(chosen / total)

    def predict(self, X: ArrayLike) -> Floats:
        """(n_structures,) energies, of the number of particles that the training structures had."""
        check_is_fitted(self)
        return self.model_.predict(self.barcodes(validate_data(self, X, dtype=np.float64, reset=False)))

    def attach(self, library: EnvironmentLibrary, n_particles: float) -> Self:
        """Keep what judges bare rows of SOAP: the library whose environments the columns are, and the training size.

        The energies that were learned are those of systems of `n_particles`; a structure of another size is scaled.
        """
        if len(library) != self.n_features_in_:
            raise InputError(f"a library of {len(library)} environments for a barcode of {self.n_features_in_}")
        if not (np.isfinite(n_particles) and n_particles > 0):
            raise InputError(
                f"n_particles = {n_particles!r}: the training structures had a positive number of particles"
            )
        self.library_, self.n_particles_ = library, float(n_particles)
        return self

    def particle_values(self, rows: ArrayLike) -> Floats:
        """(n_particles,) SHAP value of each particle's environment, divided by the number of particles that have it.

        The model is of systems as large as those it was trained on, so that a structure's SHAP values are multiplied by
        its number of particles over theirs: a value does not change when the structure is repeated.

        Parameters
        ----------
        rows
            (n_particles, n_features) SOAP vectors of all particles of one structure.

        Returns
        -------
        (n_particles,)
            Energy units; NaN for a particle whose environment is none of the barcode.
        """
        check_is_fitted(self)
        if self.library_ is None:
            raise InputError("this barcode has no library of environments: attach the one that it was learned with")
        vectors = np.asarray(rows, dtype=np.float64)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        environment = self.library_.encode(vectors / np.where(lengths > 0, lengths, 1.0)).environment
        shares = self.barcodes(self.library_.fractions(environment).values[None])
        worth = self.model_.shap_values(shares)[0][0] * (len(environment) / self.n_particles_)
        values = np.full(len(environment), np.nan)
        for column, value in zip(self.columns_, worth):
            mine = environment == column
            values[mine] = value / max(int(mine.sum()), 1)
        return values


def encode_members(estimator: Any) -> dict[str, bytes]:
    """The members that hold a barcode or an energy model: JSON with XGBoost's trees, and plain arrays."""
    if isinstance(estimator, EnergyModel):
        return {"model.json": _text({"kind": "energy", "model": estimator.to_json()})}
    check_is_fitted(estimator)
    about: dict[str, Any] = {
        "kind": "barcode",
        "parameters": estimator.get_params(),
        "model": estimator.model_.to_json(),
        "ranking": estimator.ranking_.tolist(),
        "columns": estimator.columns_.tolist(),
    }
    library = estimator.library_
    if library is None:
        return {"model.json": _text(about)}
    names = ("structures", "particles", "threshold", "form", "definition", "voronoi", "kasper")
    about["library"] = {name: _plain(getattr(library, name)) for name in names}
    about["n_particles"] = estimator.n_particles_
    vectors = io.BytesIO()
    np.save(vectors, library.vectors.astype("<f4"))
    return {"model.json": _text(about), "vectors.npy": vectors.getvalue()}


def decode_members(members: dict[str, bytes]) -> Any:
    """What `encode_members` wrote."""
    about = json.loads(members["model.json"])
    model = EnergyModel.from_json(about["model"])
    if about["kind"] == "energy":
        return model
    barcode = Barcode(**about["parameters"])
    barcode.model_, barcode.library_, barcode.n_particles_ = model, None, float("nan")
    barcode.ranking_ = np.array(about["ranking"], dtype=np.float64)
    barcode.columns_ = np.array(about["columns"], dtype=np.intp)
    barcode.n_features_in_ = len(barcode.ranking_)
    if "library" in about:
        if "n_particles" not in about:
            raise InputError("this barcode was saved without the size of its training structures: learn it again")
        vectors = np.load(io.BytesIO(members["vectors.npy"]), allow_pickle=False)
        barcode.attach(EnvironmentLibrary(vectors=vectors, **about["library"]), about["n_particles"])
    return barcode


def _plain(value: Any) -> Any:
    return [item if isinstance(item, str) else int(item) for item in value] if isinstance(value, tuple) else value


def _text(values: dict[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True).encode()
