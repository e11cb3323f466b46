"""Compile the kernels into the user's cache once, before many processes would each do it."""

from __future__ import annotations

import sys
from pathlib import Path

import lammps_glass
from lammps_glass.resources import cache_dir


def _stamp() -> Path:
    """A file whose name changes with the sources of the package and with the Python that runs them."""
    import hashlib

    package = Path(lammps_glass.__file__).parent
    times = [f"{p}:{p.stat().st_mtime_ns}" for p in sorted(package.rglob("*.py"))]
    name = hashlib.sha256("\n".join([sys.version, *times]).encode()).hexdigest()[:16]
    return cache_dir() / f"warm-{name}"


def kernels_are_warm() -> bool:
    return _stamp().exists()


def warm_kernels() -> None:
    """Run every compiled kernel once on a small random glass."""
    import numpy as np

    from lammps_glass import labels
    from lammps_glass.descriptors import Interstices
    from lammps_glass.snapshots import Cell, Snapshot

    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) + 0.5
    cell = Cell.orthogonal([5.5] * 3)
    positions = [1.1 * grid + rng.uniform(-0.2, 0.2, grid.shape) for _ in range(2)]
    pair = [Snapshot(cell, p, np.arange(len(p)) % 5 // 4, ("A", "B")) for p in positions]
    labels.d2min(pair[0], pair[1], r_max=2.5)
    Interstices().compute(pair[0])
    _stamp().touch()
