"""Lock files with a heartbeat: they save work; correctness rests on rename."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from lammps_glass.workflow import slurm_queue

HEARTBEAT = 30.0
STALE_AFTER = 600.0
#: Three missed heartbeats: time to ask Slurm about the holder's job.
SILENT_AFTER = 3 * HEARTBEAT


class Holder(TypedDict, total=False):
    """The process that holds a lock: its host, process id, Slurm job and that job's restarts, and its token."""

    host: str
    pid: int
    job: str
    restart: int
    token: str


def _process_is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError, ValueError, IndexError):
        # A zombie has ended: its parent has only not asked yet (Linux; elsewhere the file does not exist).
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def _seconds_since_heartbeat(path: Path) -> float:
    """Return the seconds since the last heartbeat of a lock file, 0 when it is gone, on the file server's clock.

    That is the time stamp of a file just written there: the clocks of hosts may differ.
    """
    clock = path.with_name(f".clock-{uuid.uuid4().hex}")
    try:
        clock.touch()
        return clock.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        clock.unlink(missing_ok=True)


class Lock:
    """A lock file that holds host, pid, job and a token; its time stamp is touched every 30 s.

    Stale when its process on this host has ended; when it is our own Slurm job's from before it was put back into the
    queue (perhaps on another node); without a heartbeat for ninety seconds, when its Slurm job does not run any more;
    without a heartbeat for ten minutes on the file server's clock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.token = uuid.uuid4().hex
        self._stop = threading.Event()
        self._beat: threading.Thread | None = None

    def acquire(self) -> bool:
        """Take the lock, taking over a stale one; return False when another process holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self._create() and not (self.is_stale() and self._set_aside() and self._create()):
            return False
        self._beat = threading.Thread(target=self._touch_forever, daemon=True)
        self._beat.start()
        return True

    def remove_if_stale(self) -> None:
        """Remove the lock of a dead holder."""
        if self.holder() and self.is_stale():
            self._set_aside()

    def _set_aside(self) -> bool:
        """Move the stale lock away; put it back and return False when another process has taken it over meanwhile."""
        holder = self.holder().get("token")
        stale = self.path.with_name(f"{self.path.name}.stale-{self.token}")
        try:
            self.path.rename(stale)
        except OSError:
            return False
        unchanged = Lock(stale).holder().get("token") == holder
        if not unchanged:
            with suppress(OSError):
                os.link(stale, self.path)
        stale.unlink()
        return unchanged

    def _create(self) -> bool:
        holder: Holder = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "job": os.environ.get("SLURM_JOB_ID", ""),
            "restart": self._restarts(),
            "token": self.token,
        }
        # Linking a finished file into place is exclusive as O_EXCL is, and nobody ever reads a half-written holder.
        draft = self.path.with_name(f"{self.path.name}.{self.token}")
        try:
            draft.write_text(json.dumps(holder))
            os.link(draft, self.path)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    @staticmethod
    def _restarts() -> int:
        """Return how often Slurm has put this job back into the queue and started it again."""
        count = os.environ.get("SLURM_RESTART_COUNT", "")
        return int(count) if count.isdecimal() else 0

    def _touch_forever(self) -> None:
        while not self._stop.wait(HEARTBEAT):
            with suppress(OSError):
                os.utime(self.path)

    def holder(self) -> Holder:
        """Return host, pid, job and token of the holder; empty when nobody holds the lock."""
        try:
            values: Holder = json.loads(self.path.read_text())
            return values
        except (OSError, ValueError):
            return {}

    @property
    def holder_name(self) -> str:
        """The holder in words, for messages."""
        holder = self.holder()
        return f"process {holder.get('pid')} on {holder.get('host')}"

    def is_stale(self) -> bool:
        """Whether the holder is dead: its process on this host, or, wherever it is, no heartbeat (a reused pid)."""
        holder = self.holder()
        if holder.get("host") == socket.gethostname() and not _process_is_alive(holder.get("pid", 0)):
            return True
        job = holder.get("job", "")
        if job and job == os.environ.get("SLURM_JOB_ID") and holder.get("restart", 0) < self._restarts():
            return True  # ours, from before Slurm put the job back: it ended that run, on whatever node
        silent = _seconds_since_heartbeat(self.path)
        return silent > STALE_AFTER or (silent > SILENT_AFTER and bool(job) and slurm_queue.is_running(job) is False)

    def is_held(self) -> bool:
        """Whether a living process holds the lock."""
        return bool(self.holder()) and not self.is_stale()

    def release(self) -> None:
        """Remove the lock, unless another process has taken it over."""
        self._stop.set()
        if self.holder().get("token") == self.token:
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def wait_for(lock: Lock, seconds: float) -> bool:
    """Try to take `lock` for up to `seconds`, at growing intervals."""
    end, pause = time.monotonic() + seconds, 0.1
    while not lock.acquire():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 5.0)
    return True
