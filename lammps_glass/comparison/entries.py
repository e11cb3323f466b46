"""Entries: the columns of each, its fit to a problem, and the results that are kept for a second run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from lammps_glass.analysis.association import pearson
from lammps_glass.comparison.fitting import Covariance, Matrix, Predicted, fit_entry, permuted_rows, take_column
from lammps_glass.comparison.picking import picked_columns
from lammps_glass.comparison.problems import Problem
from lammps_glass.comparison.results import LEFT_OUT, Row
from lammps_glass.comparison.spec import ComparisonFile, EntrySpec
from lammps_glass.errors import InputError
from lammps_glass.hashing import derive_seed, digest
from lammps_glass.snapshots.cell import Floats

_LENGTH = re.compile(r" L=([0-9.eE+-]+)$")


class Facts(TypedDict):
    """Facts about a fitted entry, kept beside its predictions as JSON; seconds are for each row of the fit."""

    n_features: int
    seconds_fit: float
    left_out: bool
    notes: dict[str, float]
    importance: list[Row]
    coefficients: list[Row]


@dataclass(frozen=True)
class Fitted:
    """Results of an entry on a problem.

    Parameters
    ----------
    facts
        Facts kept beside the predictions.
    arrays
        ``"<where>|<configuration>"`` -> predictions (n,): `LEFT_OUT`, and each other set.
    """

    facts: Facts
    arrays: Mapping[str, Floats]

    def predictions(self, where: str, n_configurations: int) -> list[Floats]:
        """Return the predictions (n,) of each configuration."""
        return [self.arrays[f"{where}|{k}"] for k in range(n_configurations)]


def fitted_entry(
    name: str, entry: EntrySpec, problem: Problem, others: Sequence[Problem], file: ComparisonFile, folder: Path
) -> tuple[Fitted, bool]:
    """Return the results of an entry, read from `folder` where they are kept, and whether they were made.

    Parameters
    ----------
    problem
        Problem that trains the entry.
    others
        Problems of other sets, which it is applied to.
    """
    path = folder / f"{_key(name, entry, problem, others, file)}.npz"
    kept = _read_kept(path)
    if kept is not None:
        return kept, False
    fitted = _fit(name, entry, problem, others, file)
    _write_kept(path, fitted)
    return fitted, True


def mean_of_entries(
    entry: EntrySpec, fitted: Mapping[str, Fitted], problem: Problem, entries: Mapping[str, EntrySpec]
) -> Fitted:
    """Average the predictions of other entries on a problem; its features are all columns that these take."""
    members = [fitted[name] for name in entry.mean_of]
    columns = set()
    for name in entry.mean_of:
        names, slices = _layout(name, entries[name], problem)
        columns |= {(descriptor, column) for descriptor, part in slices.items() for column in names[part]}
    facts: Facts = {
        "n_features": len(columns),
        "seconds_fit": sum(member.facts["seconds_fit"] for member in members),
        "left_out": all(member.facts["left_out"] for member in members),
        "notes": {}, "importance": [], "coefficients": [],
    }  # fmt: skip
    keys = [key for key in members[0].arrays if all(key in member.arrays for member in members)]
    return Fitted(facts, {key: np.mean([member.arrays[key] for member in members], axis=0) for key in keys})


def _key(name: str, entry: EntrySpec, problem: Problem, others: Sequence[Problem], file: ComparisonFile) -> str:
    blocks = [b.path.name for c in (*entry.columns, *problem.spec.described_by) for b in problem.data.blocks[c]]
    sets = [(p.data.checksum, [b.path.name for c in entry.columns for b in p.data.blocks[c]]) for p in others]
    return digest(
        [name, asdict(entry), asdict(problem.spec), problem.data.checksum, blocks, sets, file.seed,
         file.importance, 1]
    )[:20]  # fmt: skip


def _fit(name: str, entry: EntrySpec, problem: Problem, others: Sequence[Problem], file: ComparisonFile) -> Fitted:
    names, slices = _layout(name, entry, problem)
    matrix = _matrix(name, entry, problem)
    seed = derive_seed(file.seed, name, problem.label)
    leave_out = len(problem.targets) > 1 or entry.indicator is None
    if entry.indicator is None:
        predicted = take_column(matrix, len(problem.targets), 0, entry.sign)
    else:
        predicted = fit_entry(
            entry.indicator, matrix, problem.targets, seed=seed, fraction=problem.spec.fraction,
            max_rows=entry.max_rows, leave_out=leave_out, scales=_scales(entry, names, slices),
            covariance=_covariance(entry, problem),
        )  # fmt: skip
    arrays = {f"{LEFT_OUT}|{k}": values for k, values in enumerate(predicted.left_out)}
    for other in others:
        rows = _matrix(name, entry, other)
        arrays |= {f"{other.data.name}|{k}": predicted.apply(rows(k)) for k in range(len(other.targets))}
    label = {"entry": name, "label": problem.label, "trained_on": problem.data.name}
    permute = leave_out and file.importance and len(slices) > 1
    facts: Facts = {
        "n_features": 1 if entry.indicator is None else len(names),
        "seconds_fit": predicted.seconds / max(1, sum(map(len, problem.targets))),
        "left_out": bool(predicted.left_out),
        "notes": predicted.notes,
        "importance": _permuted(label, predicted, matrix, problem, slices, seed) if permute else [],
        "coefficients": _sizes(label, predicted, names, slices),
    }
    return Fitted(facts, arrays)


def _permuted(
    label: dict[str, str],
    predicted: Predicted,
    matrix: Matrix,
    problem: Problem,
    slices: Mapping[str, slice],
    seed: int,
) -> list[Row]:
    """Score left-out configurations with the columns of one descriptor permuted between particles."""
    whole = np.nanmean([pearson(p, y) for p, y in zip(predicted.left_out, problem.targets, strict=True)])
    rows: list[Row] = []
    for descriptor, columns in slices.items():
        scores = []
        for k, target in enumerate(problem.targets):
            changed = permuted_rows(matrix(k), columns, derive_seed(seed, descriptor, k))
            scores.append(pearson(predicted.fold(k, changed), target))
        rows.append({**label, "descriptor": descriptor, "decrease_within": float(whole - np.nanmean(scores))})
    return rows


# -- columns of an entry ----------------------------------------------------------------------------------------------


def _layout(name: str, entry: EntrySpec, problem: Problem) -> tuple[list[str], dict[str, slice]]:
    """Names of the columns of an entry, and the slice of each descriptor."""
    names: list[str] = []
    slices = {}
    for descriptor in entry.columns:
        columns = problem.data.blocks[descriptor][0].names
        picked = picked_columns(name, entry, problem.spec, descriptor, columns)
        slices[descriptor] = slice(len(names), len(names) + len(picked))
        names += [columns[k] for k in picked]
    return names, slices


def _matrix(name: str, entry: EntrySpec, problem: Problem) -> Matrix:
    """Function from a configuration to the rows of its labelled particles; nothing is held between calls."""
    blocks = problem.data.blocks
    picked = {d: picked_columns(name, entry, problem.spec, d, blocks[d][0].names) for d in entry.columns}

    def rows(k: int) -> Floats:
        """Read (n_particles, n_columns)."""
        parts = [blocks[d][k].rows()[problem.rows[k]][:, columns] for d, columns in picked.items()]
        values = np.hstack(parts)
        if not np.isfinite(values).all():
            partial = next(d for d, part in zip(picked, parts, strict=True) if not np.isfinite(part).all())
            raise InputError(
                f"entries.{name}: {partial} does not describe all particles of label {problem.label}: name it in "
                f"labels.{problem.label}.described_by, or describe all"
            )
        return values

    return rows


def _scales(entry: EntrySpec, names: Sequence[str], slices: Mapping[str, slice]) -> Floats | None:
    """(n_columns,) prior deviations of the weights; None where all are 1."""
    if not entry.prior and not entry.prior_length:
        return None
    scales = np.ones(len(names))
    for descriptor, columns in slices.items():
        scales[columns] = entry.prior.get(descriptor, 1.0)
    for k, name in enumerate(names):
        if (length := _LENGTH.search(name)) and entry.prior_length:
            scales[k] *= float(length[1]) ** -entry.prior_length
    return scales


def _covariance(entry: EntrySpec, problem: Problem) -> Covariance | None:
    """Function from a configuration to the covariance of the residuals of its labelled particles, of variance 1."""
    if not entry.correlation_length:
        return None

    def covariance(k: int) -> Floats:
        """(n_particles, n_particles), from the distances to nearest images."""
        snapshot = problem.data.configurations[k].snapshot
        positions = snapshot.positions[problem.rows[k]]
        matrix = np.empty((len(positions), len(positions)))
        for row, position in zip(matrix, positions, strict=True):
            vectors = snapshot.cell.minimum_image(positions - position)
            row[:] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        np.exp(matrix / -entry.correlation_length, out=matrix)
        matrix *= entry.correlated
        np.fill_diagonal(matrix, 1.0)
        return matrix

    return covariance


def seconds_to_describe(entry: EntrySpec, scored: Problem) -> float:
    """Processor time to describe a particle, with that of the states that the descriptors use, each once."""
    total, n_particles = 0.0, 0
    for k, configuration in enumerate(scored.data.configurations):
        blocks = [scored.data.blocks[name][k] for name in entry.columns]
        states = {state: seconds for block in blocks for state, seconds in block.states.items()}
        total += sum(block.seconds for block in blocks) + sum(states.values())
        n_particles += len(configuration.snapshot)
    return total / n_particles


def _sizes(label: dict[str, str], predicted: Predicted, names: Sequence[str], slices: Mapping[str, slice]) -> list[Row]:
    """Size of the standardised weights (root of the sum of squares) by descriptor and family of columns."""
    if predicted.weights is None:
        return []
    rows: list[Row] = []
    for descriptor, columns in slices.items():
        by_family: dict[str, list[float]] = {}
        for name, weight in zip(names[columns], predicted.weights[columns], strict=True):
            by_family.setdefault(_family(name), []).append(float(weight))
        for family, weights in by_family.items():
            size = float(np.sqrt(np.sum(np.square(weights))))
            rows.append({**label, "descriptor": descriptor, "family": family, "n_features": len(weights), "size": size})
    return rows


def _family(name: str) -> str:
    """Family of a column: its body order, its length of averaging, else the name without numbers."""
    if length := _LENGTH.search(name):
        return f"averages, L = {length[1]}"
    if order := re.search(r"(\d)-body", name):
        return f"{order[1]}-body"
    return re.sub(r"[\d.()=\[\]]+.*$", "", name).strip() or name


# -- results that are kept --------------------------------------------------------------------------------------------


def _read_kept(path: Path) -> Fitted | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files if name != "about"}
            return Fitted(json.loads(str(archive["about"])), arrays)
    except (OSError, ValueError, KeyError):
        return None


def _write_kept(path: Path, fitted: Fitted) -> None:
    from lammps_glass.files import atomic_path

    with atomic_path(path) as temporary:
        np.savez(temporary, about=json.dumps(fitted.facts), **fitted.arrays)  # type: ignore[arg-type]
