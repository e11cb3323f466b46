"""Modes up to a frequency by filtered subspaces in single precision, against all eigenvalues by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from shaken_cells import shaken

from lammps_glass import analysis, simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr
from lammps_glass.interactions import System, filtered, modes, modes_up_to, vibrations
from lammps_glass.snapshots import Snapshot


@pytest.fixture(scope="module")
def minimum() -> tuple[CuZr, Snapshot]:
    """256 atoms of a minimum."""
    glass = CuZr()
    return glass, simulate.minimize(shaken(glass, 4.2, cells=4, noise=0.1), glass, force_tolerance=1e-4)


@pytest.fixture(scope="module")
def eigenpairs(minimum):
    """Hessian, inverse roots of the masses, and eigenpairs by scipy without the translations."""
    glass, snapshot = minimum
    weights = 1 / np.sqrt(np.repeat(np.array(glass.masses)[snapshot.types], 3))
    hessian = System(snapshot, glass.model()).hessian()
    values, vectors = eigh(hessian.dense() * weights * weights[:, None])
    moving = np.abs(values) > 1e-10 * values.max()
    assert moving.sum() == 3 * len(snapshot) - 3
    return hessian, weights, values[moving], vectors[:, moving]


@pytest.mark.parametrize("expected", [100, 10])
def test_modes_below_a_limit_are_all_of_them(eigenpairs, expected):
    """Also where the subspace is too small at first: ten are expected, there are a hundred."""
    hessian, weights, values, vectors = eigenpairs
    limit = 0.5 * (values[99] + values[100])
    found, basis = filtered.modes_below(hessian, weights, limit, expected)
    # residuals of 2e-3 of the limit at most: errors of eigenvalues are of second order
    np.testing.assert_allclose(found, values[:100], atol=1e-4 * limit)
    assert basis.dtype == np.float32
    # orthonormal, and in the span of scipy's (but for mixtures across the limit)
    assert np.abs(basis @ basis.T - np.eye(100)).max() < 1e-4
    outside = basis - basis @ vectors[:, :110] @ vectors[:, :110].T
    assert np.linalg.norm(outside, axis=1).max() < 0.02


def test_boson_peaks_agree_with_those_of_all_modes(minimum, monkeypatch):
    glass, snapshot = minimum
    everything = modes(snapshot, glass.model(), glass.masses)
    top = float(everything.frequencies[80])
    monkeypatch.setattr(vibrations, "DENSE", 100)
    softest = modes_up_to(top, snapshot, glass.model(), glass.masses, fraction=0.11)
    assert not softest.is_complete
    at = np.linspace(0.6, 1.0, 9) * (top - 0.5)
    peaks = [analysis.boson_peaks(at, analysis.particle_density_of_states(m, at)) for m in (everything, softest)]
    np.testing.assert_allclose(peaks[1].intensity, peaks[0].intensity, rtol=0.01)


def test_what_does_not_converge_is_an_error(eigenpairs, monkeypatch):
    hessian, weights, values, _ = eigenpairs
    monkeypatch.setattr(filtered, "TOLERANCE", 1e-12)
    monkeypatch.setattr(filtered, "_PASSES", 2)
    with pytest.raises(InputError, match="no convergence after 2 passes"):
        filtered.modes_below(hessian, weights, float(values[20]), 20)
