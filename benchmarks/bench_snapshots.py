"""Dumps read by ours and by OVITO's importer, plain and compressed: the same positions, and the CPU time of both.

OVITO's decimal conversion is off by a rounding now and then, ours is exact and keeps every check (see
docs/what-we-read.md). The bound leaves room for a busy machine; the aim is 1.
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
from side_by_side import glassy_snapshot, interleaved, peer_version, print_per_particle, read_options, require

from lammps_glass.snapshots.files import read_all, write

FRAMES = 10
RATIO = 1.3


def compare(path: Path, particles: int, rounds: int) -> None:
    """Read one file with both, turn by turn."""
    from ovito.io import import_file

    def ours() -> np.ndarray:
        return np.array([snapshot.positions for snapshot in read_all(path)])

    def theirs() -> np.ndarray:
        pipeline = import_file(str(path))
        return np.array([np.array(pipeline.compute(k).particles.positions) for k in range(FRAMES)])

    print(f"\n{path.name}")
    require("largest difference of positions", float(np.abs(ours() - theirs()).max()), 1e-14)
    seconds = interleaved({"ours: read_all": ours, "ovito: import_file": theirs}, rounds)
    print_per_particle(seconds, particles * FRAMES)
    require("ours / ovito", seconds["ours: read_all"] / seconds["ovito: import_file"], RATIO)


def main() -> None:
    """Compare on a plain dump and on compressed ones, and read a long one in the memory of a frame."""
    options = read_options(__file__)
    print(
        f"peer: ovito {peer_version('ovito')}, import_file; {FRAMES} frames of {options.particles} particles, CPU time"
    )
    with tempfile.TemporaryDirectory() as folder:
        snapshot = glassy_snapshot(options.particles)
        for suffix in ("", ".gz", ".zst"):
            path = Path(folder) / f"glass.lammpstrj{suffix}"
            write(path, [snapshot] * FRAMES)
            compare(path, options.particles, options.rounds)
        long = Path(folder) / "long.lammpstrj"
        write(long, (snapshot for _ in range(10 * FRAMES)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        count = sum(1 for _ in read_all(long))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"\n{count} frames, {long.stat().st_size / 1e6:.0f} MB")
        require("memory that reading them adds, MB", grown, 32)


if __name__ == "__main__":
    main()
