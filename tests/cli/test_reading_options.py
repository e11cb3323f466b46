"""The options that say what a file does not, on the command line; formats of the output; steps and lags."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Snapshot, labels
from lammps_glass.snapshots.files import write
from lammps_glass.tables import read_metadata


def refused(outcome, *words: str) -> None:
    """One line on stderr with these words, status 2."""
    assert outcome.status == 2, outcome
    assert len(outcome.err.splitlines()) == 1, outcome.err
    for word in words:
        assert word in outcome.err, (word, outcome.err)


@pytest.fixture
def path(dumps, tmp_path):
    return dumps.trajectory(tmp_path / "t.lammpstrj", 3, 4)


def changed(path, name: str, change) -> object:
    """The trajectory again with each snapshot changed."""
    other = path.with_name(name)
    write(other, [change(number, snapshot) for number, snapshot in enumerate(Snapshot.read_all(path))])
    return other


LABEL = ["--r-max", 1.6, "--lag", 1]


def test_frames_without_ids(run, path, tmp_path):
    bare = changed(path, "bare.lammpstrj", lambda _, snapshot: snapshot.replace(ids_from_rows=True))
    assert "ITEM: ATOMS type x y z" in bare.read_text()
    out = tmp_path / "l.parquet"
    refused(run("label", "d2min", bare, bare, *LABEL, "-o", out), "bare.lammpstrj", "no particle ids", "column id")
    assert not out.exists()
    assert run("label", "d2min", bare, bare, *LABEL, "-o", out, "--rows-are-particles").status == 0
    assert run("label", "d2min", path, path, *LABEL, "-o", tmp_path / "ids.parquet").status == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(tmp_path / "ids.parquet"))


def test_of_two_files_the_one_without_ids_is_named(run, path, tmp_path):
    bare = changed(path, "bare.lammpstrj", lambda _, snapshot: snapshot.replace(ids_from_rows=True))
    for reference, current in ((bare, path), (path, bare)):
        outcome = run("label", "d2min", reference, current, *LABEL[:2], "-o", tmp_path / "l.parquet")
        refused(outcome, f"error: {bare}: the file has no particle ids (step 0)")


def test_defaults_with_a_unit_are_pointed_out_where_the_file_names_none(run, path, tmp_path):
    out = tmp_path / "r.parquet"
    words = ["describe", path, "-d", "radial-gaussians", "--last", "-o", out]
    said = run(*words).out
    assert "t.lammpstrj: names no units; if they are lj, this is wrong: " in said
    assert "centers" in said
    assert "angstrom" in said
    assert "units" not in run(*words, "--set", "centers=[1.0,2.0]", "--set", "width=0.3").out
    metal = changed(path, "metal.lammpstrj", lambda _, snapshot: snapshot.replace(units="metal"))
    assert "units" not in run("describe", metal, *words[2:]).out
    reduced = changed(path, "lj.lammpstrj", lambda _, snapshot: snapshot.replace(units="lj"))
    refused(run("describe", reduced, *words[2:]), "the default of centers is in angstrom")


def test_lags_in_steps(run, path, tmp_path):
    steps = [0, 10, 20, 3_000_000]
    uneven = changed(path, "uneven.lammpstrj", lambda number, snapshot: snapshot.replace(step=steps[number]))
    out = tmp_path / "l.parquet"
    words = ["label", "d2min", uneven, uneven, "--r-max", 1.6, "-o", out]
    refused(run(*words, "--lag", 1), "steps 20 and 3000000 are 2999980 steps apart", "--steps", "--any-lag")
    assert not out.exists()
    assert run(*words, "--lag", 1, "--any-lag").status == 0
    table = pd.read_parquet(out)
    assert table.groupby("step")["lag"].unique().map(list).to_dict() == {0: [10], 10: [10], 20: [2999980]}
    assert run(*words, "--steps", 10).status == 0
    table = pd.read_parquet(out)
    assert table.groupby("step")["lag"].unique().map(list).to_dict() == {0: [10], 10: [10]}
    first, _, third, _ = Snapshot.read_all(uneven)
    assert run(*words, "--steps", 20).status == 0
    np.testing.assert_array_equal(pd.read_parquet(out)["d2min"], labels.d2min(first, third, r_max=1.6))
    refused(run(*words, "--steps", 7), "no frame is 7 steps")
    refused(run(*words, "--steps", 7, "--lag", 1), "one of them")
    back = changed(path, "back.lammpstrj", lambda number, snapshot: snapshot.replace(step=30 - 10 * number))
    backward = ["label", "d2min", back, back, *LABEL, "-o", out]
    refused(run(*backward), "back.lammpstrj: step 20 comes after step 30")
    assert run(*backward, "--any-lag").status == 0
    assert set(pd.read_parquet(out)["lag"]) == {-10}
    again = path.with_name("again.lammpstrj")
    again.write_text(path.read_text() * 2)
    refused(run("label", "d2min", again, path, "--r-max", 1.6, "--steps", 100, "-o", out), "step 0 follows step 300")


def test_names_of_types(run, path, tmp_path):
    words = ["describe", path, "-d", "interstices", "--glass", "kob-andersen", "--last", "-o", tmp_path / "r.parquet"]
    by_order = run(*words)
    assert "types 1 = A, 2 = B, in the order of the glass (--types" in by_order.out
    first = pd.read_parquet(tmp_path / "r.parquet")
    swapped = run(*words, "--types", "B,A")
    assert swapped.status == 0
    assert "in the order" not in swapped.out
    second = pd.read_parquet(tmp_path / "r.parquet")
    assert (first["species"].map({"A": "B", "B": "A"}) == second["species"]).all()
    refused(run(*words, "--types", "B,C"), "t.lammpstrj", "species C")
    refused(run(*words, "--types", "B"), "type 2 has no name")


def test_boundary_of_a_data_file(run, path, tmp_path):
    film = tmp_path / "film.data"
    text = Snapshot.read(path).replace(step=0)
    text.write(film)
    film.write_text(film.read_text().replace(", boundary = p p p", ""))
    values = {}
    for name in ("p p p", "p p s"):
        words = ["describe", film, "-d", "radial-gaussians", "--set", "centers=[1.0,2.0]", "--set", "width=0.3"]
        assert run(*words, "--boundary", name, "-o", tmp_path / "r.parquet").status == 0
        values[name] = pd.read_parquet(tmp_path / "r.parquet").iloc[:, 4:].to_numpy()
    z = text.cell.wrap(text.positions)[:, 2]
    reach = 2.0 + 2 * 0.3
    inside = (z > z.min() + reach) & (z < z.max() - reach)
    # Fewer neighbours at the surfaces, the same ones inside (sums in another order).
    assert (values["p p s"].sum(axis=1) < values["p p p"].sum(axis=1) - 0.1)[z < z.min() + 0.5].all()
    np.testing.assert_allclose(values["p p s"][inside], values["p p p"][inside], rtol=1e-12)
    refused(run(*words, "--boundary", "p p", "-o", tmp_path / "r.parquet"), "three of LAMMPS's styles")


def test_rows_as_csv_and_extended_xyz(run, path, tmp_path):
    words = ["describe", path, "-d", "interstices", "--glass", "kob-andersen", "-o"]
    for name in ("r.parquet", "r.csv", "r.extxyz"):
        assert run(*words, tmp_path / name).status == 0
    table = pd.read_parquet(tmp_path / "r.parquet")
    csv = pd.read_csv(tmp_path / "r.csv", dtype={"species": str})
    # Every digit is written; pandas rounds the last one as it reads.
    pd.testing.assert_frame_equal(csv, table, check_dtype=False, check_categorical=False, rtol=1e-14)
    frames = list(Snapshot.read_all(tmp_path / "r.extxyz"))
    assert [frame.step for frame in frames] == [0, 100, 200, 300]
    names = list(table.columns[4:])
    # Brackets and blanks have a meaning in the comment line.
    found = np.column_stack([frames[1].properties[re.sub(r"[^\w.()+-]", "_", name)] for name in names])
    np.testing.assert_array_equal(found, table.loc[table["step"] == 100, names].to_numpy())
    assert frames[1].species == ("A", "B")
    assert read_metadata(tmp_path / "r.parquet")["descriptor"] == "interstices"
    for name in ("r.txt", "r.json", "r.xlsx", "r.CSV"):
        refused(run(*words, tmp_path / name), name, ".parquet, .csv, .extxyz")


def test_extended_xyz_in_and_out(run, path, rows, labels, tmp_path):
    """From extxyz to extxyz: the same indicator as from a dump."""
    model = tmp_path / "m"
    words = ["train", rows, "--labels", labels, "--threshold", 0.005, "--indicator", "looseness"]
    assert run(*words, "-o", model).status == 0
    extxyz = tmp_path / "glass.extxyz"
    write(extxyz, [snapshot.replace(units="lj") for snapshot in Snapshot.read_all(path)])
    for source, target in ((path, "d.lammpstrj"), (extxyz, "x.extxyz")):
        assert run("predict", model, source, "--types", "A,B", "-o", tmp_path / target).status == 0, target
    for one, other in zip(Snapshot.read_all(tmp_path / "d.lammpstrj"), Snapshot.read_all(tmp_path / "x.extxyz")):
        assert (other.step, other.units) == (one.step, "lj")
        np.testing.assert_array_equal(one.properties["looseness"], other.properties["looseness"])


def test_predictions_go_to_files_that_hold_a_column(run, path, rows, labels, tmp_path):
    model = tmp_path / "m"
    words = ["train", rows, "--labels", labels, "--threshold", 0.005, "--indicator", "looseness"]
    assert run(*words, "-o", model).status == 0
    predict = ["predict", model, path, "--types", "A,B", "--last", "-o"]
    refused(run(*predict, tmp_path / "o.data"), f"{tmp_path / 'o.data'}: a data file has no column")
    refused(run(*predict, tmp_path / "o.abc"), f"{tmp_path / 'o.abc'}: the name says no format")
    assert not list(tmp_path.glob("o.*"))


def test_predict_writes_dumps_with_two_kinds_of_coordinates(run, path, rows, labels, tmp_path):
    model = tmp_path / "m"
    words = ["train", rows, "--labels", labels, "--threshold", 0.005, "--indicator", "looseness"]
    assert run(*words, "-o", model).status == 0
    text = path.read_text().replace("ITEM: ATOMS id type x y z", "ITEM: ATOMS id type x y z xu yu zu")
    both = "".join(
        f"{row} {' '.join(row.split()[2:])}\n" if len(row.split()) == 5 and "ITEM" not in row else f"{row}\n"
        for row in text.splitlines()
    )
    (tmp_path / "both.lammpstrj").write_text(both)
    for name in ("t", "both"):
        assert run("predict", model, tmp_path / f"{name}.lammpstrj", "-o", tmp_path / f"{name}.out.dump").status == 0
    assert (tmp_path / "t.out.dump").read_text() == (tmp_path / "both.out.dump").read_text()


def test_hints_with_paths_can_be_pasted(run, tmp_path):
    folder = tmp_path / "my decks; and more"
    said = run("render", "quench", "--glass", "kob-andersen", "--set", "n_particles=300", "-o", folder).out
    assert f"cd '{folder}' && lmp" in said


def test_default_lengths_of_another_unit(run, path, tmp_path):
    words = ["describe", path, "--glass", "kob-andersen", "-o", tmp_path / "r.parquet", "-d"]
    for name, key in (("radial-gaussians", "centers"), ("pair-entropy", "cutoffs"), ("soap", "r_cut")):
        refused(run(*words, name), f"{name}: the default of {key} is in angstrom", "lj units", f"give {key}")
    refused(run(*words, "joined", "--set", "parts.pair-entropy={}"), "pair-entropy: the default of cutoffs")
    assert run(*words, "radial-gaussians", "--set", "centers=[1.0]", "--set", "width=0.3").status == 0
