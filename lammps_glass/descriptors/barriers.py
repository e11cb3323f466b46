"""Activation barriers of each particle: the sorted energies of its activated events."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lammps_glass.descriptors.base import Material, RunFolder, SimulatedDescriptor
from lammps_glass.errors import InputError
from lammps_glass.json_types import Options
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats

if TYPE_CHECKING:
    import pandas as pd

LOGGER = logging.getLogger(__name__)

#: Verdicts of searches whose barriers count, and the name of the column with their number.
_ACCEPTED, COUNT = ("connected", "duplicate"), "n_genuine"
#: Further verdicts.
_OTHERS = ("unconnected", "self", "back", "limit")
#: Verdict and state -> what to change where most searches around particles without a barrier end so; refinements first.
_ADVICE = {
    ("", "refine"): "refine = false for the barriers of the sphere, or a larger glass",
    ("unconnected", ""): "a smaller radius",
    ("self", ""): "a lower settings.threshold",
    ("back", ""): "a lower settings.threshold",
    ("limit", "basin"): "a higher settings.max_pushes or settings.energy_limit",
    ("limit", ""): "a higher settings.max_steps or settings.end_steps",
}
#: Searches a barrier, by default.
_TRIALS = 3
#: Fields of the protocol that the descriptor takes from runs, besides the numbers of barriers and searches.
_SHARED = ("radius", "refine", "refine_radius", "length", "energy", "settings", "backend")


class Barriers(SimulatedDescriptor):
    """Energies of the saddles around a particle, ascending (Yang et al. 2021: 24 from ARTn).

    A column for each barrier, in the energy unit of the glass, and ``n_genuine``, the number that were found: a
    shorter list is padded with its largest value. Rows of particles that were not searched around, and of those
    without any barrier, are NaN. It needs a simulation: runs of the protocol `artn`, whose records make the rows.

    Parameters
    ----------
    n_barriers, max_trials
        Barriers of a particle, and searches after which it is left with fewer; default three a barrier.
    particles
        Ids to search around; None: all.
    n_chunks
        Number of runs that the particles are divided among.
    radius, refine, refine_radius, length, energy, settings, backend
        As in the protocol.

    References
    ----------
    Yang et al. (2021), section II B.
    """

    name = "barriers"
    protocol: ClassVar[str] = "artn"
    one_seed: ClassVar[bool] = True  # a search does not depend on the chunk of its particle

    def __init__(
        self,
        n_barriers: int = 24,
        max_trials: int | None = None,
        particles: Sequence[int] | None = None,
        n_chunks: int = 1,
        radius: float | None = None,
        refine: bool = True,
        refine_radius: float | None = None,
        length: float | None = None,
        energy: float | None = None,
        settings: Mapping[str, float | str] | None = None,
        backend: str = "auto",
    ) -> None:
        self.n_barriers = n_barriers
        self.max_trials = max_trials
        self.particles = particles
        self.n_chunks = n_chunks
        self.radius = radius
        self.refine = refine
        self.refine_radius = refine_radius
        self.length = length
        self.energy = energy
        self.settings = settings
        self.backend = backend
        self._check()

    def _check(self) -> None:
        for field in ("n_barriers", "n_chunks", "max_trials"):
            value = getattr(self, field)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InputError(f"{self.name}: {field} = {value!r} must be a whole number of at least 1")
        for field in ("radius", "refine_radius", "length", "energy"):
            value = getattr(self, field)
            if value is not None and not (isinstance(value, (int, float)) and 0 < value < np.inf):
                raise InputError(f"{self.name}: {field} = {value!r} must be a positive number")

    @property
    def feature_names(self) -> list[str]:
        """``barrier(1)`` ... ``barrier(n)``, then ``n_genuine``."""
        return [*(f"barrier({k})" for k in range(1, self.n_barriers + 1)), COUNT]

    def runs(self, glass: Material) -> list[Options]:
        """List the options of the protocol, a run for each chunk of the particles."""
        shared: Options = {
            "n_barriers": self.n_barriers,
            "max_trials": self.max_trials or _TRIALS * self.n_barriers,
            "particles": None if self.particles is None else list(self.particles),
            "n_chunks": self.n_chunks,
            **{field: getattr(self, field) for field in _SHARED},
            "settings": dict(self.settings or {}),
        }
        return [{**shared, "chunk": chunk} for chunk in range(1, self.n_chunks + 1)]

    def of_records(self, glass: Material, records: Sequence[RunFolder]) -> Self:
        """Return the descriptor with the numbers and options of runs of `artn`."""
        ran = records[0].protocol
        return type(self)(
            n_barriers=ran.n_barriers,
            max_trials=ran.max_trials,
            particles=ran.particles,
            n_chunks=ran.n_chunks,
            **{field: getattr(ran, field) for field in _SHARED},
        )

    def from_simulations(self, snapshot: Snapshot, glass: Material, records: Sequence[RunFolder]) -> Floats:
        """Compute (n_particles, n_barriers + 1) float64 of an inherent structure.

        Raises
        ------
        InputError
            A chunk is missing or duplicated, or a record is of another protocol or other particles.
        """
        self._require_chunks(records)
        rows = np.full((len(snapshot), self.n_barriers + 1), np.nan)
        for record in records:
            searches = _searches_of(record)
            for particle in searches["particle"].unique().astype(int):
                table = searches[searches["particle"] == particle]
                row = int(np.searchsorted(snapshot.ids, particle))
                if row == len(snapshot) or snapshot.ids[row] != particle:
                    raise InputError(f"{self.name}: {record.directory} has particle {particle}, the snapshot has not")
                rows[row] = sorted_barriers(table, self.n_barriers)
        self._warn_of_none(records)
        return rows

    def summary(self, records: Sequence[RunFolder]) -> str:
        """Count the searches by their verdicts, and the particles that have all barriers."""
        searches = _joined(records)
        accepted = searches["status"].isin(_ACCEPTED).groupby(searches["particle"]).sum()
        others = "" if self.particles is None else "; rows of other particles are NaN"
        return (
            f"{self.name}: {len(searches)} searches around {len(accepted)} particles: {_counts(searches)}; "
            f"{(accepted >= self.n_barriers).sum()} of {len(accepted)} have all {self.n_barriers} barriers{others}"
        )

    def _warn_of_none(self, records: Sequence[RunFolder]) -> None:
        """Warn of particles without any barrier, with the option that decides it."""
        searches = _joined(records)
        accepted = searches["status"].isin(_ACCEPTED).groupby(searches["particle"]).transform("any")
        without = searches[~accepted.astype(bool)]
        if without.empty:
            return
        n_without, n_particles = without["particle"].nunique(), searches["particle"].nunique()
        most = without["status"].str.cat(without["state"].replace("refined", "refine"), sep=" ").value_counts().index[0]
        status, state = most.split(" ")
        advice = next(text for (a, b), text in _ADVICE.items() if a in ("", status) and b in ("", state))
        LOGGER.warning(
            "%s: %d of %d particles have no barrier: NaN in their rows (%s); raise max_trials (%d), or try %s",
            self.name, n_without, n_particles, _counts(without, zeros=False),
            self.max_trials or _TRIALS * self.n_barriers, advice,
        )  # fmt: skip

    def _require_chunks(self, records: Sequence[RunFolder]) -> None:
        chunks = [record.protocol.chunk for record in records]
        total = {record.protocol.n_chunks for record in records}
        if len(total) > 1:
            raise InputError(f"{self.name}: the runs divide the particles among {sorted(total)} chunks: make them anew")
        missing = sorted(set(range(1, 1 + max(total, default=1))) - set(chunks))
        if missing:
            names = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
            raise InputError(f"{self.name}: chunk {names} of {max(total, default=1)} is missing: run it first")
        if len(set(chunks)) < len(chunks):
            twice = next(chunk for chunk in chunks if chunks.count(chunk) > 1)
            raise InputError(f"{self.name}: chunk {twice} is there twice")


def sorted_barriers(searches: pd.DataFrame, n_barriers: int) -> Floats:
    """Return the barriers of a particle from its searches, ascending and padded, then their number (n_barriers + 1,).

    Without any barrier all are NaN but the number, 0.
    """
    accepted = searches[searches["status"].isin(_ACCEPTED)].sort_values("trial")["barrier"].to_numpy(dtype=float)
    genuine = np.sort(accepted[:n_barriers])
    padding = np.full(n_barriers - len(genuine), genuine[-1] if len(genuine) else np.nan)
    return np.concatenate([genuine, padding, [len(genuine)]])


def _joined(records: Sequence[RunFolder]) -> pd.DataFrame:
    """Join the searches of all records."""
    import pandas as pd

    return pd.concat([_searches_of(record) for record in records], ignore_index=True)


def _counts(searches: pd.DataFrame, zeros: bool = True) -> str:
    """Write the number of searches of each verdict."""
    counts = searches["status"].value_counts()
    verdicts = (*_ACCEPTED, *_OTHERS)
    return ", ".join(f"{counts.get(name, 0)} {name}" for name in verdicts if zeros or counts.get(name, 0))


def _searches_of(record: RunFolder) -> pd.DataFrame:
    from lammps_glass.tables import read_table

    path = getattr(record, "searches_path", None)
    if path is None:
        raise InputError(f"barriers: {record.directory} holds no record of the protocol artn")
    return read_table(path, ["particle", "trial", "status", "state", "barrier"])
