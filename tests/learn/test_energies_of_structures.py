"""Structures in terms of a library, errors without bias, and errors against the amount of data."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import learn
from lammps_glass.errors import InputError


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def library():
    return learn.EnvironmentLibrary(np.eye(3, 6, dtype=np.float32), ["s"] * 3, [1, 2, 3], threshold=0.84)


def test_counts_of_a_structure_do_not_depend_on_the_blocks(library):
    random = np.random.default_rng(4)
    kinds = random.integers(4, size=50)  # the fourth is no environment of the library
    rows = unit(np.eye(6)[kinds] + 0.01 * random.normal(size=(50, 6)))
    whole, parts = (learn.encode_structure(library, np.split(rows, cuts)) for cuts in ([], [7, 31]))
    np.testing.assert_array_equal(whole.counts, np.bincount(kinds, minlength=4)[:3])
    np.testing.assert_array_equal(parts.counts, whole.counts)
    assert whole.coverage == (kinds < 3).mean()
    # two orders of a sum of 50 numbers below 1 in double precision
    np.testing.assert_allclose(whole.mean, rows.astype(np.float64).mean(axis=0), atol=1e-14)
    np.testing.assert_allclose(parts.mean, whole.mean, atol=1e-14)


def test_a_structure_without_any_environment_is_named(library):
    with pytest.raises(InputError, match="glass 7: none of its 5 particles"):
        learn.encode_structure(
            library, [np.eye(6, dtype=np.float32)[[3, 4]], np.eye(6, dtype=np.float32)[[5, 5, 5]]], "glass 7"
        )


def test_a_constant_and_the_number_of_particles_are_taken_away():
    random = np.random.default_rng(1)
    per_particle, sizes = random.normal(size=30), random.integers(100, 200, size=30)
    noise = random.normal(size=30) * 0.1
    true, predicted = sizes * per_particle, sizes * (per_particle + noise + 7.0)
    table = learn.energies_without_bias(true, predicted, sizes)
    # numbers of order 1000 (meV) to fifteen digits
    np.testing.assert_allclose(table["true"], 1000 * (per_particle - per_particle.mean()), atol=1e-9)
    np.testing.assert_allclose(table["predicted"] - table["true"], 1000 * (noise - noise.mean()), atol=1e-9)
    score = learn.energy_scores(true, predicted, sizes)
    assert table["error"].mean() == pytest.approx(score["bias_mev_per_atom"])
    spread = np.hypot(table["error"].std(ddof=0), table["error"].mean())
    assert spread == pytest.approx(score["rmse_mev_per_atom"])


def test_each_amount_trains_on_so_many_whole_runs_and_on_what_they_hold():
    random = np.random.default_rng(0)
    runs = np.repeat([f"run-{number}" for number in range(6)], 5)
    fractions = random.dirichlet(np.ones(4), size=30)
    fractions = np.hstack([fractions, np.zeros((30, 6))])
    fractions[np.arange(30), 4 + np.arange(30) // 5] = 0.5  # an environment that one run alone has
    energies = fractions[:, 0] * 3.0
    rows = learn.EnergyRows(fractions, energies, runs)
    table = learn.energy_learning_curve(rows, rows, (0.1, 0.5, 1.0), 2, seed=3)
    assert table["runs"].tolist() == [2, 2, 3, 3, 6, 6]  # never fewer than two: one of them stops the growth
    assert (table["structures"] == 5 * table["runs"]).all()
    assert (table["environments"] == 4 + table["runs"]).all()
    again = learn.energy_learning_curve(rows, rows, (1.0,), 2, seed=3)
    assert again["rmse"].tolist() == table["rmse"].tolist()[-2:]  # a draw does not depend on the other amounts
    shifted = learn.energy_learning_curve(rows, rows._replace(energies=energies + 10.0), (1.0,), 1, seed=3)
    assert shifted["rmse"].iloc[0] == pytest.approx(10.0, abs=1.0)  # of the test rows: the spread of the energies is 1
