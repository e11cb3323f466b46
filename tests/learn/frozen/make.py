"""Write the frozen indicators of a release: ``python tests/learn/frozen/make.py 0.1`` adds the kinds it lacks.

A file that is there is never made again: what an earlier release wrote must stay loadable.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from lammps_glass import learn

#: As small as the classes allow: a few rows, few members, few trees.
OPTIONS = {
    "looseness": {"n_estimators": 3},
    "boosted-trees": {"n_trees": 5},
    "barcode": {"used_folds": 1, "learning_rate": 0.5},
}


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """60 rows of 3 numbers with few digits, a third of them of class 1."""
    random = np.random.default_rng(seed)
    y = (np.arange(60) % 3 == 0).astype(np.int64)
    return np.round(random.normal(size=(60, 3)) + y[:, None], 2), y


def values_of(estimator: object, x: np.ndarray) -> np.ndarray:
    """(n_rows,) values of the indicator: energies where it learns energies of whole configurations."""
    is_energy = type(estimator).__name__ in ("Barcode", "EnergyRidge")
    return np.asarray(estimator.predict(x) if is_energy else learn.indicator_values(estimator, x))


def main(release: str) -> None:
    """Fit one indicator of each kind and write it with the rows and the values that it gives them."""
    folder = Path(__file__).parent / release
    folder.mkdir(exist_ok=True)
    x, y = rows()
    file = folder / "values.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"rows": x.tolist(), "values": {}}
    for name in sorted(set(learn.REGISTRY) - set(known["values"])):
        estimator = learn.REGISTRY.build(name, OPTIONS.get(name)).fit(x, y)
        learn.save(folder / f"{name}.indicator", estimator, {"indicator": name, "columns": ["a", "b", "c"]})
        known["values"][name] = values_of(estimator, x).tolist()
    file.write_text(json.dumps(known), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
