"""`operation`: declare an operation; its ports, parameters and product follow from the signature of a function.

    @operation(rates={"cases": 1.5})
    def fit(case: Case[FitParameters], rows: Sequence[Rows], labels: Sequence[Labels] = ()) -> Indicator: ...

declares an operation with the parameters of `FitParameters`, a port ``rows`` that reads any number of cases of stages
that write `Rows`, an optional port ``labels``, and the product `Indicator`.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.product import Conditions, Product
from lammps_glass.simulate.work import Work

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from lammps_glass.glasses import Glass

#: (parameters, particles of each species, works of the cases that each port reads) -> work of a case. The parameters
#: are of the class that the operation declares.
WorkOf = Callable[[Any, Mapping[str, int], Mapping[str, Sequence[Work]]], Work]
#: What a function gets for a port.
Argument = Product | tuple[Product, ...] | None


@dataclass(frozen=True)
class Port:
    """One input of an operation.

    Parameters
    ----------
    name
        Key in the table ``reads`` of a stage.
    types
        Product classes that fit.
    many
        Whether the port takes any number of cases; otherwise exactly one.
    optional
        Whether the port may stay unwired.
    """

    name: str
    types: tuple[type[Product], ...]
    many: bool = False
    optional: bool = False

    def accepts(self, product: type[Product]) -> bool:
        """Return whether a stage that writes `product` may be wired to this port."""
        return issubclass(product, self.types)

    def __str__(self) -> str:
        return " or ".join(cls.__name__ for cls in self.types)


@dataclass(frozen=True)
class Wired:
    """A stage with its parameters and the stages that its ports read, for checks.

    Parameters
    ----------
    stage
        Name of the stage.
    runs
        Name of its operation, or of its protocol.
    parameters
        The built parameters of one case.
    reads
        Port -> stages wired to it.
    conditions
        Conditions of that case.
    writes
        Class of the product of the stage.
    glass
        The glass of that case; None outside a study.
    n_cases
        Port -> number of cases that it reads.
    """

    stage: str
    runs: str
    parameters: Any
    reads: Mapping[str, tuple[Wired, ...]] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=dict)
    writes: type[Product] = Product
    glass: Glass | None = None
    n_cases: Mapping[str, int] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Return ``stages.STAGE.NAME = VALUE`` for error messages."""
        value = getattr(self.parameters, name)
        return f"stages.{self.stage}.{name} = {f'{value:g}' if isinstance(value, float) else value}"

    def behind(self) -> Iterator[Wired]:
        """Iterate over this stage and those that it reads, directly or not, depth first."""
        yield self
        for sources in self.reads.values():
            for source in sources:
                yield from source.behind()


def require_equal(one: Wired, other: Wired, *names: str) -> None:
    """Refuse two stages that give a parameter different values.

    Raises
    ------
    InputError
        Naming both keys with their values.
    """
    for name in names:
        if getattr(one.parameters, name) != getattr(other.parameters, name):
            raise InputError(f"{one.key(name)} differs from {other.key(name)}: set both")


def require_runs(stage: Wired, port: str, name: str) -> None:
    """Refuse a port that is wired to a stage which runs another operation or protocol than `name`.

    Raises
    ------
    InputError
        Naming the port and the stage.
    """
    for source in stage.reads.get(port, ()):
        if source.runs != name:
            raise InputError(
                f"stages.{stage.stage}.reads.{port}: stage {source.stage} runs {source.runs}, the port needs {name}"
            )


@dataclass(frozen=True)
class Operation:
    """An operation: what a stage runs.

    Parameters
    ----------
    name
        Name in study files.
    function
        Called with the case and one argument a port; returns the product it wrote into ``case.directory``.
    parameters
        A frozen dataclass; a stage's table of the study file holds its fields.
    ports
        Inputs by name.
    writes
        Class of the product.
    version
        Raised when the operation's numbers change: finished cases of an older version are run again.
    work
        Function that declares the computation of a case, for `plan`; None: planned without a duration.
    rates
        Seconds a unit for the parts of the work that a calibration run cannot measure, from measurements elsewhere.
        The other parts are measured by running the operation on the small records of the calibration run.
    check
        Refuses parameters that disagree with those of the stages that the ports read.
    protocol
        Name of the protocol of a simulation; empty for other operations.
    of_glass
        Returns the values of parameters that the glass decides where the study file does not; None: the glass decides
        none.
    """

    name: str
    function: Callable[..., Product]
    parameters: type[DataclassInstance]
    ports: Mapping[str, Port]
    writes: type[Product]
    version: int = 1
    work: WorkOf | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    check: Callable[[Wired], None] = lambda stage: None
    protocol: str = ""
    of_glass: Callable[[Glass], Mapping[str, object]] | None = None

    @property
    def title(self) -> str:
        """First line of the function's documentation, for lists."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]

    @property
    def runs(self) -> str:
        """Name of the protocol of a simulation, else of the operation."""
        return self.protocol or self.name

    def __call__(self, case: Case[object], *args: object, **ports: object) -> Product:
        """Call the function with a case and its ports."""
        return self.function(case, *args, **ports)

    def run(self, case: Case[object], sources: Mapping[str, Sequence[Product]]) -> Product:
        """Run a case on the products that its ports read, and check what it wrote.

        Raises
        ------
        InputError
            A port that takes one case reads another number.
        """
        product = self.function(case, **self.arguments(case, sources))
        if not isinstance(product, self.writes):
            raise TypeError(f"operation {self.name} returned {type(product).__name__}, not {self.writes.__name__}")
        return product.check()

    def arguments(self, case: Case[object], sources: Mapping[str, Sequence[Product]]) -> dict[str, Argument]:
        """Return the argument of each port: a product, a tuple of products, or None for an optional port not wired."""
        return {name: self._argument(case, port, sources.get(name, ())) for name, port in self.ports.items()}

    @staticmethod
    def _argument(case: Case[object], port: Port, products: Sequence[Product]) -> Argument:
        if port.many:
            return tuple(products)
        if not products and port.optional:
            return None
        if len(products) != 1:
            raise InputError(f"stages.{case.stage}.reads.{port.name}: reads {len(products)} cases, needs one")
        return products[0]


def operation(
    *,
    name: str | None = None,
    version: int = 1,
    work: WorkOf | None = None,
    rates: Mapping[str, float] | None = None,
    check: Callable[[Wired], None] = lambda stage: None,
    of_glass: Callable[[Glass], Mapping[str, object]] | None = None,
) -> Callable[[Callable[..., Product]], Operation]:
    """Declare a function as an operation; the documentation of this module describes its signature.

    Parameters
    ----------
    name
        Default: the function's name.
    version, work, rates, check, of_glass
        As in `Operation`.

    Raises
    ------
    TypeError
        The first argument is not a case, another argument or the result is not a product.
    """

    def declare(function: Callable[..., Product]) -> Operation:
        """Return the operation that runs `function`."""
        hints = typing.get_type_hints(function)
        case, *arguments = inspect.signature(function).parameters.values()
        writes = hints.get("return")
        if not (isinstance(writes, type) and issubclass(writes, Product)):
            raise TypeError(f"operation {function.__name__}: the return annotation must be a product class")
        ports = [
            _port(a.name, hints.get(a.name), has_default=a.default is not inspect.Parameter.empty) for a in arguments
        ]
        return Operation(
            name=name or function.__name__,
            function=function,
            parameters=_parameters_class(function.__name__, hints.get(case.name)),
            ports={port.name: port for port in ports},
            writes=writes,
            version=version,
            work=work,
            rates=rates or {},
            check=check,
            of_glass=of_glass,
        )

    return declare


def _parameters_class(function: str, hint: object) -> type[DataclassInstance]:
    """Return the class P of the annotation ``Case[P]``."""
    if typing.get_origin(hint) is Case:
        (parameters,) = typing.get_args(hint)
        if isinstance(parameters, type):
            if is_dataclass(parameters):
                return parameters
            raise TypeError(f"operation {function}: {parameters.__name__} is no dataclass")
    raise TypeError(f"operation {function}: annotate the first argument with Case[PARAMETERS CLASS]")


def _port(name: str, hint: object, *, has_default: bool) -> Port:
    """Return the port of an argument annotated with a product class, a sequence of it, or ``... | None``."""
    members = list(typing.get_args(hint)) if isinstance(hint, types.UnionType) else [hint]
    optional = has_default or type(None) in members
    members = [member for member in members if member is not type(None)]
    many = all(typing.get_origin(member) is collections.abc.Sequence for member in members)
    if many:
        members = [kind for member in members for kind in _sequence_members(member)]
    classes = [member for member in members if isinstance(member, type) and issubclass(member, Product)]
    if not members or len(classes) < len(members):
        raise TypeError(f"argument {name} of an operation: annotate it with a product class or a Sequence of one")
    return Port(name, tuple(classes), many, optional)


def _sequence_members(hint: object) -> list[object]:
    (member,) = typing.get_args(hint)
    return list(typing.get_args(member)) if isinstance(member, types.UnionType) else [member]
