"""Scores of test rows with intervals: over replicas where there are enough, else over parts of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Fewest test replicas for an interval over them: two give three different resamples.
ENOUGH_REPLICAS = 3
#: Parts of equal size that the rows of fewer replicas are drawn into at random.
N_PARTS = 50
OVER_REPLICAS = "5-95 % bootstrap over {n} test replicas"
OVER_PARTICLES = "5-95 % bootstrap over particles: too narrow, as replicas differ, and fewer than three test ({n})"
NONE = "none: too few test rows of class 1"


def score_test_rows(
    classes: NDArray[np.int64], values: NDArray[np.float64], replicas: NDArray[np.object_], threshold: float, seed: int
) -> tuple[dict[str, float], str]:
    """Score test rows, and bootstrap an interval of each score.

    Parameters
    ----------
    classes, values, replicas
        (n_rows,) class, value of the indicator, and replica of each row.
    threshold
        Rows above it are predicted to be of class 1.

    Returns
    -------
    tuple
        Scores by name, with ``<name>.low`` and ``<name>.high``, and a line that says what the intervals are over.
    """
    import numpy as np
    import pandas as pd

    from lammps_glass import learn

    n_replicas = len(set(replicas.tolist()))
    over_replicas = n_replicas >= ENOUGH_REPLICAS
    of_particles = np.random.default_rng(seed).permutation(len(classes)) % min(N_PARTS, len(classes))
    parts = replicas if over_replicas else of_particles.astype(str)
    table = pd.DataFrame({"replica": parts, "label": classes, "probability": values})
    try:
        scored = learn.score_with_intervals(table, threshold=threshold, seed=seed)
    except InputError:  # more than half of the resamples lack a class
        return learn.scores(classes, values, threshold), NONE
    return scored, (OVER_REPLICAS if over_replicas else OVER_PARTICLES).format(n=n_replicas)


def score_rows(scores: Mapping[str, float]) -> list[dict[str, object]]:
    """Arrange scores as rows of a table: ``score``, ``value``, ``low`` and ``high`` (None without an interval)."""
    names = [name for name in scores if not name.endswith((".low", ".high"))]
    return [
        {"score": name, "value": scores[name], "low": scores.get(f"{name}.low"), "high": scores.get(f"{name}.high")}
        for name in names
    ]
