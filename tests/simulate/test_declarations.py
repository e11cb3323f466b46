"""Protocols say before anything runs which glasses and which earlier protocols they fit."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.glasses import CuZr, KobAndersen
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
    with pytest.raises(NotReadyError):
        Record.open(tmp_path)
    for name, cls in (("aqs", ShearRecord), ("vibrate", VibrationRecord), ("creep", Record), ("not-installed", Record)):
        identity = {"protocol": {"name": name, "options": {}}, "glass": {}, "seed": 1, "start": ""}
        (tmp_path / "run.json").write_text(json.dumps(identity))
        assert type(Record.open(tmp_path)) is cls
    with pytest.raises(InputError, match="protocol not-installed, which writes no ShearRecord"):
        ShearRecord.open(tmp_path)
