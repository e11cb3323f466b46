"""Limit libraries to one thread a process: engines assign the cores, and sums of BLAS depend on the thread count."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
#: The environment of a process that starts with one thread a library.
ONE_THREAD = dict.fromkeys(VARIABLES, "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit libraries to one thread: those loaded already and those loaded within the block.

    The products of a case are bitwise identical in a worker, in a job array and in a user's own process.
    """
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in VARIABLES}
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
