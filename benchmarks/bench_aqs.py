"""Quasi-static shear of Cu50Zr50 with and without the predictor, at equal tolerance, and what a strain step costs.

    python benchmarks/bench_aqs.py [--particles 1000] [--strain 0.01] [--step 1e-5] [--folder FOLDER]

A glass is cooled at 1e14 K/s (kept in FOLDER for the next time) and sheared in the plane xy twice. Prints evaluations
of energy and forces, CPU seconds a strain step, and how many particles each run labels (largest D2min of a block of
1e-4 above 0.05 square angstrom). The predictor is to need at least 4 times fewer evaluations and to label the same
particles.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from lammps_glass.glasses import CuZr
from lammps_glass.labels import LargestJumps, largest_jump
from lammps_glass.simulate import Record
from lammps_glass.simulate.protocols import AQS, MeltQuench

RATIO = 4.0


def sheared(
    glass: Record, folder: Path, strain: float, step: float, predictor: bool
) -> tuple[pd.DataFrame, LargestJumps]:
    """One run from the start; what is left of an older one is not used."""
    name = f"{'with' if predictor else 'without'} predictor"
    block = max(1e-4, step)
    protocol = AQS(max_strain=strain, strain_step=step, block_strain=block, predictor=predictor)
    start = time.process_time()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        record = protocol.run(glass, 1, Path(place) / "run")
        seconds = time.process_time() - start
        table, jumps = (
            record.thermo.iloc[1:],
            largest_jump({"xy": record.directory / "d2min.parquet"}, both_classes=False),
        )
    elastic = ~table["event"]
    print(
        f"{name:<18} {table['evaluations'].sum():8d} evaluations ({table['evaluations'][elastic].median():.0f} in the "
        f"median elastic step, {table['evaluations'][~elastic].sum()} in {(~elastic).sum()} events), "
        f"{1e3 * seconds / len(table):.1f} ms CPU a strain step, {jumps.label.sum()} particles labelled"
    )
    return table, jumps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--particles", type=int, default=1000)
    parser.add_argument("--strain", type=float, default=0.01)
    parser.add_argument("--step", type=float, default=1e-5)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        glass = MeltQuench(rate=1e14).run(CuZr(n_particles=options.particles), 1, folder / f"{options.particles}")
        runs = [sheared(glass, folder, options.strain, options.step, predictor) for predictor in (True, False)]
    (fast, labels), (slow, reference) = runs
    ratio = slow["evaluations"].sum() / fast["evaluations"].sum()
    differing = int(np.count_nonzero(labels.label != reference.label))
    print(f"evaluations without over with: {ratio:.2f} (at least {RATIO}); particles labelled otherwise: {differing}")
    if ratio < RATIO or differing:
        raise SystemExit("the predictor does not keep what it promises")


if __name__ == "__main__":
    main()
