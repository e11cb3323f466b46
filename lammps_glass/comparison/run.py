"""`compare`: run a comparison, from where it stopped, and write its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd

from lammps_glass.analysis.association import pearson
from lammps_glass.comparison.blocks import Block, describe_set
from lammps_glass.comparison.data import LabelledConfiguration, read_set
from lammps_glass.comparison.fitting import Matrix, Predicted, fit_entry, permuted_rows, take_column
from lammps_glass.comparison.scores import Scores, ceiling, permuted_score, score, score_of
from lammps_glass.comparison.spec import ComparisonFile, EntrySpec, LabelSpec
from lammps_glass.errors import InputError
from lammps_glass.hashing import derive_seed, digest
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots.cell import Floats

#: Columns of ``compare.csv``, those of the interface first.
COLUMNS = (
    "entry", "label", "drive", "n_features", "within", "within_low", "within_high", "pooled", "auc", "ceiling_within",
    "ceiling_pooled", "seconds_describe", "seconds_fit", "pooled_low", "pooled_high", "balanced_accuracy", "trained_on",
    "scored_on", "kind", "note",
)  # fmt: skip
#: A row of a table: column -> value; a missing column is empty.
Row = dict[str, str | int | float | None]

#: Values of ``kind``.
LEARNED, PHYSICAL, NULL, PUBLISHED = "learned", "not learned", "null", "published"
LEFT_OUT = "left out"
_LENGTH = re.compile(r" L=([0-9.eE+-]+)$")


class Facts(TypedDict):
    """Facts about a fitted entry, kept beside its predictions as JSON; seconds are for each row of the fit."""

    n_features: int
    seconds_fit: float
    left_out: bool
    notes: dict[str, float]
    importance: list[Row]
    coefficients: list[Row]


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
    """One label of one set: the particles that are scored."""

    data: LoadedSet
    label: str
    spec: LabelSpec
    rows: list[np.ndarray]
    targets: list[Floats]
    ceiling_within: float = float("nan")
    ceiling_pooled: float = float("nan")
    note: str = ""


@dataclass
class Comparison:
    """Tables and notes of a comparison.

    Parameters
    ----------
    file
        The file that was compared.
    table
        A row an entry, label and set of configurations; columns as in `COLUMNS`.
    correlations, importance, coefficients
        Coefficients between the predictions of entries; decrease of the score where the columns of a descriptor are
        permuted; size of the weights by descriptor and body order.
    notes
        Sentences for the page: what was relaxed, which ceilings are not known.
    checksums
        Set -> SHA-256 of its files.
    """

    file: ComparisonFile
    table: pd.DataFrame
    correlations: pd.DataFrame
    importance: pd.DataFrame
    coefficients: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    checksums: dict[str, str] = field(default_factory=dict)


def compare(file: ComparisonFile, out: Path, say: Callable[[str], None] = lambda text: None) -> Comparison:
    """Run a comparison.

    Parameters
    ----------
    file
        What to compare.
    out
        Folder: rows of descriptors and results of entries are kept in ``out/kept`` and used again.
    say
        Function that takes a line of progress.

    Raises
    ------
    InputError
        A set, a label or a descriptor does not fit; see the functions of this package.
    """
    from lammps_glass.comparison.studies import folder_of_study

    out.mkdir(parents=True, exist_ok=True)
    kept = out / "kept"
    sets: dict[str, LoadedSet] = {}
    for name, spec in file.sets.items():
        folder = spec.folder or str(folder_of_study(name, spec, file, out, say))
        configurations = read_set(folder, file.glass(name), f"sets.{name}.folder" if spec.study else name)
        checksum = digest([configuration.checksum for configuration in configurations])
        say(f"{name}: {len(configurations)} configurations, sha256 {checksum[:16]}")
        sets[name] = LoadedSet(name, spec.trains, configurations, {}, checksum)
    sets = _without_repetition(sets, say)
    problems = {(s.name, n): _problem(s, n, spec) for s in sets.values() for n, spec in _labels_of(file, s.name)}
    for name, data in sets.items():
        data.blocks = describe_set(
            data.configurations, file.glass(name), file.descriptors, kept, seed=file.seed, cores=file.cores, say=say
        )
    result = _Results(file, sets, problems, kept, say)
    result.run()
    comparison = result.comparison()
    comparison.checksums = {name: data.checksum for name, data in sets.items()}
    return comparison


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


def _labels_of(file: ComparisonFile, set_name: str) -> list[tuple[str, LabelSpec]]:
    return [(name, spec) for name, spec in file.labels.items() if not spec.sets or set_name in spec.sets]


def _problem(data: LoadedSet, name: str, spec: LabelSpec) -> Problem:
    """Pick the particles that have the label, and estimate its ceiling."""
    rows, targets = [], []
    for configuration in data.configurations:
        if spec.column not in configuration.columns:
            raise InputError(f"{configuration.path}: {unknown_name('label', spec.column, list(configuration.columns))}")
        values = configuration.columns[spec.column]
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
    spec, data = problem.spec, problem.data
    names = spec.halves or spec.repeats
    missing = [n for n in names for c in data.configurations if n not in c.columns]
    if not names or missing:
        problem.note = f"{problem.label} of {data.name}: no ceiling can be estimated" + (
            f", the files have no {missing[0]}" if missing else ", the file names neither halves nor repeats"
        )
        return
    parts = {n: [c.columns[n][rows] for c, rows in zip(data.configurations, problem.rows, strict=True)] for n in names}
    if spec.halves:
        problem.ceiling_within, problem.ceiling_pooled = ceiling(*(parts[n] for n in spec.halves))
    else:
        problem.ceiling_within, problem.ceiling_pooled = _ceiling_of_repeats(parts)
    if not np.isfinite(problem.ceiling_within):
        problem.note = f"{problem.label} of {data.name}: {' and '.join(names)} do not agree, there is no ceiling"


def _ceiling_of_repeats(parts: Mapping[str, Sequence[Floats]]) -> tuple[float, float]:
    """Ceiling of one number a particle for the mean of k repeats that agree with a mean coefficient r.

    The reliability of the mean of k repeats is ``k r / (1 + (k - 1) r)``; the ceiling is its square root.
    """
    names, k = list(parts), len(parts)

    def of(values: Mapping[str, Floats]) -> float:
        """Ceiling from one set of values."""
        r = np.mean([pearson(values[a], values[b]) for i, a in enumerate(names) for b in names[:i]])
        return float(np.sqrt(k * r / (1 + (k - 1) * r))) if r > 0 else float("nan")

    within = [of({n: parts[n][c] for n in names}) for c in range(len(parts[names[0]]))]
    return float(np.nanmean(within)) if np.isfinite(within).any() else float("nan"), of(
        {n: np.concatenate(list(parts[n])) for n in names}
    )


class _Results:
    """Fits and scores every entry; results of an entry are kept, so that a comparison continues where it stopped."""

    def __init__(
        self,
        file: ComparisonFile,
        sets: Mapping[str, LoadedSet],
        problems: Mapping[tuple[str, str], Problem],
        kept: Path,
        say: Callable[[str], None],
    ) -> None:
        self.file, self.sets, self.problems, self.say = file, sets, problems, say
        self.folder = kept / "entries"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows: list[Row] = []
        self.importance: list[Row] = []
        self.coefficients: list[Row] = []
        self.predictions: dict[tuple[str, str, str], dict[str, list[Floats]]] = {}

    def run(self) -> None:
        """Run every entry on every label of every training set."""
        for (set_name, label), problem in self.problems.items():
            if not problem.data.trains:
                continue
            for name, entry in self.file.entries.items():
                if not entry.labels or label in entry.labels:
                    self._entry(name, entry, problem)
            if self.file.nulls:
                self._nulls(problem)
            self.say(f"{label} of {set_name}: {len(self.file.entries)} entries scored")

    def comparison(self) -> Comparison:
        """Collect the tables."""
        rows = [*self.rows, *self._published()]
        notes = [problem.note for problem in self.problems.values() if problem.note]
        notes += self._states()
        return Comparison(
            self.file,
            pd.DataFrame(rows, columns=list(COLUMNS)),
            self._correlations(),
            pd.DataFrame(self.importance, columns=["entry", "label", "trained_on", "descriptor", "decrease_within"]),
            pd.DataFrame(
                self.coefficients,
                columns=["entry", "label", "trained_on", "descriptor", "family", "n_features", "size"],
            ),
            notes,
        )

    # -- entries ----------------------------------------------------------------------------------------------------

    def _others(self, problem: Problem) -> list[Problem]:
        """Other sets with the same label: tests, and transfers."""
        return [p for (s, n), p in self.problems.items() if n == problem.label and s != problem.data.name]

    def _entry(self, name: str, entry: EntrySpec, problem: Problem) -> None:
        others = self._others(problem)
        if len(problem.targets) < 2 and entry.indicator is not None and not others:
            raise InputError(
                f"set {problem.data.name} has one configuration: none can be left out; give more, or a test set"
            )
        path = self.folder / f"{self._key(name, entry, problem, others)}.npz"
        fitted = _read_kept(path)
        if fitted is None:
            fitted = self._fit(name, entry, problem, others)
            _write_kept(path, *fitted)
        about, arrays = fitted
        scored = [(LEFT_OUT, problem)] if about["left_out"] else []
        for where, scored_problem in [*scored, *((other.data.name, other) for other in others)]:
            predicted = [arrays[f"{where}|{k}"] for k in range(len(scored_problem.targets))]
            self.predictions.setdefault((problem.label, problem.data.name, where), {})[name] = predicted
            self._add(name, entry, problem, scored_problem, where, predicted, about)
        self.importance += about["importance"]
        self.coefficients += about["coefficients"]

    def _key(self, name: str, entry: EntrySpec, problem: Problem, others: Sequence[Problem]) -> str:
        blocks = [b.path.name for c in entry.columns for b in problem.data.blocks[c]]
        sets = [(p.data.checksum, [b.path.name for c in entry.columns for b in p.data.blocks[c]]) for p in others]
        return digest(
            [name, asdict(entry), asdict(problem.spec), problem.data.checksum, blocks, sets, self.file.seed,
             self.file.importance, 1]
        )[:20]  # fmt: skip

    def _fit(
        self, name: str, entry: EntrySpec, problem: Problem, others: Sequence[Problem]
    ) -> tuple[Facts, dict[str, Floats]]:
        names, slices = _layout(entry, problem.data)
        matrix = _matrix(entry, problem)
        seed = derive_seed(self.file.seed, name, problem.label)
        leave_out = len(problem.targets) > 1 or entry.indicator is None
        if entry.indicator is None:
            column = _picked(name, entry, names)
            predicted = take_column(matrix, len(problem.targets), column, entry.sign)
        else:
            predicted = fit_entry(
                entry.indicator, matrix, problem.targets, seed=seed, fraction=problem.spec.fraction,
                max_rows=entry.max_rows, leave_out=leave_out, scales=_scales(entry, names, slices),
            )  # fmt: skip
        arrays = {f"{LEFT_OUT}|{k}": values for k, values in enumerate(predicted.left_out)}
        for other in others:
            rows = _matrix(entry, other)
            arrays |= {f"{other.data.name}|{k}": predicted.apply(rows(k)) for k in range(len(other.targets))}
        label = {"entry": name, "label": problem.label, "trained_on": problem.data.name}
        about: Facts = {
            "n_features": 1 if entry.indicator is None else len(names),
            "seconds_fit": predicted.seconds / max(1, sum(map(len, problem.targets))),
            "left_out": bool(predicted.left_out),
            "notes": predicted.notes,
            "importance": self._permuted(label, predicted, matrix, problem, slices, seed) if leave_out else [],
            "coefficients": _sizes(label, predicted, names, slices),
        }
        self.say(f"fitted {name} to {problem.label} of {problem.data.name}")
        return about, arrays

    def _permuted(
        self,
        label: dict[str, str],
        predicted: Predicted,
        matrix: Matrix,
        problem: Problem,
        slices: Mapping[str, slice],
        seed: int,
    ) -> list[Row]:
        """Score left-out configurations with the columns of one descriptor permuted between particles."""
        if not self.file.importance or len(slices) < 2:
            return []
        whole = np.nanmean([pearson(p, y) for p, y in zip(predicted.left_out, problem.targets, strict=True)])
        rows: list[Row] = []
        for descriptor, columns in slices.items():
            scores = []
            for k, target in enumerate(problem.targets):
                changed = permuted_rows(matrix(k), columns, derive_seed(seed, descriptor, k))
                scores.append(pearson(predicted.fold(k, changed), target))
            rows.append({**label, "descriptor": descriptor, "decrease_within": float(whole - np.nanmean(scores))})
        return rows

    def _add(
        self, name: str, entry: EntrySpec, problem: Problem, scored: Problem, where: str,
        predicted: Sequence[Floats], about: Facts,
    ) -> None:  # fmt: skip
        result = score(predicted, scored.targets, scored.spec.fraction, derive_seed(self.file.seed, "bootstrap"))
        note = ", ".join(f"{key} {value:g}" for key, value in about["notes"].items())
        self._row(
            name, problem, scored, where, result, kind=PHYSICAL if entry.indicator is None else LEARNED, note=note,
            n_features=about["n_features"], seconds_fit=about["seconds_fit"], seconds_describe=_seconds(entry, scored),
        )  # fmt: skip

    def _row(
        self, name: str, problem: Problem, scored: Problem, where: str, result: Scores, *, kind: str, note: str = "",
        n_features: int = 0, seconds_fit: float = 0.0, seconds_describe: float = 0.0,
    ) -> None:  # fmt: skip
        self.rows.append(
            {
                "entry": name, "label": problem.label, "drive": problem.spec.drive, "n_features": n_features,
                "ceiling_within": scored.ceiling_within, "ceiling_pooled": scored.ceiling_pooled,
                "seconds_describe": seconds_describe, "seconds_fit": seconds_fit, "trained_on": problem.data.name,
                "scored_on": where, "kind": kind, "note": note, **asdict(result),
            }
        )  # fmt: skip

    # -- nulls and published numbers ----------------------------------------------------------------------------------

    def _nulls(self, problem: Problem) -> None:
        """Score what knows nothing of the structure: species, means of configurations, permuted labels."""
        seed = derive_seed(self.file.seed, "null", problem.label)
        for scored in [problem, *self._others(problem)]:
            where = LEFT_OUT if scored is problem else scored.data.name
            means = [np.full(len(y), y.mean()) for y in scored.targets]
            if len(means) > 1:
                result = score(means, scored.targets, scored.spec.fraction, seed)
                note = "the mean of each configuration, which predictors do not have"
                self._row("null: configuration mean", problem, scored, where, result, kind=NULL, note=note)
            if where == LEFT_OUT and len(problem.targets) < 2:
                continue
            if problem.spec.species is None and len(problem.data.configurations[0].snapshot.species) > 1:
                result = score(_species_means(problem, scored), scored.targets, scored.spec.fraction, seed)
                self._row("null: species", problem, scored, where, result, kind=NULL, note="the mean of each species")
            predicted = self.predictions.get((problem.label, problem.data.name, where), {})
            if predicted:
                best = max(predicted, key=lambda name: score_of(predicted[name], scored.targets))
                result = permuted_score(predicted[best], scored.targets, scored.spec.fraction, seed)
                note = f"{best} on labels permuted within each configuration, 100 times"
                self._row("null: permuted labels", problem, scored, where, result, kind=NULL, note=note)

    def _published(self) -> list[Row]:
        rows: list[Row] = []
        for name, published in self.file.published.items():
            rows.append(
                {
                    "entry": name, "label": published.label, "drive": self.file.labels[published.label].drive,
                    "within": published.within, "pooled": published.pooled, "auc": published.auc, "kind": PUBLISHED,
                    "scored_on": published.data, "note": published.source,
                }
            )  # fmt: skip
        return rows

    # -- between entries ----------------------------------------------------------------------------------------------

    def _correlations(self) -> pd.DataFrame:
        """Coefficients between the predictions of entries, mean over configurations."""
        rows = []
        for (label, trained, where), by_entry in self.predictions.items():
            names = list(by_entry)
            for i, a in enumerate(names):
                for b in names[: i + 1]:
                    r = np.nanmean([pearson(x, y) for x, y in zip(by_entry[a], by_entry[b], strict=True)])
                    rows.append(
                        {"label": label, "trained_on": trained, "scored_on": where, "a": a, "b": b, "within": float(r)}
                    )
        return pd.DataFrame(rows, columns=["label", "trained_on", "scored_on", "a", "b", "within"])

    def _states(self) -> list[str]:
        """Say which states of the configurations were made, and how long it took."""
        notes = []
        for data in self.sets.values():
            states: dict[str, list[float]] = {}
            for blocks in data.blocks.values():
                for block in blocks:
                    for state, seconds in block.states.items():
                        states.setdefault(state, []).append(seconds)
            notes += [
                f"{data.name}: descriptors use the {state} state of each configuration; it took up to "
                f"{max(times):.1f} s of processor time to make"
                for state, times in states.items()
            ]
        return notes


def _species_means(problem: Problem, scored: Problem) -> list[Floats]:
    """(n,) of each scored configuration: the mean label of a particle's species in the other configurations."""

    def kinds(p: Problem, k: int) -> np.ndarray:
        """Return the species of the labelled particles of a configuration."""
        species: np.ndarray = p.data.configurations[k].snapshot.species_of_particles[p.rows[k]]
        return species

    predicted = []
    for k in range(len(scored.targets)):
        others = [j for j in range(len(problem.targets)) if scored is not problem or j != k]
        species = np.concatenate([kinds(problem, j) for j in others])
        values = np.concatenate([problem.targets[j] for j in others])
        means = {name: float(values[species == name].mean()) for name in set(species.tolist())}
        predicted.append(np.array([means.get(str(name), float(values.mean())) for name in kinds(scored, k)]))
    return predicted


# -- columns of an entry ----------------------------------------------------------------------------------------------


def _layout(entry: EntrySpec, data: LoadedSet) -> tuple[list[str], dict[str, slice]]:
    """Names of the columns of an entry, and the slice of each descriptor."""
    names: list[str] = []
    slices = {}
    for descriptor in entry.columns:
        columns = data.blocks[descriptor][0].names
        slices[descriptor] = slice(len(names), len(names) + len(columns))
        names += columns
    return names, slices


def _matrix(entry: EntrySpec, problem: Problem) -> Callable[[int], Floats]:
    """Function from a configuration to the rows of its labelled particles; nothing is held between calls."""

    def rows(k: int) -> Floats:
        """Read (n_particles, n_columns)."""
        chosen = problem.rows[k]
        return np.hstack([problem.data.blocks[name][k].rows()[chosen] for name in entry.columns])

    return rows


def _picked(name: str, entry: EntrySpec, names: Sequence[str]) -> int:
    if not entry.pick and len(names) == 1:
        return 0
    if entry.pick not in names:
        raise InputError(f"entries.{name}.pick: {unknown_name('column', entry.pick, list(names))}")
    return list(names).index(entry.pick)


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


def _seconds(entry: EntrySpec, scored: Problem) -> float:
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


def _read_kept(path: Path) -> tuple[Facts, dict[str, Floats]] | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            about = json.loads(str(archive["about"]))
            return about, {name: archive[name] for name in archive.files if name != "about"}
    except (OSError, ValueError, KeyError):
        return None


def _write_kept(path: Path, about: Facts, arrays: Mapping[str, Floats]) -> None:
    from lammps_glass.files import atomic_path

    with atomic_path(path) as temporary:
        np.savez(temporary, about=json.dumps(about), **arrays)  # type: ignore[arg-type]
