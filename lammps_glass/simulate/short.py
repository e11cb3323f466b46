"""Protocols as functions: ``quench(glass, cooling=20_000, seed=1, directory="...")``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lammps_glass.simulate.protocols import REGISTRY

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.simulate.engine import EngineOptions
    from lammps_glass.simulate.protocols.base import Progress, Source
    from lammps_glass.simulate.record import Record


def _run(
    name: str,
    source: Source,
    seed: int,
    directory: str | Path,
    glass: Glass | None,
    engine: EngineOptions | None,
    progress: Progress | None,
    options: dict[str, Any],
) -> Record:
    protocol = REGISTRY.build(name, options)
    record: Record = protocol.run(source, seed, directory, glass=glass, engine=engine, progress=progress)
    return record


def quench(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Quench` with its fields as `options`: a glass from random positions."""
    return _run("quench", source, seed, directory, glass, engine, progress, options)


def melt_quench(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.MeltQuench` with its fields as `options`: a metallic glass, cooled at a rate in K/s."""
    return _run("melt-quench", source, seed, directory, glass, engine, progress, options)


def anneal(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Anneal` with its fields as `options`: hold at a temperature."""
    return _run("anneal", source, seed, directory, glass, engine, progress, options)


def creep(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Creep` with its fields as `options`: a constant compressive stress along z."""
    return _run("creep", source, seed, directory, glass, engine, progress, options)


def relax(
    source: Source,
    *,
    directory: str | Path,
    seed: int = 0,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Relax` with its fields as `options`: inherent structures of frames (no random numbers)."""
    return _run("relax", source, seed, directory, glass, engine, progress, options)


def aqs(
    source: Source,
    *,
    directory: str | Path,
    seed: int = 0,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.AQS` with its fields as `options`: athermal quasi-static shear (no random numbers)."""
    return _run("aqs", source, seed, directory, glass, engine, progress, options)


def isoconfigurational(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Isoconfigurational` with its fields as `options`: the same positions, other velocities."""
    return _run("isoconfigurational", source, seed, directory, glass, engine, progress, options)


def vibrate(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Vibrate` with its fields as `options`: mean squared displacements from the inherent structure."""
    return _run("vibrate", source, seed, directory, glass, engine, progress, options)


def constant_volume_cooling(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.ConstantVolumeCooling` with its fields as `options`: at the density of `source`."""
    return _run("constant-volume-cooling", source, seed, directory, glass, engine, progress, options)


def inherent(
    source: Source,
    *,
    directory: str | Path,
    seed: int = 0,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Inherent` with its fields as `options`: minima at fixed box (no random numbers)."""
    return _run("inherent", source, seed, directory, glass, engine, progress, options)


def shear(
    source: Source,
    *,
    seed: int,
    directory: str | Path,
    glass: Glass | None = None,
    engine: EngineOptions | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Record:
    """Run `protocols.Shear` with its fields as `options`: a constant shear rate at a temperature."""
    return _run("shear", source, seed, directory, glass, engine, progress, options)
