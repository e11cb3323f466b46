"""`compare`: run a comparison, from where it stopped, and collect its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from lammps_glass.comparison.entries import Fitted, fitted_entry, mean_of_entries, seconds_to_describe
from lammps_glass.comparison.nulls import null_rows
from lammps_glass.comparison.problems import LoadedSet, Problem, describe, keep_described, load_sets, problems_of
from lammps_glass.comparison.results import (
    COEFFICIENT_COLUMNS,
    COLUMNS,
    IMPORTANCE_COLUMNS,
    LEARNED,
    LEFT_OUT,
    PHYSICAL,
    Comparison,
    Row,
    add_distances,
    correlations_of,
    notes_on_states,
    published_rows,
    score_row,
)
from lammps_glass.comparison.scores import score
from lammps_glass.comparison.spec import ComparisonFile, EntrySpec
from lammps_glass.errors import InputError
from lammps_glass.hashing import derive_seed
from lammps_glass.snapshots.cell import Floats


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
    out.mkdir(parents=True, exist_ok=True)
    sets = load_sets(file, out, say)
    problems = problems_of(file, sets)
    describe(sets, file, out / "kept", say)
    for problem in problems.values():
        keep_described(problem)
    return _Run(file, sets, problems, out / "kept" / "entries", say).comparison()


class _Run:
    """Every entry fitted and scored on every label of every training set."""

    def __init__(
        self,
        file: ComparisonFile,
        sets: Mapping[str, LoadedSet],
        problems: Mapping[tuple[str, str], Problem],
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file, self.sets, self.problems, self.folder, self.say = file, sets, problems, folder, say
        self.rows: list[Row] = []
        self.importance: list[Row] = []
        self.coefficients: list[Row] = []
        self.predictions: dict[tuple[str, str, str], dict[str, list[Floats]]] = {}

    def comparison(self) -> Comparison:
        """Run everything, and collect the tables."""
        for problem in self.problems.values():
            if problem.data.trains:
                self._train(problem)
        notes = [
            f"{problem.label} of {problem.data.name}: the ceiling is not known: {problem.no_ceiling}"
            for problem in self.problems.values()
            if problem.no_ceiling
        ]
        return Comparison(
            self.file,
            pd.DataFrame([*self.rows, *published_rows(self.file)], columns=list(COLUMNS)),
            correlations_of(self.predictions),
            pd.DataFrame(self.importance, columns=list(IMPORTANCE_COLUMNS)),
            pd.DataFrame(self.coefficients, columns=list(COEFFICIENT_COLUMNS)),
            [*notes, *notes_on_states(self.sets.values())],
            {name: data.checksum for name, data in self.sets.items()},
        )

    def _train(self, problem: Problem) -> None:
        """Fit every entry to a problem; score it there and on the same label of other sets: tests, and transfers."""
        others = [p for (s, n), p in self.problems.items() if n == problem.label and s != problem.data.name]
        results: dict[str, Fitted] = {}
        for name, entry in self.file.entries.items():
            if entry.labels and problem.label not in entry.labels:
                continue
            if len(problem.targets) < 2 and entry.indicator is not None and not others:
                raise InputError(
                    f"set {problem.data.name} has one configuration: none can be left out; give more, or a test set"
                )
            if entry.mean_of:
                fitted = mean_of_entries(entry, results, problem, self.file.entries)
            else:
                fitted, made = fitted_entry(name, entry, problem, others, self.file, self.folder)
                if made:
                    self.say(f"fitted {name} to {problem.label} of {problem.data.name}")
            results[name] = fitted
            self._score(name, entry, problem, problem, LEFT_OUT, fitted)
            for other in others:
                self._score(name, entry, problem, other, other.data.name, fitted)
            self.importance += fitted.facts["importance"]
            self.coefficients += fitted.facts["coefficients"]
        for scored in [problem, *others]:
            where = LEFT_OUT if scored is problem else scored.data.name
            predicted = self.predictions.get((problem.label, problem.data.name, where), {})
            identity = {"label": problem.label, "trained_on": problem.data.name, "scored_on": where}
            of_entries = [row for row in self.rows if identity.items() <= row.items()]
            add_distances(of_entries, predicted, scored.targets, derive_seed(self.file.seed, "bootstrap"))
            if self.file.nulls:
                self.rows += null_rows(problem, scored, where, predicted, self.file.seed)
        self.say(f"{problem.label} of {problem.data.name}: {len(self.file.entries)} entries scored")

    def _score(
        self, name: str, entry: EntrySpec, problem: Problem, scored: Problem, where: str, fitted: Fitted
    ) -> None:
        """Score the predictions of an entry; none of left-out configurations where there is one."""
        facts = fitted.facts
        if where == LEFT_OUT and not facts["left_out"]:
            return
        predicted = fitted.predictions(where, len(scored.targets))
        self.predictions.setdefault((problem.label, problem.data.name, where), {})[name] = predicted
        result = score(predicted, scored.targets, scored.spec.fraction, derive_seed(self.file.seed, "bootstrap"))
        self.rows.append(
            score_row(
                name, problem, scored, where, result, kind=PHYSICAL if entry.indicator is None else LEARNED,
                note=", ".join(f"{key} {value:g}" for key, value in facts["notes"].items()),
                n_features=facts["n_features"], seconds_fit=facts["seconds_fit"],
                seconds_describe=seconds_to_describe(entry, scored),
            )
        )  # fmt: skip
