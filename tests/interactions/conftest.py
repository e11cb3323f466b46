"""Every potential, and the published tables where they are."""

from __future__ import annotations

import pytest

from lammps_glass.glasses import CuZr, KobAndersen, KobAndersenSmooth
from lammps_glass.interactions import tables

GLASSES = {
    "kob-andersen": lambda: KobAndersen(),
    "kob-andersen, cutoff by sigma": lambda: KobAndersen(r_cut_scaled=True),
    "kob-andersen-smooth": lambda: KobAndersenSmooth(),
    "cu-zr": lambda: CuZr(),
    "cu-zr, original table": lambda: CuZr(retabulate=False),
}


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
