"""What every study owes at any preset: the figures of the list, and a page of dynamics by its own indicator."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

import lammps_glass
from lammps_glass.figures.report import NOT_THE_PAPERS
from lammps_glass.product import with_conditions
from lammps_glass.workflow import Study

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


def require_dynamics(out: Path, summary: dict, section: str = "dynamics", **conditions: str) -> None:
    """Require the page of dynamics by quantile: finite tables, and one number computed anew from the trajectories.

    Parameters
    ----------
    conditions
        Of one page, where there are several: ``glass="polymer"``.
    """
    prefix = "_".join([section, *conditions.values()])
    figures = {k: v for k, v in summary["further_figures"].items() if k.startswith(f"{prefix}_")}
    assert set(figures) >= {f"{prefix}_{name}" for name in ("msd", "fs", "alpha2", "g", "prediction_spearman")}
    for identity, entry in figures.items():
        assert entry["section"] == section
        assert entry["paper"] == ""
        assert (out / entry["file"]).stat().st_size > 2000, identity
        values = pd.read_csv(out / entry["table"]).drop(columns=["low", "high", "ceiling"], errors="ignore")
        assert np.isfinite(values.select_dtypes("number")).all(axis=None) or "relaxation" in identity, identity
    report = (out / "report.html").read_text(encoding="utf-8")
    assert report.index("<h2>Figures</h2>") < report.index(NOT_THE_PAPERS) < report.index(f'id="figure-{prefix}_msd"')
    _require_msd_of_the_highest(out, pd.read_csv(out / figures[f"{prefix}_msd"]["table"]), conditions)


def _require_msd_of_the_highest(out: Path, table: pd.DataFrame, conditions: dict[str, str]) -> None:
    """Compare the displacement of the highest quantile at the last lag with that from dumps and predictions alone."""
    study = Study.read(out)
    runs, predicted = (
        with_conditions((study.product(case) for case in study.stage(name).cases), **conditions)
        for name in ("dynamics", "predict_start")
    )
    n_groups, species = (
        getattr(study.parameters(study.case("analyse_dynamics", 0)), n) for n in ("n_groups", "species")
    )
    by_replica: dict[str, list[float]] = {}
    for run in runs:
        (values,) = (each for each in predicted if each.replica == run.replica)
        rows = values.read()
        rows = rows[(rows["species"] == species) | (species is None)]
        column = values.predicted_columns[0].name
        rank = rows[column].dropna().rank(method="first")
        highest = rows.loc[rank.index[rank > 1 + (len(rank) - 1) * (n_groups - 1) / n_groups], "particle"]
        first, *_, last = run.frames()
        chosen = np.isin(first.ids, highest)
        moved = ((last.positions - first.positions)[chosen] ** 2).sum(axis=1)
        by_replica.setdefault(run.replica, []).append(float(moved.mean()))
    expected = np.mean([np.mean(each) for each in by_replica.values()])
    shown = table[(table["group"] == f"{n_groups} of {n_groups}") & (table["time"] == table["time"].max())]
    np.testing.assert_allclose(shown["msd"], expected, rtol=1e-9)
