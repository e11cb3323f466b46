"""Files that are complete or absent: written in a temporary folder beside the final name, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lammps_glass.errors import InputError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well, and is removed when it does not.

    The temporary file has the final name (in a hidden folder beside it), since the name may say the format.

    Raises
    ------
    InputError
        `path` is a folder, or its folder does not exist or cannot be written to.
    """
    final = Path(path)
    check_writable(final)
    folder = Path(tempfile.mkdtemp(prefix=".tmp-", dir=final.parent))
    try:
        temporary = folder / final.name
        yield temporary
        _flush(temporary)
        os.replace(temporary, final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_writable(path: str | Path) -> None:
    """Raise `InputError` where no file could be put at `path`; called before long work as well as at the end of it."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written to; choose another")


def _flush(path: Path) -> None:
    """Put the bytes on the disk before the rename: after a power cut the name stands for a whole file or for none."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
