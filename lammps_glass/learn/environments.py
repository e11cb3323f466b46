"""Unique local environments: the greedy leader over streamed rows, exact, resumable, in memory of the leaders alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.learn.environment_products import MOST_ROWS, Axes, Points, Singles, leaders, matched
from lammps_glass.registry import unknown_name

FORMS = ("distance", "half")
Integers = NDArray[np.int64]
Blocks = Callable[[], Iterable[tuple[Integers, Singles]]]
"""Gives (particle ids, rows) of a structure, block by block, in the order in which they are to be scanned."""

_BLOCK = 512  # rows compared at once: their products with thousands of leaders stay in the cache
_STATE, _VECTORS = "state.json", "vectors.f32"


def cosine_limit(threshold: float, form: str = "distance") -> float:
    r"""The cosine above which a similarity of unit vectors is above `threshold`.

    ``"distance"``: :math:`M = 1 - \sqrt{|p - q|^2 / 2} = 1 - \sqrt{1 - \cos}`, which the authors' scripts compute and
    their numbers of environments fit; ``"half"``: :math:`1 - \sqrt{|p - q|^2} / 2`, one reading of the printed formula.
    """
    if form not in FORMS:
        raise unknown_name("form of similarity", str(form), list(FORMS))
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 < threshold < 1:
        raise InputError(f"threshold of environments is {threshold!r}: it must be a number between 0 and 1")
    return 1.0 - (1.0 if form == "distance" else 2.0) * (1.0 - threshold) ** 2


def similarity_of(cosines: ArrayLike, form: str = "distance") -> NDArray[np.float64]:
    """The similarity of unit vectors with these `cosines`; the inverse of `cosine_limit`."""
    apart = np.maximum(1.0 - np.asarray(cosines, dtype=np.float64), 0.0)
    return 1.0 - np.sqrt(apart if form == "distance" else apart / 2.0)


def scan_order(names: Sequence[str], seed: int) -> list[str]:
    """The structures in seeded order: a function of the set of names and the seed alone."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def particle_order(structure: str, n_particles: int, seed: int, fraction: float = 1.0) -> Integers:
    """(k,) indices of a structure's particles in seeded order; the first `fraction` of them."""
    if not 0 < fraction <= 1:
        raise InputError(f"fraction of environments is {fraction!r}: it must be above 0, and 1 at most")
    words = np.frombuffer(hashlib.sha256(f"{seed}/{structure}/particles".encode()).digest(), dtype="<u4")
    order: Integers = np.random.default_rng([int(word) for word in words]).permutation(n_particles)
    return order[: int(np.ceil(fraction * n_particles))]


def unit_rows(rows: ArrayLike) -> Singles:
    """`rows` in float32, contiguous; an `InputError` when they are not finite or not of length 1."""
    vectors: Singles = np.ascontiguousarray(rows, dtype=np.float32)
    if vectors.ndim != 2:
        raise InputError(f"environments have shape {vectors.shape}: expected (n_particles, n_features)")
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    if not (np.abs(lengths - 1) < 1e-4).all():
        raise InputError("environments must be finite rows of length 1: describe them by soap with unit = true")
    return vectors


class LeaderSearch:
    """The greedy leader: a row founds a new environment when it is similar to none so far.

    The list is that of two plain loops over rows and leaders, whatever the blocks, the threads or the axes; it depends
    on the order of the rows (`scan_order`, `particle_order`). Only leaders are kept.

    Parameters
    ----------
    threshold
        A row belongs to an environment when its similarity is above this.
    form
        Of the similarity, see `cosine_limit`.
    definition
        What the rows are (`SOAP.definition`); goes with the library, and a state with another one is refused.
    n_axes
        Principal axes that sort out most pairs; changes the time taken only.

    Attributes
    ----------
    structures
        Names of the structures scanned to their end.
    founders
        (structure, particle id) of each environment, in the order of the founding.
    n_seen
        Rows scanned.
    """

    def __init__(
        self,
        threshold: float = 0.84,
        form: str = "distance",
        definition: Mapping[str, Any] | None = None,
        n_axes: int = 128,
    ) -> None:
        self.threshold = threshold
        self.form = form
        self.definition = dict(definition or {})
        self.n_axes = n_axes
        self.limit = cosine_limit(threshold, form)
        self.structures: list[str] = []
        self.founders: list[tuple[str, int]] = []
        self.n_seen = 0
        self._axes = Axes()
        self._known: Points | None = None  # arrays with room for more; the first len(founders) rows count
        self._n_saved = 0

    def __len__(self) -> int:
        return len(self.founders)

    @property
    def vectors(self) -> Singles:
        """(n_environments, n_features) float32 rows of the founders; (0, 0) before the first."""
        return np.empty((0, 0), np.float32) if self._known is None else self._known.rows[: len(self)]

    def add(self, structure: str, particles: ArrayLike, rows: ArrayLike) -> None:
        """Scan rows (n, n_features) of the particles with these ids (n,), in this order."""
        vectors, ids = unit_rows(rows), np.asarray(particles)
        if len(ids) != len(vectors):
            raise InputError(f"{structure}: {len(vectors)} rows for {len(ids)} particles")
        if self._known is not None and vectors.shape[1] != self._known.rows.shape[1]:
            raise InputError(f"{structure}: rows of {vectors.shape[1]} features after {self._known.rows.shape[1]}")
        if min(len(vectors), MOST_ROWS) > max(2 * self._axes.n_rows, self.n_axes):
            self._turn(Axes(vectors, self.n_axes))
        for first in range(0, len(vectors), _BLOCK):
            some = slice(first, first + _BLOCK)
            self._add_block(structure, ids[some], self._axes.points(vectors[some]))
        self.n_seen += len(vectors)

    def _add_block(self, structure: str, ids: Any, points: Points) -> None:
        if self._known is not None:
            new = ~matched(points, self._first(len(self)), self.limit)
            points, ids = Points(*(values[new] for values in points)), ids[new]
        leads = leaders(points, self.limit)
        self._keep(Points(*(values[leads] for values in points)))
        self.founders += [(structure, int(k)) for k in ids[leads]]

    def _first(self, count: int) -> Points:
        assert self._known is not None
        return Points(*(values[:count] for values in self._known))

    def _keep(self, points: Points) -> None:
        count = len(self) + len(points.rows)
        if self._known is None or count > len(self._known.rows):
            grown = Points(*(np.empty((2 * count, *values.shape[1:]), np.float32) for values in points))
            if self._known is not None:
                for old, new in zip(self._first(len(self)), grown):
                    new[: len(self)] = old
            self._known = grown
        for values, room in zip(points, self._known):
            room[len(self) : count] = values

    def _turn(self, axes: Axes) -> None:
        """Use other axes from now on."""
        self._axes = axes
        if self._known is not None:
            rows = self.vectors
            self._known = Points(*(values.copy() for values in axes.points(rows)))

    def finish(self, structure: str) -> None:
        """Note that a structure has been scanned to its end."""
        self.structures.append(structure)

    # -- state on disk -------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write the state: leaders that are new since the last `save` are appended, then the list is replaced."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        width = self.vectors.shape[1]
        with (folder / _VECTORS).open("r+b" if (folder / _VECTORS).exists() else "w+b") as stream:
            stream.truncate(4 * width * self._n_saved)  # what an interrupted `save` left
            stream.seek(0, os.SEEK_END)
            stream.write(self.vectors[self._n_saved :].astype("<f4").tobytes())
            stream.flush()
            os.fsync(stream.fileno())
        state = {**self._made_with(), "n_features": width, "n_seen": self.n_seen}
        with atomic_path(folder / _STATE) as path:
            path.write_text(json.dumps({**state, "structures": self.structures, "founders": self.founders}))
        self._n_saved = len(self)

    def _made_with(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "form": self.form, "definition": self.definition}

    def resume(self, folder: str | Path) -> bool:
        """Take up the state in `folder`; False when there is none yet.

        Raises
        ------
        InputError
            The state was made with other parameters, or is damaged.
        """
        folder = Path(folder)
        if not (folder / _STATE).is_file():
            return False
        try:
            state = json.loads((folder / _STATE).read_text())
            made_with = {key: state[key] for key in self._made_with()}
            founders = [(str(name), int(k)) for name, k in state["founders"]]
            count, width = len(founders), int(state["n_features"])
            rows = np.fromfile(folder / _VECTORS, dtype="<f4", count=count * width).reshape(count, width)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{folder}: not a state of this search ({error}); remove it to start anew") from error
        if made_with != json.loads(json.dumps(self._made_with())):
            raise InputError(f"{folder}: state made with {made_with}, the search is {self._made_with()}")
        self.structures, self.founders, self.n_seen = list(state["structures"]), [], int(state["n_seen"])
        self._axes, self._known, self._n_saved = Axes(), None, count
        if count:
            self._keep(self._axes.points(unit_rows(rows)))
        self.founders = founders
        return True


def scan_environments(
    search: LeaderSearch,
    structures: Iterable[tuple[str, Blocks]],
    state: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> LeaderSearch:
    """Scan structures one after the other; those that a state in the folder `state` has are not described again.

    The state is saved after each structure, so that a killed scan resumes to the same list.
    """
    if state is not None:
        search.resume(state)
    done = set(search.structures)
    for name, blocks in structures:
        if name in done:
            continue
        for particles, rows in blocks():
            search.add(name, particles, rows)
        search.finish(name)
        if state is not None:
            search.save(state)
        if progress is not None:
            progress(name)
    return search
