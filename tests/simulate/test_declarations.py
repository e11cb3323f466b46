"""Protocols say before anything runs which glasses and which earlier protocols they fit."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from typing import get_args

import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError
from lammps_glass.glasses import REGISTRY as GLASSES, CuZr, KobAndersen
from lammps_glass.registry import Entry
from lammps_glass.simulate import Record, ShearRecord, VibrationRecord
from lammps_glass.simulate.protocols import (
    AQS,
    REGISTRY,
    Anneal,
    ConstantVolumeCooling,
    Creep,
    Isoconfigurational,
    MeltQuench,
    Quench,
    Relax,
)  # fmt: skip
from lammps_glass.simulate.protocols.base import StartKind


@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_protocol_declares_its_start_and_its_record(name):
    protocol = REGISTRY[name].load()
    assert protocol.starts_from in get_args(StartKind)
    assert issubclass(protocol.record, Record)


def test_glass_in_the_wrong_units_is_refused_before_anything_runs():
    metal, reduced = CuZr(n_particles=216), KobAndersen(n_particles=216)
    with pytest.raises(InputError, match=r"cu-zr is in metal units.*use melt-quench"):
        Quench().check_glass(metal)
    for cooling in (MeltQuench(), ConstantVolumeCooling()):
        with pytest.raises(InputError, match=f"{cooling.name} cools in K/s: .*not lj"):
            cooling.check_glass(reduced)
        cooling.check_glass(metal)
    Quench().check_glass(reduced)


@pytest.mark.parametrize(
    ("protocol", "start", "message"),
    [
        (Relax(stress=0.4), Creep(stress=0.5), "relax: stress = 0.4 differs from stress = 0.5 of the creep"),
        (Isoconfigurational(temperature=0.5), Anneal(temperature=0.4), "temperature = 0.5 .* 0.4 of the anneal"),
        (Anneal(pressure=0.0), Quench(pressure=1.0), "pressure = 0 differs from pressure = 1 of the quench"),
    ],
)
def test_parameters_that_contradict_the_start_are_refused(protocol, start, message):
    with pytest.raises(InputError, match=message):
        protocol.check_start(start)


def test_other_starts_are_accepted():
    Relax(stress=0.5).check_start(Creep(stress=0.5))
    Relax(stress=0.4).check_start(Quench())
    Anneal(temperature=0.4, pressure=None).check_start(Quench(temperature=0.1, pressure=1.0))
    AQS().check_start(Quench())


def test_a_record_opens_as_the_class_of_its_protocol(tmp_path):
    with pytest.raises(InputError, match="a folder that no run has made"):
        Record.open(tmp_path)
    for name, cls in (("aqs", ShearRecord), ("vibrate", VibrationRecord), ("creep", Record), ("not-installed", Record)):
        identity = {"protocol": {"name": name, "options": {}}, "glass": {}, "seed": 1, "start": ""}
        (tmp_path / "run.json").write_text(json.dumps(identity))
        assert type(Record.open(tmp_path)) is cls
    with pytest.raises(InputError, match="protocol not-installed, which writes no ShearRecord"):
        ShearRecord.open(tmp_path)


def test_functions_have_the_fields_and_the_documentation_of_their_class():
    for name in REGISTRY:
        function, cls = getattr(simulate, name.replace("-", "_")), REGISTRY[name].load()
        parameters = inspect.signature(function).parameters
        assert list(parameters)[:3] == ["source", "directory", "seed"]
        assert {field.name for field in fields(cls)} <= set(parameters)
        assert (parameters["seed"].default == 0) != cls.draws_random_numbers
        assert inspect.getdoc(cls) in function.__doc__
        assert function.__name__ in simulate.__all__


def test_a_seed_is_asked_for_and_an_unknown_option_refused(tmp_path):
    with pytest.raises(TypeError, match="'seed'"):
        simulate.quench(KobAndersen(), directory=tmp_path)
    with pytest.raises(InputError, match="did you mean 'cooling'"):
        simulate.quench(KobAndersen(), seed=1, directory=tmp_path, coolin=3)


def test_a_protocol_of_another_distribution_is_a_function_too(monkeypatch):
    entry = Entry("slow-creep", "lammps_glass.simulate.protocols.creep:Creep", "creep, slowly", "lj")
    monkeypatch.setitem(REGISTRY._entries, "slow-creep", entry)
    assert simulate.slow_creep.__doc__.startswith("Run `Creep`: creep, slowly.")
    with pytest.raises(AttributeError, match="simulate' has no attribute 'fast_creep'"):
        _ = simulate.fast_creep


@pytest.mark.parametrize("registry", [REGISTRY, GLASSES], ids=["protocol", "glass"])
def test_no_number_of_a_part_goes_unchecked(registry):
    wrong = {bool: 1, int: 0.5, float: float("nan")}
    for name in registry:
        for field in fields(registry[name].load()):
            if type(field.default) in wrong:
                with pytest.raises(InputError, match=rf"{name}: {field.name} = "):
                    registry.build(name, {field.name: wrong[type(field.default)]})


def test_a_subclass_with_another_default_keeps_the_bounds():
    assert Creep.__annotations__["steps"] == "int"  # the bound stands in `Holding`
    with pytest.raises(InputError, match="creep: steps = 0 must be at least 1"):
        Creep(steps=0)
    with pytest.raises(InputError, match="kob-andersen: density = 0 must be above 0"):
        KobAndersen(density=0.0)
