"""Sets of configurations as a comparison uses them, and problems: a label of a set, its particles, its ceiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lammps_glass.comparison.blocks import Block, describe_set
from lammps_glass.comparison.data import LabelledConfiguration, read_set
from lammps_glass.comparison.scores import ceiling
from lammps_glass.comparison.spec import ComparisonFile, LabelSpec
from lammps_glass.errors import InputError
from lammps_glass.hashing import digest
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots.cell import Floats


@dataclass
class LoadedSet:
    """Configurations of a set with the blocks of every descriptor."""

    name: str
    trains: bool
    configurations: list[LabelledConfiguration]
    blocks: dict[str, list[Block]]
    checksum: str


@dataclass
class Problem:
    """One label of one set.

    Parameters
    ----------
    data, label, spec
        The set, the name of the label, and what the file says of it.
    rows, targets
        Of each configuration, the particles that are scored and their labels.
    ceiling_within, ceiling_pooled
        Largest coefficients that a predictor can have; NaN where they are not known.
    no_ceiling
        Why they are not.
    """

    data: LoadedSet
    label: str
    spec: LabelSpec
    rows: list[np.ndarray]
    targets: list[Floats]
    ceiling_within: float = float("nan")
    ceiling_pooled: float = float("nan")
    no_ceiling: str = ""


def load_sets(file: ComparisonFile, out: Path, say: Callable[[str], None]) -> dict[str, LoadedSet]:
    """Read the sets of a file, those of studies after running them; blocks of descriptors are left to `describe`.

    Raises
    ------
    InputError
        A set cannot be read, or a test set shares configurations with one that trains.
    """
    from lammps_glass.comparison.studies import folder_of_study

    sets: dict[str, LoadedSet] = {}
    for name, spec in file.sets.items():
        folder = spec.folder or str(folder_of_study(name, spec, file, out, say))
        configurations = read_set(folder, file.glass(name), f"sets.{name}.folder" if spec.study else name)
        checksum = digest([configuration.checksum for configuration in configurations])
        say(f"{name}: {len(configurations)} configurations, sha256 {checksum[:16]}")
        sets[name] = LoadedSet(name, spec.trains, configurations, {}, checksum)
    return _without_repetition(sets, say)


def _without_repetition(sets: Mapping[str, LoadedSet], say: Callable[[str], None]) -> dict[str, LoadedSet]:
    """Refuse test configurations that also train; a test set that equals a training set is left out."""
    training = {c.checksum: (s.name, c.path) for s in sets.values() if s.trains for c in s.configurations}
    kept = {}
    for name, data in sets.items():
        shared = [c for c in data.configurations if not data.trains and c.checksum in training]
        if shared and len(shared) == len(data.configurations):
            say(f"{name} holds training configurations: scores are of left-out ones")
            continue
        if shared:
            set_name, path = training[shared[0].checksum]
            raise InputError(f"{shared[0].path} is {path} of set {set_name}: a test set must not hold what trains")
        kept[name] = data
    return kept


def problems_of(file: ComparisonFile, sets: Mapping[str, LoadedSet]) -> dict[tuple[str, str], Problem]:
    """Return (set, label) -> problem, for every label that a set has.

    Raises
    ------
    InputError
        The files of a set lack the label, or it is of fewer than 10 particles.
    """
    return {
        (name, label): _problem(data, label, spec)
        for name, data in sets.items()
        for label, spec in file.labels.items()
        if not spec.sets or name in spec.sets
    }


def keep_described(problem: Problem) -> None:
    """Keep the particles that every descriptor named by ``described_by`` describes; the ceiling is theirs too.

    Raises
    ------
    InputError
        A descriptor describes fewer than 10 particles that have the label.
    """
    for descriptor in problem.spec.described_by:
        for k, block in enumerate(problem.data.blocks[descriptor]):
            described = np.isfinite(block.rows()[problem.rows[k]]).all(axis=1)
            if described.sum() < 10:
                raise InputError(
                    f"{problem.data.configurations[k].path}: {descriptor} describes {int(described.sum())} particles "
                    f"with the label {problem.label}: 10 do"
                )
            problem.rows[k], problem.targets[k] = problem.rows[k][described], problem.targets[k][described]
    if problem.spec.described_by:
        problem.no_ceiling = ""
        _estimate_ceiling(problem)


def describe(sets: Mapping[str, LoadedSet], file: ComparisonFile, kept: Path, say: Callable[[str], None]) -> None:
    """Give every set the blocks of its descriptors, made where `kept` has none."""
    for name, data in sets.items():
        data.blocks = describe_set(
            data.configurations, file.glass(name), file.descriptors, kept, seed=file.seed, cores=file.cores, say=say
        )


def _problem(data: LoadedSet, name: str, spec: LabelSpec) -> Problem:
    """Pick the particles that have the label, and estimate its ceiling."""
    rows, targets = [], []
    for configuration in data.configurations:
        if spec.column not in configuration.columns:
            raise InputError(f"{configuration.path}: {unknown_name('label', spec.column, list(configuration.columns))}")
        values = spec.sign * configuration.columns[spec.column]
        chosen = np.isfinite(values)
        if spec.species is not None:
            species = list(configuration.snapshot.species)
            if spec.species not in species:
                raise InputError(f"labels.{name}.species: {unknown_name('species', spec.species, species)}")
            chosen &= configuration.snapshot.species_of_particles == spec.species
        if chosen.sum() < 10:
            raise InputError(f"{configuration.path}: {int(chosen.sum())} particles have the label {spec.column}: 10 do")
        rows.append(np.flatnonzero(chosen))
        targets.append(values[chosen])
    problem = Problem(data, name, spec, rows, targets)
    _estimate_ceiling(problem)
    return problem


def _estimate_ceiling(problem: Problem) -> None:
    data = problem.data
    spec = problem.spec.with_repeats(set.intersection(*(set(c.columns) for c in data.configurations)))
    names = spec.halves or spec.repeats
    missing = [n for n in names for c in data.configurations if n not in c.columns]
    if not names or missing:
        single = f"one plane ({spec.plane})" if spec.plane else "one run or of one plane"
        problem.no_ceiling = (
            f"the files have no {missing[0]}"
            if missing
            else f"the files hold neither halves of runs nor planes of {spec.column}; a label of {single} says nothing "
            "of its own noise"
        )
        return
    parts = {n: [c.columns[n][rows] for c, rows in zip(data.configurations, problem.rows, strict=True)] for n in names}
    problem.ceiling_within, problem.ceiling_pooled = ceiling(*parts.values())
    if not np.isfinite(problem.ceiling_within):
        problem.no_ceiling = f"{' and '.join(names)} do not agree"
