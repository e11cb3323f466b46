"""End this process with its parent, and measure its peak memory."""

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
