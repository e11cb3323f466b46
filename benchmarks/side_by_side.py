"""Our code and a peer's on the same input, turn by turn, so that a busy machine slows both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from lammps_glass.snapshots import Cell, Snapshot


def peer_version(distribution: str) -> str:
    """Version of an installed peer; a missing one fails the benchmark (`PackageNotFoundError`), it is never skipped."""
    return metadata.version(distribution)


def interleaved(runs: dict[str, Callable[[], Any]], rounds: int = 9) -> dict[str, float]:
    """Median CPU seconds (of all threads) of each run over `rounds`, taken in turn after one warm-up each."""
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def print_per_particle(seconds: dict[str, float], n_particles: int) -> None:
    """One line per run: microseconds a particle."""
    for name, value in seconds.items():
        print(f"{name:<44} {value / n_particles * 1e6:8.2f} us a particle")


def require(what: str, value: float, limit: float) -> None:
    """Print a bound; the benchmark fails (exit status 1) when it is not kept."""
    print(f"{what:<44} {value:8.3g} (at most {limit:g})")
    if not value <= limit:
        raise SystemExit(f"{what}: {value:.3g} is above {limit:g}")


def glassy_snapshot(n_particles: int = 10_000, seed: int = 0) -> Snapshot:
    """Kob-Andersen composition at density 1.2: random positions pushed apart until few overlap.

    About as many neighbours as a quenched glass has (14.7 Voronoi neighbours a particle), without a simulation.
    """
    random = np.random.default_rng(seed)
    edge = (n_particles / 1.2) ** (1 / 3)
    positions = random.random((n_particles, 3)) * edge
    types = (random.permutation(n_particles) < n_particles // 5).astype(int)
    sigma = 1.05 * np.array([[1.0, 0.8], [0.8, 0.88]])
    for _ in range(60):
        pairs = cKDTree(positions % edge, boxsize=edge).query_pairs(1.05, output_type="ndarray")
        i, j = pairs.T
        apart = positions[j] - positions[i]
        apart -= edge * np.rint(apart / edge)
        distance = np.linalg.norm(apart, axis=1)
        push = (0.3 * np.maximum(0, sigma[types[i], types[j]] - distance) / distance)[:, None] * apart
        np.add.at(positions, j, push)
        np.subtract.at(positions, i, push)
    return Snapshot(Cell(np.eye(3) * edge), positions, types, ("A", "B")).wrap()


def ovito_collection(snapshot: Snapshot) -> Any:
    """The bare OVITO `DataCollection` of a snapshot: cell and positions, nothing that would slow the peer down."""
    from ovito.data import DataCollection, SimulationCell

    data = DataCollection()
    data.objects.append(SimulationCell(pbc=(True, True, True)))
    data.cell_[...] = np.column_stack([snapshot.cell.matrix.T, snapshot.cell.origin])
    data.create_particles(count=len(snapshot)).create_property("Position", data=snapshot.positions)
    return data


def read_options(description: str) -> Any:
    """``--particles`` and ``--rounds``."""
    import argparse

    parser = argparse.ArgumentParser(description=f"{Path(description).stem}: ours and the peer's, in one run")
    parser.add_argument("--particles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()
