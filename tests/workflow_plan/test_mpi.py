"""Cases on two ranks: same physics as one, same bits when resumed, and a killed rank that fails its case alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from lammps_glass.errors import InputError, SimulationError
from lammps_glass.simulate import Record
from lammps_glass.workflow import Study, mpi, reproduce, run_case
from lammps_glass.workflow.folder import take_folder
from lammps_glass.workflow.schema import EngineTable

pytest.importorskip("mpi4py", reason="ranks need mpi4py: pip install 'lammps-glass[mpi]'")

pytestmark = pytest.mark.study

SETTINGS = {
    "glass.n_particles": 300,
    "stages.quench.over": {"replica": 1},
    "stages.quench.liquid": 100,
    "stages.quench.cooling": 500,
    "stages.creep.over": {"replica": 1},
    "stages.creep.steps": 1000,
    "stages.creep.snapshot_every": 500,
    "stages.creep.segment_steps": 200,
    "stages.creep.thermo_every": 10,
}


def _study(out: Path, ranks: int, **more: object) -> Study:
    return Study.read("looseness", "smoke", out, {**SETTINGS, "stages.creep.ranks": ranks, **more})


@pytest.fixture(scope="module")
def quenched(tmp_path_factory):
    """The ``cases`` folder of a study whose only finished case is a quench on one rank."""
    study = _study(tmp_path_factory.mktemp("quenched"), 1)
    run_case(study, study.case("quench", 0))
    return study.out / "cases"


def _creep(quenched: Path, out: Path, ranks: int) -> tuple[Study, Record]:
    study = _with_quench(quenched, out, ranks)
    case = study.case("creep", 0)
    assert run_case(study, case).ranks == ranks
    return study, Record(study.store.folder(case))


def _with_quench(quenched: Path, out: Path, ranks: int, **more: object) -> Study:
    study = _study(out, ranks, **more)
    take_folder(study.file, study.out, exact=True)
    shutil.copytree(quenched, out / "cases")
    return study


@pytest.fixture(scope="module")
def two(quenched, tmp_path_factory):
    return _creep(quenched, tmp_path_factory.mktemp("two"), 2)


def test_two_ranks_follow_one_and_write_the_products_once(quenched, two, tmp_path):
    _, one = _creep(quenched, tmp_path, 1)
    study, record = two
    # Sums over particles in another order differ by round-off (1e-15), which chaos multiplies in time: the largest
    # relative difference of the first 50 steps is measured at 1e-13. A lost or doubled particle gives 1e-3.
    rows = [r.thermo[r.thermo["step"] <= 50] for r in (one, record)]
    assert len(rows[0]) == 6
    for column in ("pe", "ke", "lz"):
        np.testing.assert_allclose(rows[0][column], rows[1][column], rtol=1e-10, err_msg=column)
    assert len(record.thermo) == len(one.thermo)
    assert len(record.final) == 300
    assert record.n_frames == one.n_frames == 3
    left = {path.name for path in record.directory.iterdir()}
    assert left == {path.name for path in one.directory.iterdir()}, "no file of the ranks stays"
    case = study.case("creep", 0)
    assert study.params(case) != _study(tmp_path, 1).params(case), "ranks are part of the key"


def _ranks_of(folder: Path) -> list[psutil.Process]:
    """The rank processes at work below `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words[1:3] == ["-m", "lammps_glass.workflow.mpi"] and words[-1].startswith(str(folder)):
            found.append(process)
    return found


def _wait_for_segment(out: Path, case: subprocess.Popen[bytes]) -> list[psutil.Process]:
    end = time.monotonic() + 60
    while time.monotonic() < end and case.poll() is None:
        ranks = _ranks_of(out)
        if len(ranks) == 2 and list(out.glob("cases/*/.tmp-*/segments/3.restart")):
            return ranks
        time.sleep(0.01)
    raise AssertionError("no segment was seen at work")


def _start(study: Study) -> subprocess.Popen[bytes]:
    take_folder(study.file, study.out, exact=True)
    command = [sys.executable, "-m", "lammps_glass", "run", str(study.out), "--stage", "creep", "--case", "0"]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def _nobody_left(out: Path) -> bool:
    """Whether all ranks are gone within five seconds."""
    _, alive = psutil.wait_procs(_ranks_of(out), timeout=5)
    return not alive and not _ranks_of(out)


def test_killed_rank_fails_the_case_and_resume_gives_the_same_bits(quenched, two, tmp_path):
    study = _with_quench(quenched, tmp_path, 2)
    case = study.case("creep", 0)
    started = _start(study)
    _wait_for_segment(tmp_path, started)[-1].send_signal(signal.SIGKILL)
    _, text = started.communicate(timeout=30)
    assert started.returncode == SimulationError.exit_status
    assert b"a rank crashed" in text
    assert not study.store.folder(case).exists()
    failure = study.store.failure(case)
    assert failure
    assert "timestep" in failure["log"], "the tail of the log of LAMMPS is kept"
    assert _nobody_left(tmp_path)
    run_case(study, case)
    assert _same_products(study, two[0])


def _same_products(study: Study, undisturbed: Study) -> bool:
    case = study.case("creep", 0)
    one, other = (s.store.require_manifest(case) for s in (study, undisturbed))
    return one.products == other.products


def test_killed_case_leaves_no_rank(quenched, tmp_path):
    started = _start(_with_quench(quenched, tmp_path, 2))
    _wait_for_segment(tmp_path, started)
    started.kill()
    started.communicate(timeout=30)
    assert _nobody_left(tmp_path)


def test_error_of_the_ranks_is_the_error_of_the_case(quenched, tmp_path):
    """LAMMPS's own message reaches the case: at this temperature particles leave the box in one step."""
    study = _with_quench(quenched, tmp_path, 2, **{"stages.creep.temperature": 1e9})
    with pytest.raises(SimulationError, match="LAMMPS: "):
        run_case(study, study.case("creep", 0))
    failure = study.store.failure(study.case("creep", 0))
    assert failure
    assert "\n" not in failure["reason"]
    assert failure["deck"]
    assert not study.store.folder(study.case("creep", 0)).exists()
    assert _nobody_left(tmp_path)


def test_missing_mpi4py_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'lammps-glass\[mpi\]'"):
        mpi.require_mpi4py()


def test_launcher_is_found_without_path_and_is_no_door_to_commands(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.delenv(mpi.LAUNCHER_VARIABLE, raising=False)
    assert Path(mpi.launcher_words(EngineTable(), "quench")[0]).is_file()
    with pytest.raises(InputError, match="no program 'srun'"):
        mpi.launcher_words(EngineTable(launcher="srun --mpi=pmi2"), "quench")
    monkeypatch.setenv(mpi.LAUNCHER_VARIABLE, f"{sys.executable} --any -option")
    assert mpi.launcher_words(EngineTable(), "quench")[1:] == ["--any", "-option"]
    for bad in ("rm -rf x", "srun --exact rm", "mpiexec rm", "mpiexec -ppn 2 rm", "srun --prolog=x", "mpiexec\nrm", ""):
        with pytest.raises(ValueError, match="launcher"):
            EngineTable(launcher=bad)


def test_ranks_belong_to_simulations(tmp_path):
    with pytest.raises(InputError, match=r"stages\.label.*only a stage with run = .simulate."):
        Study.read("looseness", "smoke", tmp_path, {"stages.label.ranks": 2})


def test_more_ranks_than_cores_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(InputError, match=r"stages\.creep\.ranks = 2, more than the cores"):
        reproduce(Study.read("looseness", "smoke", tmp_path, {"stages.creep.ranks": 2}), cores=1, quiet=True)
    assert not list(tmp_path.glob("cases/*/*"))
