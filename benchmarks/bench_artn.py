"""Searches for barriers: share that is connected, calls, and speed against the same searches on LAMMPS's whole cell.

    python benchmarks/bench_artn.py force GLASS          force calls: sphere, whole cell, LAMMPS
    python benchmarks/bench_artn.py measure GLASS DIR    searches, refinements, negative modes, both backends; report
    python benchmarks/bench_artn.py band GLASS DIR       nudged elastic bands (ASE's) of refined events; report
    python benchmarks/bench_artn.py report GLASS DIR     the report alone

GLASS is a snapshot of Cu-Zr (about 2000 atoms). Every result is a line of DIR/results.jsonl: an interrupted run goes on
with the next search. Searches go round the atoms, so that the first ones are around all of them. Times are of the
processor, of one thread; those of LAMMPS are measured among the searches, on the same machine and under the same load.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.mep import NEB
from ase.optimize import FIRE

from lammps_glass import Snapshot, glasses, simulate
from lammps_glass.activation import CompiledLandscape, Found, Landscape, Search, SearchSettings, sphere
from lammps_glass.interactions import System
from lammps_glass.simulate.landscape import LammpsLandscape
from lammps_glass.simulate.mpi import lammps_module
from lammps_glass.simulate.start import checksum
from lammps_glass.snapshots.cell import Floats

RADIUS, SKIN = 9.0, 0.6
#: Searches between two that LAMMPS runs too.
EVERY = 40
#: States of a search.
STATES = ("basin", "climb", "ends")
#: Agreement of a band with a search, eV.
SAME = 0.02
#: Iterations of a band.
STEPS = 300

Result = dict[str, Any]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["force", "measure", "band", "report"])
    parser.add_argument("glass", type=Path)
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--atoms", type=int, default=20)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--refined", type=int, default=50, help="connected searches that are refined")
    parser.add_argument("--modes", type=int, default=50, help="saddles whose negative eigenvalues are counted")
    parser.add_argument("--bands", type=int, default=10)
    parser.add_argument("--images", type=int, default=9, help="images of a band")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--radius", type=float, default=RADIUS)
    options = parser.parse_args()
    if options.part != "force" and options.directory is None:
        parser.error(f"{options.part} needs a folder for its results")
    return options


def per_call(function: Callable[[], object], n: int) -> float:
    """Processor time of a call, ms."""
    function()
    start = time.process_time()
    for _ in range(n):
        function()
    return 1e3 * (time.process_time() - start) / n


def interval(successes: int, n: int) -> str:
    """Wilson's 90 % interval of a fraction."""
    if not n:
        return "0 of 0"
    z, p = 1.645, successes / n
    middle, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    half /= 1 + z**2 / n
    return f"{successes} of {n} = {p:.0%} ({middle - half:.0%} to {middle + half:.0%})"


def chosen(minimum: Snapshot, n: int, seed: int) -> list[int]:
    """Rows of as many atoms of either species, in turns."""
    random = np.random.default_rng(seed)
    of_species = [random.choice(np.flatnonzero(minimum.types == k), n // 2, replace=False) for k in (0, 1)]
    return [int(row) for pair in zip(*of_species) for row in pair]


def generator(seed: int, minimum: Snapshot, row: int, trial: int) -> np.random.Generator:
    return np.random.default_rng([seed, int(minimum.ids[row]), trial])


def searching(
    landscape: Landscape, row: int, options: argparse.Namespace, settings: SearchSettings | None = None
) -> Search:
    return Search(landscape, row, radius=options.radius, refine_radius=None, settings=settings or SearchSettings())


class Results:
    """Results in a file of JSON lines, for one glass, seed and radius; the last line may be cut off."""

    def __init__(self, directory: Path, minimum: Snapshot, options: argparse.Namespace) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "results.jsonl"
        identity = {
            "glass": checksum(minimum),
            "seed": options.seed,
            "radius": options.radius,
            "atoms": options.atoms,
        }
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1] if self.path.is_file() else []
        self.rows: list[Result] = [json.loads(line) for line in lines]
        if self.rows and self.rows[0] != identity:
            raise SystemExit(f"{self.path} is of {self.rows[0]}, not of {identity}: choose another folder")
        self.path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        if not self.rows:
            self.add(identity)

    def add(self, row: Result) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")

    def of(self, kind: str) -> list[Result]:
        return [row for row in self.rows if row.get("kind") == kind]

    def has(self, kind: str, row: int, trial: int) -> bool:
        return any((done["row"], done["trial"]) == (row, trial) for done in self.of(kind))


def order(minimum: Snapshot, options: argparse.Namespace) -> Iterator[tuple[int, int]]:
    """Atoms and numbers of searches: the first searches of all atoms come first."""
    rows = chosen(minimum, options.atoms, options.seed)
    return ((row, trial) for trial in range(options.trials) for row in rows)


def timed(function: Callable[[], Found]) -> tuple[Found, float]:
    start = time.process_time()
    found = function()
    return found, time.process_time() - start


def force(minimum: Snapshot, glass: glasses.CuZr) -> None:
    shipped = replace(glass, retabulate=False)
    landscape, x = CompiledLandscape(minimum, glass.model(), SKIN), minimum.positions
    for radius in (8.0, 9.0, 10.0, 12.0, 16.0):
        rows = sphere(minimum, 7, radius)
        surface, part = landscape.surface(rows, x), np.array(x[rows])
        milliseconds = per_call(partial(surface.energy_and_forces, part), 100)
        print(f"sphere {radius:4.1f} A, {len(rows):4d} atoms: {milliseconds:.3f} ms")
    whole = landscape.surface(None, x)
    print(f"whole cell, {len(minimum)} atoms: {per_call(lambda: whole.energy_and_forces(x), 30):.2f} ms")
    for name, table in (("table in 2000 rows", glass), ("table as shipped", shipped)):
        with LammpsLandscape(minimum, table) as lammps:
            print(f"LAMMPS, whole cell, {name}: {per_call(partial(lammps.evaluate, np.array(x)), 30):.2f} ms")
    exact = CompiledLandscape(minimum, shipped.model(), SKIN).surface(None, x)
    energy, forces = exact.energy_and_forces(x)
    off = np.abs(forces - simulate.forces(minimum, shipped)).max()
    print(f"compiled - LAMMPS, table as shipped: {energy - simulate.energy(minimum, shipped):.1e} eV, {off:.1e} eV/A")


def measure(minimum: Snapshot, glass: glasses.CuZr, results: Results, options: argparse.Namespace) -> None:
    """Search; refine the first connected ones, count negative modes of theirs, and run some through LAMMPS too."""
    landscape = CompiledLandscape(minimum, glass.model(), SKIN)
    searching(landscape, 0, options).run(np.random.default_rng(0))  # compiles
    for count, (row, trial) in enumerate(order(minimum, options)):
        if results.has("search", row, trial):
            continue
        search = searching(landscape, row, options)
        found, seconds = timed(lambda: search.run(generator(options.seed, minimum, row, trial)))  # noqa: B023
        key = {"row": row, "trial": trial}
        if found.status == "connected":
            refine(search, found, key, results, options)
            count_modes(landscape, glass, row, trial, results, options)
        if count % EVERY == EVERY // 2:
            on_lammps(minimum, glass, row, trial, results, options)
        assert found.saddle is not None or found.status != "connected"
        results.add(
            {
                "kind": "search",
                **key,
                "species": minimum.species[minimum.types[row]],
                "status": found.status,
                "calls": found.calls,
                "seconds": seconds,
                "barrier": None if found.saddle is None else found.saddle.barrier,
            }
        )


def refine(search: Search, found: Found, key: Result, results: Results, options: argparse.Namespace) -> None:
    if len(results.of("refined")) >= options.refined or results.has("refined", key["row"], key["trial"]):
        return
    result, seconds = timed(lambda: search.refine(found))
    assert found.saddle is not None
    results.add(
        {
            "kind": "refined",
            **key,
            "status": result.status,
            "state": result.state,
            "soft": bool(result.ends and result.ends.soft),
            "steps_back": result.steps_back,
            "calls": {name: result.calls[name] for name in ("refine", "refined_ends", "back")},
            "seconds": seconds,
            "lost": why_lost(result, search),
            "sphere": found.saddle.barrier,
            "barrier": None if result.refined is None else result.refined.barrier,
        }
    )


def why_lost(result: Found, search: Search) -> str:
    """Say why a refinement is not connected, from its end nearer to the initial minimum; empty where it is."""
    if result.status != "unconnected" or result.ends is None:
        return "" if result.status == "connected" else f"{result.status}, {result.state}"
    near = result.ends.near
    moved = float(np.linalg.norm(near.positions[search.row] - search.initial[search.row]))
    if near.above < 0:
        return f"a lower minimum lies nearer ({near.distance:.1f} A, {near.above:.2f} eV)"
    where = "the atom in its place, others moved" if moved < search.settings.soft_distance else "the atom moved"
    return f"a minimum between, {where} ({near.distance:.1f} A, {near.above:.2f} eV)"


def count_modes(
    landscape: CompiledLandscape, glass: glasses.CuZr, row: int, trial: int, results: Results,
    options: argparse.Namespace,
) -> None:  # fmt: skip
    """Converge the saddle to 0.001 eV/A, and count the negative eigenvalues of the sphere's Hessian.

    The frozen surroundings leave no translations.
    """
    if len(results.of("modes")) >= options.modes or results.has("modes", row, trial):
        return
    minimum, search = landscape.minimum, searching(landscape, row, options, SearchSettings(force=1e-3))
    exact = search.run(generator(options.seed, minimum, row, trial))
    if exact.saddle is None:
        return
    system = System(minimum.replace(positions=exact.saddle.positions), glass.model(), mobile=search.sphere)
    values = np.linalg.eigvalsh(system.hessian().dense())
    results.add({"kind": "modes", "row": row, "trial": trial, "negative": int((values < 0).sum())})


def on_lammps(
    minimum: Snapshot, glass: glasses.CuZr, row: int, trial: int, results: Results, options: argparse.Namespace
) -> None:
    """Run a search through LAMMPS, with the table of the searches and with the table as shipped."""
    for rows, table in (("2000 rows", glass), ("as shipped", replace(glass, retabulate=False))):
        with LammpsLandscape(minimum, table) as lammps:
            search = searching(lammps, row, options)
            found, seconds = timed(lambda: search.run(generator(options.seed, minimum, row, trial)))  # noqa: B023
        results.add(
            {
                "kind": "lammps",
                "row": row,
                "trial": trial,
                "table": rows,
                "calls": sum(found.calls.values()),
                "seconds": seconds,
                "status": found.status,
            }
        )


def report(results: Results) -> None:
    searches, refined, modes = (results.of(kind) for kind in ("search", "refined", "modes"))
    if searches:
        report_searches(searches)
    if refined:
        report_refined(refined, modes)
    if searches and refined:
        report_speed(searches, refined, results.of("lammps"))
    bands = results.of("band")
    if bands:
        off = [abs(band["band"] - band["search"]) for band in bands]
        print(f"bands within {SAME} eV of the search: {interval(sum(d < SAME for d in off), len(off))}")


def report_searches(searches: list[Result]) -> None:
    n, counts = len(searches), Counter(row["status"] for row in searches)
    print(f"{n} searches around {len({row['row'] for row in searches})} atoms: {dict(counts)}")
    print(f"connected: {interval(counts['connected'], n)}")
    calls = np.array([[sum(row["calls"].values()), *(row["calls"][k] for k in STATES)] for row in searches])
    connected = np.array([row["status"] == "connected" for row in searches])
    # interval over searches of the calls that a connected saddle costs
    random = np.random.default_rng(0)
    draws = [random.integers(0, n, n) for _ in range(500)]
    costs = [calls[draw, 0].sum() / max(1, connected[draw].sum()) for draw in draws]
    low, high = np.quantile(costs, [0.05, 0.95])
    print(f"calls per connected saddle: {calls[:, 0].sum() / connected.sum():.0f} (90 %: {low:.0f} to {high:.0f})")
    medians = ", ".join(f"{value:.0f}" for value in np.median(calls, axis=0))
    print(f"calls, median: all, {', '.join(STATES)}: {medians}; 90 %: {np.quantile(calls[:, 0], 0.9):.0f}")
    for name in sorted({row["species"] for row in searches}):
        values = [row["barrier"] for row in searches if row["species"] == name and row["status"] == "connected"]
        if values:
            deciles = ", ".join(f"{v:.2f}" for v in np.quantile(values, [0.1, 0.5, 0.9]))
            print(f"barriers in the sphere, {name}: {len(values)}, mean {np.mean(values):.2f}, deciles {deciles}")


def report_refined(refined: list[Result], modes: list[Result]) -> None:
    n = len(refined)
    connected = [row for row in refined if row["status"] == "connected"]
    direct = [row for row in connected if row["steps_back"] == 0]
    print(f"refined {n}: {dict(Counter((row['status'], row['state']) for row in refined))}")
    soft = sum(row["soft"] for row in direct)
    print(f"still connected at the refined saddle itself: {interval(len(direct), n)}, of these {soft} soft")
    print(f"with a step back to the first saddle of the way: {interval(len(connected), n)}")
    for row in refined:
        if row["lost"]:
            print(f"    lost: atom {row['row']}, search {row['trial']}: {row['lost']}")
    shifts = [row["sphere"] - row["barrier"] for row in refined if row["barrier"] is not None]
    print(f"barrier of the sphere less the refined one (deciles, eV): {np.quantile(shifts, [0.1, 0.5, 0.9]).round(3)}")
    negative = sum(row["negative"] == 1 for row in modes)
    print(f"exactly one negative eigenvalue, converged to 0.001 in the sphere: {interval(negative, len(modes))}")


def report_speed(searches: list[Result], refined: list[Result], lammps: list[Result]) -> None:
    """Compare with the same calls at LAMMPS's time of a call; all searches are paid by the accepted barriers."""
    seconds, calls = (np.mean([value(row) for row in searches]) for value in (_seconds, _calls))
    seconds_refined, calls_refined = (np.mean([value(row) for row in refined]) for value in (_seconds, _calls))
    connected = sum(row["status"] == "connected" for row in searches) / len(searches)
    accepted = sum(row["status"] == "connected" for row in refined) / len(refined)
    print(f"seconds: a search {seconds:.2f}, a refinement {seconds_refined:.2f}")
    print(f"calls: a search {calls:.0f}, a refinement {calls_refined:.0f}")
    ours = (seconds / connected + seconds_refined) / accepted
    for table in sorted({row["table"] for row in lammps}):
        runs = [row for row in lammps if row["table"] == table]
        per_call = sum(map(_seconds, runs)) / sum(row["calls"] for row in runs)
        theirs = per_call * (calls / connected + calls_refined) / accepted
        print(
            f"LAMMPS, table {table}: {1e3 * per_call:.2f} ms a call ({len(runs)} searches); search stage "
            f"{per_call * calls / seconds:.1f} times as fast, accepted barriers per core-hour {3600 / ours:.0f} and "
            f"{3600 / theirs:.0f}: {theirs / ours:.1f} times"
        )


def _seconds(row: Result) -> float:
    return float(row["seconds"])


def _calls(row: Result) -> float:
    return float(sum(row["calls"].values()))


def band(minimum: Snapshot, glass: glasses.CuZr, results: Results, options: argparse.Namespace) -> None:
    """Run a nudged elastic band from end to end through the saddle, for refined events at 0.002 eV/A, one an atom."""
    landscape = CompiledLandscape(minimum, glass.model(), SKIN)
    for row, trial in order(minimum, options):
        bands = results.of("band")
        if len(bands) >= options.bands:
            return
        if row in {done["row"] for done in bands} or results.has("no band", row, trial):
            continue
        search = searching(landscape, row, options, SearchSettings(refine_force=2e-3))
        found = search.run(generator(options.seed, minimum, row, trial))
        result = search.refine(found) if found.status == "connected" else found
        key = {"row": row, "trial": trial}
        if result.status != "connected" or result.refined is None or result.ends is None:
            results.add({"kind": "no band", **key})
            continue
        path = (result.ends.near.positions, result.refined.positions, result.ends.far.positions)
        height = neb(minimum, glass, path, options.images)
        results.add({"kind": "band", **key, "search": result.refined.barrier, "band": height})
        print(f"particle {minimum.ids[row]}: search {result.refined.barrier:.4f}, band {height:.4f} eV", flush=True)


def neb(minimum: Snapshot, glass: glasses.CuZr, path: tuple[Floats, Floats, Floats], n_images: int) -> float:
    """Highest energy above the minimum along a nudged elastic band of ASE's, started through the middle of `path`.

    The images climb and relax by ASE's code on the compiled forces, which are LAMMPS's (see `force`).
    """
    first, saddle, last = path
    half, model = n_images // 2, glass.model()
    places = [first + (saddle - first) * t for t in np.linspace(0, 1, half + 1)]
    places += [saddle + (last - saddle) * t for t in np.linspace(0, 1, n_images - half)[1:]]
    symbols = [minimum.species[kind] for kind in minimum.types]
    images = [Atoms(symbols, positions=x, cell=minimum.cell.matrix, pbc=True) for x in places]
    for image in images:
        image.calc = Compiled(System(minimum, model, skin=SKIN))
    band = NEB(images, k=0.5, method="improvedtangent")
    FIRE(band, logfile=None).run(fmax=0.5, steps=STEPS)  # a straight path may lead through atoms: not to climb there
    band.climb = True
    FIRE(band, logfile=None).run(fmax=0.02, steps=STEPS)
    energies = [image.get_potential_energy() for image in images]
    return float(max(energies) - System(minimum, model).energy())


class Compiled(Calculator):  # type: ignore[misc]
    """Compiled interactions as a calculator of ASE."""

    implemented_properties = ("energy", "forces")

    def __init__(self, system: System) -> None:
        super().__init__()
        self.system = system

    def calculate(self, atoms: Atoms, properties: list[str], system_changes: list[str]) -> None:
        super().calculate(atoms, properties, system_changes)
        energy, forces = self.system.energy_and_forces(atoms.get_positions())
        self.results = {"energy": energy, "forces": forces}


def main() -> None:
    options = arguments()
    glass = glasses.CuZr()
    minimum = simulate.minimize(glass.check(Snapshot.read(options.glass)), glass, force_tolerance=1e-4)
    print(f"LAMMPS {lammps_module().__version__}, {len(minimum)} atoms, heights {minimum.cell.heights.round(2)}")
    if options.part == "force":
        force(minimum, glass)
        return
    results = Results(options.directory, minimum, options)
    if options.part == "measure":
        measure(minimum, glass, results, options)
    if options.part == "band":
        band(minimum, glass, results, options)
    report(results)


if __name__ == "__main__":
    main()
