"""Ports, parameters and product of an operation follow from its signature; signatures that declare nothing fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from rows_of_replicas import case

from lammps_glass.errors import InputError, NotReadyError
from lammps_glass.operations import Case, NoParameters, Operation, Wired, operation, require_equal
from lammps_glass.product import JsonFile, Product
from lammps_glass.products import Findings, Labels, Record, Rows, ShearRecord


@dataclass(frozen=True)
class Parameters:
    number: int = 1
    size: float = 0.5


class Value(Product):
    value = JsonFile("value.json")


def one(case: Case[Parameters], rows: Rows) -> Value: ...


def many(case: Case[Parameters], rows: Sequence[Rows]) -> Value: ...


def either(case: Case[Parameters], source: Rows | Labels) -> Value: ...


def mixed(case: Case[Parameters], sources: Sequence[Rows | Labels]) -> Value: ...


def united(case: Case[Parameters], sources: Sequence[Rows] | Sequence[Labels]) -> Value: ...


def absent(case: Case[Parameters], rows: Rows | None = None) -> Value: ...


def few(case: Case[Parameters], rows: Sequence[Rows] = ()) -> Value: ...


@pytest.mark.parametrize(
    ("function", "types", "is_many", "optional"),
    [
        (one, (Rows,), False, False),
        (many, (Rows,), True, False),
        (either, (Rows, Labels), False, False),
        (mixed, (Rows, Labels), True, False),
        (united, (Rows, Labels), True, False),
        (absent, (Rows,), False, True),
        (few, (Rows,), True, True),
    ],
)
def test_a_port_is_what_its_annotation_says(function, types, is_many, optional):
    declared = operation()(function)
    (port,) = declared.ports.values()
    assert (port.types, port.many, port.optional) == (types, is_many, optional)
    assert (declared.name, declared.parameters, declared.writes) == (function.__name__, Parameters, Value)
    assert str(port) == " or ".join(cls.__name__ for cls in types)


def test_a_port_takes_subclasses():
    port = operation()(shear_of).ports["record"]
    assert port.accepts(ShearRecord)
    assert not port.accepts(Record)
    assert operation()(one).ports["rows"].accepts(type("Special", (Rows,), {}))


def shear_of(case: Case[NoParameters], record: ShearRecord) -> Value: ...


def no_case(rows: Rows) -> Value: ...


def bare_case(case: Case, rows: Rows) -> Value: ...


class Plain:
    """Parameters that are no dataclass."""


def plain_parameters(case: Case[Plain], rows: Rows) -> Value: ...


def no_result(case: Case[Parameters]): ...


def result_that_is_no_product(case: Case[Parameters]) -> int: ...


def result_that_may_be_absent(case: Case[Parameters]) -> Value | None: ...


def port_without_annotation(case: Case[Parameters], rows) -> Value: ...


def port_that_is_no_product(case: Case[Parameters], number: int) -> Value: ...


def port_of_a_list(case: Case[Parameters], rows: list[Rows]) -> Value: ...


def one_and_many(case: Case[Parameters], rows: Rows | Sequence[Rows]) -> Value: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_case, "annotate the first argument with Case"),
        (bare_case, "annotate the first argument with Case"),
        (plain_parameters, "Plain is no dataclass"),
        (no_result, "return annotation must be a product class"),
        (result_that_is_no_product, "return annotation must be a product class"),
        (result_that_may_be_absent, "return annotation must be a product class"),
        (port_without_annotation, "argument rows of an operation"),
        (port_that_is_no_product, "argument number of an operation"),
        (port_of_a_list, "argument rows of an operation"),
        (one_and_many, "argument rows of an operation"),
    ],
)
def test_bad_signatures_are_type_errors(function, message):
    with pytest.raises(TypeError, match=message):
        operation()(function)


@operation(name="sum", version=3, rates={"cases": 2.0})
def add(case: Case[Parameters], value: Value, others: Sequence[Value] = (), last: Value | None = None) -> Value:
    """Add numbers.

    All of them.
    """
    made = Value(case.directory)
    total = sum(one.value.read()["number"] for one in [value, *others, *([last] if last else [])])
    made.value.write({"number": total + case.parameters.number})
    return made


@pytest.fixture
def values(tmp_path):
    made = []
    for number in (10, 20, 30):
        (tmp_path / str(number)).mkdir()
        made.append(Value(tmp_path / str(number)))
        made[-1].value.write({"number": number})
    return made


def test_an_operation_runs_on_the_products_of_its_ports(values, tmp_path):
    assert isinstance(add, Operation)
    assert (add.name, add.version, add.rates, add.title) == ("sum", 3, {"cases": 2.0}, "Add numbers.")
    run = case(tmp_path / "run", Parameters())
    assert add.run(run, {"value": values[:1]}).value.read() == {"number": 11}
    assert add.run(run, {"value": values[:1], "others": values[1:], "last": values[:1]}).value.read()["number"] == 71
    assert add(run, values[0], values[1:]).value.read()["number"] == 61


@pytest.mark.parametrize("count", [0, 2])
def test_a_port_of_one_case_refuses_another_number(values, tmp_path, count):
    with pytest.raises(InputError, match=rf"stages.fold.reads.value: reads {count} cases, needs one"):
        add.run(case(tmp_path / "run", Parameters()), {"value": values[:count]})
    with pytest.raises(InputError, match=r"stages.fold.reads.last: reads 2 cases"):
        add.run(case(tmp_path / "run2", Parameters()), {"value": values[:1], "last": values[:2]})


def test_what_an_operation_returns_is_checked(tmp_path):
    @operation()
    def wrong(case: Case[NoParameters]) -> Value:
        return Findings(case.directory)

    @operation()
    def nothing(case: Case[NoParameters]) -> Value:
        return Value(case.directory)

    with pytest.raises(TypeError, match="operation wrong returned Findings, not Value"):
        wrong.run(case(tmp_path / "a", NoParameters()), {})
    with pytest.raises(NotReadyError, match=r"value.json is not there: Value is incomplete"):
        nothing.run(case(tmp_path / "b", NoParameters()), {})


def test_stages_that_disagree_are_named_with_their_values():
    one, two = Wired("fold", "fit", Parameters(size=0.5)), Wired("score", "score", Parameters(size=0.25))
    assert one.key("number") == "stages.fold.number = 1"
    require_equal(one, two, "number")
    with pytest.raises(InputError, match=r"stages.fold.size = 0.5 differs from stages.score.size = 0.25: set both"):
        require_equal(one, two, "number", "size")
