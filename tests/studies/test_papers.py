"""The texts of studies: `paper.toml` fills figures, findings and departures, for a small file and the bundled ones."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest

from lammps_glass.glasses import KobAndersen
from lammps_glass.operations import Case, NoParameters
from lammps_glass.studies.paper import Paper, names_in

FILE = """
title = "Waves"
citation = "A. Nobody (2001)"
departures = [
  "Always said.",
  "Sheared to {shear.max_strain:g} {unit}.",
  { needs = "liquid", text = "Liquids are held." },
]

[scores]
height = "0.5"

[phrases]
unit = "radians"

[figures.1]
title = "Height of {glass}"
plot = { kind = "line", x = "x", y = "y", error = ["low", "high"] }
labels = { x = "x ({unit})" }
marks = [{ kind = "y", value = 0.5, label = "half" }]
paper = "rises"
ours = "{verb}, in {unit}"
note = "Highest {best[y]:.1f}."

[figures.2]
like = "1"
id = "2_{glass}"
paper = "falls"
"""


class Shear:
    max_strain = 0.25


@pytest.fixture
def paper(tmp_path) -> Paper:
    (tmp_path / "paper.toml").write_text(FILE)
    return Paper(tmp_path)


def test_a_figure_has_what_it_lacks_from_the_one_that_it_is_like(paper):
    first, second = (paper.specification(name, glass="ice", unit="rad") for name in ("1", "2"))
    assert (first.id, first.title, first.x_label, first.paper) == ("1", "Height of ice", "x (rad)", "rises")
    assert (second.id, second.title, second.paper) == ("2_ice", "Height of ice", "falls")
    assert second.error == ("low", "high")
    assert [(mark.kind, mark.value, mark.anchor) for mark in second.paper_marks] == [("y", 0.5, None)]


def test_departures_are_those_whose_values_there_are(paper):
    assert paper.departures({}) == ("Always said.",)
    assert paper.departures({"shear": Shear, "liquid": None}) == ("Always said.", "Sheared to 0.25 radians.")
    assert paper.departures({"liquid": True}) == ("Always said.", "Liquids are held.")


def test_findings_speak_in_the_words_of_the_file(paper, tmp_path):
    case = Case("waves", "smoke", "analyse", {}, NoParameters(), KobAndersen(), 7, tmp_path / "case")
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [0.1, 0.7], "low": 0.0, "high": 1.0})
    with paper.findings(case) as findings:
        findings.add("1", table, verb="rises", best=table.iloc[1])
        findings.add("2", table, paper.specification("2", glass="ice", unit="rad"), verb="rises", best=table.iloc[0])
        with pytest.raises(KeyError, match="verb"):
            findings.add("1", table, best=table.iloc[1])
    stored = findings.figures_file.read()
    assert stored["1"] == {"ours": "rises, in radians", "note": "Highest 0.7."}
    assert stored["2_ice"]["note"] == "Highest 0.1."
    assert findings.specifications()["2_ice"].paper == "falls"


def test_intervals_have_the_seed_of_the_case(paper, tmp_path):
    from lammps_glass.analysis import mean_over_replicas

    case = Case("waves", "smoke", "analyse", {}, NoParameters(), KobAndersen(), 7, tmp_path)
    table = pd.DataFrame({"replica": list("abcd"), "x": 1, "y": [0.1, 0.7, 0.2, 0.9]})
    mean = paper.findings(case).mean_over_replicas(table, "x", "y")
    pd.testing.assert_frame_equal(mean, mean_over_replicas(table, "x", "y", seed=7))


@pytest.mark.parametrize("study", ["looseness", "igd", "barcode", "ace"])
def test_texts_of_bundled_studies_are_templates(study):
    """A brace that is not closed is found before a study has run."""
    module = importlib.import_module(f"lammps_glass.studies.{study}.paper")
    paper = Paper(Path(module.__file__).parent)
    named = [names_in(figure.get(name, "")) for figure in paper.tables.values() for name in ("ours", "note")]
    assert sum(map(bool, named)) > 5
    departures = [item if isinstance(item, str) else item["text"] for item in paper.content["departures"]]
    assert len(departures) > 5
    assert any(names_in(text) for text in departures)
