"""EAM molecular dynamics as glass cu-zr runs it against the shipped table with LAMMPS's defaults, turn by turn.

    python benchmarks/bench_eam.py [--particles 2000] [--steps 300] [--rounds 5]

Both run the same deck, NVE from 300 K of the same configuration. Ours: functions of r on 2000 rows, suffix and skin of
the glass. Theirs: the table as it is published, no suffix, LAMMPS's skin for metal units. CPU seconds; the ratio is to
be at least 1.4. Also prints what one product of the Hessian with a vector costs; at most 1.5 ms for 1000 particles.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from side_by_side import interleaved, require

from lammps_glass.glasses import CuZr
from lammps_glass.interactions import System
from lammps_glass.simulate.engine import Engine, in_folder
from lammps_glass.simulate.start import write_data
from lammps_glass.snapshots import Snapshot

RATIO, PRODUCT = 1.4, 1.5
_DEFAULT_SKIN = 2.0  # of LAMMPS in metal units


@contextlib.contextmanager
def loaded(glass: CuZr, snapshot: Snapshot) -> Iterator[Engine]:
    """LAMMPS with `snapshot` at 300 K, ready to run."""
    with tempfile.TemporaryDirectory() as folder, Engine() as engine:
        write_data(Path(folder) / "start.data", snapshot)
        with in_folder(Path(folder)):
            engine.commands(
                f"units metal\nsuffix {glass.suffix}\nread_data start.data\n{glass.interactions()}\n"
                f"neighbor {glass.skin} bin\nneigh_modify every 1 delay 0 check yes\ntimestep {glass.timestep}\n"
                "velocity all create 300 1 mom yes\nfix 1 all nve\nthermo 100000\nrun 0 post no"
            )
        yield engine


def melted(glass: CuZr, steps: int = 2000) -> Snapshot:
    """A disordered start: melted for 4 ps, then minimised to a glass of no history."""
    start = glass.initial(1)
    with loaded(glass, start) as engine:
        engine.commands(
            "velocity all create 3500 1 mom yes\nfix 2 all langevin 3500 3500 0.1 2\n"
            f"run {steps} post no\nmin_style cg\nminimize 0 1e-2 300 3000"
        )
        positions = np.array(engine.lammps.numpy.extract_atom("x", nelem=len(start), dim=3))
        ids = np.array(engine.lammps.numpy.extract_atom("id", nelem=len(start)))
    ordered = np.empty_like(positions)
    ordered[ids - 1] = positions
    return start.replace(positions=ordered)


def compare(options: argparse.Namespace, snapshot: Snapshot) -> float:
    """CPU time of the shipped table with defaults over ours."""
    ours = CuZr(n_particles=options.particles)
    theirs = CuZr(n_particles=options.particles, retabulate=False, suffix="off", skin=_DEFAULT_SKIN)
    with loaded(ours, snapshot) as first, loaded(theirs, snapshot) as second:

        def run(engine: Engine) -> Callable[[], None]:
            return lambda: engine.commands(f"run {options.steps} post no")

        times = interleaved({"ours": run(first), "shipped table, defaults": run(second)}, options.rounds)
    for name, seconds in times.items():
        print(f"{name:<44} {options.particles * options.steps / seconds:8.3g} atom-steps/s")
    return times["shipped table, defaults"] / times["ours"]


def product_milliseconds(glass: CuZr, snapshot: Snapshot, repeats: int = 30) -> float:
    """CPU milliseconds of a product with a vector, for 1000 particles."""
    hessian = System(snapshot, glass.model()).hessian()
    vector = np.random.default_rng(0).normal(size=hessian.shape[0])
    hessian @ vector
    start = time.process_time()
    for _ in range(repeats):
        hessian @ vector
    return (time.process_time() - start) / repeats * 1e6 / len(snapshot)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--particles", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    glass = CuZr(n_particles=options.particles)
    snapshot = melted(glass)
    ratio = compare(options, snapshot)
    print(f"speed against the shipped table: {ratio:.2f} (at least {RATIO})")
    require("Hessian times a vector, ms / 1000 particles", product_milliseconds(glass, snapshot), PRODUCT)
    if ratio < RATIO:
        raise SystemExit(f"speed against the shipped table: {ratio:.2f} is below {RATIO}")


if __name__ == "__main__":
    main()
