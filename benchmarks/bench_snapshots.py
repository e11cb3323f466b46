"""Dumps read by ours and by OVITO's importer: the same positions, and the CPU time of both.

OVITO's decimal conversion is off by a rounding now and then, ours is exact; the bound is 30 ms a frame of 10 000.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from side_by_side import glassy_snapshot, interleaved, peer_version, print_per_particle, read_options, require

from lammps_glass.snapshots.files import read_all, write

FRAMES = 10


def main() -> None:
    options = read_options(__file__)
    print(
        f"peer: ovito {peer_version('ovito')}, import_file; {FRAMES} frames of {options.particles} particles, CPU time"
    )
    from ovito.io import import_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "glass.lammpstrj"
        write(path, [glassy_snapshot(options.particles)] * FRAMES)

        def ours() -> np.ndarray:
            return np.array([snapshot.positions for snapshot in read_all(path)])

        def theirs() -> np.ndarray:
            pipeline = import_file(str(path))
            return np.array([np.array(pipeline.compute(k).particles.positions) for k in range(FRAMES)])

        require("largest difference of positions", float(np.abs(ours() - theirs()).max()), 1e-14)
        seconds = interleaved({"ours: read_all": ours, "ovito: import_file": theirs}, options.rounds)
    print_per_particle(seconds, options.particles * FRAMES)
    print(f"ours / ovito: {seconds['ours: read_all'] / seconds['ovito: import_file']:.2f}")
    require("ms a frame", seconds["ours: read_all"] / FRAMES * 1e3, 30 * options.particles / 10_000)


if __name__ == "__main__":
    main()
