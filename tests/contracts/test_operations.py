"""The contract of every operation of this package and of its studies, and that the contract fails for broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

from lammps_glass import glasses, operations, studies
from lammps_glass.operations import Case, NoParameters, operation
from lammps_glass.operations.fit import fit
from lammps_glass.operations.operation import Operation
from lammps_glass.operations.simulation import simulation
from lammps_glass.product import Product, TableFile
from lammps_glass.products import JsonFile, Record
from lammps_glass.simulate.protocols import REGISTRY as PROTOCOLS
from lammps_glass.simulate.protocols.creep import Creep
from lammps_glass.simulate.protocols.quench import Quench
from lammps_glass.testing import check_operation

GLASS = glasses.KobAndersen(n_particles=150)
CLASSES = {"fraction": 0.2}
OPTIONS = {
    "describe": {"descriptor": {"name": "radial-gaussians", "centers": [1.0, 1.5], "width": 0.3}},
    "label": {"label": {"name": "d2min", "r_max": 2.0}},
    "fit": CLASSES,
    "score": {**CLASSES, "n_resamples": 20},
    "group_dynamics": {"n_groups": 2},
}


def run(run: Operation, folder: Path, options, sources, **conditions) -> Product:
    """The product of one case, in a folder of its own, with its conditions."""
    from lammps_glass.settings import build

    folder.mkdir(parents=True)
    parameters = build(run.parameters, options, "parameters")
    run.run(Case("study", "smoke", run.name, conditions, parameters, GLASS, 1, folder), sources)
    return run.writes(folder, conditions=conditions)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Operation -> the options and sources of a case, in the order of a study of two replicas."""
    folder = tmp_path_factory.mktemp("operations")
    generic = {name: operations.REGISTRY[name].load() for name in OPTIONS.keys() | {"predict"}}
    read: dict[str, dict[str, list[Product]]] = {"label": {}, "describe": {}, "fit": {}, "predict": {}, "score": {}}
    creep_options = {"steps": 200, "snapshot_every": 50, "segment_steps": 100}
    rows, records = [], []
    for replica in (1, 2):
        here = folder / str(replica)
        glass = run(simulation(Quench), here / "quench", {"liquid": 50, "cooling": 50}, {}, replica=replica)
        records.append(run(simulation(Creep), here / "creep", creep_options, {"start": [glass]}, replica=replica))
        read["label"] = {"records": records[-1:]}
        labels = run(generic["label"], here / "label", OPTIONS["label"], read["label"], replica=replica)
        read["describe"] = {"configurations": records[-1:], "labels": [labels]}
        rows.append(run(generic["describe"], here / "rows", OPTIONS["describe"], read["describe"], replica=replica))
    read["fit"] = {"rows": rows}
    indicators = [run(fit, folder / f"fit{k}", CLASSES, read["fit"], left_out=k) for k in (1, 2)]
    predictions = []
    for replica, own in zip((1, 2), rows):
        read["predict"] = {"rows": [own], "indicators": indicators}
        predictions.append(run(generic["predict"], folder / f"predict{replica}", {}, read["predict"], replica=replica))
    read["score"] = {"predictions": predictions, "indicators": indicators, "configurations": records}
    read["group_dynamics"] = {"trajectories": records, "values": predictions}
    read["draw"] = {"findings": [run(generic["score"], folder / "score", OPTIONS["score"], read["score"])]}
    return read


@pytest.mark.parametrize("name", [name for name in operations.REGISTRY.bundled if name != "simulate"])
def test_contract(name, sources):
    """Those that read what a small liquid cannot give, such as a gate for metals, are not run here."""
    conditions = {"fit": {"left_out": 1}, "score": {}, "draw": {}}.get(name, {"replica": 2})
    run = operations.REGISTRY[name].load()
    assert run.name == name
    check_operation(run, OPTIONS.get(name), sources=sources.get(name), conditions=conditions, glass=GLASS)


@pytest.mark.parametrize("name", PROTOCOLS.bundled)
def test_contract_of_simulations(name):
    check_operation(simulation(PROTOCOLS[name].load()))


def test_contract_of_a_simulation_that_runs(tmp_path):
    check_operation(simulation(Quench), {"liquid": 30, "cooling": 30}, sources={}, glass=GLASS)


@pytest.mark.parametrize("name", studies.REGISTRY.bundled)
def test_contract_of_the_operations_of_studies(name):
    recipe = studies.REGISTRY[name].load()
    taken = set(recipe.operations) & set(operations.REGISTRY)
    assert not taken, f"names of generic operations: {taken}"
    for own in recipe.operations.values():
        check_operation(own, options_of(own.parameters))


def options_of(parameters: type) -> dict[str, float] | None:
    """A fraction where neither it nor a threshold has a value, of which one must be chosen."""
    defaults = {item.name: item.default for item in fields(parameters)}
    return CLASSES if (defaults.get("threshold", 0), defaults.get("fraction", 0)) == (None, None) else None


class Value(Product):
    """A number."""

    value = JsonFile("value.json")


class Undeclared(Product):
    """No file."""


class Twice(Product):
    """A file under two names."""

    one = JsonFile("value.json")
    two = TableFile("value.json")


@dataclass(frozen=True)
class Demanding:
    number: int


@dataclass
class Thawed:
    number: int = 1


@dataclass(frozen=True)
class Reserved:
    reads: int = 1


def _value(case: Case, number: float = 1.0, folder: Path | None = None) -> Value:
    value = Value(folder or case.directory)
    value.directory.mkdir(exist_ok=True)
    value.value.write({"number": number})
    return value


@operation()
def sound(case: Case[NoParameters], records: Sequence[Record] = ()) -> Value:
    """Write a number."""
    return _value(case)


@operation()
def demanding(case: Case[Demanding]) -> Value:
    """A parameter without a default."""
    return _value(case)


@operation()
def thawed(case: Case[Thawed]) -> Value:
    """Parameters that may change."""
    return _value(case)


@operation()
def reserved(case: Case[Reserved]) -> Value:
    """A parameter that is a key of every stage."""
    return _value(case)


@operation()
def silent(case: Case[NoParameters]) -> Value:
    return _value(case)


@operation(name="no name")
def unnamed(case: Case[NoParameters]) -> Value:
    """A name that no study file may hold."""
    return _value(case)


@operation()
def undeclared(case: Case[NoParameters]) -> Undeclared:
    """A product without files."""
    return Undeclared(case.directory)


@operation()
def twice(case: Case[NoParameters]) -> Twice:
    """A file declared twice."""
    return Twice(case.directory)


@operation()
def incomplete(case: Case[NoParameters]) -> Value:
    """Write nothing."""
    return Value(case.directory)


@operation()
def elsewhere(case: Case[NoParameters]) -> Value:
    """Write into the current folder too."""
    Path("note.txt").write_text("here")
    return _value(case)


@operation()
def beside(case: Case[NoParameters]) -> Value:
    """Write beside the case."""
    _value(case)
    return _value(case, folder=case.directory.parent / "beside")


@operation()
def other_folder(case: Case[NoParameters]) -> Value:
    """Return a product of another folder."""
    _value(case)
    return _value(case, folder=case.directory / "inner")


@operation()
def greedy(case: Case[NoParameters], values: Sequence[Value]) -> Value:
    """Change what is read."""
    values[0].value.write({"number": 2.0})
    return _value(case)


@operation()
def random(case: Case[NoParameters]) -> Value:
    """Draw a number."""
    return _value(case, float(np.random.default_rng().random()))


@operation()
def wrong(case: Case[NoParameters]) -> Value:
    """Return another product."""
    _value(case)
    return Undeclared(case.directory)


def local_product() -> Operation:
    """An operation whose product no other process can import."""

    class Local(Product):
        value = JsonFile("value.json")

    def function(case: Case[NoParameters]) -> Product:
        """Write a number."""
        return _value(case)

    function.__annotations__ = {"case": Case[NoParameters], "return": Local}
    return operation()(function)


def test_a_sound_operation_meets_it():
    check_operation(sound, sources={})


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (test_a_sound_operation_meets_it, "it is no operation"),
        (demanding, "number has no default"),
        (thawed, "not frozen"),
        (reserved, "reads is a key of every stage"),
        (silent, "no documentation"),
        (unnamed, "not a name"),
        (undeclared, "declares no file"),
        (twice, "declares a file twice"),
        (incomplete, "Value is incomplete"),
        (elsewhere, "into the current folder"),
        (beside, "beside the folder of its case: beside"),
        (other_folder, "not in case.directory"),
        (greedy, "changes what it reads"),
        (random, "other bytes in value.json"),
        (wrong, "returned Undeclared, not Value"),
        (local_product(), "not at the top of a module"),
    ],
    ids=lambda value: getattr(value, "name", "") if isinstance(value, Operation) else "",
)
def test_broken_operations_fail(broken, message, tmp_path):
    value = Value(tmp_path)
    value.value.write({"number": 1.0})
    sources = {"values": [value]} if broken is greedy else {}
    with pytest.raises(AssertionError, match=message):
        check_operation(broken, sources=sources)
