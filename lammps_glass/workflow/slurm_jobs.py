"""Keep the submitted arrays in ``DIR/.engine/jobs.json`` for a later controller, and find how their tasks ended.

Slurm's accounting may be off: how a task ended shows in the exit status that its script left, or in the lack of one.
"""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lammps_glass.errors import InputError, tail
from lammps_glass.files import atomic_path

FORMAT = 1
#: What a shell returns for a child ended by SIGTERM: somebody ended the job, not the case.
TERMINATED = 128 + signal.SIGTERM
#: Statuses of our own process: 0 to 4 are a chunk that came to its end, more is a signal.
LAST_OWN_STATUS = 127


@dataclass
class Array:
    """A submitted job array, or a job of one task.

    Parameters
    ----------
    name
        Its job name in Slurm, not used twice: finds the array again when the controller crashed before it read the id.
    tasks
        Names of the cases of each task, by array index.
    parallelism
        Tasks that Slurm runs of it at once.
    job
        Slurm's id; empty until `sbatch` has answered.
    over
        Indices of the tasks that have been settled.
    """

    name: str
    stage: str
    tasks: list[list[str]]
    parallelism: int
    job: str = ""
    over: list[int] = field(default_factory=list)

    @classmethod
    def named(cls, study: str, stage: str, tasks: list[list[str]], parallelism: int) -> Array:
        """Make an array with a job name that no other has."""
        return cls(f"{study}-{stage}-{uuid.uuid4().hex[:8]}", stage, tasks, parallelism)

    def task_id(self, index: int) -> str:
        """Return the name of a task in `squeue`; submitit submits a single task as a plain job."""
        return self.job if len(self.tasks) == 1 else f"{self.job}_{index}"

    @property
    def open_tasks(self) -> list[int]:
        """Indices of the tasks that have not been settled."""
        settled = set(self.over)
        return [index for index in range(len(self.tasks)) if index not in settled]

    @property
    def may_run(self) -> int:
        """Number of its tasks that may run at this moment."""
        return min(self.parallelism, len(self.tasks) - len(self.over))


class JobBook:
    """The arrays with open tasks, kept in a file that is replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jobs.json"
        self.arrays = self._read()

    def _read(self) -> list[Array]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            return [Array(**entry) for entry in values["arrays"]] if values["format"] == FORMAT else []
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{self.path}: damaged ({error}): cancel this study's jobs (`squeue --me`) and delete the file"
            ) from error

    def save(self) -> None:
        """Write the arrays that still have open tasks."""
        self.arrays = [array for array in self.arrays if array.open_tasks]
        text = json.dumps({"format": FORMAT, "arrays": [asdict(array) for array in self.arrays]}, indent=1)
        with atomic_path(self.path) as draft:
            draft.write_text(text, encoding="utf-8")

    def add(self, array: Array) -> None:
        """Keep an array, in the file too."""
        self.arrays.append(array)
        self.save()

    def adopt(self, names: Iterable[tuple[str, str]]) -> None:
        """Give arrays without an id the one that `squeue` shows under their name; forget those it does not show.

        `names` are pairs (task id, job name).
        """
        jobs = {name: task.partition("_")[0] for task, name in names}
        for array in self.arrays:
            array.job = array.job or jobs.get(array.name, "")
        self.arrays = [array for array in self.arrays if array.job]
        self.save()

    @property
    def may_run(self) -> int:
        """Number of tasks of this study that may run at this moment."""
        return sum(array.may_run for array in self.arrays)


@dataclass(frozen=True)
class Ending:
    """The end of a task: `code` is None when the batch script could not even leave its status."""

    code: int | None
    output: str = ""
    began: bool = True

    @property
    def interrupted(self) -> bool:
        """Whether the job was ended from outside: cancelled, at its time limit, or with its node."""
        return self.code is None or self.code == TERMINATED

    @property
    def cancelled(self) -> bool:
        """Whether somebody cancelled the job: the step daemon says so in its output, or it left the queue unbegun."""
        notices = [line for line in self.output.splitlines() if "CANCELLED AT" in line]
        return self.interrupted and ("DUE TO" not in notices[-1] if notices else not self.began)

    @property
    def crashed(self) -> bool:
        """Whether the process was ended by a signal that it caused itself (or for its memory)."""
        return not self.interrupted and self.code is not None and self.code > LAST_OWN_STATUS

    @property
    def reason(self) -> str:
        """One line on the end, for the failure record."""
        if self.cancelled:
            return "the Slurm job was cancelled: the same command runs the case again"
        if "DUE TO TIME LIMIT" in self.output:
            return (
                "the Slurm job came to its time limit and the case had not got on: raise time in "
                "[engine.slurm] or [engine.slurm.STAGE]; the same command runs the case again"
            )
        if self.interrupted or self.code is None:
            return "the Slurm job is gone (node lost, preempted or killed): the same command runs the case again"
        if self.crashed:
            with suppress(ValueError):
                return f"the process ended with signal {signal.Signals(self.code - 128).name}"
        return f"the process ended with exit status {self.code}"


def exit_file(folder: Path, task: str) -> Path:
    """Return the path where the batch script of a task leaves its exit status."""
    return folder / f"{task}.exit"


def exit_status(folder: Path, task: str) -> int | None:
    """Read the status that the task's script left; None when there is none (yet)."""
    try:
        return int(exit_file(folder, task).read_text())
    except (OSError, ValueError):
        return None


def read_ending(folder: Path, task: str) -> Ending:
    """Read how `task` ended, once Slurm does not list it any more."""
    path = folder / f"{task}_0_log.err"
    return Ending(exit_status(folder, task), tail(path), began=path.is_file())
