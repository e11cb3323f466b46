"""Bad input: one line that says what is wrong, where and what to do; the exit status; nothing half-written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

D = ["-d", "interstices", "--glass", "kob-andersen"]


def refused(outcome, *words: str, status: int = 2) -> None:
    """One line on stderr with these words, this status, nothing on stdout."""
    assert outcome.status == status, outcome
    lines = outcome.err.splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0], (word, lines[0])


@pytest.fixture
def crystal(dumps):
    return dumps.jittered_crystal(0)


@pytest.fixture
def bad_dump(dumps, crystal, tmp_path):
    """Write the frame text to ``in/bad.lammpstrj`` and give the path; outputs go to ``out/``, which must stay empty."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()

    def write(text: str, name: str = "bad.lammpstrj"):
        path = tmp_path / "in" / name
        path.write_text(text)
        return path

    yield write
    assert list((tmp_path / "out").iterdir()) == []


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out" / "x.parquet"


def test_too_many_species(run, dumps, crystal, bad_dump, out):
    positions, types, edge = crystal
    path = bad_dump(dumps.frame(positions, np.where(np.arange(256) == 7, 3, types), edge))
    refused(run("describe", path, *D, "-o", out), "bad.lammpstrj", "3 particle types")


def test_other_units(run, dumps, crystal, bad_dump, out):
    path = bad_dump(dumps.frame(*crystal, units="metal"))
    refused(run("describe", path, *D, "-o", out), "bad.lammpstrj", "metal", "lj")


def test_lengths_of_another_unit(run, dumps, crystal, bad_dump, out):
    positions, types, edge = crystal
    path = bad_dump(dumps.frame(positions * 3.4, types, edge * 3.4))
    refused(run("describe", path, *D, "-o", out), "bad.lammpstrj")


def test_nan(run, dumps, crystal, bad_dump, out):
    positions, types, edge = crystal
    positions[11, 1] = np.nan
    refused(run("describe", bad_dump(dumps.frame(positions, types, edge)), *D, "-o", out), "bad.lammpstrj", "12")


def test_truncated_after_a_good_frame(run, dumps, crystal, bad_dump, out):
    text = dumps.frame(*crystal) + dumps.frame(*crystal, step=100)[:-900]
    refused(run("describe", bad_dump(text), *D, "-o", out), "bad.lammpstrj")


def test_other_number_of_particles(run, dumps, crystal, bad_dump, out):
    positions, types, edge = crystal
    first = bad_dump(dumps.frame(positions, types, edge), "first.lammpstrj")
    second = bad_dump(dumps.frame(positions[:-1], types[:-1], edge), "second.lammpstrj")
    refused(run("label", "d2min", first, second, "--r-max", 1.6, "-o", out), "second.lammpstrj", "256", "255")


def test_order_of_rows_does_not_matter_but_other_particles_do(run, dumps, crystal, bad_dump, out, tmp_path):
    positions, types, edge = crystal
    first = bad_dump(dumps.frame(positions, types, edge), "first.lammpstrj")
    shuffled = bad_dump(dumps.frame(positions, types, edge, order=range(255, -1, -1)), "shuffled.lammpstrj")
    assert run("label", "d2min", first, shuffled, "--r-max", 1.6, "-o", tmp_path / "ok.parquet").status == 0
    swapped = bad_dump(dumps.frame(positions, types[::-1], edge), "swapped.lammpstrj")
    refused(run("label", "d2min", first, swapped, "--r-max", 1.6, "-o", out), "swapped.lammpstrj")


def test_files_of_other_lengths(run, dumps, bad_dump, out, tmp_path):
    long, short = dumps.trajectory(tmp_path / "in" / "l.dump", 0, 3), dumps.trajectory(tmp_path / "in" / "s.dump", 0, 2)
    for pair in ((long, short), (short, long)):
        refused(run("label", "d2min", *pair, "--r-max", 1.6, "-o", out), "same number of frames", "--lag")


def test_one_snapshot_twice(run, dumps, crystal, bad_dump, out):
    paths = [bad_dump(dumps.frame(*crystal), name) for name in ("1.dump", "2.dump")]
    refused(run("describe", *paths, *D, "-o", out), "2.dump", "is also in", "1.dump", "--replica")
    restarted = bad_dump(2 * dumps.frame(*crystal), "restarted.dump")
    refused(run("describe", restarted, *D, "-o", out), "restarted.dump", "step 0 is duplicated")


def test_species_that_are_not_told(run, dumps, crystal, bad_dump, out):
    positions, _, edge = crystal
    text = dumps.frame(positions, np.ones(len(positions), dtype=int), edge)
    head, _, rows = text.partition("ITEM: ATOMS id type x y z\n")
    rows = "".join(f"{row.split()[0]} {' '.join(row.split()[2:])}\n" for row in rows.splitlines())
    path = bad_dump(f"{head}ITEM: ATOMS id x y z\n{rows}")
    refused(run("describe", path, *D, "-o", out), "bad.lammpstrj", "cannot assign species A, B", "element column")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--set", "radius=1"], ["--set radius=1", "descriptor.radii"]),
        (["--set", "face_threshold"], ["--set face_threshold", "key=value"]),
        (["--set", "face_threshold=2"], ["face_threshold"]),
        (["--set", "density=-1"], ["density"]),
        (["--no-such-option"], ["--no-such-option"]),
        (["--replica", "a", "--replica", "b"], ["--replica", "2 times for 1 files"]),
    ],
)
def test_bad_options(run, dumps, crystal, bad_dump, out, more, words):
    refused(run("describe", bad_dump(dumps.frame(*crystal)), *D, "-o", out, *more), *words)


def test_unknown_names(run, dumps, crystal, bad_dump, out):
    path = bad_dump(dumps.frame(*crystal))
    refused(run("describe", path, "-d", "intersticies", "-o", out), "did you mean 'interstices'")
    refused(run("describe", path, "-d", "interstices", "--glass", "kob", "-o", out), "kob-andersen")
    refused(run("render", "crep", "--glass", "kob-andersen"), "did you mean 'creep'")
    refused(run("list", "glass"), "glasses")
    refused(run("frobnicate"), "frobnicate")
    refused(run("describe"), "SNAPSHOT")


def test_outputs_that_cannot_be(run, dumps, crystal, bad_dump, tmp_path):
    path = bad_dump(dumps.frame(*crystal))
    refused(run("describe", path, *D, "-o", tmp_path / "nowhere" / "x.parquet"), "nowhere", "make it first")
    refused(run("describe", path, *D, "-o", tmp_path), "folder")
    refused(run("describe", path, *D, "-o", "/dev/null"), "/dev/null: is a device")


def test_folders_in_place_of_files(run, dumps, crystal, bad_dump, out, tmp_path):
    path, folder = bad_dump(dumps.frame(*crystal)), tmp_path / "folder"
    folder.mkdir()
    refused(run("predict", folder, path, "-o", out), "folder: is a folder", "which `train` writes")
    words = ["--labels", path, "--threshold", 1, "--indicator", "looseness", "-o", out]
    refused(run("train", folder, *words), "folder: is a folder", "Parquet or CSV table")
    for label in (["d2min", folder], ["propensity", folder]):
        refused(run("label", *label, "-o", out), "folder: a folder that no run has made", "run.json")
    refused(run("simulate", "inherent", "--start", folder, "-o", tmp_path / "out" / "run"), "no run has made")


def test_missing_and_foreign_files(run, bad_dump, out, tmp_path):
    refused(run("describe", tmp_path / "none.dump", *D, "-o", out), "none.dump: no such file")
    text = bad_dump("hello\n")
    refused(run("describe", text, *D, "-o", out), "bad.lammpstrj")
    refused(run("predict", text, text, "-o", out), "bad.lammpstrj", "train")


def test_particle_count_too_small_for_the_cutoff(run):
    words = ["render", "quench", "--glass", "kob-andersen", "--set", "n_particles=20", "--set", "n_particles=0"]
    refused(run(*words), "n_particles")


TRAIN = ["--indicator", "looseness"]


def test_no_particle_above_the_threshold(run, rows, labels, bad_dump, out):
    refused(
        run("train", rows, "--labels", labels, *TRAIN, "--threshold", 1e9, "-o", out),
        "--threshold",
        "no particle of",
        "is above it",
    )


def test_no_particle_above_the_threshold_in_training(run, rows, labels, bad_dump, out, tmp_path):
    table = pd.read_parquet(labels)
    table.loc[table["replica"] != "c", "d2min"] = 0.0
    table.to_parquet(tmp_path / "in" / "labels.parquet")
    words = ["train", rows, "--labels", tmp_path / "in" / "labels.parquet", *TRAIN, "--threshold", 0.005]
    refused(run(*words, "--test-replica", "c", "-o", out), "training rows", "of class 1")


def test_one_replica_cannot_be_split(run, rows, labels, bad_dump, out, tmp_path):
    table = pd.read_parquet(labels)
    table[table["replica"] == "a"].to_parquet(tmp_path / "in" / "labels.parquet")
    words = ["train", rows, "--labels", tmp_path / "in" / "labels.parquet", *TRAIN, "--threshold", 0.005]
    refused(run(*words, "-o", out), "replica")


def test_labels_of_other_particles(run, rows, labels, bad_dump, out, tmp_path):
    table = pd.read_parquet(labels)
    table.assign(replica="z").to_parquet(tmp_path / "in" / "labels.parquet")
    words = ["train", rows, "--labels", tmp_path / "in" / "labels.parquet", *TRAIN, "--threshold", 0.005]
    refused(run(*words, "-o", out), "replica z")
    refused(run("train", rows, "--labels", labels, "--label", "d3min", *TRAIN, "--threshold", 1, "-o", out), "d3min")


def test_labels_of_other_species(run, rows, labels, bad_dump, out, tmp_path):
    table = pd.read_parquet(labels)
    swapped = table["species"].map({"A": "B", "B": "A"})
    table.assign(species=swapped).to_parquet(tmp_path / "in" / "labels.parquet")
    words = ["train", rows, "--labels", tmp_path / "in" / "labels.parquet", *TRAIN, "--threshold", 0.005]
    refused(run(*words, "-o", out), "differ in species")


def test_a_fault_of_ours_is_one_line_too(run, monkeypatch):
    from lammps_glass.cli import parts

    def broken(family):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(parts, "registry_of", broken)
    refused(run("list", "glasses"), "ZeroDivisionError", "--debug", status=1)
    assert "Traceback" in run("list", "glasses", "--debug").err


def test_simulation_errors_show_log_and_deck(run, monkeypatch):
    from lammps_glass.cli import parts
    from lammps_glass.errors import NotReadyError, SimulationError

    def failed(family):
        raise SimulationError("lost particles", log_tail="Step Temp\n0 1", deck="case/in.lmp")

    monkeypatch.setattr(parts, "registry_of", failed)
    outcome = run("list", "glasses")
    assert outcome.status == 3
    assert outcome.err.splitlines()[0] == "error: lost particles"
    assert "0 1" in outcome.err
    assert "case/in.lmp" in outcome.err

    def early(family):
        raise NotReadyError("not there yet")

    monkeypatch.setattr(parts, "registry_of", early)
    refused(run("list", "glasses"), "not there yet", status=4)


def test_interrupt(run, monkeypatch):
    from lammps_glass.cli import parts

    def interrupted(family):
        raise KeyboardInterrupt

    monkeypatch.setattr(parts, "registry_of", interrupted)
    refused(run("list", "glasses"), "interrupted", status=130)
