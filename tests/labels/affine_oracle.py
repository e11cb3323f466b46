"""Local affine fits written out: explicit periodic images and numpy's least squares, one particle at a time."""

from __future__ import annotations

import itertools

import numpy as np

from lammps_glass.snapshots import Cell, Snapshot


def neighbour_vectors(reference, current, i, r_max, images=3):
    """(m, 3) vectors to all neighbours of particle i before and after."""
    inverse0, inverse1 = np.linalg.inv(reference.cell.matrix), np.linalg.inv(current.cell.matrix)
    scaled0 = (reference.positions - reference.cell.origin) @ inverse0
    scaled1 = (current.positions - current.cell.origin) @ inverse1
    periodic = reference.cell.periodic
    change = (scaled1 - scaled0) - (scaled1 - scaled0)[i]
    change -= np.where(periodic, np.rint(change), 0)
    apart = scaled0 - scaled0[i]
    apart -= np.where(periodic, np.floor(apart), 0)
    turns = [range(-images, images + 1) if p else (0,) for p in periodic]
    shifts = np.array(list(itertools.product(*turns)), dtype=float)
    apart = (apart[:, None] + shifts).reshape(-1, 3)
    before = apart @ reference.cell.matrix
    after = (apart + np.repeat(change, len(shifts), axis=0)) @ current.cell.matrix
    distance = np.linalg.norm(before, axis=1)
    near = (distance <= r_max) & (distance > 1e-9)
    return before[near], after[near]


def fit(reference, current, r_max):
    """Sum of squared residuals (n,), number of neighbours (n,), deformation gradient (n, 3, 3)."""
    sums, counts, gradients = [], [], []
    for i in range(len(reference)):
        before, after = neighbour_vectors(reference, current, i, r_max)
        solution = np.linalg.lstsq(before, after, rcond=None)[0]
        sums.append(((after - before @ solution) ** 2).sum())
        counts.append(len(before))
        gradients.append(solution.T)
    return np.array(sums), np.array(counts), np.array(gradients)


def random_pair(seed, n_particles=60, matrix=None, periodic=(True, True, True), strain=0.03, jump=0.08):
    """A random snapshot and a strained, jiggled one; positions of both wrapped into their own cells."""
    random = np.random.default_rng(seed)
    matrix = np.diag([3.6, 3.7, 3.8]) if matrix is None else np.asarray(matrix, dtype=float)
    scaled = random.random((n_particles, 3))
    strained = matrix @ (np.eye(3) + strain * random.normal(size=(3, 3)))
    moved = scaled + jump * random.normal(size=scaled.shape) @ np.linalg.inv(strained)
    types = random.integers(0, 2, n_particles)
    cells = Cell(matrix, periodic=periodic), Cell(strained, periodic=periodic)
    first = Snapshot(cells[0], scaled @ matrix, types, ("A", "B")).wrap()
    return first, Snapshot(cells[1], moved @ strained, types, ("A", "B"), step=1000).wrap()
