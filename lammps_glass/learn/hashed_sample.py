"""Random samples of streamed rows, by a hash of each row's key: independent of their order and of chunks."""

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
    """Scatter 64-bit words by the finaliser of splitmix64, a bijection (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def key_ranks(table: pd.DataFrame, seed: int) -> NDArray[np.uint64]:
    """Hash the key of each row to a pseudorandom rank: (n_rows,) uint64.

    The rank is a function of (seed, replica, step, particle) alone. Python's own ``hash`` differs from process to
    process.
    """
    codes, names = pd.factorize(table["replica"].astype(str))
    salts = [hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8] for name in names]
    state = np.frombuffer(b"".join(salts), dtype="<u8").astype(np.uint64)[codes]
    for column in ("step", "particle"):
        state = _mix(state + np.uint64(0x9E3779B97F4A7C15) ^ table[column].to_numpy(dtype=np.int64).view(np.uint64))
    return state


class HashedSample:
    """Uniform random sample of a stream of rows: the `size` rows whose keys hash to the smallest ranks.

    A rank depends on the row's key and on the seed alone (see `key_ranks`), so that the sample is the same for any
    order, any chunks and any number of processes (bottom-k sampling: Cohen and Kaplan, PODC 2007). Memory is that of
    the sample; 8e7 rows are never in one table.

    Parameters
    ----------
    size
        Rows to keep at most.
    seed
        Another seed gives another, independent sample.
    """

    def __init__(self, size: int, seed: int) -> None:
        if size < 1:
            raise InputError(f"a sample of {size} rows: ask for at least 1")
        self.size = size
        self.seed = seed
        self.n_seen = 0
        self._kept: pd.DataFrame | None = None

    def add(self, rows: pd.DataFrame) -> None:
        """Add rows that have the key columns.

        A row that is added twice and would be kept twice is an `InputError`.
        """
        self.n_seen += len(rows)
        ranks = key_ranks(rows, self.seed)
        if self._kept is not None and len(self._kept) == self.size:
            low = ranks <= self._kept[_RANK].max()
            rows, ranks = rows.loc[low], ranks[low]
        if rows.empty:
            return
        ranked = rows.assign(**{_RANK: ranks})
        pool = ranked if self._kept is None else pd.concat([self._kept, ranked], ignore_index=True)
        # The key breaks ties of the rank, so that even those do not depend on the order.
        self._kept = pool.sort_values([_RANK, *KEY], ignore_index=True).head(self.size)
        check_key(self._kept, "sample")

    def table(self) -> pd.DataFrame:
        """Return the sampled rows, sorted by key; an `InputError` when no row was added."""
        if self._kept is None:
            raise InputError("the sample is empty: no row was added")
        return self._kept.drop(columns=_RANK).sort_values(KEY, ignore_index=True)
