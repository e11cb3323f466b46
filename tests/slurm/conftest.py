"""The toy study of tests/workflow on disk, with small Slurm jobs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lammps_glass.resources import data_root

WORKFLOW = Path(__file__).resolve().parents[1] / "workflow"
SLURM = '\n[engine.slurm]\nmem_per_core = "500M"\ntime = "00:10:00"\n'


@pytest.fixture(scope="session", autouse=True)
def _plugin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(WORKFLOW))
        import toy

        folder = tmp_path_factory.mktemp("plugin")
        toy.install(folder)
        patch.syspath_prepend(str(folder))
        paths = [str(folder), str(WORKFLOW), str(data_root()), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        yield
        sys.modules.pop("toy", None)


@pytest.fixture
def study_file(tmp_path) -> Path:
    import toy

    path = tmp_path / "toy.toml"
    path.write_text(toy.STUDY + SLURM)
    return path
