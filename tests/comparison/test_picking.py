"""Columns that entries pick by plane, labels of planes, particles that all describe, repeats by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lammps_glass.cli.app import run
from lammps_glass.comparison import compare, read_comparison
from lammps_glass.comparison.picking import picked_columns
from lammps_glass.comparison.publish import by_label, main_rows
from lammps_glass.comparison.spec import EntrySpec, LabelSpec, by_plane
from lammps_glass.comparison.studies import join_rows
from lammps_glass.errors import InputError
from lammps_glass.operations.parts import IndicatorPart
from lammps_glass.testing.samples import binary_snapshot

COLUMNS = ["d2min xy", "response xy", "d2min yz", "response yz", "d2min rms", "A[1] xy"]
RIDGE = IndicatorPart("ridge-regression")


def names(pick, plane="xy", indicator=None, descriptor="response"):
    entry = EntrySpec(columns=("response", "other"), indicator=indicator, pick=pick)
    label = LabelSpec("jump", plane=plane)
    return [COLUMNS[k] for k in picked_columns("e", entry, label, descriptor, COLUMNS)]


def test_the_plane_of_the_label_stands_in_the_name_of_the_column():
    assert names("d2min {plane}") == ["d2min xy"]
    assert names("d2min {plane}", "yz") == ["d2min yz"]
    assert names("d2min {plane}", "rms") == ["d2min rms"]
    assert names("* {plane}", "yz", RIDGE) == ["d2min yz", "response yz"]
    assert names("A[1]*", "yz", RIDGE) == ["A[1] xy"]  # brackets are those of names
    assert names("", "yz", RIDGE) == COLUMNS
    assert names({"response": "* {plane}"}, "yz", RIDGE) == ["d2min yz", "response yz"]
    assert names({"response": "* {plane}"}, "yz", RIDGE, "other") == COLUMNS


@pytest.mark.parametrize(
    ("pick", "plane", "message"),
    [
        ("d2min {plane}", "", "label jump has no plane"),
        ("d2min {plane}", "zx", "unknown column 'd2min zx'"),
        ("* xy", "xy", "unknown column"),  # three columns for an indicator that learns nothing
    ],
)
def test_picks_that_do_not_fit(pick, plane, message):
    with pytest.raises(InputError, match=message):
        names(pick, plane)


FILE = """
title = "planes"
cores = 1
train = ""
nulls = false
[glass]
name = "kob-andersen"
[labels]
"jump {plane}" = { column = "jump_{plane}", planes = ["xy", "yz"], drive = "shear {plane}" }
"both" = { column = "jump", plane = "rms" }
"early" = { column = "first", sign = -1, plane = "xy" }
"some {plane}" = { column = "jump_{plane}", planes = ["xy"], described_by = ["part"] }
[descriptors]
file = { name = "file-columns", columns = ["soft xy", "soft yz", "soft rms"] }
part = { name = "file-columns", columns = ["stress xy"] }
[entries]
"of the plane" = { columns = "file", indicator = "none", pick = "soft {plane}" }
"of the other plane" = { columns = "file", indicator = "none", pick = "soft yz", labels = ["jump {plane}"] }
"by ridge" = { columns = ["file"], pick = "* {plane}" }
"stress" = { columns = "part", indicator = "none", sign = -1, labels = ["some {plane}"] }
"""


@pytest.fixture
def file(tmp_path):
    """Glasses whose jumps in a plane are a softness of that plane with noise; a third of them have a stress."""
    (tmp_path / "planes.toml").write_text(FILE)
    (tmp_path / "train").mkdir()
    for seed in range(4):
        snapshot = binary_snapshot(seed, n_cells=6)
        random = np.random.default_rng(seed)
        soft = random.normal(size=(2, len(snapshot)))
        jumps = soft + 0.5 * random.normal(size=soft.shape)
        stress = np.where(np.arange(len(snapshot)) % 3 == 0, -jumps[0], np.nan)
        columns = {"soft xy": soft[0], "soft yz": soft[1], "soft rms": soft.max(axis=0), "stress xy": stress}
        np.savez(
            tmp_path / "train" / f"c{seed}.npz", positions=snapshot.positions, types=snapshot.types,
            box=np.diag(snapshot.cell.matrix), jump_xy=jumps[0], jump_yz=jumps[1], jump=jumps.max(axis=0),
            first=-jumps[0], **columns,
        )  # fmt: skip
    return read_comparison(tmp_path / "planes.toml", [f"train={tmp_path / 'train'}"])


def test_each_label_is_scored_by_the_columns_of_its_plane(file, tmp_path):
    found = compare(file, tmp_path / "out")
    table = found.table.set_index(["entry", "label"])
    exact = 1 / np.sqrt(1 + 0.25)
    for label in ("jump xy", "jump yz", "early"):  # the strain of first events is taken with the opposite sign
        for entry in ("of the plane", "by ridge"):
            assert table.loc[(entry, label), "within"] == pytest.approx(exact, abs=0.05)  # 216 particles
    assert table.loc[("of the other plane", "jump yz"), "within"] == pytest.approx(exact, abs=0.05)
    assert abs(table.loc[("of the other plane", "jump xy"), "within"]) < 0.15
    assert table.loc[("by ridge", "jump xy"), "n_features"] == 1
    assert table.loc[("of the plane", "jump xy"), "drive"] == "shear xy"
    assert table.loc[("stress", "some xy"), "within"] == pytest.approx(1)  # on the particles that have a stress
    # independent planes agree in nothing: there is no ceiling, and it says so; those of one plane have no repeats
    assert any("both of train: jump_xy and jump_yz do not agree" in n for n in found.notes) or np.isfinite(
        table.loc[("of the plane", "both"), "ceiling_within"]
    )
    assert any("jump xy of train: the ceiling is not known: the files hold neither" in note for note in found.notes)


def test_indicators_by_label_stand_in_one_table(file, tmp_path):
    table = by_label(main_rows(compare(file, tmp_path / "out"))).set_index("entry")
    assert list(table) == ["jump xy", "jump yz", "both", "early", "some xy"]
    assert table.loc["best", "some xy"] == "stress"
    assert pd.isna(table.loc["stress", "jump xy"])


def test_a_descriptor_of_some_particles_must_be_named_by_the_label(file, tmp_path):
    everything = read_comparison(
        tmp_path / "planes.toml", [f"train={tmp_path / 'train'}", 'entries.stress.labels=["jump {plane}"]']
    )
    with pytest.raises(InputError, match="part does not describe all particles of label jump xy"):
        compare(everything, tmp_path / "out")


def test_repeats_are_taken_by_the_names_of_columns():
    halves = LabelSpec("p").with_repeats(["p", "p_half_1", "p_half_2", "p_xy", "p_yz"])
    assert (halves.halves, halves.repeats) == (("p_half_1", "p_half_2"), ())
    assert LabelSpec("p").with_repeats(["p", "p_xy", "p_zx"]).repeats == ("p_xy", "p_zx")
    assert LabelSpec("p").with_repeats(["p", "p_xy"]) == LabelSpec("p")
    named = LabelSpec("p", repeats=("a", "b"))
    assert named.with_repeats(["p_half_1", "p_half_2"]) is named


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('labels.one={column="jump", planes=["xy"]}', "write {plane} into the name"),
        ("labels.both.sign=2", "sign = 2 must be 1 or -1"),
        ('labels.both.described_by=["no"]', "unknown descriptor 'no'"),
        ('entries.stress.pick={file="x"}', "pick.file: unknown descriptor 'file'"),
    ],
)
def test_faults_of_the_file(file, tmp_path, setting, message):
    with pytest.raises(InputError, match=message):
        read_comparison(tmp_path / "planes.toml", [f"train={tmp_path / 'train'}", setting])


@pytest.mark.slow
def test_the_bundled_comparison_of_planes_runs_its_chunks_and_scores_them(tmp_path):
    assert run(["compare", "planes", "--preset", "smoke", "-o", str(tmp_path / "out")]) == 0
    table = pd.read_csv(tmp_path / "out" / "compare.csv").set_index(["entry", "label"])
    stress = table.loc["local yield stress of the plane"]
    assert list(stress.index) == [f"jumps in {plane}, sample" for plane in ("xy", "yz", "zx")]
    assert np.isfinite(stress["within"]).all()
    assert table.loc[("nonaffine D2min of the plane", "jumps in any plane"), "ceiling_within"] <= 1


def test_a_plane_is_written_into_lists_of_a_label():
    """Such as the names of its repeats; a bracket that stayed would be no column of any file."""
    tables, _ = by_plane(
        {"j {plane}": {"column": "j_{plane}", "planes": ["xy", "zx"], "repeats": ["{plane}1", "b"]}}, {}
    )
    assert tables["j zx"] == {"column": "j_zx", "repeats": ["zx1", "b"], "plane": "zx"}


def arrays_of(ids):
    return {"step": np.array(7), "ids": np.array(ids), "jump": np.zeros(len(ids))}


def test_rows_of_chunks_stand_at_the_particles_of_their_ids():
    arrays = arrays_of([2, 3, 5, 9])
    table = pd.DataFrame({"step": [7, 7, 7, 8], "particle": [9, 2, 5, 3], "a": [0.9, 0.2, np.nan, 0.3]})
    join_rows(arrays, table[:1], ["a"], "chunk 1")
    join_rows(arrays, table[1:], ["a"], "chunk 2")
    np.testing.assert_array_equal(arrays["a"], [0.2, np.nan, np.nan, 0.9])
    join_rows(arrays, table[:0], ["a"], "an empty chunk")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"particle": [4, 9]}, "has no particle 4"),  # between ids of the configuration
        ({"particle": [2, 11]}, "has no particle 11"),
        ({"step": [8, 8]}, "labels are of step 7, the rows of step 8"),
        ({"particle": [2, 2]}, "two rows of particle 2"),
        ({"jump": [1.0, 2.0]}, "two values of jump"),
    ],
)
def test_rows_that_are_not_of_the_labelled_configuration_are_refused(changes, message):
    table = pd.DataFrame({"step": [7, 7], "particle": [2, 5], "a": [0.1, 0.2], **changes})
    with pytest.raises(InputError, match=message):
        join_rows(arrays_of([2, 3, 5, 9]), table, [c for c in table if c not in ("step", "particle")], "yield")


def test_a_label_without_a_plane_is_refused_before_anything_runs(tmp_path):
    path = tmp_path / "planes.toml"
    path.write_text(FILE.replace('column = "jump", plane = "rms"', 'column = "jump"'))
    with pytest.raises(InputError, match=r"entries.of the plane.pick .* label jump has no plane"):
        read_comparison(path, [f"train={tmp_path}"])
