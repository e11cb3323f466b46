"""Searches for barriers: share that is connected, calls, and speed against the same searches on LAMMPS's whole cell.

    python benchmarks/bench_artn.py force GLASS      force calls: sphere, whole cell, LAMMPS
    python benchmarks/bench_artn.py searches GLASS   shares and calls of searches in the sphere
    python benchmarks/bench_artn.py refined GLASS    share connected after refinement, negative modes, both backends
    python benchmarks/bench_artn.py band GLASS       nudged elastic bands seeded with saddles

GLASS is a snapshot of Cu50Zr50 (about 2000 atoms). Times are of the processor, of one thread.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from lammps_glass import Snapshot, glasses, simulate
from lammps_glass.activation import CompiledLandscape, Search, SearchSettings, sphere
from lammps_glass.activation.surface import Surface
from lammps_glass.interactions import System
from lammps_glass.simulate.landscape import LammpsLandscape
from lammps_glass.simulate.mpi import lammps_module
from lammps_glass.snapshots.cell import Floats

RADIUS, SKIN = 9.0, 0.6


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["force", "searches", "refined", "band"])
    parser.add_argument("glass")
    parser.add_argument("--atoms", type=int, default=20)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--most", type=int, default=50, help="connected searches that are refined")
    parser.add_argument("--bands", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--radius", type=float, default=RADIUS)
    return parser.parse_args()


def per_call(function: Callable[[], object], n: int) -> float:
    """Processor time of a call, ms."""
    function()
    start = time.process_time()
    for _ in range(n):
        function()
    return 1e3 * (time.process_time() - start) / n


def interval(successes: int, n: int) -> str:
    """Wilson's 90 % interval of a fraction."""
    z, p = 1.645, successes / n
    middle, half = (p + z**2 / (2 * n)) / (1 + z**2 / n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    half /= 1 + z**2 / n
    return f"{successes} of {n} = {p:.0%} ({middle - half:.0%} to {middle + half:.0%})"


def chosen(minimum: Snapshot, n: int, seed: int) -> list[int]:
    """Rows of as many atoms of either species."""
    random = np.random.default_rng(seed)
    return [int(r) for k in (0, 1) for r in random.choice(np.flatnonzero(minimum.types == k), n // 2, replace=False)]


def generator(seed: int, minimum: Snapshot, row: int, trial: int) -> np.random.Generator:
    return np.random.default_rng([seed, int(minimum.ids[row]), trial])


def force(minimum: Snapshot, glass: glasses.CuZr, options: argparse.Namespace) -> None:
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


def searches(minimum: Snapshot, glass: glasses.CuZr, options: argparse.Namespace) -> None:
    landscape, rows = CompiledLandscape(minimum, glass.model(), SKIN), []
    counts: Counter[str] = Counter()
    barriers: dict[str, list[float]] = {name: [] for name in minimum.species}
    for row in chosen(minimum, options.atoms, options.seed):
        search = Search(landscape, row, radius=options.radius, refine_radius=None, settings=SearchSettings())
        for trial in range(options.trials):
            start = time.process_time()
            found = search.run(generator(options.seed, minimum, row, trial))
            counts[found.status] += 1
            calls = found.calls
            rows.append(
                (
                    sum(calls.values()),
                    calls["basin"],
                    calls["climb"],
                    calls["ends"],
                    time.process_time() - start,
                    found.status == "connected",
                )
            )
            if found.status == "connected" and found.saddle is not None:
                barriers[minimum.species[minimum.types[row]]].append(found.saddle.barrier)
    table, n = np.array(rows), len(rows)
    connected = counts["connected"]
    # interval over searches of the calls that a connected saddle costs
    random = np.random.default_rng(0)
    draws = [random.integers(0, n, n) for _ in range(500)]
    costs = [table[draw, 0].sum() / max(1, table[draw, 5].sum()) for draw in draws]
    print(f"{n} searches, radius {options.radius:g} A: {dict(counts)}")
    print(f"connected: {interval(connected, n)}")
    low, high = np.quantile(costs, [0.05, 0.95])
    print(f"calls per connected saddle: {table[:, 0].sum() / connected:.0f} (90 %: {low:.0f} to {high:.0f})")
    medians = ", ".join(f"{value:.0f}" for value in np.median(table[:, :4], axis=0))
    print(f"calls, median: all, basin, climb, ends: {medians}; 90 %: {np.quantile(table[:, 0], 0.9):.0f}")
    print(f"seconds a search: mean {table[:, 4].mean():.2f}, median {np.median(table[:, 4]):.2f}")
    for name, values in barriers.items():
        deciles = ", ".join(f"{v:.2f}" for v in np.quantile(values, [0.1, 0.5, 0.9])) if values else "none"
        print(f"barriers in the sphere, {name}: {len(values)}, mean {np.mean(values):.2f}, deciles {deciles}")


def refined(minimum: Snapshot, glass: glasses.CuZr, options: argparse.Namespace) -> None:
    """Refine connected searches; count negative modes; run the first ones through LAMMPS too."""
    landscape, shifts, seconds, calls = CompiledLandscape(minimum, glass.model(), SKIN), [], [], []
    outcomes: list[tuple[str, str, bool, int]] = []
    direct = without = modes = negative = n_searches = 0
    search_seconds = search_calls = 0.0
    sharp = replace(SearchSettings(), force=1e-3)
    for row in chosen(minimum, options.atoms, options.seed):
        search = Search(landscape, row, radius=options.radius, refine_radius=None, settings=SearchSettings())
        for trial in range(options.trials):
            if len(outcomes) == options.most:
                break
            start = time.process_time()
            found = search.run(generator(options.seed, minimum, row, trial))
            search_seconds += time.process_time() - start
            search_calls += sum(found.calls.values())
            n_searches += 1
            if found.status != "connected":
                continue
            start = time.process_time()
            result = search.refine(found)
            seconds.append(time.process_time() - start)
            if not outcomes:
                first, first_calls = (row, trial), result.calls
            calls.append(sum(result.calls[name] for name in ("refine", "refined_ends", "back")))
            soft = result.ends is not None and result.ends.soft
            outcomes.append((result.status, result.state, soft, result.steps_back))
            direct += result.status == "connected" and result.steps_back == 0
            without += result.status == "connected" and result.steps_back == 0 and not soft
            if result.refined is not None and result.saddle is not None:
                shifts.append(result.saddle.barrier - result.refined.barrier)
            exact = Search(landscape, row, radius=options.radius, refine_radius=None, settings=sharp).run(
                generator(options.seed, minimum, row, trial)
            )
            if exact.saddle is not None:
                system = System(minimum.replace(positions=exact.saddle.positions), glass.model(), mobile=search.sphere)
                modes += 1
                negative += int((np.linalg.eigvalsh(system.hessian().dense()) < 0).sum()) == 1
    n = len(outcomes)
    connected = sum(status == "connected" for status, *_ in outcomes)
    print(f"{n_searches} searches; refined {n}: {dict(Counter((s, state) for s, state, *_ in outcomes))}")
    print(f"still connected at the refined saddle itself: {interval(direct, n)}, of these {direct - without} soft")
    print(f"with steps back to the first saddle of the way: {interval(connected, n)}")
    print(f"barrier of the sphere less the refined one (deciles, eV): {np.quantile(shifts, [0.1, 0.5, 0.9]).round(3)}")
    print(f"exactly one negative eigenvalue, converged to 0.001 in the sphere: {interval(negative, modes)}")
    print(f"seconds: a search {search_seconds / n_searches:.2f}, a refinement {np.mean(seconds):.2f}")
    print(f"calls: a search {search_calls / n_searches:.0f}, a refinement {np.mean(calls):.0f}")
    # one search and refinement on LAMMPS's whole cell, in the same run: the same calls, and seconds a call
    with LammpsLandscape(minimum, glass) as lammps:
        search = Search(lammps, first[0], radius=options.radius, refine_radius=None, settings=SearchSettings())
        start = time.process_time()
        result = search.refine(search.run(generator(options.seed, minimum, *first)))
        of_lammps = (time.process_time() - start) / sum(result.calls.values())
    print(f"the same search on LAMMPS: {result.status}, {result.calls}; compiled: {first_calls}")
    ours = search_seconds + sum(seconds)
    theirs = of_lammps * (search_calls + sum(calls))
    print(f"LAMMPS: {1e3 * of_lammps:.2f} ms a call of the whole cell")
    print(f"search stage: {of_lammps * search_calls / search_seconds:.1f} times as fast")
    print(
        f"accepted barriers per core-hour: {3600 * connected / ours:.0f}, {3600 * connected / theirs:.0f} on LAMMPS: "
        f"{theirs / ours:.1f} times"
    )


def band(minimum: Snapshot, glass: glasses.CuZr, options: argparse.Namespace) -> None:
    """Run nudged elastic bands with a climbing image from ends to saddle of refined events."""
    landscape = CompiledLandscape(minimum, glass.model(), SKIN)
    surface = landscape.surface(None, minimum.positions)
    settings = replace(SearchSettings(), refine_force=2e-3)
    done: list[float] = []
    for row in chosen(minimum, options.atoms, options.seed + 100):
        search = Search(landscape, row, radius=options.radius, refine_radius=None, settings=settings)
        for trial in range(options.trials):
            found = search.run(generator(options.seed, minimum, row, trial))
            if len(done) == options.bands or found.status != "connected":
                continue
            result = search.refine(found)
            if result.status != "connected" or result.ends is None or result.refined is None:
                continue
            top = climbing_band(
                surface, result.ends.near.positions, result.refined.positions, result.ends.far.positions
            )
            energy = surface.energy_and_forces(minimum.positions)[0]
            done.append(top[0] - energy - result.refined.barrier)
            print(
                f"particle {minimum.ids[row]}: search {result.refined.barrier:.4f}, band {top[0] - energy:.4f} eV, "
                f"force {top[1]:.3f}, {top[2]} iterations",
                flush=True,
            )
            break
    print(f"within 0.02 eV: {sum(abs(d) < 0.02 for d in done)} of {len(done)}")


def climbing_band(
    surface: Surface,
    first: Floats,
    saddle: Floats,
    last: Floats,
    *,
    n_images: int = 9,
    spring: float = 1.0,
    tolerance: float = 0.02,
    most: int = 300,
) -> tuple[float, float, int]:
    """Relax a band through `saddle`: Henkelman and Jonsson's tangent, a climbing image; FIRE. Energy of the top."""
    half = n_images // 2
    parts = [first + (saddle - first) * t for t in np.linspace(0, 1, half + 1)]
    parts += [saddle + (last - saddle) * t for t in np.linspace(0, 1, half + 1)[1:]]
    x = np.array(parts)
    velocity, step, mixing, since = np.zeros_like(x), 0.1, 0.1, 0
    ends = [surface.energy_and_forces(x[k])[0] for k in (0, -1)]
    iteration = 0
    while iteration < most:
        iteration += 1
        results = [surface.energy_and_forces(image) for image in x[1:-1]]
        energies = np.array([ends[0], *(energy for energy, _ in results), ends[1]])
        top = 1 + int(energies[1:-1].argmax())
        forces = np.zeros_like(x)
        for k in range(1, n_images - 1):
            forward, back = x[k + 1] - x[k], x[k] - x[k - 1]
            up, down = energies[k + 1] - energies[k], energies[k] - energies[k - 1]
            tangent = forward if up > 0 and down > 0 else back if up < 0 and down < 0 else None
            if tangent is None:
                large, small = max(abs(up), abs(down)), min(abs(up), abs(down))
                weights = (large, small) if energies[k + 1] > energies[k - 1] else (small, large)
                tangent = weights[0] * forward + weights[1] * back
            tangent = tangent / np.linalg.norm(tangent)
            real = results[k - 1][1]
            along = (real * tangent).sum()
            if k == top:
                forces[k] = real - 2 * along * tangent
            else:
                springs = spring * (np.linalg.norm(forward) - np.linalg.norm(back))
                forces[k] = real - along * tangent + springs * tangent
        residual = float(np.linalg.norm(forces[top], axis=1).max())
        if residual < tolerance and float(np.linalg.norm(forces, axis=2).max()) < 5 * tolerance:
            break
        power = (forces * velocity).sum()
        if power > 0:
            norm = float(np.linalg.norm(velocity)) / max(float(np.linalg.norm(forces)), 1e-30)
            velocity = (1 - mixing) * velocity + mixing * norm * forces
            since += 1
            if since > 5:
                step, mixing = min(1.1 * step, 0.4), 0.99 * mixing
        else:
            velocity, step, mixing, since = np.zeros_like(x), 0.5 * step, 0.1, 0
        velocity += step * forces
        move = step * velocity
        longest = float(np.linalg.norm(move, axis=2).max())
        x = x + move * min(1.0, 0.1 / max(longest, 1e-30))
    return float(energies[top]), residual, iteration


def main() -> None:
    options = arguments()
    glass = glasses.CuZr()
    minimum = simulate.minimize(glass.check(Snapshot.read(options.glass)), glass, force_tolerance=1e-4)
    print(f"LAMMPS {lammps_module().__version__}, {len(minimum)} atoms, heights {minimum.cell.heights.round(2)}")
    {"force": force, "searches": searches, "refined": refined, "band": band}[options.part](minimum, glass, options)


if __name__ == "__main__":
    main()
