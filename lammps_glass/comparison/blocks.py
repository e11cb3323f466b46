"""Rows of every descriptor of every configuration, computed once and kept as files named by what they depend on."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lammps_glass.comparison.data import LabelledConfiguration
from lammps_glass.descriptors.base import Descriptor
from lammps_glass.descriptors.configuration import Configuration
from lammps_glass.errors import InputError, located
from lammps_glass.files import atomic_path
from lammps_glass.glasses import Glass
from lammps_glass.hashing import derive_seed, digest, file_digest
from lammps_glass.operations.parts import DescriptorPart
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.workflow.processes import one_thread, watch_parent

#: Raised when the rows of a descriptor change, so that kept files are not used.
VERSION = 1


@dataclass(frozen=True)
class Block:
    """Rows of one descriptor of one configuration.

    Parameters
    ----------
    path
        File of (n_particles, n_columns).
    seconds
        Processor time of the descriptor, without that of states.
    states
        State of the configuration that it used -> processor time of making it.
    names
        Names of the columns.
    """

    path: Path
    seconds: float
    states: Mapping[str, float]
    names: tuple[str, ...]

    def rows(self) -> Floats:
        """Read the rows."""
        values: Floats = np.load(self.path, allow_pickle=False)
        return values


@dataclass(frozen=True)
class Work:
    """A configuration to describe, as it is sent to a worker."""

    configuration: LabelledConfiguration
    glass: Glass
    parts: Mapping[str, DescriptorPart]
    folder: Path
    seed: int


class KeptConfiguration(Configuration):
    """A configuration whose states are kept in a folder, with the time that each took."""

    def __init__(self, work: Work, relax: Callable[[Snapshot], Snapshot]) -> None:
        thermal = work.configuration.snapshot.with_properties(**work.configuration.columns)
        super().__init__(thermal, work.glass, relax, work.seed)
        self.folder = work.folder
        self.used: dict[str, float] = {}
        self.spent = [0.0]

    def state(self, key: Hashable, make: Callable[[], Snapshot]) -> Snapshot:
        """Return a state: of this process, of the folder, or made."""
        name = key if isinstance(key, str) else str(key[0]) if isinstance(key, tuple) else str(key)
        path = self.folder / f"state-{digest([str(key), VERSION])[:16]}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as kept:
                self.used[name] = float(kept["seconds"])
                positions = kept["positions"]
            return super().state(key, lambda: self.thermal.replace(positions=positions, velocities=None))
        start, before = time.process_time(), self.spent[0]
        snapshot = super().state(key, make)
        seconds = time.process_time() - start - (self.spent[0] - before)
        self.spent[0] += seconds
        self.used[name] = seconds
        with atomic_path(path) as temporary:
            np.savez(temporary, positions=snapshot.positions, seconds=seconds)
        return snapshot

    def at(self, snapshot: Snapshot) -> Configuration:
        """Return the same configuration seen in another state."""
        other = copy.copy(self)
        other.snapshot = snapshot
        return other


def block_key(part: DescriptorPart, glass: Glass, seed: int) -> str:
    """Return the name of the file of a block: a digest of what its rows depend on beside the configuration."""
    options = {"descriptor": part.name, "options": part.with_glass(glass), "glass": glass.name, "version": VERSION}
    return digest({**options, "glass_options": glass.options(), "seed": seed})[:16]


def describe_set(
    configurations: Sequence[LabelledConfiguration],
    glass: Glass,
    parts: Mapping[str, DescriptorPart],
    folder: Path,
    *,
    seed: int,
    cores: int,
    say: Callable[[str], None],
) -> dict[str, list[Block]]:
    """Describe every configuration by every descriptor, several at a time; what is there already is not made again.

    Returns
    -------
    dict
        Descriptor -> a block for each configuration.
    """
    works = []
    for configuration in configurations:
        directory = folder / configuration.checksum[:16]
        directory.mkdir(parents=True, exist_ok=True)
        works.append(Work(configuration, glass, parts, directory, derive_seed(seed, configuration.checksum)))
    missing = [work for work in works if not all(_kept(work, part) for part in parts.values())]
    for number, name in enumerate(_described(missing, cores), start=1):
        say(f"described {name} ({number} of {len(missing)})")
    return {name: [_require(work, part) for work in works] for name, part in parts.items()}


def _described(works: Sequence[Work], cores: int):  # type: ignore[no-untyped-def]
    """Describe configurations, and yield the name of each when it is done."""
    if cores < 2 or len(works) < 2:
        for work in works:
            yield describe_configuration(work)
        return
    workers = min(cores, len(works))
    context = get_context("spawn")  # workers take one thread each from the environment that they start with
    with one_thread(), ProcessPoolExecutor(workers, context, watch_parent, (os.getpid(),)) as pool:
        futures = [pool.submit(describe_configuration, work) for work in works]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def built_descriptor(name: str, part: DescriptorPart, glass: Glass) -> Descriptor:
    """Build the descriptor `name` of a file for a glass.

    Raises
    ------
    InputError
        It cannot be built, its defaults are in other units, or it runs simulations.
    """
    with located(f"descriptors.{name}"):
        descriptor = part.build(glass)
        if getattr(descriptor, "protocol", ""):
            raise InputError(f"{part.name} runs simulations, which compare does not")
        descriptor.require_units(glass.units)
    return descriptor


def describe_configuration(work: Work) -> str:
    """Write the missing blocks of a configuration, and return its name."""
    from lammps_glass.simulate import minimize

    snapshot = work.configuration.snapshot
    configuration = KeptConfiguration(work, partial(minimize, glass=work.glass))
    for name, part in work.parts.items():
        if _kept(work, part):
            continue
        descriptor = built_descriptor(name, part, work.glass)
        configuration.used.clear()
        before, start = configuration.spent[0], time.process_time()
        try:
            rows = descriptor.of_configuration(configuration)
        except InputError as error:
            raise InputError(f"{work.configuration.path}: descriptors.{name}: {error}") from error
        seconds = time.process_time() - start - (configuration.spent[0] - before)
        _write(work, part, descriptor, rows, seconds, configuration.used, len(snapshot))
    return work.configuration.name


def _write(
    work: Work, part: DescriptorPart, descriptor: Descriptor, rows: Floats, seconds: float,
    states: Mapping[str, float], n_particles: int,
) -> None:  # fmt: skip
    names = list(descriptor.feature_names)
    finite = ~np.isinf(rows) if descriptor.partial else np.isfinite(rows)
    if rows.shape != (n_particles, len(names)) or not finite.all():
        raise InputError(f"{work.configuration.path}: descriptor {part.name} gives a value that is not finite")
    path = _path(work, part)
    with atomic_path(path) as temporary:
        np.save(temporary, rows)
    about = {"seconds": seconds, "states": dict(states), "names": names}
    about["sha256"] = file_digest(path)
    with atomic_path(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(about), encoding="utf-8")


def _path(work: Work, part: DescriptorPart) -> Path:
    return work.folder / f"{part.name}-{block_key(part, work.glass, work.seed)}.npy"


def _kept(work: Work, part: DescriptorPart) -> Block | None:
    """Return the block that is there already; its facts are written last."""
    path = _path(work, part)
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not path.is_file():
        return None
    return Block(path, float(about["seconds"]), dict(about["states"]), tuple(about["names"]))


def _require(work: Work, part: DescriptorPart) -> Block:
    block = _kept(work, part)
    if block is None:
        raise InputError(f"{_path(work, part)}: was removed while the comparison ran; run it again")
    return block
