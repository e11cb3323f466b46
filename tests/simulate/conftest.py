"""One small glass and its creep, made once for all tests of simulations."""

from __future__ import annotations

import pytest

from lammps_glass.glasses import KobAndersen
from lammps_glass.simulate.protocols import Creep, Quench


@pytest.fixture(scope="session")
def glass():
    return KobAndersen(n_particles=256)


@pytest.fixture(scope="session")
def quenched(glass, tmp_path_factory):
    protocol = Quench(liquid=1000, cooling=2000, segment_steps=800, thermo_every=20)
    return protocol.run(glass, 1, tmp_path_factory.mktemp("quench"))


@pytest.fixture(scope="session")
def crept(quenched, tmp_path_factory):
    protocol = Creep(steps=1200, snapshot_every=200, segment_steps=500, thermo_every=20)
    return protocol.run(quenched, 1, tmp_path_factory.mktemp("creep"))
