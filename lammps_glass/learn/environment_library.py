"""Libraries of unique local environments: saved, loaded, and used to encode structures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, require_file
from lammps_glass.learn.environment_products import Axes, Points, Singles, nearest
from lammps_glass.learn.environments import LeaderSearch, cosine_limit, similarity_of, unit_rows

_FORMAT = "lammps-glass environments 1"
_LISTS = ("structures", "particles", "voronoi", "kasper")
_BLOCK = 512
_AXES = 256  # more than the search has: encoding asks for the nearest environment, not just for one that is near


class Encoding(NamedTuple):
    """Environment of each row, and its similarity to it."""

    environment: NDArray[np.int64]  # (n,) index into the library; -1: similar to none
    similarity: NDArray[np.float64]  # (n,) to that environment; NaN where there is none


class Fractions(NamedTuple):
    """Composition of a structure by the environments of a library."""

    values: NDArray[np.float64]  # (n_environments,) sum 1
    coverage: float  # fraction of the particles that are similar to an environment


@dataclass(frozen=True, eq=False)
class EnvironmentLibrary:
    """Environments found by `LeaderSearch`, each with the particle that represents it.

    Parameters
    ----------
    vectors
        (m, n_features) float32 rows of length 1.
    structures, particles
        (m,) name of the structure and id of the particle that represents each.
    threshold, form
        Of the similarity, see `cosine_limit`.
    definition
        Parameters and species of the SOAP descriptor that made the rows (`SOAP.definition`).
    voronoi
        (m,) Voronoi index of the representative, such as ``"0,0,12,0"``; empty before `annotate`.
    kasper
        (m,) Kasper group of the representative; empty before `annotate`.
    """

    vectors: Singles
    structures: Sequence[str]
    particles: Sequence[int]
    threshold: float
    form: str = "distance"
    definition: Mapping[str, object] = field(default_factory=dict)
    voronoi: Sequence[str] = ()
    kasper: Sequence[str] = ()

    def __post_init__(self) -> None:
        cosine_limit(self.threshold, self.form)
        object.__setattr__(self, "vectors", unit_rows(self.vectors))
        if not len(self.vectors):
            raise InputError("a library of no environments: scan a structure first")
        for name in _LISTS:
            values = tuple(getattr(self, name))
            if len(values) != len(self.vectors) and (values or name in ("structures", "particles")):
                raise InputError(
                    f"{name} of the library has {len(values)} entries for {len(self.vectors)} environments"
                )
            object.__setattr__(self, name, values)

    @classmethod
    def of(cls, search: LeaderSearch) -> Self:
        """Make a library of the environments that a search has found."""
        structures, particles = zip(*search.representatives) if search.representatives else ((), ())
        return cls(
            search.vectors.copy(), structures, particles, search.threshold, search.form, search.definition
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.vectors)

    def annotate(self, voronoi: Iterable[str], kasper: Iterable[str]) -> Self:
        """Return the library with Voronoi indices and Kasper groups of its representatives, in order."""
        return replace(self, voronoi=tuple(voronoi), kasper=tuple(kasper))

    def select(self, environments: ArrayLike) -> Self:
        """Return a library of some of the environments, in the order of their numbers in `environments`."""
        index = [int(k) for k in np.asarray(environments)]
        lists: dict[str, Any] = {
            name: tuple(values[k] for k in index) if (values := getattr(self, name)) else () for name in _LISTS
        }
        return replace(self, vectors=self.vectors[index], **lists)

    def check(self, definition: Mapping[str, object]) -> None:
        """Refuse rows of another `definition` than the library's: an `InputError` that shows what differs."""
        ours, theirs = (json.loads(json.dumps(dict(d), sort_keys=True)) for d in (self.definition, definition))
        if ours != theirs:
            differing = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
            shown = "; ".join(f"{key} = {ours.get(key)!r} there, {theirs.get(key)!r} here" for key in differing)
            raise InputError(f"the library of environments was made with other parameters of SOAP: {shown}")

    # -- encoding ------------------------------------------------------------------------------------------------

    @cached_property
    def _axes(self) -> Axes:
        return Axes(self.vectors, _AXES)

    @cached_property
    def _points(self) -> Points:
        return self._axes.points(self.vectors)

    def encode(self, rows: ArrayLike) -> Encoding:
        """Find the most similar environment of each row (n, n_features), where one is above the threshold.

        Raises
        ------
        InputError
            The rows have another number of features, or are not of length 1.
        """
        vectors = unit_rows(rows)
        if vectors.shape[1] != self.vectors.shape[1]:
            raise InputError(f"rows have {vectors.shape[1]} features, the library's have {self.vectors.shape[1]}")
        environment, cosines = np.full(len(vectors), -1), np.full(len(vectors), np.nan)
        limit = cosine_limit(self.threshold, self.form)
        for first in range(0, len(vectors), _BLOCK):
            some = slice(first, first + _BLOCK)
            environment[some], cosines[some] = nearest(self._axes.points(vectors[some]), self._points, limit)
        return Encoding(environment, similarity_of(cosines, self.form))

    def fractions(self, environment: ArrayLike, where: str = "the structure") -> Fractions:
        """Count the environments of a structure, as fractions of the particles that have one (-1: none).

        Raises
        ------
        InputError
            No particle is similar to any environment.
        """
        index = np.asarray(environment, dtype=np.int64)
        counts = np.bincount(index[index >= 0], minlength=len(self))
        if counts.sum() == 0:
            raise InputError(
                f"{where}: none of its {len(index)} particles is similar to any of the {len(self)} environments of the "
                f"library (threshold {self.threshold:g}): is it of other species, or in another unit of length?"
            )
        return Fractions(counts / counts.sum(), float(counts.sum() / len(index)))

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` of plain arrays, with JSON for the rest; equal libraries give equal bytes."""
        about = {"format": _FORMAT, "threshold": self.threshold, "form": self.form, "definition": dict(self.definition)}
        lists: dict[str, list[object]] = {name: list(getattr(self, name)) for name in _LISTS}
        lists["particles"] = [int(k) for k in self.particles]
        text = json.dumps({**about, **lists}, sort_keys=True).encode()
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, vectors=self.vectors.astype("<f4"), about=np.frombuffer(text, dtype=np.uint8))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote; nothing in the file is executed.

        Raises
        ------
        InputError
            The file is missing, damaged or of another kind.
        """
        require_file(path, "the library in it")
        try:
            with np.load(path, allow_pickle=False) as members:
                about = json.loads(members["about"].tobytes())
                vectors = members["vectors"]
            if about.pop("format") != _FORMAT:
                raise ValueError("another format")
            return cls(vectors, **about)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile, EOFError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"{path}: not a saved library of environments ({reason})") from error
