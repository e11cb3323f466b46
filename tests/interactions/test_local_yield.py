"""Local yield stress: the first step against the Hessian of the ball, a crystal against glasses, and faults."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.analysis import local_yield_stress
from lammps_glass.errors import InputError
from lammps_glass.glasses import KobAndersenSmooth
from lammps_glass.interactions import System
from lammps_glass.interactions.local_yield import _Ball
from lammps_glass.interactions.nonaffine import sheared
from lammps_glass.testing.samples import binary_snapshot

GLASS = KobAndersenSmooth(n_particles=125)


@pytest.fixture(scope="module")
def minimum():
    return simulate.minimize(binary_snapshot(0, n_cells=5), GLASS, force_tolerance=1e-8)


def test_the_first_step_has_the_slope_of_the_hessian_of_the_ball(minimum):
    """Born term less Xi H^-1 Xi, with the matrix held: dense algebra on the particles inside."""
    model = GLASS.model()
    ball = _Ball(minimum, model, 7, "xy", 1.6, 1e-7)
    strain = 1e-4
    start = ball._relaxed(0.0, minimum.positions[ball.rows])
    moved = ball._relaxed(strain, ball._follow(start, strain))
    slope = (ball.stress(strain, moved) - ball.stress(0.0, start)) / strain
    change = 1e-4
    systems = {sign: System(sheared(minimum, "xy", sign * change), model, mobile=ball.rows) for sign in (-1, 1)}
    middle = System(minimum, model, mobile=ball.rows)
    born = (systems[1].energy() + systems[-1].energy() - 2 * middle.energy()) / change**2
    coupling = (systems[-1].forces() - systems[1].forces()).ravel() / (2 * change)
    relaxed = coupling @ np.linalg.solve(middle.hessian().dense(), coupling)
    assert slope == pytest.approx((born - relaxed) / ball.volume, rel=2e-2)  # a step of 1e-4, minimised to 1e-6


def test_balls_yield_at_a_positive_increase_of_stress(minimum):
    ids = minimum.ids[[3, 60]]
    found = local_yield_stress(minimum, GLASS.model(), ids, radius=1.6, strain_step=5e-3, max_strain=0.6)
    assert found["particle"].tolist() == ids.tolist()
    assert (found["yield_stress"] > 0).all()
    assert ((found["yield_strain"] > 0) & (found["yield_strain"] < 0.6)).all()
    alone = local_yield_stress(minimum, GLASS.model(), ids[1:], radius=1.6, strain_step=5e-3, max_strain=0.6)
    np.testing.assert_array_equal(alone.iloc[0, 2:], found.iloc[1, 2:])  # particles do not depend on each other


def test_faults_are_named(minimum):
    with pytest.raises(InputError, match="no particle 9999"):
        local_yield_stress(minimum, GLASS.model(), [9999])
    with pytest.raises(InputError, match="radius = -1"):
        local_yield_stress(minimum, GLASS.model(), minimum.ids[:1], radius=-1)
    with pytest.raises(InputError, match="plane = 'xw'"):
        local_yield_stress(minimum, GLASS.model(), minimum.ids[:1], plane="xw")
