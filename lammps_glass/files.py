"""Files that are complete or absent: written in a temporary folder beside the final name, then renamed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lammps_glass.errors import InputError

#: The disk is full, the quota or the largest size of a file is reached, or the disk fails.
_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends well, and is removed when it does not.

    The temporary file has the final name (in a hidden folder beside it), since the name may say the format.

    Raises
    ------
    InputError
        `path` is a folder or a device, its folder does not exist or cannot be written to, or the disk is full.
    """
    final = Path(path)
    check_writable(final)
    folder = _temporary_folder(final)
    try:
        with disk_faults_named(final):
            temporary = folder / final.name
            yield temporary
            _flush(temporary)
            os.replace(temporary, final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def disk_faults_named(path: str | Path) -> Iterator[None]:
    """Turn the error of a full or failing disk, which names no file, into an `InputError` that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FAULTS:
            raise InputError(f"{path}: cannot be written ({os.strerror(error.errno).lower()})") from error
        raise


def _temporary_folder(final: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=".tmp-", dir=final.parent))
    except OSError as error:
        raise InputError(f"{final}: cannot be written ({(error.strerror or str(error)).lower()})") from error


def require_file(path: str | Path, wanted: str) -> None:
    """Raise `InputError` unless there is a file at `path`; `wanted` says which file to name in place of a folder."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name {wanted}")
    if not path.is_file():
        raise InputError(f"{path}: no such file")


def check_writable(path: str | Path) -> None:
    """Raise `InputError` where no file could be put at `path`; called before long work as well as at the end of it."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    # /dev/stdout is a link, which a file would replace even where it leads to one.
    if (path.exists() and not path.is_file()) or path.absolute().parent == Path("/dev"):
        raise InputError(f"{path}: is a device or a pipe, which would be replaced by a file; name another file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written to; choose another")


def _flush(path: Path) -> None:
    """Put the bytes on the disk before the rename: after a power cut the name stands for a whole file or for none."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
