"""The toy study on disk, known to this process and to those it starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import toy

from lammps_glass.resources import data_root


@pytest.fixture(scope="session", autouse=True)
def _plugin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    toy.install(folder)
    paths = [str(folder), str(toy.HERE), str(data_root()), os.environ.get("PYTHONPATH", "")]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        yield


@pytest.fixture
def study_file(tmp_path) -> Path:
    path = tmp_path / "toy.toml"
    path.write_text(toy.STUDY)
    return path


@pytest.fixture
def trace(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "trace"
    path.touch()
    monkeypatch.setenv("TOY_TRACE", str(path))
    return path
