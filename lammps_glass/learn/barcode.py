"""The indicator `Barcode`: energy from the few environments that matter most, and a value of each particle's own."""

from __future__ import annotations

import io
import json
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lammps_glass.errors import InputError
from lammps_glass.json_types import JsonObject
from lammps_glass.learn.energy_model import EnergyModel
from lammps_glass.learn.environment_library import EnvironmentLibrary

Floats = NDArray[np.float64]


class Barcode(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Energy of a structure from its fractions of the environments with the largest mean |SHAP|.

    A first `EnergyModel` on the fractions of all environments ranks them (section 2.3 of the paper). The fractions of
    the `n_environments` best, normalised to sum to 1 (figure 7 of the paper), train a second one. With a library
    attached, `particle_values` assigns each particle the contribution of its environment to the energy.

    Parameters
    ----------
    n_environments
        Length of the barcode (the paper: 40). When there are no more environments, all are used, not normalised again.
    max_depth, learning_rate, gamma, min_child_weight, subsample, colsample_bytree, n_folds, used_folds, random_state
        Parameters of both models, see `EnergyModel`.

    Attributes
    ----------
    ranking_ : (n_features,)
        Mean |SHAP| of every environment over the training rows, in energy units.
    columns_ : (n_environments,)
        Numbers of the environments of the barcode, the most important first.
    full_ : EnergyModel
        The model on all environments; not saved with the barcode.
    model_ : EnergyModel
        The model on the barcode.
    library_ : EnvironmentLibrary or None
    n_particles_ : float
        Library, and number of particles of the training structures, that `attach` was called with.

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
        """Fit on (n_structures, n_environments) fractions and energies; folds keep the runs of `groups` together."""
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
        """Select the fractions of the barcode's environments: (n_structures, n_environments), each row summing to 1.

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
                "barcode: it is not like the structures that trained it"
            )
        return np.asarray(chosen / total)

    def predict(self, X: ArrayLike) -> Floats:
        """Predict (n_structures,) energies, for as many particles as the training structures had."""
        check_is_fitted(self)
        return self.model_.predict(self.barcodes(validate_data(self, X, dtype=np.float64, reset=False)))

    def attach(self, library: EnvironmentLibrary, n_particles: float) -> Self:
        """Attach what `particle_values` needs: the library of the environments, and the size of training structures.

        The energies that were learned are those of systems of `n_particles`; a structure of another size is scaled.
        """
        if len(library) != self.n_features_in_:
            raise InputError(
                f"a library of {len(library)} environments does not fit a barcode of {self.n_features_in_}"
            )
        if not (np.isfinite(n_particles) and n_particles > 0):
            raise InputError(f"n_particles = {n_particles!r}: give the number of particles of the training structures")
        self.library_, self.n_particles_ = library, float(n_particles)
        return self

    def particle_values(self, rows: ArrayLike) -> Floats:
        """Divide the SHAP value of each environment among the particles that have it.

        The model is that of systems as large as the training structures; SHAP values are multiplied by the ratio of the
        numbers of particles, so that the values of a structure and of its periodic repetition are equal.

        Parameters
        ----------
        rows
            (n_particles, n_features) SOAP vectors of all particles of one structure.

        Returns
        -------
        (n_particles,)
            In energy units; NaN for a particle whose environment is not in the barcode.
        """
        check_is_fitted(self)
        if self.library_ is None:
            raise InputError("this barcode has no library of environments: attach the one that it was trained with")
        vectors = np.asarray(rows, dtype=np.float64)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        environment = self.library_.encode(vectors / np.where(lengths > 0, lengths, 1.0)).environment
        barcode = self.barcodes(self.library_.fractions(environment).values[None])
        shap = self.model_.shap_values(barcode)[0][0] * (len(environment) / self.n_particles_)
        values = np.full(len(environment), np.nan)
        for column, value in zip(self.columns_, shap):
            members = environment == column
            values[members] = value / max(int(members.sum()), 1)
        return values


def encode_members(estimator: Barcode | EnergyModel) -> dict[str, bytes]:
    """Encode a barcode or an energy model as files of an archive: JSON with XGBoost's trees, and plain arrays."""
    if isinstance(estimator, EnergyModel):
        return {"model.json": _text({"kind": "energy", "model": estimator.to_json()})}
    check_is_fitted(estimator)
    state: JsonObject = {
        "kind": "barcode",
        "parameters": estimator.get_params(),
        "model": estimator.model_.to_json(),
        "ranking": estimator.ranking_.tolist(),
        "columns": estimator.columns_.tolist(),
    }
    library = estimator.library_
    if library is None:
        return {"model.json": _text(state)}
    names = ("structures", "particles", "threshold", "form", "definition", "voronoi", "kasper")
    state["library"] = {name: _plain(getattr(library, name)) for name in names}
    state["n_particles"] = estimator.n_particles_
    vectors = io.BytesIO()
    np.save(vectors, library.vectors.astype("<f4"))
    return {"model.json": _text(state), "vectors.npy": vectors.getvalue()}


def decode_members(members: dict[str, bytes]) -> Barcode | EnergyModel:
    """Decode the files that `encode_members` wrote."""
    state = json.loads(members["model.json"])
    model = EnergyModel.from_json(state["model"])
    if state["kind"] == "energy":
        return model
    barcode = Barcode(**state["parameters"])
    barcode.model_, barcode.library_, barcode.n_particles_ = model, None, float("nan")
    barcode.ranking_ = np.array(state["ranking"], dtype=np.float64)
    barcode.columns_ = np.array(state["columns"], dtype=np.intp)
    barcode.n_features_in_ = len(barcode.ranking_)
    if "library" in state:
        if "n_particles" not in state:
            raise InputError("this barcode was saved without the size of its training structures: train it again")
        vectors = np.load(io.BytesIO(members["vectors.npy"]), allow_pickle=False)
        barcode.attach(EnvironmentLibrary(vectors=vectors, **state["library"]), state["n_particles"])
    return barcode


def _plain(value: object) -> object:
    return [item if isinstance(item, str) else int(item) for item in value] if isinstance(value, tuple) else value


def _text(values: JsonObject) -> bytes:
    return json.dumps(values, sort_keys=True).encode()
