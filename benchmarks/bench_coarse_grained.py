"""Time of coarse-graining against twelve sparse products of scipy, the way that others do it.

    python benchmarks/bench_coarse_grained.py

21 columns, 6 lengths, 4096 particles of two species, range 7 at density 1.2: about 1700 neighbours each. One core.
"""

from __future__ import annotations

import time

import numpy as np
import scipy
from scipy.sparse import csr_matrix

from lammps_glass.descriptors.coarse_kernels import neighbor_averages
from lammps_glass.descriptors.radial_kernels import fine_grid
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.testing.samples import binary_snapshot

LENGTHS = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 6.0])


def ours(snapshot: Snapshot, columns: Floats) -> Floats:
    """Averages by the compiled kernel."""
    sums, totals = np.zeros((len(snapshot), 2, len(LENGTHS), columns.shape[1])), np.zeros((len(snapshot), 2, 6))
    grid = fine_grid(snapshot.cell, snapshot.positions, 7.0)
    neighbor_averages(grid, np.array(snapshot.types, dtype=np.int64), columns, LENGTHS, False, sums, totals)
    return sums / totals[..., None]


def sparse_products(snapshot: Snapshot, columns: Floats) -> Floats:
    """Averages by a list of pairs and a sparse matrix for each length and species."""
    pairs = pairs_within(snapshot, 7.0)
    distances, result = pairs.distances, np.empty((len(snapshot), 2, len(LENGTHS), columns.shape[1]))
    for species in range(2):
        members = snapshot.types == species
        for k, length in enumerate(LENGTHS):
            weights = np.exp(-distances / length) * members[pairs.indices]
            matrix = csr_matrix((weights, pairs.indices, pairs.offsets), shape=(len(snapshot),) * 2)
            sums = matrix @ columns + columns * members[:, None]
            result[:, species, k] = sums / (matrix @ np.ones(len(snapshot)) + members)[:, None]
    return result


def main() -> None:
    """Print the time of each, and their largest difference."""
    snapshot = binary_snapshot(0, n_cells=16)
    columns = np.random.default_rng(0).normal(size=(len(snapshot), 21))
    results = {}
    for name, function in ((f"scipy {scipy.__version__}, sparse products", sparse_products), ("lammps-glass", ours)):
        function(snapshot, columns)
        start = time.process_time()
        results[name] = function(snapshot, columns)
        print(f"{name}: {time.process_time() - start:.2f} s of processor time")
    first, second = results.values()
    print(f"largest difference {np.abs(first - second).max():.1e}")


if __name__ == "__main__":
    main()
