"""Keep the submitted arrays in ``DIR/.engine/jobs.json``, so that a later controller finds them again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.files import atomic_path

FORMAT = 1


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

    def drop(self, array: Array) -> None:
        """Forget an array, in the file too."""
        self.arrays = [other for other in self.arrays if other is not array]
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
