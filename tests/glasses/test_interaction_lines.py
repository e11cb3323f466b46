"""Interaction lines of users: what is passed on, and that nothing else reaches LAMMPS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass import glasses, simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import InteractionLinesGlass
from lammps_glass.glasses.interaction_lines import COMMANDS, REFUSED_STYLES, parse

LJ = ["pair_style lj/cut 2.5", "pair_coeff 1 1 1.0 1.0"]


def text(lines, folder=None, species=("A",)):
    return parse(lines, "test.lmp", folder, species).text()


def test_lines_are_written_again_without_comments_and_masses():
    lines = ["# a comment", "", "  pair_style   lj/cut 2.5   # with words", "pair_coeff\t* * 1.0 1.0", "mass 1 2.5"]
    parsed = parse(lines, "test.lmp", None, ("A",))
    assert parsed.text().split("\n") == ["pair_style      lj/cut 2.5", "pair_coeff      * * 1.0 1.0", ""]
    assert parsed.masses == {1: 2.5}


@pytest.mark.parametrize(
    "line",
    [
        "shell touch pwned", "include other.lmp", "variable x equal 1", "python f here", "fix 1 all nve", "run 10",
        "jump SELF a", "label a", "print hi", "read_data x.data", "write_dump all custom x id", "log x", "clear",
        "if 1 then quit", "info all", "pair_write 1 1 10 r 1 2 f X", "bond_write 1 10 0.5 3.5 f X",
        "angle_write 1 10 f X", "dump 1 all custom 1 f id", "restart 1 a", "units metal", "suffix gpu", "package omp 1",
        "plugin load x.so", "PAIR_STYLE lj/cut 2.5", "pair_styles lj/cut", "processors * * *", "mdi plugin x",
        "kim init X metal", "compute 1 all pe", "group a type 1", "neb 0 0 1 1 1 final x", "create_atoms 1 box",
    ],
)  # fmt: skip
def test_other_commands_are_refused_by_line(line):
    with pytest.raises(InputError, match=r"test\.lmp, line 3: command .* is not of interactions"):
        text([*LJ, line])


@pytest.mark.parametrize(
    "line",
    [
        "pair_coeff 1 1 ${x} 1.0", "pair_coeff 1 1 $x 1.0", "pair_coeff 1 1 $(1+1) 1.0", "pair_coeff 1 1 $((1)) 1.0",
        'pair_coeff 1 1 "1.0" 1.0', "pair_coeff 1 1 '1.0' 1.0", 'pair_coeff 1 1 """1""" 1.0',
        "pair_coeff 1 1 1.0 1.0; shell ls", "pair_coeff 1 1 `ls` 1.0", "pair_coeff 1 1 1.0 > x", "pair_coeff 1 1 a|b",
        "pair_coeff 1 1 1.0 1.0 &", "# a comment &", "pair_coeff 1 1 1.0 \\", "pair_coeff 1 1 1.0 1.0 & # on",
        "pair_coeff 1 1 1.0\u00a01.0", "pair_coeff 1 1 \u201c1.0\u201d", "pair_coeff 1 1 1.0\x00", "pair_coeff 1 1\x1b",
        "pair_coeff 1 1 1.0 1.0\nshell touch pwned", "pair_coeff 1 1 1.0 1.0\rshell touch pwned", "pair_coeff {1} 1 1",
        "pair_coeff 1 1 ~/x.table A", "pair_coeff 1 1 %s", "pair_coeff 1 1 a^b", "pair_coeff 1 1 f(x)", "$", "&", '"',
    ],
)  # fmt: skip
def test_what_lammps_expands_is_refused_by_line(line):
    with pytest.raises(InputError, match=r"test\.lmp, line 3: "):
        text([*LJ, line])


@pytest.mark.parametrize(
    "line",
    [
        "pair_style python 2.5", "pair_style hybrid lj/cut 2.5 python 2.5", "pair_style hybrid/overlay python 2.5",
        "pair_style hybrid/scaled 0.5 python 2.5", "pair_style kim SW_StillingerWeber", "pair_style quip",
        "pair_style mliap unified model.pkl 0", "pair_style hybrid/overlay zbl 1 2 mliap unified m.pkl",
        "pair_style mliap model mliappy m.pkl descriptor sna d", "pair_style deepmd graph.pb", "pair_style nequip",
        "pair_style python/kk 2.5", "pair_style Python 2.5", "pair_style tracker t", "pair_style allegro",
        "pair_coeff * * python x",
        "pair_style hybrid/scaled v_x lj/cut 2.5",
    ],
)  # fmt: skip
def test_styles_that_run_code_are_refused_by_line(line):
    with pytest.raises(InputError, match=r"test\.lmp, line 1: .*(code|style|variable|interaction)"):
        text([line, "pair_coeff 1 1 1.0 1.0"])


@pytest.mark.parametrize(
    "line",
    ["set type 1 charge v_q", "set type 1 mass 2", "set group all charge 1", "set type * charge 1", "set type 1 charge",
     "set type 1 charge 1 mass 2", "set atom 1 charge 1", "set type 1 charge inf", "set type 1:2 charge 1"],
)  # fmt: skip
def test_of_set_only_charges_of_types_pass(line):
    with pytest.raises(InputError, match=r"line 3: of `set` only"):
        text([*LJ, line])
    assert parse([*LJ, "set type 1 charge -0.5e0"], "f", None, ("A",)).has_charges


@pytest.mark.parametrize(
    "line", ["mass 1", "mass 2 1.0", "mass 1 -1", "mass 1 0", "mass 1 x", "mass 0 1.0", "mass 1* 1"]
)
def test_masses_of_lines_are_checked(line):
    with pytest.raises(InputError, match="line 3: write mass TYPE VALUE"):
        text([*LJ, line])


def test_lines_without_a_pair_style_are_refused():
    with pytest.raises(InputError, match="no line pair_style"):
        text(["# nothing"])


WORDS = st.sampled_from(
    [*sorted(COMMANDS), *REFUSED_STYLES, "shell", "include", "lj/cut", "1", "2.5", "*", "&", "$x", "${x}", "#", '"',
     "'", '"""', "\n", "\r", "\\", "`", ";", "hybrid", "v_x", "../x", "/etc/passwd", "set", "type", "charge", "\t"]
)  # fmt: skip


@settings(deadline=None, max_examples=500, derandomize=True)
@given(st.lists(st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=20), min_size=1, max_size=4))
def test_whatever_is_given_only_plain_words_of_known_commands_come_out(lines):
    """The text for LAMMPS has one command a line, of the list, and no character that LAMMPS interprets."""
    try:
        written = text(lines)
    except InputError:
        return
    for line in written.splitlines():
        words = line.split()
        assert words[0] in COMMANDS - {"mass"}
        assert not set(line) & set("$&\"'`;|<>(){}\\#~")
        assert line.isascii()
        assert line.isprintable()
        assert not {word.lower().partition("/")[0] for word in words} & set(REFUSED_STYLES)
        assert not any(word.startswith("/") or ".." in word.split("/") for word in words)


# -- tables -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder of lines with a table of a soft repulsion, whose forces are the slope of its energies."""
    inside = tmp_path / "inside"
    inside.mkdir()
    r = np.linspace(0.5, 2.0, 400)
    rows = [f"{i} {x:.12g} {(2 - x) ** 3:.12g} {3 * (2 - x) ** 2:.12g}" for i, x in enumerate(r, start=1)]
    (inside / "soft.table").write_text(f"# soft\n\nSOFT\nN 400 R 0.5 2.0\n\n{chr(10).join(rows)}\n")
    (inside / "lines.lmp").write_text("pair_style table linear 2000\npair_coeff * * soft.table SOFT\n")
    (tmp_path / "outside.table").write_text("secret")
    return inside


def tabulated(folder, **changes):
    options = {"name": "tabulated", "units": "lj", "species": ["A"], "masses": 1.0, "density": 0.8, "r_cut": 2.0}
    return InteractionLinesGlass(**{**options, "lines": str(folder / "lines.lmp"), "n_particles": 100, **changes})


def test_a_tabulated_pair_style_has_the_energy_of_its_table(folder):
    glass = tabulated(folder, start="sc")
    simulate.try_interactions(glass)
    snapshot = glass.initial(1)
    vectors = snapshot.positions[:, None] - snapshot.positions[None]
    distances = np.linalg.norm(snapshot.cell.minimum_image(vectors.reshape(-1, 3)), axis=1)
    near = distances[(distances > 0) & (distances < 2.0)]
    # 1e-5: the table is interpolated linearly
    assert simulate.energy(snapshot, glass) == pytest.approx(0.5 * ((2 - near) ** 3).sum(), rel=1e-5)


def test_a_random_start_of_a_table_holds_no_distance_below_it(folder):
    """Random positions hold pairs nearer than the table's first row, 0.5, at which LAMMPS stops."""
    from lammps_glass.glasses import Glass

    glass = tabulated(folder, start="random", n_particles=400)
    start = glass.initial(1)
    assert simulate.energy(start, glass) > 0
    assert nearest(start) > 0.5
    assert nearest(Glass.initial(glass, 1)) < 0.5
    np.testing.assert_array_equal(start.positions, glass.initial(1).positions)
    assert (start.positions != glass.initial(2).positions).any()
    assert ((start.positions >= 0) & (start.positions <= start.cell.matrix[0, 0])).all()


def nearest(snapshot):
    vectors = snapshot.positions[:, None] - snapshot.positions[None]
    distances = np.linalg.norm(snapshot.cell.minimum_image(vectors.reshape(-1, 3)), axis=1)
    return distances[distances > 0].min()


@pytest.mark.parametrize("word", ["../outside.table", "/etc/passwd", "a/../../outside.table", ".."])
def test_tables_stay_beside_the_lines(folder, word):
    (folder / "lines.lmp").write_text(f"pair_style table linear 2000\npair_coeff * * {word} SOFT\n")
    with pytest.raises(InputError, match=r"lines\.lmp, line 2: .* leaves the folder"):
        tabulated(folder)


def test_a_link_out_of_the_folder_is_refused(folder):
    (folder / "soft.table").unlink()
    (folder / "soft.table").symlink_to(folder.parent / "outside.table")
    with pytest.raises(InputError, match="link that leaves the folder"):
        tabulated(folder)


def test_a_changed_or_moved_table_is_named(folder):
    glass = tabulated(folder)
    options = glass.options()
    assert glasses.build(glass.name, options).options() == options
    (folder / "soft.table").write_text((folder / "soft.table").read_text().replace("# soft", "# softer"))
    with pytest.raises(InputError, match=r"tabulated: lines or tables have changed or moved .* soft\.table"):
        glasses.build(glass.name, options)
    (folder / "soft.table").unlink()
    with pytest.raises(InputError, match="changed or moved"):
        glasses.build(glass.name, options)


def test_lines_in_the_glass_outlive_their_file(folder):
    """A record keeps the lines themselves; only tables stay where they are."""
    glass = tabulated(folder)
    (folder / "lines.lmp").unlink()
    again = glasses.build(glass.name, glass.options())
    assert again.interactions() == glass.interactions()
    assert str(folder / "soft.table") in again.interactions()


def test_a_table_in_a_folder_with_spaces(folder):
    spaced = folder.rename(folder.with_name("in side"))
    simulate.try_interactions(tabulated(spaced))


@pytest.mark.parametrize("name", ['in"side', "in\nshell touch pwned\n", "in\rside"])
def test_a_folder_whose_name_would_be_read_as_commands_is_refused(folder, name):
    with pytest.raises(InputError, match="a name with quotes or line breaks"):
        tabulated(folder.rename(folder.with_name(name)))


def test_a_folder_with_a_dollar_sign(folder):
    simulate.try_interactions(tabulated(folder.rename(folder.with_name("in$x ${y} & side"))))


def test_a_cutoff_that_is_too_short_is_named(folder):
    with pytest.raises(InputError, match=r"r_cut = 1\.5 is below the cutoff .* set r_cut = 2"):
        simulate.try_interactions(tabulated(folder, r_cut=1.5))


def test_lines_that_lammps_does_not_take_are_refused_before_anything_runs(folder):
    (folder / "lines.lmp").write_text("pair_style lj/cut 2.0\npair_coeff 1 3 1.0 1.0\n")
    with pytest.raises(InputError, match="LAMMPS does not take its interactions"):
        simulate.try_interactions(tabulated(folder))


def test_charges_of_types():
    """Opposite charges that are cut off: Coulomb's law, with LAMMPS's constant 1 in reduced units."""
    lines = ["pair_style coul/cut 3.0", "pair_coeff * *", "set type 1 charge 0.5", "set type 2 charge -0.5"]
    options = {"units": "lj", "species": ["A", "B"], "masses": 1.0, "density": 0.01, "r_cut": 3.0, "n_particles": 20}
    glass = InteractionLinesGlass(lines=lines, **options)
    assert glass.atom_style == "charge"
    snapshot = glass.initial(1)
    pair = snapshot.replace(
        positions=np.array([[1.0, 1, 1], [3.0, 1, 1]]), types=np.array([0, 1]), ids=np.array([1, 2])
    )
    # 1e-12: one product
    assert simulate.energy(pair, glass) == pytest.approx(-0.25 / 2.0, rel=1e-12)
