"""Protocols as functions, made from the registry: ``quench(glass, cooling=20_000, seed=1, directory="...")``."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lammps_glass.simulate.protocols import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from lammps_glass.glasses import Glass
    from lammps_glass.json_types import Json
    from lammps_glass.simulate import protocols
    from lammps_glass.simulate.engine import EngineOptions
    from lammps_glass.simulate.protocols.base import Progress, Source
    from lammps_glass.simulate.record import Record


class ProtocolFunction(Protocol):
    """A function that runs one protocol; `options` are the fields of its class.

    `seed` has a default, 0, where the protocol draws no random numbers. The other parameters are those of
    `protocols.Protocol.run`.
    """

    def __call__(
        self,
        source: Source,
        *,
        directory: str | Path,
        seed: int = ...,
        glass: Glass | None = None,
        engine: EngineOptions | None = None,
        progress: Progress | None = None,
        **options: Json,
    ) -> Record:
        """Run the protocol in `directory`, or resume an interrupted run."""


def __getattr__(name: str) -> ProtocolFunction:
    """Make the function of a registered protocol: ``melt_quench`` runs ``melt-quench``."""
    protocol = name.replace("_", "-")
    if protocol not in list(REGISTRY):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}: no protocol is called {protocol!r}")
    return protocol_function(protocol)


def __dir__() -> list[str]:
    return sorted({*globals(), *(name.replace("-", "_") for name in REGISTRY)})


@functools.cache
def protocol_function(name: str) -> ProtocolFunction:
    """Make the function that runs the protocol `name`, with the signature and documentation of its class."""
    cls: type[protocols.Protocol] = REGISTRY[name].load()

    def run(
        source: Source,
        *,
        directory: str | Path,
        seed: int | None = None if cls.draws_random_numbers else 0,
        glass: Glass | None = None,
        engine: EngineOptions | None = None,
        progress: Progress | None = None,
        **options: Json,
    ) -> Record:
        """Run the protocol; see its class."""
        if seed is None:
            raise TypeError(f"{run.__name__}() missing 1 required keyword-only argument: 'seed'")
        protocol: protocols.Protocol = REGISTRY.build(name, options)
        return protocol.run(source, seed, directory, glass=glass, engine=engine, progress=progress)

    run.__name__ = run.__qualname__ = name.replace("-", "_")
    run.__doc__ = f"Run `{cls.__name__}`: {REGISTRY[name].summary}.\n\n{inspect.getdoc(cls)}"
    run.__signature__ = _signature(run, cls)  # type: ignore[attr-defined]
    return run


def _signature(run: Callable[..., Record], cls: type) -> inspect.Signature:
    """Return the signature of `run` with the fields of `cls` in place of its ``**options``."""
    signature = inspect.signature(run)
    shared = list(signature.parameters.values())[:-1]
    if cls.draws_random_numbers:  # type: ignore[attr-defined]
        shared = [p.replace(default=p.empty, annotation="int") if p.name == "seed" else p for p in shared]
    fields = inspect.signature(cls).parameters.values()
    return signature.replace(parameters=[*shared, *(p.replace(kind=p.KEYWORD_ONLY) for p in fields)])
