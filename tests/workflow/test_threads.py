"""One thread a case, whoever runs it."""

import os

import numpy as np
from threadpoolctl import threadpool_info

from lammps_glass.operations import Operation
from lammps_glass.workflow.processes import THREAD_VARIABLES, one_thread


def blas_threads() -> set[int]:
    return {int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_libraries_take_one_thread_and_get_theirs_back(monkeypatch):
    monkeypatch.setenv(THREAD_VARIABLES[0], "3")
    monkeypatch.delenv(THREAD_VARIABLES[1], raising=False)
    np.dot(np.eye(2), np.eye(2))  # BLAS is loaded
    before = blas_threads()
    with one_thread():
        assert blas_threads() == {1}
        assert {os.environ[name] for name in THREAD_VARIABLES} == {"1"}
    assert blas_threads() == before
    assert os.environ[THREAD_VARIABLES[0]] == "3"
    assert THREAD_VARIABLES[1] not in os.environ


def test_every_case_runs_with_one_thread(study_file, tmp_path, monkeypatch):
    from lammps_glass.workflow import Study, runner

    study = Study.read(study_file, None, tmp_path / "out")
    threads = []
    monkeypatch.setattr(Operation, "run", lambda *values: threads.append(os.environ["OMP_NUM_THREADS"]))
    runner.execute(study, study.case("nap", 0), tmp_path)
    assert threads == ["1"]
