"""Scores of the integrated defect: by family of features, by draw of the negatives, and of a baseline by species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lammps_glass.errors import InputError
from lammps_glass.learn.cross_validate import split_predictions
from lammps_glass.learn.integrated_defect import PAPER_C, PAPER_GAMMA, IntegratedDefect
from lammps_glass.learn.power import power_factor
from lammps_glass.learn.rows import check_two_classes
from lammps_glass.learn.scoring import score_with_intervals, scores
from lammps_glass.learn.splits import Split


class _ScaledDefect(IntegratedDefect):
    """Integrated defect with distances in units of their `spread` over the rows that it was fitted on."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on values and labels, and compute the unit of distances."""
        super().fit(X, y)
        self.unit_ = spread(super().decision_function(X))
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute (n_rows,) signed distances in that unit."""
        return super().decision_function(X) / self.unit_


def spread(distances: ArrayLike) -> float:
    """Compute the standard deviation of a machine's distances; 1 when all rows have the same distance.

    Divided by it, distances of machines with different C and gamma can be compared.
    """
    return float(np.std(np.asarray(distances, dtype=np.float64))) or 1.0


def defect_predictions(
    table: pd.DataFrame,
    columns: Sequence[str],
    splits: Sequence[Split],
    *,
    C: float = PAPER_C,
    gamma: float = PAPER_GAMMA,
    label: str = "label",
    value: str = "igd",
    in_deviations: bool = False,
    seed: int,
) -> pd.DataFrame:
    """Predict the signed distances of left-out rows, pooled over `splits`; see `split_predictions`.

    Each split trains on all its rows that rearranged and one draw (`seed`) of as many that did not. With
    `in_deviations` each machine's distances are divided by their standard deviation over all rows of ``split.train``:
    signs stay, and machines of different C and gamma, whose distances differ in scale, can be pooled.
    """
    machine = _ScaledDefect if in_deviations else IntegratedDefect
    return split_predictions(
        table, columns, splits, lambda: machine(C, gamma, random_state=seed), label=label, value=value
    )


def family_predictions(
    table: pd.DataFrame,
    families: Mapping[str, Sequence[str]],
    splits: Sequence[Split],
    *,
    C: float = PAPER_C,
    gamma: float = PAPER_GAMMA,
    chosen: Mapping[str, tuple[float, float]] | None = None,
    label: str = "label",
    in_deviations: bool = False,
    seed: int,
) -> pd.DataFrame:
    """Predict distances from all features (``igd``) and from each family alone, a column each.

    Figures 12 and 13 of Yang et al. (2021).

    Parameters
    ----------
    families
        Name (``gaussians``, ``entropy`` ...) -> its feature columns; their union gives ``igd``. If the table has a
        column ``species``, ``species_only`` is the baseline of `species_predictions`.
    chosen
        ``igd`` or a family -> its own C and gamma, in place of `C` and `gamma`.
    in_deviations
        As for `defect_predictions`.
    """
    clash = {"igd", "species_only", label} & set(families)
    if clash or not families or not all(len(columns) for columns in families.values()):
        raise InputError(f"families {', '.join(families) or 'none'}: give other names than igd, and columns for each")
    every = list(dict.fromkeys(name for columns in families.values() for name in columns))

    def predictions(name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Predict distances from one set of columns."""
        cost, width = (chosen or {}).get(name, (C, gamma))
        return defect_predictions(
            table, columns, splits, C=cost, gamma=width, label=label, value=name, in_deviations=in_deviations, seed=seed
        )

    result = predictions("igd", every)
    for name, columns in families.items():
        result[name] = predictions(name, columns)[name]
    if "species" in table:
        result["species_only"] = species_predictions(table, splits, label=label)["species_only"]
    return result


def species_predictions(table: pd.DataFrame, splits: Sequence[Split], *, label: str = "label") -> pd.DataFrame:
    """Predict from the species alone: ln [P(species | rearranged) / P(species | not)], counted in the training rows.

    Positive where a species is more common among particles that rearrange, as the distance is. One more particle is
    counted of each species and class, so that a species that a class lacks has a finite value.
    """
    species = pd.Categorical(table["species"].astype(str))
    codes = np.asarray(species.codes, dtype=np.intp)
    y = check_two_classes(table[label], "rows")
    values = np.full(len(table), np.nan)
    for split in splits:
        counts = np.ones((2, len(species.categories)))
        np.add.at(counts, (y[split.train], codes[split.train]), 1.0)
        fractions = counts / counts.sum(axis=1, keepdims=True)
        values[split.test] = np.log(fractions[1] / fractions[0])[codes[split.test]]
    tested = np.sort(np.concatenate([split.test for split in splits]))
    result = table.iloc[tested].reset_index(drop=True)
    return result.assign(species_only=values[tested])


def score_table(
    predictions: pd.DataFrame, names: Sequence[str], *, label: str = "label", n_resamples: int = 500, seed: int
) -> pd.DataFrame:
    """Score columns of pooled predictions: scores at distance 0 and the power factor, a row each.

    Figure 12 of Yang et al. (2021). Columns of the result: ``predictor``, ``leaking``, every score of `scores` (with
    ``.low`` and ``.high`` over replicas, if there are several), ``chi`` ... ``falling`` of `PowerFactor` (its interval
    as ``chi.low``, ``chi.high``).
    """
    several = predictions["replica"].nunique() > 1
    rows = []
    for name in names:
        if several:
            scored = score_with_intervals(
                predictions, label=label, value=name, threshold=0.0, n_resamples=n_resamples, seed=seed
            )
        else:
            scored = scores(predictions[label], predictions[name], 0.0)
        power = power_factor(
            predictions[label], predictions[name], predictions["replica"], n_resamples=n_resamples, seed=seed
        )._asdict()
        power |= {f"chi.{end}": power.pop(end) for end in ("low", "high")}
        leaking = bool(predictions["leaking"].any())
        rows.append({"predictor": name, "leaking": leaking, **scored, **power})
    return pd.DataFrame(rows)


def scores_by_draw(
    table: pd.DataFrame,
    columns: Sequence[str],
    splits: Sequence[Split],
    *,
    n_draws: int,
    C: float = PAPER_C,
    gamma: float = PAPER_GAMMA,
    label: str = "label",
    seed: int,
) -> pd.DataFrame:
    """Score pooled predictions for several draws of the negatives, a row per draw: the error bar of the draw.

    Draw 0 has the seed `seed` itself, and so equals `defect_predictions`.
    """
    if n_draws < 1:
        raise InputError(f"{n_draws} draws of negatives: give at least 1")
    others = np.random.SeedSequence(seed).generate_state(n_draws)[1:].tolist()
    rows = []
    for number, chosen in enumerate([seed, *others]):
        predicted = defect_predictions(table, columns, splits, C=C, gamma=gamma, label=label, seed=chosen)
        rows.append({"draw": number, **scores(predicted[label], predicted["igd"], 0.0)})
    return pd.DataFrame(rows)
