"""A one-node Slurm for tests: real processes run array tasks, and a thread of the test answers Slurm's commands.

Only the options that the package, submitit and ``job_array.sh`` use are understood; any other fails the test. What
real clusters do, and tests cannot ask of one, is a method or an attribute of `FakeSlurm`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: The commands, and how each begins an error message; submitit only looks whether there is an `srun`.
COMMANDS = {
    "sbatch": "sbatch: error: ",
    "squeue": "slurm_load_jobs error: ",
    "scancel": "scancel: error: ",
    "scontrol": "scontrol: error: ",
    "sacct": "",
    "srun": "srun: error: ",
}
NODE = "node1"
TICK = 0.02


class CommandError(Exception):
    """Message of a command on standard error, before it exits with status 1."""


class Parser(argparse.ArgumentParser):
    def __init__(self, name: str) -> None:
        super().__init__(name, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> None:
        raise NotImplementedError(f"{self.prog}: {message}")


@dataclass
class Task:
    """A job, or a task of an array, in the states that ``sacct`` names."""

    job: int
    index: int | None
    raw_id: int
    state: str = "PENDING"
    restarts: int = 0
    started: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    #: State that a task being ended will have, and since when it is being ended.
    final_state: str = ""
    ending: float = 0.0

    @property
    def id(self) -> str:
        return str(self.job) if self.index is None else f"{self.job}_{self.index}"

    @property
    def listed_state(self) -> str:
        """State in ``squeue``."""
        return "COMPLETING" if self.state == "RUNNING" and self.final_state else self.state

    def signal(self, number: int) -> None:
        """Signal all processes of the task."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@dataclass
class Job:
    options: argparse.Namespace
    script: str
    directory: str
    environment: dict[str, str]
    limit: int
    tasks: list[Task] = field(default_factory=list)


def parse_batch_options(script: str, words: list[str]) -> argparse.Namespace:
    """Options of ``sbatch``: those of the command line overrule those in the head of the script."""
    parser = Parser("sbatch")
    for name in ("job-name", "output", "error", "time", "array", "dependency"):
        parser.add_argument(f"--{name}", default="")
    ignored = ("cpus-per-task", "export", "mem-per-cpu", "nodes", "ntasks", "open-mode", "partition", "signal")
    for name in ignored:
        parser.add_argument(f"--{name}")
    parser.add_argument("--parsable", action="store_true")
    parser.add_argument("--requeue", action="store_true")
    header = [word for line in re.findall(r"^#SBATCH (.*)", script, re.M) for word in shlex.split(line)]
    return parser.parse_args([*header, *words])


def parse_minutes(text: str) -> float:
    """A time limit, ``MINUTES`` or ``[D-]HH:MM:SS``, in minutes; an hour where there is none."""
    if text.isdigit() or not text:
        return float(text or 60)
    days, _, clock = text.rpartition("-")
    hours, minutes, seconds = map(int, clock.split(":"))
    return (int(days or 0) * 24 + hours) * 60 + minutes + seconds / 60


class FakeSlurm:
    """The cluster: ``with FakeSlurm(folder) as cluster``; ``cluster.bin`` holds the commands.

    Parameters
    ----------
    folder
        Where the commands are written.
    cpus
        Tasks that run at once, whatever array they belong to.

    Attributes
    ----------
    minute
        Seconds that a minute of a time limit takes.
    kill_wait
        Seconds between SIGTERM and SIGKILL.
    max_array
        MaxArraySize.
    max_tasks
        Tasks that may be submitted and not ended.
    requeue
        Whether tasks of a lost node go back into the queue (JobRequeue).
    accounting
        Whether ``sacct`` answers.
    refusal
        Message with which ``sbatch`` refuses every job.
    unreachable
        Whether commands find no controller.
    answer_delay
        Seconds for which ``sbatch`` keeps the id of a job that it has submitted.
    """

    def __init__(self, folder: Path, cpus: int = 2) -> None:
        self.cpus = cpus
        self.minute, self.kill_wait = 60.0, 2.0
        self.max_array, self.max_tasks = 1001, 10_000
        self.requeue, self.accounting = True, False
        self.refusal, self.unreachable, self.answer_delay = "", False, 0.0
        self.n_refused, self.looks = 0, 0
        self.jobs: dict[int, Job] = {}
        self.faults: list[str] = []  # of the fake
        self._next_id = 1
        self._lock, self._stop = threading.RLock(), threading.Event()
        self._socket = Path(tempfile.mkdtemp(prefix="slurm-")) / "s"  # a socket's path is shorter than most folders'
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for name in COMMANDS:
            words = [sys.executable, "-IS", str(Path(__file__).with_name("command.py")), str(self._socket), name]
            (self.bin / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            (self.bin / name).chmod(0o755)

    def __enter__(self) -> FakeSlurm:
        cluster = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                request = json.loads(self.rfile.readline())
                self.wfile.write(json.dumps(cluster._answer(**request)).encode() + b"\n")

        self._server = socketserver.ThreadingUnixStreamServer(str(self._socket), Handler)
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(TICK,))]
        self._threads.append(threading.Thread(target=self._run))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()
        for task in self.tasks:
            if task.process is not None:
                task.signal(signal.SIGKILL)
                task.process.wait()
        self._socket.unlink()
        self._socket.parent.rmdir()
        assert not self.faults, "\n".join(self.faults)

    @property
    def tasks(self) -> list[Task]:
        return [task for job in list(self.jobs.values()) for task in job.tasks]

    # -- what tests ask of it ------------------------------------------------------------------------------------------

    def states(self, job: str | int) -> list[str]:
        """States of the tasks of a job, in the order of their indices."""
        return [task.state for task in self.jobs[int(job)].tasks]

    def lose_node(self, task_id: str) -> None:
        """End a running task as the loss of its node does: without a word, and perhaps put back into the queue."""
        with self._lock:
            (task,) = self._find(task_id)
            task.signal(signal.SIGKILL)
            task.process.wait()
            task.process = None
            task.state = "PENDING" if self.requeue else "NODE_FAIL"
            task.restarts += 1

    def reach_time_limit(self, task_id: str) -> None:
        """End a running task as its time limit does."""
        with self._lock:
            (task,) = self._find(task_id)
            self._terminate(task, "TIMEOUT", " DUE TO TIME LIMIT")

    # -- the commands --------------------------------------------------------------------------------------------------

    def _answer(self, words: list[str], cwd: str, environment: dict[str, str]) -> dict[str, object]:
        name, *words = words
        answer = {"code": 0, "out": "", "err": "", "delay": 0.0}
        try:
            with self._lock:
                self.looks += name == "squeue"
                if self.unreachable:
                    raise CommandError("Unable to contact slurm controller (connect failure)")
                if name == "sbatch":
                    answer |= {"out": self._sbatch(words, cwd, environment), "delay": self.answer_delay}
                else:
                    answer["out"] = getattr(self, f"_{name}")(words)
        except CommandError as error:
            self.n_refused += name == "sbatch"
            answer |= {"code": 1, "err": "".join(f"{COMMANDS[name]}{line}\n" for line in str(error).splitlines())}
        except Exception:
            self.faults.append(traceback.format_exc())
            answer |= {"code": 1, "err": self.faults[-1]}
        return answer

    def _sbatch(self, words: list[str], cwd: str, environment: dict[str, str]) -> str:
        *words, path = words
        script = Path(cwd, path).read_text()
        options = parse_batch_options(script, words)
        indices, _, limit = options.array.partition("%")
        first, _, last = indices.partition("-")
        numbers = range(int(first), int(last) + 1) if indices else [None]
        if self.refusal:
            raise CommandError(self.refusal)
        if indices and int(last) >= self.max_array:
            raise CommandError("Batch job submission failed: Invalid job array specification")
        if len(self._open_tasks()) + len(numbers) > self.max_tasks:
            raise CommandError(
                "QOSMaxSubmitJobPerUserLimit\nBatch job submission failed: Job violates accounting/QOS policy "
                "(job submit limit, user's size and/or time limits)"
            )
        job_id = self._new_id()
        job = Job(options, script, cwd, environment, int(limit or len(numbers)))
        job.tasks = [Task(job_id, index, job_id if index is None else self._new_id()) for index in numbers]
        self.jobs[job_id] = job
        return f"{job_id}\n" if options.parsable else f"Submitted batch job {job_id}\n"

    def _squeue(self, words: list[str]) -> str:
        parser = Parser("squeue")
        parser.add_argument("-h", "--noheader", action="store_true", required=True)
        parser.add_argument("-r", "--array", action="store_true")
        parser.add_argument("-u", "--user")
        parser.add_argument("-j", "--jobs")
        parser.add_argument("-o", "--format", default="%i %j %T")
        options = parser.parse_args(words)
        tasks = self._find(options.jobs) if options.jobs else self.tasks
        lines = []
        for task in tasks:
            if task.state in ("PENDING", "RUNNING"):
                values = {"%i": task.id, "%T": task.listed_state, "%j": self.jobs[task.job].options.job_name}
                lines.append(re.sub("%[a-zA-Z]", lambda match, values=values: values[match[0]], options.format))
        return "".join(f"{line}\n" for line in lines)

    def _scancel(self, words: list[str]) -> str:
        for word in words:
            for task in self._find(word):
                if task.state == "PENDING":
                    task.state = "CANCELLED"
                elif task.state == "RUNNING" and not task.final_state:
                    self._terminate(task, "CANCELLED", "")
        return ""

    def _scontrol(self, words: list[str]) -> str:
        if words != ["show", "config"]:
            raise NotImplementedError(f"scontrol {words}")
        return f"Configuration data\nMaxArraySize            = {self.max_array}\nMaxJobCount             = 20000\n"

    def _sacct(self, words: list[str]) -> str:
        """The call of submitit: ``sacct -o JobID,State,NodeList --parsable2 -j JOB``."""
        if not self.accounting:
            raise CommandError("Slurm accounting storage is disabled")
        parser = Parser("sacct")
        parser.add_argument("-o", choices=["JobID,State,NodeList"], required=True)
        parser.add_argument("--parsable2", action="store_true", required=True)
        parser.add_argument("-j", action="append", default=[])
        tasks = [task for job in parser.parse_args(words).j for task in self._find(job)]
        return "JobID|State|NodeList\n" + "".join(f"{task.id}|{task.state}|{NODE}\n" for task in tasks)

    def _srun(self, words: list[str]) -> str:
        raise NotImplementedError(f"srun {words}: a task runs on the only node")

    def _find(self, job: str) -> list[Task]:
        """Tasks of ``12`` (a job, or the id that a task of an array has in its environment) or ``12_3``."""
        tasks = [task for task in self.tasks if job in (task.id, str(task.job), str(task.raw_id))]
        if not tasks:
            raise CommandError("Invalid job id specified")
        return tasks

    # -- the scheduler -------------------------------------------------------------------------------------------------

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _open_tasks(self, *states: str) -> list[Task]:
        return [task for task in self.tasks if task.state in (states or ("PENDING", "RUNNING"))]

    def _run(self) -> None:
        while not self._stop.wait(TICK):
            with self._lock:
                try:
                    self._schedule()
                except Exception:
                    self.faults.append(traceback.format_exc())
                    return

    def _schedule(self) -> None:
        for task in self._open_tasks("RUNNING"):
            self._look_at(task)
        for task in self._startable():
            self._start(task)

    def _look_at(self, task: Task) -> None:
        """Notice the end of a running task, or bring it about."""
        now = time.monotonic()
        status = task.process.poll()
        if status is not None:
            task.signal(signal.SIGKILL)  # what the script left in the background
            task.state = task.final_state or ("COMPLETED" if status == 0 else "FAILED")
        elif task.final_state:
            if now - task.ending > self.kill_wait:
                task.signal(signal.SIGKILL)
        elif now - task.started > parse_minutes(self.jobs[task.job].options.time) * self.minute:
            self._terminate(task, "TIMEOUT", " DUE TO TIME LIMIT")

    def _terminate(self, task: Task, state: str, cause: str) -> None:
        """Begin to end a running task: a line in its output, SIGTERM, and after a while SIGKILL."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S")
        with self._output(task, "error").open("a") as stream:
            stream.write(f"slurmstepd: error: *** JOB {task.raw_id} ON {NODE} CANCELLED AT {at}{cause} ***\n")
        task.final_state, task.ending = state, time.monotonic()
        task.signal(signal.SIGCONT)
        task.signal(signal.SIGTERM)

    def _startable(self) -> Iterator[Task]:
        for job in self.jobs.values():
            awaited = [self.jobs[int(i)] for i in re.findall(r"\d+", job.options.dependency)]
            if any(task.state in ("PENDING", "RUNNING") for other in awaited for task in other.tasks):
                continue
            for task in job.tasks:
                running = sum(other.state == "RUNNING" for other in job.tasks)
                if task.state == "PENDING" and running < job.limit and len(self._open_tasks("RUNNING")) < self.cpus:
                    yield task

    def _output(self, task: Task, stream: str) -> Path:
        job = self.jobs[task.job]
        pattern = getattr(job.options, stream) or job.options.output
        values = {"%A": task.job, "%a": task.index, "%j": task.raw_id}
        return Path(job.directory, re.sub("%[Aaj]", lambda match: str(values[match[0]]), pattern))

    def _start(self, task: Task) -> None:
        job = self.jobs[task.job]
        environment = {**job.environment, "SLURM_JOB_ID": str(task.raw_id), "SLURM_JOB_NODELIST": NODE}
        if task.index is not None:
            environment |= {"SLURM_ARRAY_JOB_ID": str(task.job), "SLURM_ARRAY_TASK_ID": str(task.index)}
        if task.restarts:
            environment["SLURM_RESTART_COUNT"] = str(task.restarts)
        with self._output(task, "output").open("ab") as out, self._output(task, "error").open("ab") as err:
            task.process = subprocess.Popen(
                ["bash", "-c", job.script],
                cwd=job.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        task.state, task.started = "RUNNING", time.monotonic()
