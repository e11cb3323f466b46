"""Figure A1 at one threshold: error on the second test set against the amount of data that trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.studies.barcode.environments import encoded, forget_scan, scan, soap_of
from lammps_glass.studies.barcode.settings import ScanParameters
from lammps_glass.studies.barcode.structures import kept_frames, record_name, require_runs, run_name
from lammps_glass.studies.case import Case, Product
from lammps_glass.tables import write_table


def scan_threshold(case: Case) -> None:
    """``scan.parquet``: a row a case: threshold, runs, structures, environments among them, error in eV a system."""
    parameters: ScanParameters = case.parameters
    train, test = case.inputs("inherent"), case.inputs("test_inherent")
    require_runs(case.stage, [run_name(product) for product in train])
    library = scan(case, train, parameters)
    soap = soap_of(case, parameters.options)
    known, asked = _set(train, library, soap), _set(test, library, soap)
    rows = []
    runs = sorted(set(known["run"]))
    for amount in parameters.amounts:
        count = max(2, round(amount * len(runs)))
        for number in range(parameters.cases):
            seed = int(np.random.default_rng([case.seed, count, number]).integers(2**31))
            rows.append({"threshold": parameters.threshold, **_error(known, asked, runs, count, seed)})
    write_table(case.directory / "scan.parquet", pd.DataFrame(rows))
    forget_scan(case)


def _set(products: Sequence[Product], library: Any, soap: Any) -> dict[str, Any]:
    """Runs, fractions and energies of the structures of several records."""
    from lammps_glass.simulate import Record

    runs, fractions, energies = [], [], []
    for product in products:
        found = Record(product.path).thermo.set_index("step")["pe"]
        for frame in kept_frames(product):
            counts, _, _ = encoded(library, soap, frame, f"{record_name(product)}, step {frame.step}")
            runs.append(run_name(product))
            fractions.append(counts / counts.sum())
            energies.append(float(found[frame.step]))
    return {"run": np.array(runs), "X": np.array(fractions), "y": np.array(energies)}


def _error(known: dict[str, Any], asked: dict[str, Any], runs: list[str], count: int, seed: int) -> dict[str, Any]:
    """Train on `count` runs, on the environments that they have; one fold of runs stops the growth."""
    from lammps_glass.learn import EnergyModel

    drawn = np.random.default_rng(seed).choice(runs, count, replace=False)
    mine = np.isin(known["run"], drawn)
    present = known["X"][mine].any(axis=0)
    model = EnergyModel(used_folds=1, random_state=seed)
    model.fit(known["X"][mine][:, present], known["y"][mine], known["run"][mine])
    error = model.predict(asked["X"][:, present]) - asked["y"]
    return {
        "runs": count,
        "structures": int(mine.sum()),
        "environments": int(present.sum()),
        "rounds": model.rounds_,
        "rmse_ev": float(np.sqrt(np.mean(error**2))),
    }
