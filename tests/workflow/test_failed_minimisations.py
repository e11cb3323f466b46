"""A case whose minimisation failed keeps its cooling for another limit, and for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy

from lammps_glass.errors import UnconvergedError
from lammps_glass.simulate import run as running
from lammps_glass.workflow import Study
from lammps_glass.workflow.manifest import Manifest
from lammps_glass.workflow.runner import run_in_folder


@pytest.mark.parametrize(("settings", "repeated"), [({}, "minimisation"), ({"stages.quench.cooling": 450}, "all")])
def test_the_minimisation_alone_is_run_again(tmp_path, monkeypatch, settings, repeated):
    file = tmp_path / "toy.toml"
    file.write_text(toy.STUDY)
    ran: list[int] = []
    run_segment = running.run_segment

    def recorded(protocol, plan, segment, options):
        ran.append(segment)
        run_segment(protocol, plan, segment, options)

    def quench(out: Path, **more) -> Manifest:
        ran.clear()
        study = Study.read(file, None, out, {**settings, **more})
        return run_in_folder(study, study.case("quench", 0))

    monkeypatch.setattr(running, "run_segment", recorded)
    study = Study.read(file, None, tmp_path / "out", {"stages.quench.max_iterations": 2})
    with pytest.raises(UnconvergedError, match="raise max_iterations"):
        run_in_folder(study, study.case("quench", 0))
    n_segments = len(ran)
    again = quench(tmp_path / "out")
    assert len(ran) == (1 if repeated == "minimisation" else n_segments + 1)
    whole = quench(tmp_path / "whole")
    assert again.key == whole.key
    assert again.products_hash == whole.products_hash
