"""The study runs from the command line, by its name, as those of lammps-glass do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

NAME = "harmonic-flow"
GENERIC = {"classes", "accuracy", "roc", "label_by_indicator", "importance", "map", "time"}


def command(*words: object, status: int = 0) -> str:
    """Run ``lammps-glass`` and return what it prints."""
    line = [sys.executable, "-m", "lammps_glass", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, dict, str]:
    """Folder, summary and last words of a run of the smallest preset."""
    out = tmp_path_factory.mktemp("study") / "out"
    printed = command("reproduce", NAME, "--preset", "smoke", "--out", out)
    return out, json.loads((out / "summary.json").read_text()), printed


def test_every_figure_is_drawn(finished):
    out, summary, printed = finished
    assert summary["status"] == "complete"
    assert set(summary["figures"]) == {"structure"} | GENERIC
    for name in summary["figures"]:
        assert (out / "figures" / f"{name}.png").stat().st_size > 2000
    assert "first peak" in printed
    assert "paper" not in printed
    report = (out / "report.html").read_text()
    assert "Neighbours of soft and of hard particles" in report
    assert "paper" not in report


def test_g_of_r_begins_and_ends_as_it_must(finished):
    """Nobody is nearer than contacts allow, and far away the density is that of the whole."""
    table = pd.read_csv(finished[0] / "figures" / "structure.csv")
    assert set(table["particles"]) == {"soft", "hard"}
    assert table[table["r"] < 0.7]["g"].max() == 0.0
    far = table[table["r"] > 2.0].groupby("particles")["g"].mean()
    assert (far - 1.0).abs().max() < 0.1  # a shell of 4 pi 2.5^2 0.7 = 55 particles, around 200 centres: 0.01


def test_scores_and_the_indicator_are_published(finished):
    out, summary, _ = finished
    assert {"balanced_accuracy", "auc", "first_peak.soft", "first_peak.hard"} <= set(summary["scores"])
    assert [path.name for path in (out / "indicators").iterdir()] == ["softness.indicator"]
    trajectory = next(out.glob("cases/replica-1/shear/frames.lammpstrj.gz"))
    command("predict", out / "indicators" / "softness.indicator", trajectory, "-o", out / "soft.lammpstrj")
    assert "softness" in (out / "soft.lammpstrj").read_text()[:1000]


def test_it_is_listed_checked_and_a_start_for_others(tmp_path):
    assert "harmonic-flow" in command("list", "studies")
    assert "valid" in command("validate", NAME)
    mine = tmp_path / "mine.toml"
    command("init", mine, "--study", NAME)
    assert "valid, presets smoke" in command("validate", mine)
    assert "# independently prepared glasses" in mine.read_text()
    assert "quench" in command("plan", mine, "--preset", "smoke")


def test_cases_of_a_job_array_give_the_same_bytes(finished, tmp_path):
    words = ["--preset", "smoke", "--out", tmp_path / "array"]
    assert command("run", NAME, "--stage", "shear", *words, "--count").strip() == "2"
    for stage in ("quench", "shear", "label"):
        command("run", NAME, "--stage", stage, "--case", 1, *words)
    for name in ("quench/final.lammpstrj.gz", "shear/frames.lammpstrj.gz", "label/labels.parquet"):
        paths = [folder / "cases" / "replica-2" / name for folder in (finished[0], tmp_path / "array")]
        assert paths[0].read_bytes() == paths[1].read_bytes(), name
    command("run", NAME, "--stage", "fold", "--case", 0, *words, status=4)


def test_a_case_on_two_ranks(tmp_path):
    """The glass of the plug-in is built by its name in the processes of the ranks."""
    pytest.importorskip("mpi4py", reason="ranks need mpi4py: pip install 'lammps-glass[mpi]'")
    words = ["--preset", "smoke", "--out", tmp_path, "--set", "stages.quench.ranks=2"]
    command("run", NAME, "--stage", "quench", "--case", 0, *words)
    manifest = json.loads((tmp_path / "cases" / "replica-1" / "quench" / "manifest.json").read_text())
    assert manifest["ranks"] == 2
    assert manifest["params"]["glass"]["name"] == "harmonic-spheres"
