"""Three replicas of small trajectories, and a way to run a command in this process."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lammps_glass.cli import main

_spec = importlib.util.spec_from_file_location("dumps", Path(__file__).with_name("dumps.py"))
dumps_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dumps_module)


class Outcome(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(scope="session")
def dumps():
    """The module `dumps.py` beside this file."""
    return dumps_module


@pytest.fixture
def run(capsys) -> Callable[..., Outcome]:
    """``run("describe", path, ...)``: exit status, stdout and stderr of a command."""

    def call(*words: object) -> Outcome:
        capsys.readouterr()
        status = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def trajectories(tmp_path_factory) -> list[Path]:
    root = tmp_path_factory.mktemp("replicas")
    return [dumps_module.trajectory(root / name / "traj.lammpstrj", seed) for seed, name in enumerate("abc")]


@pytest.fixture(scope="session")
def rows(trajectories, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    words = ["describe", *map(str, trajectories), "-d", "interstices", "--glass", "kob-andersen", "-o", str(path)]
    assert main([*words, "--quiet"]) == 0
    return path


@pytest.fixture(scope="session")
def labels(trajectories, tmp_path_factory) -> Path:
    """The labels of all three replicas in one table."""
    import pandas as pd

    folder = tmp_path_factory.mktemp("labels")
    parts = []
    for number, path in enumerate(trajectories):
        part = folder / f"{number}.parquet"
        words = ["label", "d2min", str(path), str(path), "--lag", "1", "--r-max", "1.5", "-o", str(part), "--quiet"]
        assert main([*words, "--glass", "kob-andersen"]) == 0
        parts.append(pd.read_parquet(part))
    pd.concat(parts).to_parquet(folder / "labels.parquet")
    return folder / "labels.parquet"
