"""Null entries: predictions that know nothing of the structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lammps_glass.comparison.problems import Problem
from lammps_glass.comparison.results import LEFT_OUT, NULL, Row, score_row
from lammps_glass.comparison.scores import best_entry, permuted_score, score
from lammps_glass.hashing import derive_seed
from lammps_glass.snapshots.cell import Floats


def null_rows(
    problem: Problem, scored: Problem, where: str, predicted: Mapping[str, Sequence[Floats]], seed: int
) -> list[Row]:
    """Score species, means of configurations, and the best entry on permuted labels.

    Parameters
    ----------
    problem
        Problem that trains the entries.
    scored, where
        Problem that is scored, and its name in the table; `LEFT_OUT` where it is `problem` itself.
    predicted
        Entry -> predictions (n,) of each configuration of `scored`.
    seed
        Of the comparison.
    """
    if where == LEFT_OUT and len(problem.targets) < 2:
        return []
    seed = derive_seed(seed, "null", problem.label)
    fraction = scored.spec.fraction
    means = [np.full(len(y), y.mean()) for y in scored.targets]
    result = score(means, scored.targets, fraction, seed)
    note = "the mean of each configuration, which predictors do not have"
    rows = [score_row("null: configuration mean", problem, scored, where, result, kind=NULL, note=note)]
    if problem.spec.species is None and len(problem.data.configurations[0].snapshot.species) > 1:
        result = score(_species_means(problem, scored), scored.targets, fraction, seed)
        rows.append(
            score_row("null: species", problem, scored, where, result, kind=NULL, note="the mean of each species")
        )
    if predicted:
        best = best_entry(predicted, scored.targets)
        result = permuted_score(predicted[best], scored.targets, fraction, seed)
        note = f"{best} on labels permuted within each configuration, 100 times"
        rows.append(score_row("null: permuted labels", problem, scored, where, result, kind=NULL, note=note))
    return rows


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
