"""The command `analyse` on a trajectory of another project, against its published value and against another program.

The random walk of MDAnalysis's tests (100 particles, 100 frames, open boundaries): set `LAMMPS_GLASS_PUBLIC` to the
folder ``MDAnalysisTests/data`` of the distribution MDAnalysisTests, with MDAnalysis (and PyMatterSim) installed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(os.environ.get("LAMMPS_GLASS_PUBLIC", ""))
WALK = FOLDER / "xyz_random_walk.xtc"
DISTANCE, Q = 6.5, 0.5

pytestmark = pytest.mark.skipif(
    not WALK.is_file(), reason="set LAMMPS_GLASS_PUBLIC to the folder MDAnalysisTests/data, which holds the random walk"
)


@pytest.fixture(scope="module")
def dump(tmp_path_factory) -> Path:
    """The random walk as a LAMMPS dump, with all digits of its single-precision positions."""
    mda = pytest.importorskip("MDAnalysis")
    walk = mda.Universe(str(FOLDER / "RANDOM_WALK_TOPO.pdb"), str(WALK))
    path = tmp_path_factory.mktemp("public") / "walk.lammpstrj"
    with path.open("w") as out:
        for step, _ in enumerate(walk.trajectory):
            out.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(walk.atoms)}\nITEM: BOX BOUNDS ff ff ff\n")
            out.write("-50 50\n-50 50\n-50 50\nITEM: ATOMS id type xu yu zu\n")
            for number, position in enumerate(walk.atoms.positions.astype(float), 1):
                out.write(f"{number} 1 {' '.join(map(repr, position.tolist()))}\n")
    return path


@pytest.fixture
def tables(run, dump, tmp_path) -> dict[str, pd.DataFrame]:
    """Tables of the command."""
    names = ["msd", "alpha2", "fs", "overlap", "chi4"]
    words = ["--observables", ",".join(names), "--distance", DISTANCE, "--q", Q, "-o", tmp_path / "out"]
    done = run("analyse", "species", dump, "--by", "species", *words)
    assert done.status == 0, done.err
    return {name: pd.read_csv(tmp_path / "out" / "figures" / f"{name}.csv") for name in names}


def test_mean_squared_displacement_is_the_published_one(tables):
    """``test_random_walk_u_simple`` of MDAnalysis 2.11 prints the norm of the curve over all lags."""
    assert np.linalg.norm(tables["msd"]["msd"]) == pytest.approx(3932.39927487146, rel=1e-12)


def test_dynamics_are_those_of_another_program(tables, dump):
    dynamics = pytest.importorskip("PyMatterSim.dynamic.dynamics")
    reader = pytest.importorskip("PyMatterSim.reader.dump_reader").DumpReader(str(dump), ndim=3)
    reader.read_onefile()
    settings = {"dt": 1.0, "ppp": np.zeros(3, int), "diameters": {1: 1.0}, "a": DISTANCE}
    peer = dynamics.Dynamics(xu_snapshots=reader.snapshots, **settings).relaxation(qconst=Q)
    ours = {name: table[name].to_numpy()[1:] for name, table in tables.items()}  # lag 0 is ours alone
    np.testing.assert_allclose(ours["msd"], peer["msd"], rtol=1e-9)
    np.testing.assert_allclose(ours["alpha2"], peer["alpha2"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours["overlap"], peer["Qt"], rtol=1e-12)
    chi4 = ours["chi4"][np.isfinite(ours["chi4"])]
    np.testing.assert_allclose(chi4, peer["X4_Qt"][: len(chi4)], rtol=1e-9, atol=1e-12)
    # all directions against the three axes, 100 particles: sqrt(1 / 2 / 300) at a lag with one origin
    np.testing.assert_allclose(ours["fs"], peer["isf"], atol=5 * 0.041)
