"""The operation ``simulate``: run a protocol from the record that a stage reads, or from the glass itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lammps_glass.errors import InputError
from lammps_glass.operations.case import Case
from lammps_glass.operations.operation import Operation, Port, Wired
from lammps_glass.simulate import Record
from lammps_glass.simulate.protocols.base import Protocol

if TYPE_CHECKING:
    from lammps_glass.simulate.engine import EngineOptions

NAME, PROTOCOL = "simulate", "protocol"
START = "start"


def simulation(protocol: type[Protocol]) -> Operation:
    """Return the operation that runs a protocol: its fields are the parameters, its start is the port ``start``."""
    ports = {}
    if protocol.starts_from != "glass":
        ports[START] = Port(START, (Record,), optional=protocol.starts_from == "either")
    return Operation(
        name=NAME,
        function=run,
        parameters=protocol,
        ports=ports,
        writes=protocol.record,
        version=int(getattr(protocol, "version", 1)),
        check=check_start,
        protocol=protocol.name,
    )


def run(case: Case[Protocol], start: Record | None = None, engine: EngineOptions | None = None) -> Record:
    """Run the protocol of a case; `engine` holds the communicator of a case on several ranks."""
    source = start or case.glass
    case.parameters.run(source, seed=case.seed, directory=case.directory, glass=case.glass, engine=engine)
    return case.parameters.record(case.directory, conditions=case.conditions)


def check_start(stage: Wired) -> None:
    """Refuse a protocol whose parameters disagree with those of the protocol that made its start.

    Raises
    ------
    InputError
        Naming both stages.
    """
    for start in stage.reads.get(START, ()):
        if isinstance(start.parameters, Protocol):
            try:
                stage.parameters.check_start(start.parameters)
            except InputError as error:
                raise InputError(f"stages.{stage.stage}, which starts from stages.{start.stage}: {error}") from error
