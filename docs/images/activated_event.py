"""The picture of `docs/theory/barriers.md`: one event of a glass that is given as a snapshot.

    python docs/images/activated_event.py GLASS [PARTICLE]

Energy along the two descents from the saddle, displacement of every particle, and who moves at the saddle.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from lammps_glass import Snapshot, glasses, simulate
from lammps_glass.activation import CompiledLandscape, Found, Search, SearchSettings

RADIUS, SKIN = 9.0, 0.6


def event(minimum: Snapshot, glass: glasses.CuZr, particle: int) -> tuple[CompiledLandscape, Found]:
    """The first search around a particle that is connected at its refined saddle."""
    landscape = CompiledLandscape(minimum, glass.model(), SKIN)
    row = int(np.searchsorted(minimum.ids, particle))
    radius = min(RADIUS, 0.49 * float(minimum.cell.heights.min()))
    search = Search(landscape, row, radius=radius, refine_radius=None, settings=SearchSettings())
    for trial in range(40):
        found = search.run(np.random.default_rng(trial))
        if found.status == "connected" and (found := search.refine(found)).status == "connected":
            return landscape, found
    raise SystemExit(f"no event around particle {particle} in 40 searches")


def path(landscape: CompiledLandscape, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Arc length from the initial minimum and energy: steepest descent from the saddle on both sides."""
    surface = landscape.surface(None, landscape.minimum.positions)
    lowest = surface.energy_and_forces(landscape.minimum.positions)[0]
    saddle, vector = found.refined.positions, found.refined.mode.vector
    ends = []
    for sign in (-1, 1):
        x, points = saddle + sign * 0.1 * vector, [(0.0, found.refined.barrier)]
        length, step = 0.1, 0.03
        for _ in range(1500):
            energy, forces = surface.energy_and_forces(x)
            points.append((length, energy - lowest))
            largest = np.linalg.norm(forces, axis=1).max()
            if largest < 5e-3:
                break
            move = forces * min(step, 0.03 / largest)
            x, length = x + move, length + float(np.linalg.norm(move))
        ends.append((np.array(points), x))
    near = min(ends, key=lambda end: np.linalg.norm(end[1] - landscape.minimum.positions))
    far = next(end for end in ends if end is not near)
    s = np.concatenate([-near[0][::-1, 0], far[0][1:, 0]])
    return s - s[0], np.concatenate([near[0][::-1, 1], far[0][1:, 1]])


def main(file: str, particle: str = "1") -> None:
    glass = glasses.CuZr()
    minimum = simulate.minimize(glass.check(Snapshot.read(file)), glass, force_tolerance=1e-4)
    landscape, found = event(minimum, glass, int(particle))
    moves = np.linalg.norm(found.refined.positions - minimum.positions, axis=1)
    final = np.linalg.norm(found.ends.far.positions - minimum.positions, axis=1)
    centre = int(moves.argmax())
    away = minimum.cell.minimum_image(minimum.positions - minimum.positions[centre])
    r = np.linalg.norm(away, axis=1)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    s, energy = path(landscape, found)
    left.plot(s, energy)
    left.plot([s[0], s[energy.argmax()], s[-1]], [energy[0], energy.max(), energy[-1]], "o")
    left.set(xlabel="length of the path (angstrom)", ylabel="energy (eV)", title="Descents from the saddle")
    middle.semilogy(r, moves.clip(1e-4), ".", label="saddle")
    middle.semilogy(r, final.clip(1e-4), ".", ms=3, label="final minimum")
    middle.set(xlabel="distance from the most displaced atom (angstrom)", ylabel="displacement (angstrom)")
    middle.legend()
    near = np.flatnonzero((r < 8.0) & (np.abs(away[:, 2]) < 2.5))
    shift = found.ends.far.positions - minimum.positions
    colours = np.array(["#c8743c", "#4878a8"])[minimum.types[near]]
    right.scatter(*away[near][:, :2].T, c=colours, s=160, alpha=0.5)
    right.quiver(*away[near][:, :2].T, *shift[near][:, :2].T, angles="xy", scale_units="xy", scale=1, width=0.006)
    right.set(aspect="equal", xlabel="x (angstrom)", ylabel="y (angstrom)", title="Displacements to the final minimum")
    target = Path(__file__).with_suffix(".png")
    figure.savefig(target, dpi=110, metadata={"Software": None})
    near_by = int((final > 0.5).sum())
    print(
        f"barrier {found.refined.barrier:.3f} eV, backward {found.refined.barrier - found.ends.far.above:.3f} eV, "
        f"largest displacement {final.max():.2f} A, {near_by} atoms beyond 0.5 A; {found.calls}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
