"""This process: its end with its parent, and its peak memory."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path


def watch_parent(parent: int) -> None:
    """End this process when its parent is gone: a killed controller leaves no child behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)  # with all that this process has started
        os._exit(143)

    threading.Thread(target=watch, daemon=True).start()


def forget_peak_memory() -> None:
    """Start `peak_memory` anew, so that a case does not answer for those before it (Linux; elsewhere it does)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Largest resident size of this process, bytes, since its start or `forget_peak_memory`."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if found:
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes
