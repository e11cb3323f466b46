"""Dynamics and g(r) beside freud, PyMatterSim and mdapy, on the same frames; memory against their number.

The peers are installed for this benchmark alone, for example with ``pip install --target DIR freud-analysis PyMatterSim
mdapy`` and DIR on PYTHONPATH. dynasor is not among them: it reads its frames from files and
sums over the wave vectors that it is given.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from side_by_side import glassy_snapshot, interleaved, peer_version, read_options, require

from lammps_glass import Snapshot, analysis

N_FRAMES, Q, DISTANCE, R_MAX, BINS = 100, 7.2, 0.3, 4.0, 200
Run = Callable[[], Any]


def walk(n_particles: int, n_frames: int) -> list[Snapshot]:
    """A glassy configuration whose particles walk a little."""
    first = glassy_snapshot(n_particles)
    generator = np.random.default_rng(1)
    frames, positions = [], first.positions
    for at in range(n_frames):
        frames.append(first.replace(positions=positions, step=100 * at))
        positions = positions + generator.normal(scale=0.03, size=positions.shape)
    return frames


def mdapy_msd(paths: NDArray[np.float64]) -> Run:
    """mdapy's mean squared displacement, mode window (Fourier transforms)."""
    from mdapy.mean_squared_displacement import MeanSquaredDisplacement

    def run() -> Any:
        msd = MeanSquaredDisplacement(paths, mode="window")
        msd.compute()
        return msd.msd

    return run


def freud_msd(paths: NDArray[np.float64]) -> Run:
    """freud's mean squared displacement, mode window (Fourier transforms)."""
    import freud

    return lambda: freud.msd.MSD(mode="window").compute(paths).msd


def matter_sim(frames: list[Snapshot]) -> Run:
    """PyMatterSim's relaxation functions: F_s along the axes, overlap, chi4, MSD and alpha2 in one pass."""
    from PyMatterSim.dynamic.dynamics import Dynamics
    from PyMatterSim.reader.reader_utils import SingleSnapshot, Snapshots

    snapshots = [
        SingleSnapshot(
            timestep=f.step, nparticle=len(f), particle_type=np.ones(len(f), dtype=int), positions=f.positions,
            boxlength=np.diag(f.cell.matrix), boxbounds=np.zeros((3, 2)), realbounds=None, hmatrix=f.cell.matrix,
        )
        for f in frames
    ]  # fmt: skip
    peer = Dynamics(xu_snapshots=Snapshots(len(frames), snapshots), dt=0.01, diameters={1: 1.0}, a=DISTANCE)
    return lambda: peer.relaxation(qconst=Q)


def freud_rdf(snapshot: Snapshot) -> Run:
    """freud's radial distribution function of one frame."""
    import freud

    freud.parallel.set_num_threads(1)
    box = freud.box.Box.from_matrix(snapshot.cell.matrix.T)
    points = box.wrap(snapshot.positions)
    return lambda: freud.density.RDF(bins=BINS, r_max=R_MAX).compute((box, points)).rdf


def mdapy_rdf(snapshot: Snapshot) -> Run:
    """mdapy's radial distribution function of one frame, its neighbour list in the time."""
    import mdapy

    box, positions = np.array(snapshot.cell.matrix), np.ascontiguousarray(snapshot.wrap().positions)

    def run() -> Any:
        system = mdapy.System(box=box, pos=positions)
        return system.cal_radial_distribution_function(R_MAX, BINS)

    return run


def memory_of(n_frames: int, n_particles: int) -> float:
    """Largest resident memory in MB of a process that analyses a lazy trajectory."""
    code = (
        f"import sys; sys.path.insert(0, {sys.path[0]!r}); from bench_dynamics import stream; "
        f"stream({n_frames}, {n_particles})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(out.stdout.split()[-1]) / 1024


def stream(n_frames: int, n_particles: int) -> None:
    """Analyse frames that are made one at a time, and print the largest resident memory (kB)."""
    import resource

    first = glassy_snapshot(n_particles)

    def lazy() -> Iterator[Snapshot]:
        """Make the frames."""
        generator, positions = np.random.default_rng(1), first.positions
        for at in range(n_frames):
            yield first.replace(positions=positions, step=at)
            positions = positions + generator.normal(scale=0.03, size=positions.shape)

    analysis.dynamics_by_group(lazy(), q=Q, distance=DISTANCE, max_origins=20)
    analysis.mean_squared_displacement(lazy())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main() -> None:
    options = read_options(__file__)
    peers = ("freud-analysis", "PyMatterSim", "mdapy")
    n = min(options.particles, 2000)
    frames = walk(n, N_FRAMES)
    paths = np.array([f.positions for f in frames])
    print(f"peers: {', '.join(f'{p} {peer_version(p)}' for p in peers)}; {n} particles, {N_FRAMES} frames")
    msd = interleaved(
        {
            "ours": lambda: analysis.mean_squared_displacement(frames),
            "mdapy": mdapy_msd(paths),
            "freud": freud_msd(paths),
        },
        5,
    )
    ours = analysis.mean_squared_displacement(frames)["msd"].to_numpy()
    theirs = np.asarray(mdapy_msd(paths)())  # freud's are of single precision
    assert np.allclose(ours, theirs, rtol=1e-6, atol=1e-9), "mdapy's mean squared displacement is another"
    together = interleaved(
        {
            "ours": lambda: analysis.dynamics_by_group(frames, q=Q, distance=DISTANCE),
            "PyMatterSim": matter_sim(frames),
        },
        3,
    )
    peer = matter_sim(frames)()
    table = analysis.dynamics_by_group(frames, q=Q, distance=DISTANCE).iloc[1:]
    # both average |r|^2 over particles, then over origins
    assert np.allclose(table["msd"], peer["msd"], rtol=1e-6)
    assert np.allclose(table["chi4"][:-1], peer["X4_Qt"][:-1], rtol=1e-5, atol=1e-8)
    assert np.allclose(table["fs"], peer["isf"], atol=0.02), "sphere against the three axes"
    snapshot = glassy_snapshot(options.particles)
    rdf = interleaved(
        {
            "ours": lambda: analysis.radial_distribution_function(snapshot, R_MAX, BINS),
            "freud": freud_rdf(snapshot),
            "mdapy": mdapy_rdf(snapshot),
        },
        5,
    )
    assert np.allclose(
        analysis.radial_distribution_function(snapshot, R_MAX, BINS)["g"].to_numpy()[10:],
        freud_rdf(snapshot)()[10:] * len(snapshot) / max(1, len(snapshot)),
        rtol=0.02, atol=0.02,
    ), "freud's g(r) is another"  # fmt: skip
    for name, seconds in (("MSD", msd), ("F_s, overlap, chi4, MSD, alpha2", together), ("g(r)", rdf)):
        for program, value in seconds.items():
            print(f"{name:<36} {program:<14} {1e3 * value:9.1f} ms")
    few, many = memory_of(100, 2000), memory_of(1000, 2000)
    print(f"memory: {few:.0f} MB of 100 frames, {many:.0f} MB of 1000 (the frames alone: 5 and 48 MB)")
    fastest = {k: min(v for w, v in s.items() if w != "ours") for k, s in (("msd", msd), ("rdf", rdf))}
    require("MSD, ours over the fastest peer", msd["ours"] / fastest["msd"], 1.0)
    require("F_s + chi4, ours over PyMatterSim", together["ours"] / together["PyMatterSim"], 1.0)
    require("g(r), ours over the fastest peer", rdf["ours"] / fastest["rdf"], 1.0)
    require("memory, 1000 frames over 100", many / few, 1.15)


if __name__ == "__main__":
    main()
