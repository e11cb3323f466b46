"""The greedy leader beside the plain double loop, on the SOAP vectors of a Cu-Zr glass.

    python benchmarks/bench_environments.py [--glasses N] [--rows N] [DUMP ...]

Every frame of the dumps is a structure, of Cu and Zr; without dumps 20 fast coolings of 1000 atoms are made (20 000
environments; `--glasses` makes fewer). The same list of environments, at least 15 times faster than the definition:
exit status 1 otherwise. That plain loop computes the similarity of a row with one environment after the other from the
difference of the two vectors, as it is defined, and stops at the first that is similar; the same loop with a BLAS
product of two vectors instead is quicker and timed as well, without a bound. Also prints the numbers of
environments by threshold, and how they grow.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: one core each
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from side_by_side import require

from lammps_glass import glasses, learn
from lammps_glass.descriptors import SOAP
from lammps_glass.snapshots import Snapshot

THRESHOLDS = (0.72, 0.76, 0.80, 0.83, 0.84, 0.86, 0.88)
SEED = 1


def made_here(n_glasses: int) -> Iterator[Snapshot]:
    """Independent coolings at 5e14 K/s; the pressure that is left does not matter here."""
    from lammps_glass.simulate.protocols.melt_quench import MeltQuench

    protocol = MeltQuench(rate=5e14, melt=3000, liquid=3000, stress_tolerance=3000.0, box_tolerance=1e-4)
    glass = glasses.CuZr(n_particles=1000, composition={"Cu": 0.56, "Zr": 0.44})
    for seed in range(1, n_glasses + 1):
        with tempfile.TemporaryDirectory() as folder:
            yield protocol.run(glass, seed=seed, directory=folder).final


def rows_of(snapshots: Iterator[Snapshot], most: int) -> Any:
    """Rows of structures in scanning order, `most` at the most, float32; kept here, to time the search alone."""
    soap, rows, n_rows = SOAP(dtype="float32"), [], 0
    for k, snapshot in enumerate(snapshots):
        rows.append(soap.rows_of(snapshot, learn.particle_order(f"s{k}", len(snapshot), SEED)))
        n_rows += len(snapshot)
        if n_rows >= most:
            break
    return np.concatenate(rows)[:most]


def by_distance(a: Any, b: Any) -> float:
    """The similarity, as defined."""
    return 1.0 - float(np.sqrt(((a - b) ** 2).sum() / 2))


def by_product(a: Any, b: Any) -> float:
    """The same for vectors of length 1."""
    return 1.0 - math.sqrt(max(1.0 - float(np.dot(a, b)), 0.0))


def plain(rows: Any, similarity: Callable[[Any, Any], float], threshold: float = 0.84) -> list[int]:
    """Two loops."""
    rows, found = rows.astype(np.float64), list[int]()
    for i, row in enumerate(rows):
        if not any(similarity(row, rows[j]) > threshold for j in found):
            found.append(i)
    return found


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """What `run` returns, and its CPU seconds."""
    start = time.process_time()
    return run(), time.process_time() - start


def fast(rows: Any, threshold: float = 0.84, block: int = 1000) -> learn.LeaderSearch:
    search = learn.LeaderSearch(threshold)
    for first in range(0, len(rows), block):
        some = np.arange(first, min(first + block, len(rows)))
        search.add("all", some, rows[some])
    return search


def main() -> None:
    parser = argparse.ArgumentParser(description="the greedy leader and the plain double loop")
    parser.add_argument("dumps", nargs="*", type=Path)
    parser.add_argument("--glasses", type=int, default=20, help="coolings of 1000 atoms to make without dumps")
    parser.add_argument("--rows", type=int, default=20_000, help="environments that are used, at the most")
    given = parser.parse_args()
    dumps = given.dumps
    snapshots = (frame for path in dumps for frame in Snapshot.read_all(path)) if dumps else made_here(given.glasses)
    rows = rows_of(snapshots, given.rows)
    print(f"{len(rows)} environments of {rows.shape[1]} values")
    fast(rows[:1500])  # compiles
    search, ours = timed(lambda: fast(rows))
    expected, slow = timed(lambda: plain(rows, by_distance))
    again, quicker = timed(lambda: plain(rows, by_product))
    found = [particle for _, particle in search.representatives]
    per_row = 1e6 / len(rows)
    print(f"{len(found)} unique at 0.84; us a row: {ours * per_row:.1f}, two loops {slow * per_row:.0f}")
    print(f"two loops with BLAS: {quicker * per_row:.0f} us a row, {quicker / ours:.1f} times the leader")
    same = found == expected == again == [particle for _, particle in fast(rows, block=137).representatives]
    require("lists that differ", float(not same), 0)
    require("leader / plain double loop over differences of vectors, the definition", ours / slow, 1 / 15)
    library = learn.EnvironmentLibrary.of(search)
    encoding, seconds = timed(lambda: library.encode(rows))
    coverage = library.fractions(encoding.environment).coverage
    print(f"encode: {seconds * per_row:.1f} us a row, coverage {coverage:.4f}")
    print("threshold: environments", *(f"{t:g}: {len(fast(rows, t))}" for t in THRESHOLDS), sep="  ")
    counts = [n for n in (2000, 5000, 10000, 20000) if n <= len(rows)]
    print("atoms: environments at 0.84", *(f"{n}: {len(fast(rows[:n]))}" for n in counts), sep="  ")


if __name__ == "__main__":
    main()
