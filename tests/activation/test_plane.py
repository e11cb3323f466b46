"""Basin, climb and ends in two dimensions, where the saddles are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from samples import MuellerBrown

from lammps_glass.activation.basin import leave_basin
from lammps_glass.activation.climb import Climber
from lammps_glass.activation.ends import sides, verdict_of
from lammps_glass.activation.lanczos import lowest_mode
from lammps_glass.activation.lbfgs import minimize
from lammps_glass.activation.settings import SearchSettings
from lammps_glass.activation.surface import Counted
from lammps_glass.errors import InputError

#: Textbook saddles and minima (x, y, energy), to the digits printed.
SADDLES = np.array([[-0.82200, 0.62431, -40.6648], [0.21249, 0.29299, -72.2489]])
#: A tenth of an angstrom wide and some tens of eV deep.
SETTINGS = replace(
    SearchSettings().scaled(0.1, 30.0), force=1e-3, end_force=1e-3, difference=1e-5, threshold=-50.0, max_pushes=40
)  # fmt: skip


def descend(surface, start, settings):
    return minimize(surface, start, force=settings.end_force, step=settings.end_step, initial=1e-5, max_steps=2000)


def climbed(start, angle, settings=SETTINGS):
    surface = Counted(MuellerBrown())
    minimum = descend(surface, np.array([start]), settings)
    direction = np.array([[np.cos(angle), np.sin(angle)]])
    random = np.random.default_rng(0)
    left = leave_basin(surface, minimum.positions, minimum.energy, direction, settings, random)
    if left.mode is None:
        return None, minimum, surface
    climber = Climber(
        surface, settings, minimum.positions, minimum.energy, left.positions, left.energy, left.forces, left.mode
    )
    climber.run(step=settings.step, renew=1, max_steps=settings.max_steps)
    return climber, minimum, surface


@pytest.mark.parametrize("climb", ["quasi-newton", "classical"])
def test_saddles_of_mueller_and_brown(climb):
    """From the middle minimum in twelve directions: only true saddles, both of them, to 1e-4."""
    found = []
    for angle in 2 * np.pi * np.arange(12) / 12:
        climber, _, _ = climbed([-0.05, 0.467], angle, replace(SETTINGS, climb=climb))
        if climber is not None and climber.status == "saddle":
            found.append([*climber.positions[0], climber.energy])
            assert climber.mode.eigenvalue < 0
    nearest = [int(np.linalg.norm(SADDLES[:, :2] - point[:2], axis=1).argmin()) for point in np.array(found)]
    assert set(nearest) == {0, 1}
    np.testing.assert_allclose(np.array(found), SADDLES[nearest], atol=1e-4)


def test_ends_of_a_saddle_are_its_two_minima():
    climber, minimum, surface = climbed([-0.05, 0.467], 0.0)
    first, second = (descend(surface, x, SETTINGS) for x in sides(climber.positions, climber.mode.vector, SETTINGS))
    ends = verdict_of(first, second, minimum.positions, minimum.energy, SETTINGS)
    assert ends.verdict == "connected"
    np.testing.assert_allclose(ends.near.positions, minimum.positions, atol=1e-4)
    np.testing.assert_allclose(ends.far.positions, [[0.62350, 0.02804]], atol=1e-4)
    assert ends.far.energy == pytest.approx(-108.1667, abs=1e-4)
    forward, backward = climber.energy - minimum.energy, climber.energy - ends.far.energy
    assert forward - backward == pytest.approx(ends.far.above, abs=1e-9)
    # the same saddle, seen from a third minimum, connects nothing with it
    others = verdict_of(first, second, np.array([[-0.558, 1.442]]), -146.7, SETTINGS)
    assert others.verdict == "unconnected"
    both = verdict_of(first, first, minimum.positions, first.energy, SETTINGS)
    assert both.verdict == ("self" if ends.near.positions is first.positions else "unconnected")


def test_no_search_runs_for_ever():
    """A plane that rises without end stops at the limit of pushes, or of the energy."""

    class Bowl:
        def energy_and_forces(self, positions):
            return float((positions**2).sum()), -2.0 * positions

    surface, zero = Counted(Bowl()), np.zeros((1, 2))
    direction = np.array([[1.0, 0.0]])
    settings = replace(SearchSettings(), energy_limit=1e9)
    left = leave_basin(surface, zero, 0.0, direction, settings, np.random.default_rng(0))
    assert left.mode is None
    assert left.pushes == settings.max_pushes
    left = leave_basin(surface, zero, 0.0, direction, SearchSettings(), np.random.default_rng(0))
    assert left.mode is None
    assert left.pushes < 30  # 12 eV at 3.5 angstrom
    mode = lowest_mode(
        surface, zero, zero, direction, products=5, difference=1e-3, tolerance=0.02, floor=0.002
    )  # fmt: skip
    climber = Climber(surface, SearchSettings(), zero + 9.0, 162.0, zero + 1.0, 2.0, -2.0 * (zero + 1.0), mode)
    climber.run(step=0.1, renew=3, max_steps=30)
    assert climber.status == "limit"


def test_lowest_mode_is_that_of_the_matrix():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(12, 12))
    matrix = matrix + matrix.T

    class Quadratic:
        def energy_and_forces(self, positions):
            x = positions.ravel()
            return float(0.5 * x @ matrix @ x), -(matrix @ x).reshape(positions.shape)

    x = random.normal(size=(4, 3))
    mode = lowest_mode(
        Quadratic(), x, Quadratic().energy_and_forces(x)[1], random.normal(size=(4, 3)), products=12, difference=1e-3,
        tolerance=1e-9, floor=1e-9,
    )  # fmt: skip
    values, vectors = np.linalg.eigh(matrix)
    # as many products as dimensions are exact but for the differences of forces
    assert mode.eigenvalue == pytest.approx(values[0], rel=1e-7)
    assert abs(mode.vector.ravel() @ vectors[:, 0]) == pytest.approx(1.0, abs=1e-7)


def test_settings_scale_with_their_units_and_bad_ones_are_refused():
    scaled = SearchSettings().scaled(0.5, 4.0)
    assert scaled.kick == pytest.approx(0.05)
    assert scaled.threshold == pytest.approx(-0.3 * 4.0 / 0.25)
    assert scaled.force == pytest.approx(0.01 * 4.0 / 0.5)
    assert scaled.max_pushes == SearchSettings().max_pushes
    for bad in ({"kick": 0.0}, {"threshold": 0.1}, {"force": float("nan")}, {"climb": "fast"}):
        with pytest.raises(InputError):
            SearchSettings(**bad)
