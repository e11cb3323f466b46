"""The toy study on disk, known to this process and to those it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy


@pytest.fixture(scope="session", autouse=True)
def _plugin(tmp_path_factory):
    with toy.installed(tmp_path_factory.mktemp("plugin")):
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
