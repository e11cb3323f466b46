"""Find unique local environments by the leader algorithm, on streamed rows: exact, resumable, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.learn.environment_products import MOST_ROWS, Axes, Points, Singles, leaders, matched
from lammps_glass.registry import unknown_name

FORMS = ("distance", "half")
Integers = NDArray[np.int64]
Blocks = Callable[[], Iterable[tuple[Integers, Singles]]]
"""Iterate over the (particle ids, rows) of a structure, block by block, in the order in which they are scanned."""

_BLOCK = 512  # rows compared at once: their products with thousands of leaders stay in the cache
_STATE, _VECTORS = "state.json", "vectors.f32"


def cosine_limit(threshold: float, form: str = "distance") -> float:
    r"""Convert a threshold of the similarity of unit vectors to the cosine at which it is reached.

    ``"distance"``: :math:`M = 1 - \sqrt{|p - q|^2 / 2} = 1 - \sqrt{1 - \cos}`, which the authors' scripts compute and
    their numbers of environments fit; ``"half"``: :math:`1 - \sqrt{|p - q|^2} / 2`, one reading of the printed formula.
    """
    if form not in FORMS:
        raise unknown_name("form of similarity", str(form), list(FORMS))
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 < threshold < 1:
        raise InputError(f"threshold of environments is {threshold!r}: it must be a number between 0 and 1")
    return 1.0 - (1.0 if form == "distance" else 2.0) * (1.0 - threshold) ** 2


def similarity_of(cosines: ArrayLike, form: str = "distance") -> NDArray[np.float64]:
    """Convert cosines of unit vectors to similarities; the inverse of `cosine_limit`."""
    distance = np.maximum(1.0 - np.asarray(cosines, dtype=np.float64), 0.0)
    return 1.0 - np.sqrt(distance if form == "distance" else distance / 2.0)


def scan_order(names: Sequence[str], seed: int) -> list[str]:
    """Order structures pseudorandomly, as a function of the set of their names and the seed alone."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def particle_order(structure: str, n_particles: int, seed: int, fraction: float = 1.0) -> Integers:
    """Order the particles of a structure pseudorandomly: (k,) indices, the first `fraction` of all."""
    if not 0 < fraction <= 1:
        raise InputError(f"fraction of environments is {fraction!r}: it must be above 0, and 1 at most")
    words = np.frombuffer(hashlib.sha256(f"{seed}/{structure}/particles".encode()).digest(), dtype="<u4")
    order: Integers = np.random.default_rng([int(word) for word in words]).permutation(n_particles)
    return order[: int(np.ceil(fraction * n_particles))]


def unit_rows(rows: ArrayLike) -> Singles:
    """Convert rows (n, n_features) to contiguous float32; an `InputError` unless all are finite and of length 1."""
    vectors: Singles = np.ascontiguousarray(rows, dtype=np.float32)
    if vectors.ndim != 2:
        raise InputError(f"environments have shape {vectors.shape}: expected (n_particles, n_features)")
    lengths = np.einsum("ij,ij->i", vectors, vectors)
    if not (np.abs(lengths - 1) < 1e-4).all():
        raise InputError("environments must be finite rows of length 1: describe them by soap with unit = true")
    return vectors


class LeaderSearch:
    """Leader algorithm: a row that is similar to no environment so far becomes the representative of a new one.

    The environments are those of two plain loops over rows and representatives, whatever the blocks, the threads or the
    axes; they depend on the order of the rows (`scan_order`, `particle_order`). Only representatives are kept.

    Parameters
    ----------
    threshold
        A row belongs to an environment when its similarity is above this.
    form
        Of the similarity, see `cosine_limit`.
    definition
        Parameters of the descriptor that made the rows (`SOAP.definition`); saved with the library, and a state with
        other ones is refused.
    n_axes
        Principal axes by which most pairs are told apart; changes the time only.

    Attributes
    ----------
    structures
        Names of the structures scanned to their end.
    representatives
        (structure, particle id) of the first particle of each environment, in the order in which they were met.
    n_seen
        Rows scanned.
    """

    def __init__(
        self,
        threshold: float = 0.84,
        form: str = "distance",
        definition: Mapping[str, object] | None = None,
        n_axes: int = 128,
    ) -> None:
        self.threshold = threshold
        self.form = form
        self.definition = dict(definition or {})
        self.n_axes = n_axes
        self.limit = cosine_limit(threshold, form)
        self.structures: list[str] = []
        self.representatives: list[tuple[str, int]] = []
        self.n_seen = 0
        self._axes = Axes()
        self._buffers: Points | None = None  # with room for more; the first len(self) rows are the representatives
        self._n_saved = 0

    def __len__(self) -> int:
        return len(self.representatives)

    @property
    def vectors(self) -> Singles:
        """(n_environments, n_features) float32 rows of the representatives; (0, 0) before the first."""
        return np.empty((0, 0), np.float32) if self._buffers is None else self._buffers.rows[: len(self)]

    def add(self, structure: str, particles: ArrayLike, rows: ArrayLike) -> None:
        """Scan rows (n, n_features) of the particles with these ids (n,), in their order."""
        vectors, ids = unit_rows(rows), np.asarray(particles)
        if len(ids) != len(vectors):
            raise InputError(f"{structure}: {len(vectors)} rows for {len(ids)} particles")
        if self._buffers is not None and vectors.shape[1] != self._buffers.rows.shape[1]:
            raise InputError(f"{structure}: rows of {vectors.shape[1]} features after {self._buffers.rows.shape[1]}")
        if min(len(vectors), MOST_ROWS) > max(2 * self._axes.n_rows, self.n_axes):
            self._use_axes(Axes(vectors, self.n_axes))
        for first in range(0, len(vectors), _BLOCK):
            some = slice(first, first + _BLOCK)
            self._add_block(structure, ids[some], self._axes.points(vectors[some]))
        self.n_seen += len(vectors)

    def _add_block(self, structure: str, ids: NDArray[np.integer], points: Points) -> None:
        if self._buffers is not None:
            new = ~matched(points, self._first(len(self)), self.limit)
            points, ids = Points(*(values[new] for values in points)), ids[new]
        leads = leaders(points, self.limit)
        self._append(Points(*(values[leads] for values in points)))
        self.representatives += [(structure, int(k)) for k in ids[leads]]

    def _first(self, count: int) -> Points:
        assert self._buffers is not None
        return Points(*(values[:count] for values in self._buffers))

    def _append(self, points: Points) -> None:
        """Append representatives to the buffers, doubling them where they are full."""
        count = len(self) + len(points.rows)
        if self._buffers is None or count > len(self._buffers.rows):
            grown = Points(*(np.empty((2 * count, *values.shape[1:]), np.float32) for values in points))
            if self._buffers is not None:
                for old, new in zip(self._first(len(self)), grown):
                    new[: len(self)] = old
            self._buffers = grown
        for values, room in zip(points, self._buffers):
            room[len(self) : count] = values

    def _use_axes(self, axes: Axes) -> None:
        """Replace the principal axes, and the coordinates of the representatives on them."""
        self._axes = axes
        if self._buffers is not None:
            self._buffers = Points(*(values.copy() for values in axes.points(self.vectors)))

    def finish(self, structure: str) -> None:
        """Record that a structure has been scanned to its end."""
        self.structures.append(structure)

    # -- state on disk -------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write the state: append the vectors that are new since the last `save`, then replace the list."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        width = self.vectors.shape[1]
        with (folder / _VECTORS).open("r+b" if (folder / _VECTORS).exists() else "w+b") as stream:
            stream.truncate(4 * width * self._n_saved)  # cut off what an interrupted `save` wrote
            stream.seek(0, os.SEEK_END)
            stream.write(self.vectors[self._n_saved :].astype("<f4").tobytes())
            stream.flush()
            os.fsync(stream.fileno())
        state = {**self._parameters(), "n_features": width, "n_seen": self.n_seen}
        with atomic_path(folder / _STATE) as path:
            lists = {"structures": self.structures, "representatives": self.representatives}
            path.write_text(json.dumps(state | lists))
        self._n_saved = len(self)

    def _parameters(self) -> dict[str, object]:
        return {"threshold": self.threshold, "form": self.form, "definition": self.definition}

    def resume(self, folder: str | Path) -> bool:
        """Load the state in `folder`, and return whether there is one.

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
            stored = {key: state[key] for key in self._parameters()}
            # States that were written before the word was changed have "founders".
            pairs = state["representatives"] if "representatives" in state else state["founders"]
            representatives = [(str(name), int(k)) for name, k in pairs]
            count, width = len(representatives), int(state["n_features"])
            rows = np.fromfile(folder / _VECTORS, dtype="<f4", count=count * width).reshape(count, width)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{folder}: not a saved state of a search for environments ({error}); remove it to start anew"
            ) from error
        if stored != json.loads(json.dumps(self._parameters())):
            raise InputError(f"{folder}: its state has the parameters {stored}, the search has {self._parameters()}")
        self.structures, self.representatives, self.n_seen = list(state["structures"]), [], int(state["n_seen"])
        self._axes, self._buffers, self._n_saved = Axes(), None, count
        if count:
            self._append(self._axes.points(unit_rows(rows)))
        self.representatives = representatives
        return True


def scan_environments(
    search: LeaderSearch,
    structures: Iterable[tuple[str, Blocks]],
    state: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> LeaderSearch:
    """Scan structures one after the other, resuming from the state in the folder `state`.

    Structures that the state has are skipped. It is saved after each structure, so that a killed scan resumes to the
    same environments.

    Parameters
    ----------
    structures
        Name and blocks of each structure, in the order of the scan; blocks are asked for only when they are scanned.
    state
        Folder; None keeps no state.
    progress
        Called with the name of each structure that was scanned.
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
