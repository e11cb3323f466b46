"""The operation ``scan``: errors of predicted energies at one threshold of similarity, by amount of training data."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lammps_glass import learn
from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveInt, check_fields
from lammps_glass.operations.case import Case
from lammps_glass.operations.energies import require_runs_to_split
from lammps_glass.operations.environments import (
    EnvironmentParameters,
    encode_frame,
    find_environments,
    later_frames,
    require_fraction,
    structures_work,
)
from lammps_glass.operations.operation import Wired, operation, require_runs
from lammps_glass.products import Record, Scan
from lammps_glass.products.structures import run_name
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.work import Work


@dataclass(frozen=True)
class ScanParameters(EnvironmentParameters):
    """Parameters of the operation ``scan``.

    Parameters
    ----------
    amounts
        Fractions of the training runs that train.
    cases
        Draws of the runs for each amount.
    """

    amounts: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    cases: PositiveInt = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fields("scan", self)
        if not self.amounts:
            raise InputError("amounts: no amount of the training runs")
        for amount in self.amounts:
            require_fraction("amounts", amount)


def stages_of_runs(stage: Wired) -> set[str]:
    """Return the names of the stages behind structures, back to the cooling, which makes independent runs."""
    if isinstance(stage.parameters, Cooling):
        return {stage.stage}
    earlier = [*stage.reads.get("structures", ()), *stage.reads.get("start", ())]
    return {stage.stage}.union(*map(stages_of_runs, earlier))


def check_independent_runs(stage: Wired) -> None:
    """Refuse test structures that share a stage with the training structures, back to the cooling of the run."""
    training = set().union(*map(stages_of_runs, stage.reads["training"]))
    for source in stage.reads["test"]:
        if shared := sorted(stages_of_runs(source) & training):
            raise InputError(
                f"stages.{stage.stage}.reads.test: {source.stage} and the training structures both come from "
                f"{shared[0]}: wire another set"
            )


def check_scan(stage: Wired) -> None:
    """Refuse records of other than inherent structures, and test structures of runs that train."""
    for port in ("training", "test"):
        require_runs(stage, port, "inherent")
    check_independent_runs(stage)


def work(parameters: ScanParameters, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are read, and the fits of trees: a fold and the model itself, of each draw."""
    works = [work for port in ("training", "test") for work in reads[port]]
    return structures_work(works, 2.0 * parameters.cases * sum(parameters.amounts))


@operation(version=2, work=work, rates={"cases": 3.0, "particles": 1.5e-4, "fits": 4e-6}, check=check_scan)
def scan(case: Case[ScanParameters], training: Sequence[Record], test: Sequence[Record]) -> Scan:
    """Find the environments at one threshold, and the error on the test structures against the runs that train."""
    parameters, product = case.parameters, Scan(case.directory)
    require_runs_to_split(case.stage, [run_name(record.conditions) for record in training])
    soap = parameters.soap(case.glass)
    library = find_environments(training, soap, parameters, case.seed, product.segments)
    trains, tests = (_encoded(records, library, soap) for records in (training, test))
    table = learn.energy_learning_curve(trains, tests, parameters.amounts, parameters.cases, case.seed)
    product.table.write(table.rename(columns={"rmse": "rmse_ev"}).assign(threshold=parameters.threshold))
    shutil.rmtree(product.segments)
    return product


def _encoded(records: Sequence[Record], library: learn.EnvironmentLibrary, soap: SOAP) -> learn.EnergyRows:
    fractions, energies, runs = [], [], []
    for record in records:
        by_step = record.thermo.set_index("step")["pe"]
        for frame in later_frames(record):
            counts = encode_frame(library, soap, record, frame).counts
            fractions.append(counts / counts.sum())
            energies.append(float(by_step[frame.step]))
            runs.append(run_name(record.conditions))
    return learn.EnergyRows(np.array(fractions), np.array(energies), np.array(runs))
