"""Studies of tests/workflow/toy.py on disk, with small Slurm jobs, and the clusters that run them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fake.cluster import FakeSlurm

sys.path.append(str(Path(__file__).resolve().parents[1] / "workflow"))

import driving
import slurm_runs
import toy
from slurm_runs import SLURM, write_part

#: The command line, with a controller that looks more often at the queue and compiles no kernels: the toy has none.
QUICK = """
import sys
from lammps_glass.cli import main
from lammps_glass.workflow import precompile, slurm
slurm.FIRST_POLL, slurm.LONGEST_POLL = 0.1, 0.5
precompile.kernels_are_compiled = lambda: True
sys.exit(main())
"""


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
    """The stages of the toy without simulations, of two cases each; a task runs one nap."""
    return write_part(tmp_path / "naps.toml", "nap", "pair", item=2)


@pytest.fixture
def nap_file(tmp_path) -> Path:
    """One nap."""
    return write_part(tmp_path / "nap.toml", "nap", item=1)


@pytest.fixture
def trace(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "trace"
    path.touch()
    monkeypatch.setenv("TOY_TRACE", str(path))
    return path


@pytest.fixture
def fake_slurm(tmp_path, monkeypatch):
    """A fake Slurm whose commands are on the PATH, and quick controllers."""
    monkeypatch.setattr(driving, "COMMAND", [sys.executable, "-c", QUICK])
    with FakeSlurm(tmp_path / "slurm") as cluster:
        monkeypatch.setenv("PATH", str(cluster.bin), prepend=os.pathsep)
        yield cluster


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.slurm)])
def any_slurm(request):
    """The fake Slurm, and None for the cluster of this machine: a test runs on both."""
    return request.getfixturevalue(f"{request.param}_slurm")


@pytest.fixture
def real_slurm():
    """The cluster of this machine."""
    if shutil.which("sbatch") is None or subprocess.run(["squeue"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Slurm that answers here (sbatch, squeue)")
