"""Commands in processes of their own, what a folder holds, and which of our processes live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from lammps_glass import workflow
from lammps_glass.workflow import Study
from lammps_glass.workflow.manifest import Manifest

COMMAND = [sys.executable, "-m", "lammps_glass"]


def start(*words: object, **options: object) -> subprocess.Popen[str]:
    """A command of the package, started in a session of its own, that can be interrupted.

    What a shell without job control starts with ``&`` ignores SIGINT, and so would all that tests start from there.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen([*COMMAND, *map(str, words)], **{**pipes, **options})
    finally:
        signal.signal(signal.SIGINT, before)


def command(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    """A command of the package, run to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, words)], capture_output=True, text=True, timeout=240, **{"check": False, **options}
    )


def reproduce(study: object, out: Path, *words: object, cores: int = 2) -> subprocess.CompletedProcess[str]:
    return command("reproduce", study, "--out", out, "--cores", cores, "--quiet", *words)


def products(out: Path) -> dict[str, str]:
    """``case/stage/name`` -> sha256, of every finished case."""
    found = {}
    for path in out.glob("cases/*/*/manifest.json"):
        for name, item in json.loads(path.read_text())["products"].items():
            found[f"{path.parent.relative_to(out)}/{name}"] = item["sha256"]
    return found


def scores(out: Path) -> dict[str, float]:
    return json.loads((out / "summary.json").read_text())["scores"]


def unsound(out: Path) -> list[str]:
    """Folders under a final name whose manifest is absent or does not fit them, checksums included."""
    faults = []
    for folder in out.glob("cases/*/*"):
        if folder.is_dir() and not folder.name.startswith("."):
            manifest = Manifest.read(folder)
            faults += [str(folder)] if manifest is None or manifest.fault(folder, checksums=True) else []
    return faults


def processes(out: Path) -> list[psutil.Process]:
    """Living processes whose command line names the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            named = str(out) in " ".join(process.cmdline())
            if named and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def running(out: Path) -> list[tuple[str, int]]:
    """(stage, pid) of the cases that are being run, from their locks."""
    held = []
    for path in out.glob("cases/*/.*.lock"):
        try:
            pid = json.loads(path.read_text())["pid"]
        except (OSError, ValueError):
            continue
        if psutil.pid_exists(pid):
            held.append((path.name[1:-5], pid))
    return held


def starts(trace: Path) -> list[dict]:
    return [e for e in map(json.loads, trace.read_text().splitlines()) if e["event"] == "start"]


def run_here(out: Path, file: Path, *sets: str, **options: object) -> dict:
    """`workflow.reproduce`: with this process as the controller."""
    return workflow.reproduce(Study.read(file, None, out, list(sets)), cores=2, quiet=True, **options)
