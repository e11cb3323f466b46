"""Runs of a study by ``--engine slurm``, and what they leave."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import tomli_w
import toy
from driving import command, start, starts, wait_until

#: Small jobs, for the end of a study file.
SLURM = '\n[engine.slurm]\nmem_per_core = "500M"\ntime = "00:10:00"\nmax_running = 2\n'
#: Started in the test that runs.
controllers: list[subprocess.Popen[str]] = []


def write_part(path: Path, *stages: str, **over: int) -> Path:
    """Write the toy study with these stages only, over so many values of a condition each."""
    study = tomllib.loads(toy.STUDY + SLURM)
    study["stages"] = {name: {**study["stages"][name], "over": over} for name in stages}
    study["presets"] = {}
    path.write_text(tomli_w.dumps(study))
    return path


def run(file: Path, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The whole study, to its end."""
    return command("reproduce", file, "--out", out, "--engine", "slurm", "--quiet", *words)


def start_run(file: Path, out: Path, *words: str) -> subprocess.Popen[str]:
    controllers.append(start("reproduce", file, "--out", out, "--engine", "slurm", "--quiet", *words))
    return controllers[-1]


def started(file: Path, out: Path, stage: str, *words: str) -> subprocess.Popen[str]:
    """A controller that has submitted `stage`, of which a case is running."""
    controller = start_run(file, out, *words)
    assert wait_until(lambda: stage in jobs(out) and list(out.glob(f"cases/*/.{stage}.lock")), 180)
    return controller


def jobs(out: Path) -> dict[str, str]:
    """Stage -> id, of the jobs that the study has not seen end."""
    path = out / ".engine" / "jobs.json"
    arrays = json.loads(path.read_text())["arrays"] if path.exists() else []
    return {array["stage"]: array["job"] for array in arrays if array["job"]}


def queued(job: str) -> str:
    """What ``squeue`` lists of a job."""
    return subprocess.run(["squeue", "-h", "-r", "-j", job], capture_output=True, text=True, check=False).stdout.strip()


def failures(out: Path, stage: str) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(out.glob(f"cases/*/{stage}.failed.json"))]


def set_naps(file: Path, seconds: float) -> None:
    text = file.read_text()
    assert "seconds = 0.05" in text
    file.write_text(text.replace("seconds = 0.05", f"seconds = {seconds}"))


def nap_starts(trace: Path) -> list[int]:
    """Items of the naps that began, one entry for each time."""
    return sorted(event["case"]["item"] for event in starts(trace) if event["stage"] == "nap")
