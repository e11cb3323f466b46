"""Rendering: values are numbers and names or they are refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings, strategies as st

from lammps_glass.errors import InputError
from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.simulate.deck import INTERACTIONS_LINE, checked_name, checked_number, variable_line
from lammps_glass.simulate.protocols import REGISTRY

HOSTILE = [
    "opt\nshell touch hacked", "${HOME}", "$(1+1)", "opt; shell ls", 'a"b', "a'b", "a b", "getenv(HOME)", "", "#x",
    "a&", "../x", "a\\nb", "`ls`", "a\x00b", "é",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_strings_that_lammps_could_read_as_more_than_a_name(value):
    with pytest.raises(InputError, match="not a plain name"):
        REGISTRY.build("creep").deck(KobAndersen(suffix=value), 1)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_variable_names(value):
    with pytest.raises(InputError, match="name"):
        variable_line(value, 1.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, [1.0], "1 2"])
def test_values_that_are_neither_number_nor_name(value):
    with pytest.raises(InputError):
        variable_line("x", value)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.text(max_size=20))
def test_a_name_is_one_word_of_letters_digits_and_dots(text):
    try:
        accepted = checked_name("x", text)
    except InputError:
        return
    assert accepted == text
    assert text.isascii()
    assert text.replace("_", "a").replace("-", "a").replace(".", "a").isalnum()


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back_exactly(value):
    assert float(checked_number("x", value)) == value


#: Protocols in K/s and the like; their decks name the table of the potential, which lies in the cache folder.
METAL = ("constant-volume-cooling", "melt-quench")


@pytest.mark.parametrize("name", METAL)
def test_a_protocol_in_metal_units_wants_such_a_glass(name):
    with pytest.raises(InputError, match="metal units"):
        REGISTRY.build(name).deck(KobAndersen(), 1)
    assert INTERACTIONS_LINE not in REGISTRY.build(name).deck(CuZr(n_particles=500), 1)


@pytest.mark.parametrize("name", [name for name in REGISTRY if name not in METAL])
def test_rendered_deck_is_whole(name):
    text = REGISTRY.build(name).deck(KobAndersen(), 1)
    assert INTERACTIONS_LINE not in text
    assert "pair_coeff      1 2 ${epsilon_AB} ${sigma_AB}" in text
    assert {"variable        epsilon_AB index 1.5", "variable        sigma_AB index 0.8"} <= set(text.splitlines())
    # No path but those of its own folder: names of styles and quotients hold a slash, but none begins with it.
    assert not re.search(r"(^|[\s\"'=])(/|~|\.\.(/|\s))", text)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("creep", {"steps": 0}), ("creep", {"temperature": float("nan")}), ("creep", {"stress": "0.5"}),
        ("creep", {"snapshot_every": -1}), ("creep", {"segment_steps": 1.5}), ("quench", {"cooling": 0}),
        ("quench", {"temperature": 4.0}), ("relax", {"force_tolerance": 0.0}), ("anneal", {"pressure": float("inf")}),
    ],
)  # fmt: skip
def test_bad_fields_are_refused(name, options):
    with pytest.raises(InputError, match=next(iter(options))):
        REGISTRY.build(name, options)


def test_unknown_option_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'stress'"):
        REGISTRY.build("creep", {"stres": 0.5})


def test_quench_in_reduced_units_refuses_a_metal():
    """Its default of 3 would be 3 K: the line names the protocol that melts."""
    with pytest.raises(InputError, match=r"cu-zr is in metal units.*melt-quench"):
        REGISTRY.build("quench", {}).deck(CuZr(n_particles=250), 1)
