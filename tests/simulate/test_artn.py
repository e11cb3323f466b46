"""The protocol `artn` and the descriptor `barriers`: chunks, events, padding, both backends, bad input."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from lammps_glass import Cell, Snapshot, glasses, simulate
from lammps_glass.activation import CompiledLandscape, Search, SearchSettings
from lammps_glass.descriptors import Barriers
from lammps_glass.descriptors.barriers import sorted_barriers
from lammps_glass.errors import InputError
from lammps_glass.simulate.protocols import Artn

OPTIONS = {"n_barriers": 2, "max_trials": 6, "radius": 2.5, "refine": False}
PARTICLES = (3, 40, 41, 150)


@pytest.fixture(scope="module")
def quenched(tmp_path_factory):
    glass = glasses.KobAndersen(n_particles=200)
    folder = tmp_path_factory.mktemp("quench")
    return simulate.quench(glass, liquid=500, cooling=2000, segment_steps=2500, seed=3, directory=folder)


@pytest.fixture(scope="module")
def record(quenched, tmp_path_factory):
    folder = tmp_path_factory.mktemp("artn")
    return simulate.artn(quenched, seed=1, directory=folder, particles=PARTICLES, events=1, **OPTIONS)


def test_rows_say_what_was_found(record):
    table = record.searches
    assert set(table["particle"]) == set(PARTICLES)
    accepted = table[table["status"].isin(["connected", "duplicate"])]
    assert len(accepted) > 0
    assert accepted.groupby("particle").size().max() <= 2
    assert (table.groupby("particle").size() <= 6).all()
    assert (accepted["barrier"] > 0).all()
    assert (accepted["eigenvalue"] < 0).all()
    np.testing.assert_allclose(accepted["barrier"] - accepted["backward_barrier"], accepted["far_energy"], atol=1e-12)
    assert (accepted["moved_most"] >= accepted["moved"]).all()
    searched = table[table["status"] != "limit"]
    assert (searched["calls_basin"] > 0).all()
    assert "searches around" not in (record.directory / "log.lammps").read_text()[:50]
    assert f"particle {PARTICLES[0]}" in (record.directory / "log.lammps").read_text()


def test_an_event_is_three_frames_whose_energies_are_those_of_its_row(record):
    """Energies by LAMMPS; OVITO reads the file with as many frames."""
    from ovito.io import import_file

    table = record.searches
    kept = table[table["event"] >= 0].sort_values("event")
    events = list(record.events())
    assert len(events) == len(kept) > 0
    for event, (_, row) in zip(events, kept.iterrows()):
        assert [frame.step for frame in event] == [row["event"] + k for k in range(3)]
        near, saddle, far = (simulate.energy(frame, record.glass) for frame in event)
        assert saddle - near == pytest.approx(row["barrier"] - row["near_energy"], abs=1e-6)
        assert far - near == pytest.approx(row["far_energy"] - row["near_energy"], abs=1e-6)
        assert event[1].properties["displacement"].max() == pytest.approx(row["moved_most"])
    assert import_file(str(record.events_path)).source.num_frames == 3 * len(kept)


def test_chunks_give_the_list_of_one_run(record, quenched, tmp_path):
    parts = [
        simulate.artn(
            quenched, seed=1, directory=tmp_path / str(chunk), particles=PARTICLES, chunk=chunk, n_chunks=3, **OPTIONS
        )
        for chunk in (1, 2, 3)
    ]
    joined = pd.concat([part.searches for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(joined, record.searches.assign(event=-1), check_exact=True)
    descriptor, glass = Barriers(n_barriers=2), quenched.glass
    rows = descriptor.of_records(glass, parts).from_simulations(record.final, glass, parts)
    assert np.array_equal(rows, descriptor.from_simulations(record.final, glass, [record]), equal_nan=True)
    with pytest.raises(InputError, match="chunk 2 of 3 is missing"):
        descriptor.from_simulations(record.final, glass, [parts[0], parts[2]])
    with pytest.raises(InputError, match="chunk 1 is there twice"):
        descriptor.from_simulations(record.final, glass, [*parts, parts[0]])
    searched = np.isin(record.final.ids, PARTICLES)
    assert np.isnan(rows[~searched]).all()
    assert np.isfinite(rows[searched, -1]).all()


def test_barriers_are_sorted_and_padded():
    table = pd.DataFrame(
        {
            "trial": [0, 1, 2, 3, 4],
            "status": ["connected", "self", "duplicate", "unconnected", "connected"],
            "barrier": [3.0, 0.1, 1.0, 0.2, 2.0],
        }
    )
    assert sorted_barriers(table, 5).tolist() == [1.0, 2.0, 3.0, 3.0, 3.0, 3.0]
    assert sorted_barriers(table, 2).tolist() == [1.0, 3.0, 2.0]  # those that were accepted first
    none = sorted_barriers(table.iloc[[1, 3]], 2)
    assert np.isnan(none[:2]).all()
    assert none[2] == 0


def test_describe_makes_the_rows_of_a_dump(record, quenched, tmp_path):
    """By the command line, on the start of the runs written by another tool's reader: extended XYZ."""
    from lammps_glass.cli.app import run

    path, output = tmp_path / "start.lammpstrj", tmp_path / "rows.parquet"
    quenched.final.write(path)
    sets = ["particles=[3,40]", "n_barriers=2", "max_trials=6", "radius=2.5", "refine=false"]
    words = [word for text in sets for word in ("--set", text)]
    glass = ["--glass", "kob-andersen", "--set", "glass.n_particles=200"]
    assert run(["describe", str(path), "-d", "barriers", *glass, *words, "-o", str(output), "--quiet"]) == 0
    table = pd.read_parquet(output)
    assert list(table.columns[4:]) == ["barrier(1)", "barrier(2)", "n_genuine"]
    assert set(table.loc[table["n_genuine"].notna(), "particle"]) == {3, 40}


def described(path, output, *words, expect=0):
    """Rows and messages of `describe` with barriers of particles of the Kob-Andersen glass."""
    from lammps_glass.cli.app import run

    sets = ["particles=[3,40]", "n_barriers=2", "max_trials=6", "refine=false", *words, "glass.n_particles=200"]
    words = [word for text in sets for word in ("--set", text)]
    status = run(["describe", str(path), "-d", "barriers", "--glass", "kob-andersen", *words, "-o", str(output)])
    assert status == expect
    return pd.read_parquet(output) if status == 0 else None


@pytest.fixture
def dump(quenched, tmp_path):
    path = tmp_path / "start.lammpstrj"
    quenched.final.write(path)
    return path


def test_describe_prints_verdicts_and_chunks_change_nothing(dump, tmp_path, capsys):
    """All six counts on a line, which add up to the searches, and the particles that have all of their barriers."""
    whole = described(dump, tmp_path / "whole.parquet", "radius=2.5")
    line = next(text for text in capsys.readouterr().out.splitlines() if "searches around" in text)
    n_searches, n_particles = int(line.split()[1]), int(line.split()[4])
    verdicts, complete, others = line.split(": ")[2].split("; ")
    counts = dict(reversed(item.split()) for item in verdicts.split(", "))
    assert list(counts) == ["connected", "duplicate", "unconnected", "self", "back", "limit"]
    assert sum(map(int, counts.values())) == n_searches
    assert n_particles == 2
    n_barriers = sum(name.startswith("barrier(") for name in whole.columns)
    n_complete = (whole["n_genuine"] == n_barriers).sum()
    assert complete == f"{n_complete} of 2 have all {n_barriers} barriers"
    assert others == "rows of other particles are NaN"
    parts = described(dump, tmp_path / "parts.parquet", "radius=2.5", "n_chunks=2")
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


def test_an_interrupted_describe_goes_on_with_the_next_particle(dump, tmp_path, monkeypatch):
    """Interrupted after the first particle: the second command searches around the second alone."""
    whole = described(dump, tmp_path / "whole.parquet", "radius=2.5")
    search, searched = Artn.search, []

    def interrupted(protocol, landscape, row, *rest):
        searched.append(row)
        if len(searched) == 2:
            raise KeyboardInterrupt
        return search(protocol, landscape, row, *rest)

    monkeypatch.setattr(Artn, "search", interrupted)
    output = tmp_path / "rows.parquet"
    described(dump, output, "radius=2.5", expect=130)
    assert not output.exists()
    assert (tmp_path / "rows.parquet.runs").is_dir()
    rows = described(dump, output, "radius=2.5")
    pd.testing.assert_frame_equal(rows, whole, check_exact=True)
    assert len(searched) == 3
    assert searched[2] == searched[1]
    assert not (tmp_path / "rows.parquet.runs").exists()


def test_particles_without_barriers_are_a_warning(dump, tmp_path, capsys):
    """No push at all ends each search at its limit."""
    rows = described(dump, tmp_path / "rows.parquet", "radius=2.5", "settings.max_pushes=1")
    assert (rows.loc[rows["particle"].isin([3, 40]), "n_genuine"] == 0).all()
    text = capsys.readouterr().err
    assert "2 of 2 particles have no barrier" in text
    assert "12 limit" in text
    assert "max_trials (6)" in text
    assert "settings.max_pushes" in text


def test_a_narrow_box_has_the_largest_sphere_that_fits_or_is_searched_whole(dump, record, tmp_path, capsys):
    """With a warning. Where all move, the centre of mass stays nearly where it is."""
    described(dump, tmp_path / "rows.parquet", "n_barriers=1")
    height = record.final.cell.heights.min()
    assert (
        f"less than twice the default radius of 3.167: a radius of {height / 2:.4g} is taken" in capsys.readouterr().err
    )
    described(dump, tmp_path / "whole.parquet", "n_barriers=1", "max_trials=1", "length=0.6")  # 6 x 0.6 is too wide
    assert "all 200 particles move" in capsys.readouterr().err
    landscape = CompiledLandscape(record.final, record.glass.model(), 0.2)
    settings = SearchSettings().scaled(0.35, 4.0)
    search = Search(landscape, 20, radius=None, refine_radius=None, settings=settings)
    saddles = [found.saddle for k in range(4) if (found := search.run(np.random.default_rng(k))).saddle is not None]
    shift = (saddles[0].positions - record.final.positions).mean(axis=0)
    # the noise of the first Lanczos vector moves it a little; a twentieth of the distance of minima that are the same
    assert np.abs(shift).max() < 0.05 * settings.same_distance


def test_describe_tells_of_a_snapshot_that_is_no_minimum(quenched, tmp_path, capsys):
    random, path = np.random.default_rng(0), tmp_path / "shaken.lammpstrj"
    start = quenched.final
    start.replace(positions=start.positions + random.normal(0, 0.02, start.positions.shape)).write(path)
    described(path, tmp_path / "rows.parquet", "radius=2.5", "max_trials=2")
    assert "was no minimum: it was minimised first" in capsys.readouterr().out


class SearchMadeError(Exception):
    """Ends the test where the search is made."""


@pytest.mark.parametrize(
    ("edge", "options", "expected"),
    [(45.0, {}, 20.0), (33.0, {}, None), (33.0, {"refine_radius": 12.0}, 12.0), (20.0, {"refine_radius": 12.0}, None)],
)
def test_a_wide_box_is_refined_in_a_sphere_and_a_narrow_one_whole(edge, options, expected, monkeypatch):
    """20 angstrom by default; all particles where the box is narrower than twice the radius."""
    from lammps_glass.simulate.protocols import artn

    def made(*args, refine_radius, **others):
        assert refine_radius == expected
        raise SearchMadeError

    monkeypatch.setattr(artn, "Search", made)
    glass = glasses.CuZr(n_particles=432)
    pair = Snapshot(Cell.orthogonal([edge] * 3), [[5.0, 5.0, 5.0], [7.5, 5.0, 5.0]], [0, 1], glass.species)
    with pytest.raises(SearchMadeError):
        Artn(**options).search(SimpleNamespace(minimum=pair), 0, glass, 1)


@dataclass(frozen=True, kw_only=True)
class Uncompiled(glasses.KobAndersen):
    """A glass whose pair style has no compiled interactions."""

    name: ClassVar[str] = "kob-andersen"

    def model(self):
        raise InputError("pair style of this glass has no compiled interactions")


@pytest.fixture
def messages(caplog):
    """What the package logs, information included."""
    with caplog.at_level(logging.INFO, logger="lammps_glass"):
        yield caplog


def test_a_pair_style_without_compiled_interactions_falls_back_to_lammps(record, quenched, tmp_path, messages):
    protocol = Artn(particles=(40,), **OPTIONS)
    glass = Uncompiled(n_particles=200)
    with protocol.landscape(record.final, glass) as landscape:
        rows, _ = protocol.search(landscape, int(np.searchsorted(record.final.ids, 40)), glass, 1)
    assert "no compiled interactions; LAMMPS computes the forces" in messages.text
    table = record.searches
    expected = table[table["particle"] == 40]
    assert [row["status"] for row in rows] == expected["status"].tolist()
    # the same searches with forces of another summation: the paths part in the last digits
    np.testing.assert_allclose([row["barrier"] for row in rows], expected["barrier"], atol=1e-4)
    with (
        pytest.raises(InputError, match="no compiled interactions"),
        Artn(backend="compiled", **OPTIONS).landscape(record.final, glass),
    ):
        pass


def test_a_start_that_is_no_minimum_is_relaxed_and_said(quenched, tmp_path, messages):
    random = np.random.default_rng(0)
    start = quenched.final
    shaken = start.replace(positions=start.positions + random.normal(0, 0.02, start.positions.shape))
    record = simulate.artn(
        shaken, glass=quenched.glass, seed=1, directory=tmp_path, particles=[5], n_barriers=1, max_trials=1,
        radius=2.5, refine=False,
    )  # fmt: skip
    assert "the start was no minimum" in messages.text
    forces = simulate.forces(record.final, quenched.glass)
    assert np.linalg.norm(forces, axis=1).max() <= 1.01e-4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"particles": [3, 999]}, "particle 999 is not in the snapshot"),
        (
            {"radius": 3.5},
            r"needs a box of 7 between opposite faces.* radius of at most 2\.75, or none",
        ),
        ({"particles": []}, "must be a list of ids"),
        ({"particles": [3, 3]}, "names one twice"),
        ({"chunk": 3, "n_chunks": 2}, "chunk = 3 of n_chunks = 2"),
        ({"max_trials": 1}, "below n_barriers"),
        ({"backend": "gpu"}, "known are auto, compiled, lammps"),
        ({"settings": {"tresh": 1.0}}, "tresh is not one of"),
        ({"settings": {"threshold": 1.0}}, "must be below 0"),
        ({"settings": {"max_pushes": 1.5}}, "must be of the kind int"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(options, message, quenched, tmp_path):
    with pytest.raises(InputError, match=message):
        simulate.artn(quenched, seed=1, directory=tmp_path / "run", **{**OPTIONS, **options})
    assert not (tmp_path / "run" / "run.json").exists()


def test_records_of_other_protocols_are_refused(quenched):
    protocol = SimpleNamespace(chunk=1, n_chunks=1)
    foreign = SimpleNamespace(protocol=protocol, directory=quenched.directory)
    with pytest.raises(InputError, match="no record of the protocol artn"):
        Barriers().from_simulations(quenched.final, quenched.glass, [foreign])
    for bad in ({"n_barriers": 0}, {"radius": -1.0}, {"n_chunks": 1.5}):
        with pytest.raises(InputError):
            Barriers(**bad)


def test_refined_descents_that_begin_in_the_sphere_leave_verdicts_and_barriers(record):
    """Against descents with all particles of the region mobile from the beginning."""

    class Whole(Search):
        def _refined_ends(self, surface, saddle, vector, initial, energy, rows):
            return self._ends(surface, saddle, vector, initial, energy)

    landscape = CompiledLandscape(record.final, record.glass.model(), 0.2)
    options = {"radius": 2.0, "refine_radius": 2.6, "settings": SearchSettings().scaled(0.35, 4.0)}
    refined = 0
    for row in (3, 51, 67):
        for seed in range(3):
            search, whole = (kind(landscape, row, **options) for kind in (Search, Whole))
            found = search.run(np.random.default_rng([row, seed]))
            if found.status != "connected":
                continue
            one, other = search.refine(found), whole.refine(found)
            assert (one.status, one.state) == (other.status, other.state)
            if one.refined is not None:
                refined += 1
                assert one.refined.barrier == pytest.approx(other.refined.barrier, abs=1e-9)
    assert refined >= 2
