"""Configurations of any potential, a small table, and LAMMPS holding one of them while its atoms are moved."""

from __future__ import annotations

import contextlib
import ctypes

import numpy as np

from lammps_glass.interactions import setfl
from lammps_glass.simulate import static
from lammps_glass.snapshots import Cell, Snapshot

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def shaken(glass, spacing, tilted=False, seed=0, cells=2, periodic=(True, True, True), noise=0.06):
    """Fcc cells with species at random, shaken by a part `noise` of the cell; by default 8 A across for a metal."""
    random = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    scaled = (corners + FCC).reshape(-1, 3) / cells
    matrix = np.eye(3) * cells * spacing
    if tilted:
        matrix = matrix @ np.array([[1.0, 0, 0], [0.2, 0.95, 0], [-0.15, 0.1, 1.05]])
    positions = scaled @ matrix + random.normal(0, noise * spacing, scaled.shape)
    types = random.permutation(np.arange(len(scaled)) % len(glass.species))
    return Snapshot(Cell(matrix, periodic=np.array(periodic)), positions, types, glass.species)


def small(style="fs", rows=40):
    """A small table of two elements with smooth functions; no two of its densities are equal in ``fs``."""
    r = np.linspace(0, 5.0, rows)
    density = np.array([[np.exp(-r * (1 + 0.1 * a + 0.2 * b * (style == "fs"))) for b in range(2)] for a in range(2)])
    pair = np.array([[(1 + a + b) * r * np.exp(-2 * r) for b in range(2)] for a in range(2)])
    embedding = -np.sqrt(np.linspace(0, 8, 30))[None] * np.array([[1.0], [1.5]])
    return setfl.Setfl(
        style, ("Cu", "Zr"), (29, 40), (63.546, 91.224), ("3.6 fcc", "3.2 hcp"), 8 / 29, 5.0 / (rows - 1), 5.0,
        embedding, density, pair, ("made for a test", "", ""),
    )  # fmt: skip


def spacing_of(glass):
    return 4.15 if glass.units == "metal" else 1.5


@contextlib.contextmanager
def lammps_forces(snapshot, glass):
    """A function positions (n, 3) -> forces (n, 3) of one LAMMPS instance (cell in LAMMPS's orientation)."""
    with static._loaded(snapshot, glass, None) as instance:

        def forces(positions):
            flat = np.ascontiguousarray(positions, dtype=float).ravel()
            instance.lammps.scatter_atoms("x", 1, 3, flat.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
            instance.commands("run 0 post no")
            return static._gather(instance, snapshot, "f")

        yield forces
