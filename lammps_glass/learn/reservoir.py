"""A seeded sample of streamed rows that does not depend on their order or on how they are cut into chunks."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.rows import check_key
from lammps_glass.tables import KEY

_RANK = "_rank"


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words that scatters near ones."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def key_ranks(table: pd.DataFrame, seed: int) -> NDArray[np.uint64]:
    """A pseudorandom 64-bit rank of each row, a function of (seed, replica, step, particle) alone.

    Returns (n_rows,) uint64. Python's own ``hash`` is not used: it differs from process to process.
    """
    codes, names = pd.factorize(table["replica"].astype(str))
    salts = [hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8] for name in names]
    state = np.frombuffer(b"".join(salts), dtype="<u8").astype(np.uint64)[codes]
    for column in ("step", "particle"):
        state = _mix(state + np.uint64(0x9E3779B97F4A7C15) ^ table[column].to_numpy(dtype=np.int64).view(np.uint64))
    return state


class Reservoir:
    """Keeps `size` rows of a stream, each row equally likely: those of the smallest ranks.

    Because a rank depends on the row's key and on the seed alone, the sample is the same for any order and any
    chunks, and for one process or many. At paper size (8e7 rows) the table of all tight rows is never built.

    Parameters
    ----------
    size
        Rows to keep at most.
    seed
        Another seed gives another, independent sample.
    """

    def __init__(self, size: int, seed: int) -> None:
        if size < 1:
            raise InputError(f"a reservoir of {size} rows: ask for at least 1")
        self.size = size
        self.seed = seed
        self.n_seen = 0
        self._kept: pd.DataFrame | None = None

    def add(self, rows: pd.DataFrame) -> None:
        """Offer rows with the key columns; no row may be offered twice (an `InputError` if it would be kept twice)."""
        self.n_seen += len(rows)
        ranks = key_ranks(rows, self.seed)
        if self._kept is not None and len(self._kept) == self.size:
            low = ranks <= self._kept[_RANK].max()
            rows, ranks = rows.loc[low], ranks[low]
        if rows.empty:
            return
        offered = rows.assign(**{_RANK: ranks})
        pool = offered if self._kept is None else pd.concat([self._kept, offered], ignore_index=True)
        # The key breaks ties of the rank, so that even those do not depend on the order.
        self._kept = pool.sort_values([_RANK, *KEY], ignore_index=True).head(self.size)
        check_key(self._kept, "reservoir")

    def table(self) -> pd.DataFrame:
        """The kept rows, sorted by key; an `InputError` if no row was ever offered."""
        if self._kept is None:
            raise InputError("the reservoir is empty: no tight row was offered")
        return self._kept.drop(columns=_RANK).sort_values(KEY, ignore_index=True)
