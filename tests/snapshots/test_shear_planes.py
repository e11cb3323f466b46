"""The table of shear planes against the matrices and the LAMMPS names that define it."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass.analysis.elasticity import sheared
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.shear_planes import PLANES, shear_plane


@pytest.mark.parametrize(
    ("name", "moved", "tilt"),
    [("xy", [1.02, 1, 1], "xy"), ("yz", [1, 1.02, 1], "yz"), ("zx", [1.02, 1, 1], "xz"), ("xz", [1.02, 1, 1], "xz")],
)
def test_shear_moves_particles_along_the_flow(name, moved, tilt):
    snapshot = Snapshot(Cell.orthogonal([3.0] * 3), np.ones((1, 3)), np.zeros(1, dtype=int), ("A",))
    assert np.allclose(sheared(snapshot, name, 0.02).positions[0], moved, rtol=1e-15)
    assert shear_plane(name).tilt == tilt


def test_both_spellings_are_one_plane():
    assert shear_plane("xz") == shear_plane("zx")
    assert len(set(PLANES.values())) == len(PLANES) == 3
    with pytest.raises(InputError, match="aqs: plane = 'zy' must be one of"):
        shear_plane("zy", "aqs")
