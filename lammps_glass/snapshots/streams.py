"""Plain, gzip and zstandard streams of lines: read with line numbers, written so that equal text gives equal bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path

COMPRESSIONS = (".gz", ".zst")
_CHUNK = 1 << 20
_WINDOW = 1 << 14
_KEPT_BY_GLIBC = 1 << 24


class _Source(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill `buffer` from its start; 0 bytes at the end."""


class Lines:
    """Lines of a stream, counted; a compressed stream that stops short is an `InputError`."""

    def __init__(self, stream: _Source, path: Path) -> None:
        self._stream = stream
        # One buffer for the whole file: fresh memory for each chunk costs more time than reading it.
        self._buffer = bytearray(2 * _CHUNK)
        # Freed at once: from then on glibc keeps the memory of a frame's arrays for the next frame.
        np.empty(_KEPT_BY_GLIBC, dtype=np.uint8)
        self._at = self._end = 0
        self.path = path
        self.number = 0

    def next(self) -> bytes:
        """The next line; empty at the end of the file."""
        while (end := self._buffer.find(b"\n", self._at, self._end)) < 0 and self._more():
            pass
        line = bytes(self._buffer[self._at : self._end if end < 0 else end + 1])
        self._at += len(line)
        self.number += bool(line)
        return line

    def take(self, count: int) -> list[bytes]:
        """The next `count` lines, or fewer at the end of the file."""
        lines = [self.next() for _ in range(count)]
        return [line for line in lines if line]

    def rows(self, count: int) -> memoryview:
        """The text of the next `count` lines, or of fewer at the end of the file; it holds until more is read."""
        size, missing = 0, count
        while missing > 0:
            # Large steps are counted only; the last one, whose line ends are looked up one by one, is small.
            expected = int(0.98 * missing * size / (count - missing)) if missing < count else 0
            window = min(max(_WINDOW, expected), self._end - self._at - size)
            ends = np.frombuffer(self._buffer, np.uint8, window, self._at + size) == ord("\n")
            n_lines = int(np.count_nonzero(ends))
            size += window if n_lines < missing else int(np.flatnonzero(ends)[missing - 1]) + 1
            missing -= min(n_lines, missing)
            if missing and self._at + size == self._end and not self._more():
                missing -= size > 0 and self._buffer[self._end - 1] != ord("\n")
                break
        text = memoryview(self._buffer)[self._at : self._at + size]
        self._at += size
        self.number += count - missing
        return text

    def rows_before(self, mark: bytes, size: int) -> memoryview | None:
        """The text up to the next line that starts with `mark` or to the end of the file, not passed over yet.

        It is looked for at about `size` bytes, and not counted: a line with `mark` may stand before. None where there
        is no such line, and for text with carriage returns, whose lines may be counted otherwise.
        """
        margin = size // 50 + len(mark)
        while self._end - self._at < size + margin:
            if not self._more():
                break
        first = self._at + max(size - margin, 1) - 1
        end = self._buffer.find(b"\n" + mark, first, min(self._at + size + margin, self._end)) + 1
        if end == 0 and first < self._end <= self._at + size + margin and self._buffer[self._end - 1] == ord("\n"):
            end = self._end
        if end == 0 or self._buffer.find(b"\r", self._at, end) >= 0:
            return None
        return memoryview(self._buffer)[self._at : end]

    def skip(self, text: memoryview, count: int) -> None:
        """Pass over the `count` lines of `text`, which `rows_before` gave."""
        self._at += len(text)
        self.number += count

    def _more(self) -> bool:
        """Read more of the file; False at the end. The text from the present position on may move to the front."""
        if len(self._buffer) - self._end < _CHUNK:
            kept = memoryview(self._buffer)[self._at : self._end]
            room = self._buffer if 2 * len(kept) <= len(self._buffer) else bytearray(2 * len(self._buffer))
            memoryview(room)[: len(kept)] = kept
            self._buffer, self._at, self._end = room, 0, len(kept)
        try:
            size = self._stream.readinto(memoryview(self._buffer)[self._end : self._end + _CHUNK]) or 0
        except (EOFError, OSError) as error:
            raise InputError(f"{self.path}: cut short or damaged after line {self.number} ({error})") from error
        self._end += size
        return size > 0


class _Decompressed:
    """Decompressed bytes of a .gz or .zst file of one or several pieces; a missing end is noticed."""

    def __init__(self, stream: IO[bytes], suffix: str) -> None:
        self._stream, self._suffix = stream, suffix
        # A few bytes of zstandard may stand for 128 kB: a small chunk bounds the memory that damaged data can ask for.
        self._chunk = 1 << (17 if suffix == ".gz" else 14)
        self._ready = memoryview(b"")
        self._begin()

    def _begin(self) -> None:
        self._started = False
        if self._suffix == ".gz":
            self._piece: Any = zlib.decompressobj(wbits=31)
        else:
            import zstandard

            self._piece = zstandard.ZstdDecompressor().decompressobj()

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer` from its start; 0 bytes at the end of the file."""
        while not self._ready:
            data = self._piece.unused_data or self._stream.read(self._chunk)
            if self._piece.eof:
                data = data.lstrip(b"\0") if self._suffix == ".gz" else data  # gzip's padding
                self._begin()
            if not data:
                if self._started:
                    raise EOFError("compressed data end before the end of the stream")
                return 0
            self._started = True
            try:
                self._ready = memoryview(self._piece.decompress(data))
            except Exception as error:  # zlib and zstandard have classes of their own
                raise EOFError(f"not {'gzip' if self._suffix == '.gz' else 'zstandard'} data: {error}") from error
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


@contextmanager
def open_lines(path: Path) -> Iterator[Lines]:
    """The lines of `path`, decompressed by its suffix while they are read."""
    check_readable(path)
    with path.open("rb", buffering=0) as stream:
        yield Lines(_Decompressed(stream, path.suffix) if path.suffix in COMPRESSIONS else stream, path)


def check_readable(path: Path) -> None:
    """Raise `InputError` for a missing file, a folder, a device or a pipe, or an empty file."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is a device or a pipe, which cannot be read twice: put its contents into a file")
    try:
        with path.open("rb") as stream:
            is_empty = not stream.read(1)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {(getattr(error, 'strerror', None) or str(error)).lower()}") from error
    if is_empty:
        raise InputError(f"{path}: the file is empty")


@contextmanager
def open_writer(path: Path) -> Iterator[IO[bytes]]:
    """A stream to `path`, which appears when the block ends well; no time or name goes into a compressed header."""
    with atomic_path(path) as temporary, ExitStack() as stack:
        stream: Any = stack.enter_context(temporary.open("wb"))
        if path.suffix == ".gz":
            stream = stack.enter_context(
                gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6)
            )
        elif path.suffix == ".zst":
            import zstandard

            compressor = zstandard.ZstdCompressor(level=6, write_checksum=True)
            stream = stack.enter_context(compressor.stream_writer(stream, closefd=False))
        yield stream
