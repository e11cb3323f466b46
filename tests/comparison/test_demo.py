"""The bundled comparison on glasses that it makes, at its smallest preset."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass.cli.app import run


@pytest.mark.slow
def test_the_demo_makes_its_glasses_compares_and_continues(tmp_path, capsys):
    arguments = ["compare", "demo", "--preset", "smoke", "-o", str(tmp_path / "out")]
    assert run(arguments) == 0
    table = pd.read_csv(tmp_path / "out" / "compare.csv")
    assert set(table["label"]) == {"propensity", "rearranged", "rearranged in xy"}
    entries = table[table["kind"].isin(["learned", "not learned"])]
    assert np.isfinite(entries[["within", "pooled", "auc"]].to_numpy()).all()
    assert set(entries["kind"]) == {"learned", "not learned"}
    known = table.groupby("label")["ceiling_within"].first()
    assert 0 < known["propensity"] <= 1  # from halves of the runs
    assert np.isnan(known["rearranged in xy"])  # one plane, no repeats: not known
    assert len(list((tmp_path / "out" / "studies").iterdir())) == 1  # both sets are of one study
    capsys.readouterr()
    assert run(arguments) == 0
    again = capsys.readouterr().out
    assert "fitted" not in again
    assert "described" not in again
    pd.testing.assert_frame_equal(table, pd.read_csv(tmp_path / "out" / "compare.csv"))
