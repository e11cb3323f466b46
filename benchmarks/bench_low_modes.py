"""Boson peaks of particles from the softest modes: against all modes of the same glass, and the cost of a large one.

    python benchmarks/bench_low_modes.py FINAL_DUMP [--glass cu-zr] [--repeats 1] [--highest 2.0] [--no-dense]

FINAL_DUMP holds an inherent structure (`final.lammpstrj.gz` of `lammps-glass simulate melt-quench`). With
`--repeats 2` its box is repeated twice along each edge: the cost is that of a glass of eight times as many particles.
All modes by SciPy's dense `eigh` are the peer: at most 4000 particles, left out with `--no-dense`.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import scipy
from side_by_side import require

from lammps_glass import analysis, glasses
from lammps_glass.interactions import System, modes, vibrations
from lammps_glass.interactions.filtered import modes_below
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.units import FREQUENCY

BROADENING, STEP, LOWEST = 0.1, 0.05, 0.4


def repeated(snapshot: Snapshot, times: int) -> Snapshot:
    """Repeat a periodic snapshot along each edge of its box."""
    cell = snapshot.cell
    shifts = np.stack(np.meshgrid(*[np.arange(times)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ cell.matrix
    positions = (snapshot.positions[None] + shifts[:, None]).reshape(-1, 3)
    return Snapshot(
        positions=positions,
        cell=Cell(times * cell.matrix, cell.origin, cell.periodic),
        types=np.tile(snapshot.types, len(shifts)),
        ids=np.arange(1, len(positions) + 1),
        species=snapshot.species,
    )


def intensities(found: vibrations.Modes, highest: float) -> np.ndarray:
    """Compute the height of the boson peak of each particle, from the frequencies that the operation `modes` uses."""
    at = np.arange(LOWEST, highest + 0.5 * STEP, STEP)
    density = analysis.particle_density_of_states(found, at, broadening=BROADENING)
    return analysis.boson_peaks(at, density, highest).intensity


def timed(name: str, compute):  # type: ignore[no-untyped-def]
    """Run, and print seconds and the largest memory of the process so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = compute()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:<34} wall {wall:8.1f} s  CPU {cpu:8.1f} s  largest memory so far {memory:.2f} GB", flush=True)
    return result


def main() -> None:
    """Compare or time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dump")
    parser.add_argument("--glass", default="cu-zr")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--highest", type=float, default=2.0, help="the boson peak is sought up to this frequency")
    parser.add_argument("--fraction", type=float, default=0.15, help="of the modes, expected up to there")
    parser.add_argument("--no-dense", action="store_true")
    options = parser.parse_args()

    glass = glasses.build(options.glass)
    snapshot = repeated(Snapshot.read(options.dump), options.repeats)
    model, reach = glass.model(), options.highest + 5 * BROADENING
    weights = 1 / np.sqrt(np.repeat(np.asarray(glass.masses)[snapshot.with_species(glass.species).types], 3))
    limit = (vibrations.REACH * reach * 2 * np.pi / FREQUENCY[glass.units]) ** 2
    print(f"{len(snapshot)} particles, modes up to {reach:g}, SciPy {scipy.__version__}")

    def softest() -> vibrations.Modes:
        hessian = System(snapshot.with_species(glass.species), model).hessian()
        values, vectors = modes_below(hessian, weights, limit, round(options.fraction * len(weights)))
        return vibrations.Modes(values, vectors.reshape(-1, len(snapshot), 3), glass.units)

    found = timed("softest modes (filtered)", softest)
    heights = timed("boson peaks of the particles", lambda: intensities(found, options.highest))
    print(f"{len(found.eigenvalues)} of {len(weights) - 3} modes")
    print(f"heights from {heights.min():.4g} to {heights.max():.4g}")
    if options.no_dense:
        return
    everything = timed("all modes (dense)", lambda: modes(snapshot, model, glass.masses, units=glass.units))
    reference = intensities(everything, options.highest)
    below = int((everything.frequencies < vibrations.REACH * reach).sum())
    print(f"modes below the limit: {len(found.eigenvalues)} filtered, {below} dense")
    require("largest relative error of a height", float(np.abs(heights / reference - 1).max()), 0.01)


if __name__ == "__main__":
    main()
