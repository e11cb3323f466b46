"""Relaxation times against a trajectory whose scattering function is known, and verdicts on liquids."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lammps_glass.analysis import Equilibration, equilibration, median_relaxation_time, relaxation_time
from lammps_glass.snapshots import Cell, Snapshot


def walk(scale: float) -> list[Snapshot]:
    """Free flight: all particles move by `scale` a frame in random directions."""
    random = np.random.default_rng(1)
    start, direction = random.uniform(0, 10, (400, 3)), random.normal(size=(400, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    types = np.zeros(400, dtype=int)
    return [
        Snapshot(Cell.orthogonal([10] * 3), start + k * scale * direction, types, ("A",), step=k) for k in range(30)
    ]


def free_flight() -> float:
    """The root x of sin(x) / x = 1/e, by bisection: 2.2042."""
    low, high = 1.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sin(middle) / middle > np.exp(-1) else (low, middle)
    return low


def test_relaxation_time_of_free_flight():
    """F_s(t) = sin(q v t) / (q v t)."""
    # linear interpolation between frames 0.1 / q apart in the argument: error of second order, 1e-3
    expected = pytest.approx(0.5 * free_flight() / 0.1, rel=2e-3)
    assert relaxation_time(walk(0.1 / 7.2), 7.2, timestep=0.5) == expected
    assert relaxation_time(walk(0.1 / 7.2), 7.2, "A", timestep=0.5) == expected
    assert relaxation_time(walk(0.01 / 7.2), 7.2, timestep=0.5) is None


def test_halves_are_measured_apart():
    """Fifteen frames at one speed, then fifteen at half of it."""
    fast, slow = walk(0.2 / 7.2)[:15], walk(0.16 / 7.2)[15:]
    found = equilibration([*fast, *slow], 7.2, held=29.0, timestep=1.0)
    assert found.first_half == pytest.approx(free_flight() / 0.2, rel=5e-3)  # frames 0.2 / q apart
    assert found.second_half == pytest.approx(free_flight() / 0.16, rel=5e-3)
    assert found.held == 29.0


def test_liquids_that_may_age_are_named():
    assert Equilibration(5.0, 6.0, held=100.0).fault == ""
    assert "longer than half" in Equilibration(5.0, None, held=100.0).fault
    assert "held for 5.0 tau_alpha only" in Equilibration(5.0, 20.0, held=100.0).fault
    assert "grew from 5 to 9" in Equilibration(5.0, 9.0, held=100.0).fault


def test_a_run_that_did_not_relax_counts_as_the_slowest():
    def runs(*times):
        return [Equilibration(None, time, held=9.0) for time in times]

    assert median_relaxation_time(runs(2.0, None, 4.0)) == 4.0
    assert math.isnan(median_relaxation_time(runs(2.0, None, None)))
