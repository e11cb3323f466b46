"""Plain, gzip and zstandard streams of lines: read with line numbers, written so that equal text gives equal bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path

COMPRESSIONS = (".gz", ".zst")


class Lines:
    """Lines of a stream, counted; a compressed stream that stops short is an `InputError`."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self.path = path
        self.number = 0

    def next(self) -> bytes:
        """The next line; empty at the end of the file."""
        taken = self.take(1)
        return taken[0] if taken else b""

    def take(self, count: int) -> list[bytes]:
        """The next `count` lines, or fewer at the end of the file."""
        try:
            taken = list(islice(self._stream, count))
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{self.path}: cut short or damaged after line {self.number} ({error})") from error
        self.number += len(taken)
        return taken


class _ZstdStream(io.RawIOBase):
    """Decompressed bytes of a .zst file; unlike zstandard's own reader it notices that the last block is missing."""

    def __init__(self, stream: IO[bytes]) -> None:
        import zstandard

        self._module: Any = zstandard
        self._stream = stream
        self._frame = self._new_frame()
        self._ready = memoryview(b"")

    def _new_frame(self) -> Any:
        self._started = False
        return self._module.ZstdDecompressor().decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._frame.unused_data or self._stream.read(1 << 17)
            if self._frame.eof:
                self._frame = self._new_frame()
            if not chunk:
                if self._started:
                    raise EOFError("compressed data end before the end of the stream")
                return 0
            self._started = True
            try:
                self._ready = memoryview(self._frame.decompress(chunk))
            except self._module.ZstdError as error:
                raise EOFError(f"not zstandard data: {error}") from error
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


@contextmanager
def open_lines(path: Path) -> Iterator[Lines]:
    """The lines of `path`, decompressed as its name says while they are read."""
    check_readable(path)
    with ExitStack() as stack:
        stream: Any = stack.enter_context(path.open("rb"))
        if path.suffix == ".gz":
            stream = io.BufferedReader(gzip.GzipFile(fileobj=stream), 1 << 18)
        elif path.suffix == ".zst":
            stream = io.BufferedReader(_ZstdStream(stream), 1 << 18)
        yield Lines(stream, path)


def check_readable(path: Path) -> None:
    """Raise `InputError` for a missing file, a folder, or an empty file."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    try:
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{path}: the file is empty")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error


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
