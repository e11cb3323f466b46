"""Every potential, and the published tables where they are."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass.glasses import CuZr, EmbeddedAtomGlass, KobAndersen, KobAndersenSmooth, LennardJonesGlass
from lammps_glass.interactions import tables

GLASSES = {
    "kob-andersen": lambda: KobAndersen(),
    "kob-andersen, cutoff by sigma": lambda: KobAndersen(r_cut_scaled=True),
    "kob-andersen-smooth": lambda: KobAndersenSmooth(),
    "cu-zr": lambda: CuZr(),
    "cu-zr, original table": lambda: CuZr(retabulate=False),
    "own, ternary, shifted": lambda: ternary(),
    "own, ternary, smoothed, cutoff by sigma": lambda: ternary(r_inner=2.0, r_cut_scaled=True),
    "own, polydisperse": lambda: polydisperse(),
    "own, setfl, alloy": lambda: EmbeddedAtomGlass(
        table="NiAlH_jea.eam.alloy", composition={"Al": 0.3, "Ni": 0.7}, density=0.08
    ),
    "own, setfl, fs": lambda: EmbeddedAtomGlass(table="VFe_mm.eam.fs", density=0.08),
    "own, setfl, one element": lambda: EmbeddedAtomGlass(table="W_zhou.eam.alloy", density=0.063),
}


def ternary(**changes):
    """Make a glass of three species with a coefficient of each pair."""
    sigma = {"A-A": 1.0, "A-B": 0.8, "A-C": 0.95, "B-B": 0.88, "C-B": 0.9, "C-C": 1.1}
    epsilon = {"A-A": 1.0, "A-B": 1.5, "A-C": 0.7, "B-B": 0.5, "C-B": 1.2, "C-C": 0.9}
    options = {"species": ["A", "B", "C"], "masses": 1.0, "density": 1.2, "epsilon": epsilon, "sigma": sigma}
    return LennardJonesGlass(**{**options, **changes})


def polydisperse(**changes):
    """Make a glass of nine sizes, whose unlike diameters are mixed and smaller than the mean."""
    sizes = np.linspace(0.7, 1.3, 9).tolist()
    species = [f"S{k}" for k in range(9)]
    options = {"species": species, "masses": 1.0, "density": 1.0, "sigma": sizes, "mixing": "arithmetic"}
    return LennardJonesGlass(**{**options, "non_additivity": 0.2, "r_cut_scaled": True, "r_cut": 1.5, **changes})


@pytest.fixture(scope="module", params=list(GLASSES))
def glass(request):
    return GLASSES[request.param]()


@pytest.fixture(params=["cu-zr-2008", "cu-zr-2011"])
def published(request):
    """A glass with a published table that the package does not carry."""
    try:
        tables.find_table(request.param)
    except tables.InputError as error:
        pytest.skip(f"table not here: {error}")
    return CuZr(table=request.param)
