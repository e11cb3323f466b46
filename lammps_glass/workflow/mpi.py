"""Run a case on several MPI ranks: its process starts a launcher, and every rank opens LAMMPS with the communicator.

``mpiexec -n R python -m lammps_glass.workflow.mpi FOLDER`` runs the case that rank 0 reads from its standard input, and
rank 0 writes files.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypedDict

from lammps_glass.errors import InputError, LammpsGlassError, SimulationError, tail
from lammps_glass.files import atomic_path
from lammps_glass.json_types import JsonObject, Options
from lammps_glass.operations.case import Case
from lammps_glass.product import Conditions, Product
from lammps_glass.simulate.engine import EngineOptions
from lammps_glass.simulate.protocols.base import Protocol
from lammps_glass.workflow.processes import peak_memory, watch_parent
from lammps_glass.workflow.schema import EngineTable

if TYPE_CHECKING:
    from mpi4py import MPI

#: A site's own launcher with any options; a study file may name only the launchers and options below.
LAUNCHER_VARIABLE = "LAMMPS_GLASS_LAUNCHER"
OUTPUT, RESULT = ".ranks.log", ".ranks-result.json"
GRACE = 5.0


class Named(TypedDict):
    """A part by its name in the registry, with the options that build it."""

    name: str
    options: Options


class Job(TypedDict):
    """What rank 0 reads: the case, its protocol and glass, and the folders and conditions behind each port."""

    case: JsonObject
    protocol: Named
    glass: Named
    reads: dict[str, list[tuple[str, Conditions]]]


# -- in the case's process ---------------------------------------------------------------------------------------------


def launcher_words(engine: EngineTable, stage: str) -> list[str]:
    """Return the launcher as words: ``$LAMMPS_GLASS_LAUNCHER``, else the study's, for Slurm inside a Slurm job.

    Raises
    ------
    InputError
        There is no such program beside this Python or on the PATH.
    """
    named = engine.launcher
    if os.environ.get("SLURM_JOB_ID"):
        named = engine.slurm.of(stage).launcher
    program, *options = shlex.split(os.environ.get(LAUNCHER_VARIABLE) or named)
    beside = Path(sys.executable).parent / program  # the mpich wheel's: the MPI library that LAMMPS is linked to
    path = str(beside) if beside.is_file() else shutil.which(program)
    if path is None:
        raise InputError(
            f"stages.{stage}.ranks: no program {program!r} beside {sys.executable} or on the PATH: "
            f"pip install 'lammps[mpi]', or name your site's in [engine] launcher or ${LAUNCHER_VARIABLE}"
        )
    return [path, *options]


def run_ranks(launcher: Sequence[str], ranks: int, case: Case[object], sources: Mapping[str, Sequence[Product]]) -> int:
    """Run the protocol of a case on `ranks` ranks; return the sum of their peak memories (bytes).

    Raises
    ------
    InputError
        mpi4py is missing, or the protocol refused its input.
    SimulationError
        LAMMPS failed, or a rank crashed; the other ranks have been ended.
    """
    require_mpi4py()
    directory = case.directory
    for path in directory.glob(".ranks*"):
        path.unlink()
    # A pipe as standard input: it closes with this process, however this ends, and rank 0 then ends all ranks.
    command = [*launcher, "-n", str(ranks), sys.executable, "-m", __name__, str(directory)]
    with (directory / OUTPUT).open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, bufsize=0)
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError):  # ranks that have ended already, as their status shows
                process.stdin.write(f"{_job(case, sources)}\n".encode())
            code = process.wait()
        finally:
            _end(process)
    if code != 0:
        _raise(directory, f"{Path(launcher[0]).name} -n {ranks}", code)
    result = json.loads((directory / RESULT).read_text(encoding="utf-8"))
    for name in (OUTPUT, RESULT):
        (directory / name).unlink()
    return int(result["peak_memory"])


def require_mpi4py() -> None:
    """Raise `InputError` when mpi4py is not installed; it is not imported here, as importing starts MPI."""
    from importlib.util import find_spec

    if find_spec("mpi4py") is None:
        raise InputError("a stage with ranks above 1 needs mpi4py: pip install 'lammps-glass[mpi]'")


def _job(case: Case[object], sources: Mapping[str, Sequence[Product]]) -> str:
    """Write a case and what it reads as one line of JSON."""
    protocol = case.parameters
    if not isinstance(protocol, Protocol):
        raise TypeError(f"stage {case.stage}: only a protocol runs on several ranks")
    job: Job = {
        "case": {name: getattr(case, name) for name in ("study", "preset", "stage", "conditions", "seed")},
        "protocol": {"name": protocol.name, "options": protocol.options()},
        "glass": {"name": case.glass.name, "options": case.glass.options()},
        "reads": {port: [(str(p.directory.resolve()), p.conditions) for p in read] for port, read in sources.items()},
    }
    return json.dumps(job)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe, ask the launcher to end its ranks, and kill it if it does not."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    if process.poll() is None:
        process.kill()
        process.wait()


def _raise(directory: Path, launcher: str, code: int) -> NoReturn:
    """Raise the error that a rank left, else one with the launcher's status and the tails of log and output."""
    for path in sorted(directory.glob(".ranks-error-*.json")):
        error = json.loads(path.read_text(encoding="utf-8"))
        if error["status"] == InputError.exit_status:
            raise InputError(error["message"])
        raise SimulationError(error["message"], log_tail=error["log"], deck=error["deck"])
    output = tail(directory / OUTPUT)
    # Decks do not flush their logs: the segment at work may have written nothing yet.
    logs = [path for path in (directory / "segments").glob("*.log") if path.stat().st_size]
    log = tail(max(logs, key=lambda path: path.stat().st_mtime)) if logs else ""
    raise SimulationError(
        f"a rank crashed: {launcher} ended with status {code}",
        log_tail=f"{log}\n{output}".strip(),
        deck=_deck(directory),
    )


def _deck(directory: Path) -> str:
    return str(directory / "in.lmp") if (directory / "in.lmp").is_file() else ""


# -- in a rank ---------------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> None:
    """Run the case of a folder as one of its ranks; an error here ends all ranks."""
    from mpi4py import MPI

    communicator, directory = MPI.COMM_WORLD, Path(arguments[0])
    watch_parent(os.getppid())  # the launcher
    try:
        _work(communicator, directory)
    except BaseException as error:
        _leave_error(error, directory, communicator.Get_rank())
        communicator.Abort(error.exit_status if isinstance(error, LammpsGlassError) else 1)


def _work(communicator: MPI.Intracomm, directory: Path) -> None:
    from lammps_glass import glasses
    from lammps_glass.operations.simulation import START, run, simulation
    from lammps_glass.simulate import Record
    from lammps_glass.simulate.protocols import REGISTRY as PROTOCOLS

    job: Job = communicator.bcast(_receive() if communicator.Get_rank() == 0 else None)
    protocol, glass = PROTOCOLS.build(**job["protocol"]), glasses.build(**job["glass"])
    case: Case[Protocol] = Case(parameters=protocol, glass=glass, directory=directory, **job["case"])
    reads = {port: [Record(Path(p), conditions=c) for p, c in products] for port, products in job["reads"].items()}
    start = simulation(type(protocol)).arguments(case, reads).get(START)
    assert start is None or isinstance(start, Record)
    run(case, start, engine=EngineOptions(communicator))
    memory = communicator.reduce(peak_memory())
    if communicator.Get_rank() == 0:
        (directory / RESULT).write_text(json.dumps({"peak_memory": memory}), encoding="utf-8")


def _receive() -> Job:
    """Read the job that the case's process sends, and end when that closes the pipe."""

    def wait_for_end() -> None:
        """Read until the case's process closes the pipe."""
        while os.read(0, 1):
            pass
        os._exit(143)

    job: Job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=wait_for_end, daemon=True).start()
    return job


def _leave_error(error: BaseException, directory: Path, rank: int) -> None:
    """Keep the reason for the case's process: the launcher passes on only a number."""
    import traceback

    traceback.print_exc()
    text = str(error) if isinstance(error, LammpsGlassError) else f"{type(error).__name__}: {error}"
    reason = {
        "message": text,
        "status": error.exit_status if isinstance(error, LammpsGlassError) else 1,
        "log": getattr(error, "log_tail", ""),
        "deck": getattr(error, "deck", "") or _deck(directory),
    }
    with atomic_path(directory / f".ranks-error-{rank}.json") as draft:
        draft.write_text(json.dumps(reason), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
