"""Limited-memory BFGS without line search: the history of steps, and minimisation with short steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lammps_glass.activation.surface import Surface
from lammps_glass.activation.vectors import dot, largest, limited, two_loops
from lammps_glass.snapshots.cell import Floats

#: Fraction of the longest step below which one that raises the energy is rounding.
SHORTEST = 1e-3


class History:
    """Pairs of a step and the change of the gradient along it; the oldest is dropped when `n_pairs` are held.

    Parameters
    ----------
    n_pairs
        Largest number of pairs.
    initial
        Inverse curvature (length^2 / energy) of a step without pairs.
    """

    def __init__(self, n_pairs: int, initial: float) -> None:
        self.n_pairs, self.initial, self._count = n_pairs, initial, 0
        self._steps: Floats = np.empty((0, 0))
        self._changes: Floats = np.empty((0, 0))
        self._products: Floats = np.empty(n_pairs)  # of each step with its change

    def clear(self) -> None:
        """Drop all pairs."""
        self._count = 0

    def add(self, step: Floats, change: Floats) -> bool:
        """Add a pair (m, d) with positive curvature; drop all pairs where it is not, and return False."""
        product = dot(step.ravel(), change.ravel())
        if not product > 0:
            self.clear()
            return False
        if self._steps.shape[1:] != (step.size,):
            self._steps, self._changes = np.empty((self.n_pairs, step.size)), np.empty((self.n_pairs, step.size))
        row = self._count % self.n_pairs
        self._steps[row], self._changes[row], self._products[row] = step.ravel(), change.ravel(), product
        self._count += 1
        return True

    def step(self, force: Floats) -> Floats:
        """Compute the quasi-Newton step (m, d) along `force`; without pairs, or where it points against it, shorter."""
        kept = min(self._count, self.n_pairs)
        order = np.arange(self._count - kept, self._count, dtype=np.int64) % self.n_pairs
        if kept:
            step: Floats = two_loops(force.ravel(), self._steps, self._changes, self._products, order, self.initial)
            if dot(step, force.ravel()) > 0:
                return step.reshape(force.shape)
            self.clear()
        return self.initial * force


class Minimum(NamedTuple):
    """End of a minimisation."""

    positions: Floats
    energy: float
    force: float  # largest on a particle
    converged: bool


def minimize(
    surface: Surface, positions: Floats, *, force: float, step: float, initial: float, max_steps: int,
    n_pairs: int = 10, arrived: Callable[[Floats, float], bool] | None = None,
) -> Minimum:  # fmt: skip
    """Minimise by L-BFGS with steps of at most `step` on a particle, until no force exceeds `force`.

    Long steps jump over barriers to other minima. A step that raises the energy is taken back and the pairs are
    dropped. `arrived` of positions and energy ends it earlier.
    """
    history, x = History(n_pairs, initial), positions
    energy, forces = surface.energy_and_forces(x)
    shrink = 1.0
    for _ in range(max_steps):
        residual = largest(forces)
        if residual < force or (arrived is not None and arrived(x, energy)):
            return Minimum(x, energy, residual, True)
        move = limited(history.step(forces), shrink * step)
        new_energy, new_forces = surface.energy_and_forces(x + move)
        if new_energy > energy and shrink > SHORTEST:
            history.clear()
            shrink *= 0.25
            continue
        shrink = 1.0
        history.add(move, forces - new_forces)
        x, energy, forces = x + move, new_energy, new_forces
    return Minimum(x, energy, float(largest(forces)), False)
