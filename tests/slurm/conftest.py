"""Studies of tests/workflow/toy.py on disk, with small Slurm jobs, and the clusters that run them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w
from fake.cluster import FakeSlurm

sys.path.append(str(Path(__file__).resolve().parents[1] / "workflow"))

import slurm_runs
import toy

SLURM = '\n[engine.slurm]\nmem_per_core = "500M"\ntime = "00:10:00"\nmax_running = 2\n'


@pytest.fixture(scope="session", autouse=True)
def _plugin(tmp_path_factory):
    with toy.installed(tmp_path_factory.mktemp("plugin")):
        yield


@pytest.fixture(autouse=True)
def _controllers():
    """A test that fails leaves no controller at work."""
    yield
    for controller in slurm_runs.controllers:
        if controller.poll() is None:
            os.killpg(controller.pid, signal.SIGKILL)
            controller.communicate()
    slurm_runs.controllers.clear()


@pytest.fixture
def study_file(tmp_path) -> Path:
    """The whole toy study."""
    path = tmp_path / "toy.toml"
    path.write_text(toy.STUDY + SLURM)
    return path


@pytest.fixture
def naps_file(tmp_path) -> Path:
    """The two stages of the toy without simulations, of four cases each; a task runs one nap."""
    study = tomllib.loads(toy.STUDY + SLURM)
    study["stages"] = {name: {**study["stages"][name], "over": {"item": 4}} for name in ("nap", "pair")}
    study["presets"] = {}
    study["engine"]["slurm"]["max_running"] = 4
    path = tmp_path / "naps.toml"
    path.write_text(tomli_w.dumps(study))
    return path


@pytest.fixture
def trace(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "trace"
    path.touch()
    monkeypatch.setenv("TOY_TRACE", str(path))
    return path


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    """A fake Slurm whose commands are on the PATH."""
    with FakeSlurm(tmp_path / "slurm") as cluster:
        monkeypatch.setenv("PATH", str(cluster.bin), prepend=os.pathsep)
        yield cluster


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.slurm)])
def any_slurm(request):
    """Name of the cluster whose commands are on the PATH: the fake, or one that answers here."""
    if request.param == "fake":
        request.getfixturevalue("fake_slurm")
    else:
        request.getfixturevalue("real_slurm")
    return request.param


@pytest.fixture
def real_slurm():
    """The cluster of this machine."""
    if shutil.which("sbatch") is None or subprocess.run(["squeue"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Slurm that answers here (sbatch, squeue)")
