"""A text column of a dump: its different words, and which row holds which."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Words:
    """The words of a text column, one a row.

    Words of one letter, or all of two, are compared by their bytes: a trajectory names the species of every particle
    in every frame.
    """

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._text: pa.StringArray = column.combine_chunks()

    @cached_property
    def _ends(self) -> NDArray[np.int32]:
        """Where the words begin and end among the letters: word i from element i to element i + 1."""
        return np.frombuffer(self._text.buffers()[1], np.int32, len(self._text) + 1)

    @cached_property
    def _letters(self) -> NDArray[np.unsignedinteger[Any]] | None:
        """The bytes of each word as one number; None for words of more than two bytes or of different lengths."""
        width = int(self._ends[1] - self._ends[0])
        if width not in (1, 2) or not (np.diff(self._ends) == width).all():
            return None
        kind = np.uint8 if width == 1 else np.uint16
        return np.frombuffer(self._text.buffers()[2], kind, len(self._text), int(self._ends[0]))

    @property
    def all_empty(self) -> bool:
        """Whether there are no letters at all."""
        return bool(self._ends[-1] == self._ends[0])

    @property
    def some_empty(self) -> bool:
        """Whether a row has no word."""
        return self._letters is None and bool((np.diff(self._ends) == 0).any())

    def all_are(self, word: str) -> bool:
        """Whether every row holds `word`."""
        return self._text[0].as_py() == word and self.names == (word,)

    def are(self, names: Sequence[str], index: NDArray[np.int64]) -> bool:
        """Whether each row holds the name that `index` gives for it; False also where this takes more than a look."""
        if self._letters is None:
            return False
        width = self._letters.itemsize
        codes = [name.encode() for name in names]
        if any(len(code) != width for code in codes):
            return False
        expected = np.frombuffer(b"".join(codes), self._letters.dtype)
        return bool((expected[index] == self._letters).all())

    @property
    def names(self) -> tuple[str, ...]:
        """The different words, sorted."""
        return self._encoded[0]

    @property
    def codes(self) -> NDArray[np.int64]:
        """(n,) the index in `names` of each row's word."""
        return self._encoded[1]

    @cached_property
    def _encoded(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        if self._letters is not None:
            present = np.flatnonzero(np.bincount(self._letters))
            names = [int(code).to_bytes(self._letters.itemsize, sys.byteorder).decode() for code in present]
            index = np.zeros(int(present[-1]) + 1, dtype=np.int64)
            index[present] = np.arange(len(present))
            codes = index[self._letters]
        else:
            encoded = self._text.dictionary_encode()
            names, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
        if names == (ordered := sorted(names)):
            return tuple(names), codes
        return tuple(ordered), np.array([ordered.index(name) for name in names], dtype=np.int64)[codes]
