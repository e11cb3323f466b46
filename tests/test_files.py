"""A file under its final name is complete or absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path, check_writable


def test_the_name_appears_when_the_block_ends_well(tmp_path):
    final = tmp_path / "dump.x.gz"
    with atomic_path(final) as temporary:
        temporary.write_text("new")
        assert not final.exists()
        assert temporary.name == final.name  # names may say the format, at either end
    assert final.read_text() == "new"
    assert list(tmp_path.iterdir()) == [final]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, error):
    final = tmp_path / "x"
    final.write_text("old")

    def fail_halfway():
        with atomic_path(final) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail_halfway()
    assert final.read_text() == "old"
    assert list(tmp_path.iterdir()) == [final]


def test_places_where_no_file_can_be(tmp_path):
    for path in (tmp_path, tmp_path / "none" / "x"):
        with pytest.raises(InputError, match="folder"), atomic_path(path):
            pass
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null"), Path("/dev/stdout")):
        with pytest.raises(InputError, match="device or a pipe"):
            check_writable(path)
