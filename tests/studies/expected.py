"""What every study owes at any preset: the figures of the list, each with a file, our number, and finite values."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

import lammps_glass

LIST = Path(lammps_glass.__file__).parent / "studies" / "figures.csv"


def figure_ids(study: str) -> list[str]:
    """The figures of a study in the list of the papers' figures."""
    return [row["id"] for row in csv.DictReader(LIST.read_text().splitlines()) if row["study"] == study]


def require_figures(recipe, out: Path, summary: dict) -> None:
    assert summary["status"] == "complete"
    assert list(summary["figures"]) == figure_ids(recipe.name)
    specs = {spec.id: spec for spec in recipe.figures}
    for identity, entry in summary["figures"].items():
        assert (out / entry["file"]).stat().st_size > 2000, identity
        assert entry["ours"], identity
        table = pd.read_csv(out / entry["table"])
        assert len(table) > 0, identity
        if specs[identity].measured:
            assert np.isfinite(pd.to_numeric(table[specs[identity].measured])).any(), identity
