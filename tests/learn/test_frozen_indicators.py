"""Indicators that earlier releases saved are loaded and give the values that they gave then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lammps_glass import learn

FOLDERS = sorted(path for path in Path(__file__).with_name("frozen").iterdir() if (path / "values.json").is_file())
FILES = [path for folder in FOLDERS for path in sorted(folder.glob("*.indicator"))]


def test_every_kind_is_frozen():
    """A new indicator gets a frozen one with the release that brings it: `frozen/make.py` writes the folder."""
    assert {path.stem for path in FILES} >= set(learn.REGISTRY)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_saved_indicator_stays_loadable(path):
    known = json.loads((path.parent / "values.json").read_text(encoding="utf-8"))
    estimator, metadata = learn.load(path)
    assert metadata["indicator"] == path.stem
    x = np.array(known["rows"])
    is_energy = path.stem in ("barcode", "ridge")
    values = estimator.predict(x) if is_energy else learn.indicator_values(estimator, x)
    # Sums of a few products in the order of the installed BLAS or compiler; XGBoost adds in float32.
    np.testing.assert_allclose(
        values, known["values"][path.stem], rtol=1e-5 if path.stem in ("barcode", "boosted-trees") else 1e-9
    )
