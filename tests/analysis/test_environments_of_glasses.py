"""Neighbourhoods as tables, strain over its mean, rows by name, and barcodes at equal energy."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import analysis
from lammps_glass.snapshots import Cell, Snapshot


def test_neighborhood_of_a_simple_cubic_crystal():
    grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    types = (grid.sum(axis=1) % 2).astype(int)  # rock salt
    snapshot = Snapshot(Cell.orthogonal([4.0] * 3), grid, types, ("Na", "Cl"))
    rows = [0, 21]
    tables = list(analysis.neighborhoods(snapshot, rows, 1.5))
    assert len(tables) == 2
    for row, table in zip(rows, tables):
        distances = np.linalg.norm(table[["x", "y", "z"]], axis=1)
        assert table["centre"].tolist() == [True] + 18 * [False]  # 6 at 1, 12 at sqrt 2
        assert sorted(np.round(distances**2).tolist()) == [0] + 6 * [1] + 12 * [2]
        other = {"Na": "Cl", "Cl": "Na"}
        assert set(table[np.round(distances**2) == 1]["species"]) == {other[snapshot.species_of_particles[row]]}
        assert table["species"].iloc[0] == snapshot.species_of_particles[row]
        np.testing.assert_allclose(table[["x", "y", "z"]].sum(), 0.0, atol=1e-12)  # the crystal has inversion symmetry


def test_each_structure_counts_by_its_own_mean_strain():
    strains = [np.array([1.0, 3.0]), np.full(3, 1e-6), np.array([0.02, 0.06, 0.04])]
    np.testing.assert_allclose(analysis.relative_strains(strains), [0.5, 1.5, 0.5, 1.5, 1.0])
    assert len(analysis.relative_strains(strains[1:2])) == 0


def test_rows_by_name_are_in_the_order_of_the_names():
    parts = analysis.split_by(np.arange(8).reshape(4, 2), ["b", "a", "b", "c"])
    assert list(parts) == ["a", "b", "c"]
    assert parts["b"].tolist() == [[0, 1], [4, 5]]


def test_only_thermal_glasses_of_the_energy_of_the_driven_ones_are_compared():
    low, high = np.array([0.7, 0.1, 0.2]), np.array([0.1, 0.6, 0.3])
    barcodes = np.vstack([np.tile(low, (6, 1)), np.tile(high, (4, 1))])
    energies = np.array([-5.0, -5.1, -4.9, -5.0, -5.2, -4.8, -1.0, -1.2, -0.8, -1.1])
    thermal = analysis.BarcodeSet(barcodes, energies, np.array(list("aabbccddee")))
    driven = analysis.BarcodeSet(np.tile(high, (3, 1)), np.array([-1.0, -1.1, -0.9]), np.array(list("xyy")))
    bars, by_group, gap = analysis.compare_at_equal_energy(thermal, driven, ["kasper", "other", "other"], nearest=4)
    np.testing.assert_allclose(bars["thermal"], high)
    np.testing.assert_allclose(by_group["ratio"], 1.0)
    np.testing.assert_allclose(by_group["deviation"], 0.0, atol=1e-15)
    assert gap == pytest.approx(energies[6:].mean() + 1.0)
    bars, _, gap = analysis.compare_at_equal_energy(thermal, driven, ["kasper", "other", "other"], nearest=10)
    np.testing.assert_allclose(bars["difference"], 0.6 * (low - high))
    assert gap == pytest.approx(energies.mean() + 1.0)
