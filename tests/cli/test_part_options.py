"""`list FAMILY NAME`: the options of a part."""

from __future__ import annotations

import dataclasses

from lammps_glass.labels.classes import Classes
from lammps_glass.operations.describe import describe
from lammps_glass.simulate.protocols import REGISTRY


def test_options_of_a_protocol(run):
    rows = {row["option"]: row for row in run("list", "protocols", "quench", "--json").json}
    quench = REGISTRY["quench"].load()
    assert {name: row["default"] for name, row in rows.items()} == {
        field.name: repr(field.default) for field in dataclasses.fields(quench)
    }
    assert rows["temperature"]["meaning"] == "In the temperature unit of the glass."  # that of a line of two names
    assert rows["pressure"]["meaning"].startswith("None keeps the box;")
    assert rows["pressure"]["meaning"].endswith("The inherent structure is that of the last box.")  # several lines


def test_options_of_bases_and_factories(run):
    rows = {row["option"]: row for row in run("list", "labels", "propensity", "--json").json}
    assert rows["steps"]["meaning"].startswith("MD steps between")  # documented in the base class
    rows = {row["option"]: row for row in run("list", "labels", "classes", "--json").json}
    assert rows["of"]["default"] == repr(Classes().of)


def test_options_of_an_operation_are_its_keys(run):
    rows = run("list", "operations", "describe", "--json").json
    assert [row["option"] for row in rows] == [field.name for field in dataclasses.fields(describe.parameters)]


def test_a_part_without_options_or_a_wrong_name(run):
    for words, word in ((("studies", "ace"), "study file"), (("protocols", "quensh"), "did you mean 'quench'")):
        outcome = run("list", *words)
        assert outcome.status == 2
        (line,) = outcome.err.splitlines()
        assert word in line
