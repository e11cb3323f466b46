"""The contract of operations."""

from __future__ import annotations

import contextlib
import inspect
import tempfile
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from lammps_glass.glasses import Glass, KobAndersen
from lammps_glass.hashing import canonical
from lammps_glass.json_types import Options
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Operation
from lammps_glass.product import Conditions, Product
from lammps_glass.settings import build
from lammps_glass.simulate.record import Record
from lammps_glass.testing.checking import require, run_checks
from lammps_glass.workflow.manifest import UNHASHED, inventory
from lammps_glass.workflow.schema import StageTable


@dataclass(frozen=True)
class _Subject:
    """An operation with the parameters, products and glass of its checks."""

    operation: Operation
    options: Options
    sources: Mapping[str, Sequence[Product]]
    conditions: Conditions
    glass: Glass
    folder: Path

    def case(self, name: str) -> Case[object]:
        """Return a case in a new folder of this name."""
        directory = self.folder / name
        directory.mkdir()
        parameters = build(self.operation.parameters, self.options, "parameters")
        return Case("study", "smoke", "stage", dict(self.conditions), parameters, self.glass, 1, directory)


def check_operation(
    operation: Operation,
    options: Options | None = None,
    *,
    sources: Mapping[str, Sequence[Product]] | None = None,
    conditions: Conditions | None = None,
    glass: Glass | None = None,
) -> None:
    """Check an operation against the contract of its family.

    Its parameters are a frozen dataclass with a default for every field and no field that is a key of every stage; its
    product declares files or folders; ports are documented arguments. With `sources` it is run too: it returns its
    complete product in the folder of the case, writes nothing elsewhere, does not change its inputs, and gives the same
    bytes a second time, so that a study need not run the stages that read them again.

    Parameters
    ----------
    operation
        The operation.
    options
        Parameters, as in a study file.
    sources
        Products by the port that reads them; without them the operation is not run.
    conditions
        Conditions of the case that is run, such as ``{"replica": 1}``.
    glass
        Glass of the case. Default: Kob-Andersen.

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    checks = [_parameters, _ports, _product, *([] if sources is None else [_run])]
    with tempfile.TemporaryDirectory() as name:
        subject = _Subject(
            operation, dict(options or {}), sources or {}, conditions or {}, glass or KobAndersen(), Path(name)
        )
        run_checks(f"operation {getattr(operation, 'name', operation)}", checks, subject)


def _parameters(subject: _Subject) -> None:
    require(isinstance(subject.operation, Operation), "it is no operation: declare the function with @operation()")
    parameters = subject.operation.parameters
    frozen = getattr(parameters, "__dataclass_params__").frozen  # noqa: B009  (unknown to type checkers)
    require(frozen, f"{parameters.__name__} is not frozen: declare it with @dataclass(frozen=True)")
    for item in fields(parameters):
        has_default = item.default is not MISSING or item.default_factory is not MISSING
        require(has_default or subject.operation.protocol, f"{parameters.__name__}.{item.name} has no default")
        require(item.name not in StageTable.model_fields, f"{item.name} is a key of every stage: rename the parameter")
    typing.get_type_hints(parameters)
    one, two = (build(parameters, subject.options, "parameters") for _ in range(2))
    require(canonical(one) == canonical(two), "equal options build parameters of another canonical form")


def _ports(subject: _Subject) -> None:
    operation = subject.operation
    require(operation.name.isidentifier() or operation.protocol, f"{operation.name!r} is not a name for a stage's run")
    documentation = inspect.getdoc(operation.function)
    require(documentation, "the function has no documentation, from which lists take their line")
    for name, port in operation.ports.items():
        require(port.name == name, f"port {name} has the name {port.name}")
        require(all(map(_importable, port.types)), f"port {name}: its product class is not at the top of a module")


def _importable(cls: type[Product]) -> bool:
    return "<locals>" not in cls.__qualname__


def _product(subject: _Subject) -> None:
    writes = subject.operation.writes
    require(_importable(writes), f"{writes.__name__} is not at the top of a module")
    declares = writes.files() or writes.published or issubclass(writes, Record)
    require(declares, f"{writes.__name__} declares no file: add a class attribute such as TableFile(...)")
    names = [item.name for item in writes.files().values()]
    require(len(set(names)) == len(names), f"{writes.__name__} declares a file twice: {', '.join(names)}")


def _run(subject: _Subject) -> None:
    operation = subject.operation
    read = [product.directory for products in subject.sources.values() for product in products]
    before = [_files(folder) for folder in read]
    with _empty_folder(subject.folder / "elsewhere") as elsewhere:
        first, second = subject.case("first"), subject.case("second")
        product = operation.run(first, subject.sources)
        operation.run(second, subject.sources)
        require(not list(elsewhere.iterdir()), f"it writes into the current folder: {next(elsewhere.iterdir(), '')}")
    others = {path.name for path in subject.folder.iterdir()} - {"first", "second", "elsewhere"}
    require(not others, f"it writes beside the folder of its case: {', '.join(sorted(others))}")
    require([_files(folder) for folder in read] == before, "it changes what it reads")
    require(product.directory == first.directory, f"its product is in {product.directory}, not in case.directory")
    written, again = _files(first.directory), _files(second.directory)
    require(written, "it writes no file")
    differing = sorted(name for name in written | again if written.get(name) != again.get(name))
    require(not differing, f"an equal case gives other bytes in {', '.join(differing)}")


def _files(folder: Path) -> dict[str, object]:
    """Return size and checksum by file below `folder`; files that hold times or paths, such as logs, are left out."""
    return {name: item for name, item in inventory(folder).items() if name not in UNHASHED}


@contextlib.contextmanager
def _empty_folder(folder: Path) -> Iterator[Path]:
    """Make an empty folder the current one."""
    folder.mkdir()
    with contextlib.chdir(folder):
        yield folder
