"""Set up a process that runs cases: one thread a library, its end with its parent, and its peak memory."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
#: The environment of a process that starts with one thread a library: engines assign the cores.
ONE_THREAD = dict.fromkeys(THREAD_VARIABLES, "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit libraries to one thread: those loaded already and those loaded within the block.

    Sums of BLAS depend on the number of threads: the products of a case are bitwise identical in a worker, in a job
    array and in a user's own process.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(ONE_THREAD)
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def watch_parent(parent: int) -> None:
    """End this process when its parent is gone: a killed controller leaves no child behind."""

    def wait_for_end() -> None:
        """Look twice a second whether the parent is still there."""
        while os.getppid() == parent:
            time.sleep(0.5)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # with all that this process has started
        os._exit(143)

    threading.Thread(target=wait_for_end, daemon=True).start()


def forget_peak_memory() -> None:
    """Start `peak_memory` anew, so that it is that of one case (on Linux; elsewhere it stays)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Return the largest resident size of this process, bytes, since its start or `forget_peak_memory`."""
    with suppress(OSError):
        match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if match:
            return int(match[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes
