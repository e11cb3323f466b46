"""Dynamics, g(r) and S(q) beside freud, PyMatterSim, mdapy and dynasor on the same frames; memory by their number.

The peers are installed for this benchmark alone, for example with ``pip install --target DIR freud-analysis PyMatterSim
mdapy dynasor`` and DIR on PYTHONPATH. dynasor sums F_s over wave vectors: here over those of the box near q, for which
ours are computed too (``directions="box"``). It always computes the coherent F(q, t) with them. Its trajectories are
files; here it gets the frames from memory, so that no reading is in its time.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from side_by_side import glassy_snapshot, interleaved, peer_version, read_options, require

from lammps_glass import Snapshot, analysis

N_FRAMES, Q, DISTANCE, R_MAX, BINS = 100, 7.2, 0.3, 4.0, 200
#: Frames of the comparisons with dynasor: F_s is a sum over hundreds of wave vectors there, S(q) one over thousands.
FRAMES_OF_FS, FRAMES_OF_S = 20, 10
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


def compare_msd(n_particles: int) -> dict[str, float]:
    """Mean squared displacement of ours, mdapy and freud: CPU seconds, after ours and mdapy's agree."""
    frames = walk(n_particles, N_FRAMES)
    paths = np.array([f.positions for f in frames])
    runs = {"ours": lambda: analysis.mean_squared_displacement(frames), "mdapy": mdapy_msd(paths)}
    ours, theirs = runs["ours"]()["msd"].to_numpy(), np.asarray(runs["mdapy"]())
    assert np.allclose(ours, theirs, rtol=1e-6, atol=1e-9), "mdapy's mean squared displacement is another"
    return interleaved({**runs, "freud": freud_msd(paths)}, 5)  # freud's are of single precision


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


class FramesInMemory:
    """What dynasor's functions use of a trajectory: frames of one species in one box."""

    frame_step, has_positions, has_velocities = 1, True, False

    def __init__(self, frames: list[Snapshot]) -> None:
        self.frames, self.cell = frames, np.array(frames[0].cell.matrix)
        self.n_atoms = len(frames[0])
        self.atomic_indices, self.atom_types = {"A": np.arange(self.n_atoms)}, ["A"]
        self.number_of_frames_read = len(frames)

    def __iter__(self) -> Iterator[Any]:
        from dynasor.trajectory.trajectory_frame import TrajectoryFrame

        for index, frame in enumerate(self.frames):
            yield TrajectoryFrame(self.atomic_indices, index, positions=frame.positions)


def dynasor_fs(frames: list[Snapshot], vectors: NDArray[np.float64]) -> Run:
    """dynasor's F_s of all lags and origins, on wave vectors of the box."""
    from dynasor import compute_dynamic_structure_factors

    trajectory, window = FramesInMemory(frames), len(frames) - 1
    return lambda: compute_dynamic_structure_factors(
        trajectory, vectors, dt=1.0, window_size=window, calculate_incoherent=True, logging_interval=0
    )


def dynasor_s(frames: list[Snapshot], vectors: NDArray[np.float64]) -> Run:
    """dynasor's static structure factor on wave vectors of the box."""
    from dynasor import compute_static_structure_factors

    return lambda: compute_static_structure_factors(FramesInMemory(frames), vectors, logging_interval=0)


def compare_dynasor(frames: list[Snapshot]) -> dict[str, dict[str, float]]:
    """F_s on the wave vectors near q, and S(q) up to 2 q, ours and dynasor's: CPU seconds, after they agree."""
    from lammps_glass.analysis.displacements import Scattering
    from lammps_glass.analysis.structure import wave_vectors

    logging.getLogger("dynasor").setLevel(logging.WARNING)
    followed, few = frames[:FRAMES_OF_FS], frames[:FRAMES_OF_S]
    near = np.array(Scattering.of(Q, "box", frames[0].cell).vectors)
    ours = analysis.self_intermediate_scattering(followed, Q, directions="box")["fs"]
    peer = dynasor_fs(followed, near)()["Fqt_incoh"].mean(axis=0)
    assert np.allclose(ours, peer, atol=1e-6), "dynasor's F_s is another"
    indices, group = wave_vectors(few[0], 2 * Q, None, 200)
    vectors = 2 * np.pi * indices @ few[0].cell.inverse.T
    s = analysis.structure_factor(few, 2 * Q, max_vectors=200)["s"]
    theirs = dynasor_s(few, vectors)()["Sq"].ravel()
    counts = np.bincount(group)
    assert np.allclose(s, (np.bincount(group, weights=theirs) / np.maximum(counts, 1))[counts > 0], rtol=1e-6)
    sizes = f"F_s on {len(near)} wave vectors and {len(followed)} frames, S(q) on {len(vectors)} and {len(few)}"
    print(f"dynasor: {sizes}")
    fs = interleaved(
        {
            "ours": lambda: analysis.self_intermediate_scattering(followed, Q, directions="box"),
            "dynasor": dynasor_fs(followed, near),
        },
        3,
    )
    static = interleaved(
        {
            "ours": lambda: analysis.structure_factor(few, 2 * Q, max_vectors=200),
            "dynasor": dynasor_s(few, vectors),
        },
        3,
    )
    return {"F_s on wave vectors of the box": fs, "S(q)": static}


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
    first = glassy_snapshot(n_particles)

    def lazy() -> Iterator[Snapshot]:
        """Make the frames."""
        generator, positions = np.random.default_rng(1), first.positions
        for at in range(n_frames):
            yield first.replace(positions=positions, step=at)
            positions = positions + generator.normal(scale=0.03, size=positions.shape)

    analysis.dynamics_by_group(lazy(), q=Q, distance=DISTANCE, max_origins=20)
    analysis.mean_squared_displacement(lazy())
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(status["VmHWM"].removesuffix("kB"))  # ru_maxrss is that of the parent at least


def main() -> None:
    options = read_options(__file__)
    peers = ("freud-analysis", "PyMatterSim", "mdapy", "dynasor")
    n = min(options.particles, 2000)
    frames = walk(n, N_FRAMES)
    print(f"peers: {', '.join(f'{p} {peer_version(p)}' for p in peers)}; {n} particles, {N_FRAMES} frames")
    msd = {f"MSD of {size} particles": compare_msd(size) for size in sorted({n, options.particles})}
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
    waves = compare_dynasor(frames)
    timed = {**msd, "F_s, overlap, chi4, MSD, alpha2": together, **waves, "g(r)": rdf}
    for name, seconds in timed.items():
        for program, value in seconds.items():
            print(f"{name:<36} {program:<14} {1e3 * value:9.1f} ms")
    few, many = memory_of(100, 2000), memory_of(1000, 2000)
    print(f"memory: {few:.0f} MB of 100 frames, {many:.0f} MB of 1000 (the frames alone: 5 and 48 MB)")
    for name, seconds in {**msd, "g(r)": rdf}.items():
        fastest = min(value for program, value in seconds.items() if program != "ours")
        require(f"{name}, ours over the fastest peer", seconds["ours"] / fastest, 1.0)
    require("F_s + chi4, ours over PyMatterSim", together["ours"] / together["PyMatterSim"], 1.0)
    for name, seconds in waves.items():
        require(f"{name}, ours over dynasor", seconds["ours"] / seconds["dynasor"], 1.0)
    require("memory, 1000 frames over 100", many / few, 1.15)


if __name__ == "__main__":
    main()
