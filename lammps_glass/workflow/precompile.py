"""Compile the kernels into the user's cache once, before many processes would each do it."""

from __future__ import annotations

from pathlib import Path

from lammps_glass.resources import cache_dir, sources_key


def _stamp() -> Path:
    """Return the path of a file that exists once the kernels of these sources have been compiled."""
    return cache_dir() / f"warm-{sources_key()}"


def kernels_are_compiled() -> bool:
    """Whether `precompile_kernels` has run for these sources."""
    return _stamp().exists()


def precompile_kernels() -> None:
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
