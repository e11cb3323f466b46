"""Initial configurations of chain molecules: random walks, pushed apart by soft springs that let chains cross."""

from __future__ import annotations

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

BOND = 0.97  # length of a bond at rest: where FENE and the repulsive core balance
_CLOSEST = 1.02  # of next-nearest beads: chains that fold back on themselves take long to unfold
_ANGLE = _CLOSEST**2 / (2 * BOND**2) - 1  # |b u + b v|^2 = 2 b^2 (1 + u.v)

#: Limits of a start: no stretched bond (two hooked chains), no pair so close that its energy diverges.
LONGEST_BOND, NEAREST_PAIR = 1.15, 0.75
_MAX_MOVE, _STEPS = 0.1, 2000


def bonds_of_chains(ids: Integers, length: int) -> Integers:
    """List the bonds of chains of `length` with consecutive ids from 1 on: (m, 2) ids."""
    first = ids[ids % length != 0]
    return np.column_stack([first, first + 1])


def require_chains(ids: Integers, length: int, owner: str) -> None:
    """Raise `InputError` unless ids 1 to n make whole chains of `length`."""
    n_beads = len(ids)
    if n_beads % length or ids[0] != 1 or ids[-1] != n_beads:
        raise InputError(
            f"{n_beads} beads with ids {ids[0]} to {ids[-1]} are not whole chains of {length}: glass {owner} takes its "
            "bonds from ids 1 to n, chain after chain"
        )


def random_walks(random: np.random.Generator, n_chains: int, length: int, edge: float) -> Floats:
    """Draw (n_chains * length, 3) beads, chain after chain, starting anywhere in a cube; not wrapped."""
    beads = np.empty((length, n_chains, 3))
    beads[0] = edge * random.random((n_chains, 3))
    step = _directions(random, n_chains)
    for k in range(1, length):
        step = _next_directions(random, step) if k > 1 else step
        beads[k] = beads[k - 1] + BOND * step
    return np.ascontiguousarray(beads.transpose(1, 0, 2)).reshape(-1, 3)


def push_apart(positions: Floats, length: int, edge: float) -> Floats:
    """Move beads until none overlap: springs keep the bonds, ten times softer ones push other beads apart.

    A `length` of 1 has no bonds: particles.

    A repulsion that stays finite lets two bonds that are hooked into each other pass; a Lennard-Jones core would keep
    them stretched for good.

    Raises
    ------
    InputError
        Chains at this density cannot be separated.
    """
    beads = positions.copy()
    first = np.flatnonzero(np.arange(len(beads)) % length != length - 1)
    for _ in range(_STEPS):
        moves, nearest = _overlaps(beads, edge)
        bonds = beads[first + 1] - beads[first]
        lengths = np.linalg.norm(bonds, axis=1, keepdims=True)
        if nearest > NEAREST_PAIR and lengths.max(initial=0.0) < LONGEST_BOND:
            return beads
        pull = 0.25 * (lengths - BOND) * bonds / lengths
        moves[first] += pull
        moves[first + 1] -= pull
        far = np.linalg.norm(moves, axis=1, keepdims=True)
        beads += moves * np.minimum(1.0, _MAX_MOVE / np.maximum(far, 1e-12))
    raise InputError(f"{len(beads)} beads in a cube of edge {edge:.4g} stay too close: start from a lower density")


def _overlaps(beads: Floats, edge: float) -> tuple[Floats, float]:
    """Compute (n, 3) moves away from beads nearer than 1, and the smallest distance."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(np.mod(beads, edge), boxsize=edge).query_pairs(1.0, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]  # sums in one order, bitwise identical on every machine
    vectors = beads[pairs[:, 1]] - beads[pairs[:, 0]]
    vectors -= edge * np.rint(vectors / edge)
    distances = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    push = 0.1 * (1.0 - distances) * vectors / distances
    moves = _summed(push, pairs[:, 1], len(beads)) - _summed(push, pairs[:, 0], len(beads))
    return moves, float(distances.min(initial=1.0))


def _summed(vectors: Floats, rows: Integers, n_rows: int) -> Floats:
    """Compute (n_rows, 3) sums of the vectors of each row."""
    return np.column_stack([np.bincount(rows, weights=column, minlength=n_rows) for column in vectors.T])


def _directions(random: np.random.Generator, count: int) -> Floats:
    """Draw (count, 3) unit vectors, uniform on the sphere."""
    vectors = random.normal(size=(count, 3))
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _next_directions(random: np.random.Generator, before: Floats) -> Floats:
    """Draw uniform directions, again where next-nearest beads would be too close."""
    result = _directions(random, len(before))
    while (back := np.einsum("ij,ij->i", before, result) < _ANGLE).any():
        result[back] = _directions(random, int(back.sum()))
    return result
