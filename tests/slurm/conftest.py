"""The toy study of tests/workflow on disk, with small Slurm jobs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).resolve().parents[1] / "workflow"
SLURM = '\n[engine.slurm]\nmem_per_core = "500M"\ntime = "00:10:00"\n'


@pytest.fixture(scope="session", autouse=True)
def _plugin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(WORKFLOW))
        import toy

        with toy.installed(tmp_path_factory.mktemp("plugin")):
            yield
        sys.modules.pop("toy", None)


@pytest.fixture
def study_file(tmp_path) -> Path:
    import toy

    path = tmp_path / "toy.toml"
    path.write_text(toy.STUDY + SLURM)
    return path
