"""The operations ``fit_barcode`` (parameter search, barcode, baselines) and ``scan`` (figure A1 at one threshold)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.descriptors import SOAP
from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveInt, check_fields
from lammps_glass.json_types import Json
from lammps_glass.operations.case import Case
from lammps_glass.operations.environments import (
    EnvironmentParameters,
    encode_frame,
    find_environments,
    later_frames,
    require_fraction,
    soap_of,
    structures_work,
)
from lammps_glass.operations.operation import Wired, operation, require_runs
from lammps_glass.products import Environments, Record, Structures, StructureSet
from lammps_glass.products.structures import run_name
from lammps_glass.simulate.protocols.cooling import Cooling
from lammps_glass.simulate.work import Work
from lammps_glass.studies.barcode.models import (
    BarcodeFit,
    EnergyModels,
    FitParameters,
    Scan,
    out_of_fold,
    require_runs_to_split,
)


@dataclass(frozen=True)
class ScanParameters(EnvironmentParameters):
    """Parameters of the operation ``scan``: figure A1 at one threshold.

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


def check_test(stage: Wired) -> None:
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
    check_test(stage)


def check_library(stage: Wired) -> None:
    """Refuse structures that were encoded by another library than the one that the stage reads."""
    (library,) = stage.reads["environments"]
    for port, sources in stage.reads.items():
        for source in sources:
            for other in source.reads.get("environments", ()):
                if other.stage != library.stage:
                    raise InputError(
                        f"stages.{stage.stage}.reads.{port}: {source.stage} has the environments of {other.stage}, not "
                        f"of {library.stage}"
                    )


def work(parameters: object, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Declare the structures that are read, and the equivalent number of fits of trees to all of them."""
    fits = 0.0
    if isinstance(parameters, FitParameters):  # folds of each trial; then all folds once, and 2 splits of 1 + 1 in each
        fits = float(parameters.n_folds * (parameters.n_trials + 5))
    if isinstance(parameters, ScanParameters):  # a fold and the model itself, of each draw
        fits = 2.0 * parameters.cases * sum(parameters.amounts)
    ports = ("training", "test", "larger", "compositions", "sheared")
    return structures_work([work for port in ports for work in reads.get(port, ())], fits)


@operation(version=2, work=work, rates={"cases": 5.0, "fits": 4e-6}, check=check_library)
def fit_barcode(case: Case[FitParameters], training: Sequence[Structures], environments: Environments) -> BarcodeFit:
    """Search the parameters, fit all models to all training runs, rank the environments, and predict out of fold.

    Raises
    ------
    InputError
        All structures come from one run.
    """
    parameters, structures = case.parameters, StructureSet.of(training)
    require_runs_to_split(case.stage, structures.runs.tolist())
    seed = case.seed % 2**31
    best, trials = learn.search_energy_model(
        structures.fractions, structures.energies, structures.runs, n_trials=parameters.n_trials, seed=seed,
        n_folds=parameters.n_folds,
    )  # fmt: skip
    trees = {**best, "random_state": seed}
    models = EnergyModels.fit(structures, trees, parameters, None)
    library = environments.library.read()
    models.barcode.attach(library, models.n_particles)
    product = BarcodeFit(case.directory)
    product.search.write(trials)
    models.save(product, _metadata(case, soap_of(library), structures))
    product.ranking.write(_ranking(models, structures, library, parameters), {"shap": parameters.shap})
    product.out_of_fold.write(out_of_fold(structures, trees, parameters))
    return product


def _metadata(case: Case[FitParameters], soap: SOAP, structures: StructureSet) -> dict[str, Json]:
    """Return the metadata that `predict` needs to apply an indicator to a bare snapshot."""
    return {
        "descriptor": soap.name,
        "parameters": {**soap.get_params(), "species": list(soap.species)},
        "glass": case.glass.name,
        "glass_options": {},  # for glasses of other compositions too
        "species": list(case.glass.species),
        "columns": list(soap.feature_names),
        "training_runs": sorted(set(structures.runs.tolist())),
        "seed": case.seed,
    }


def _ranking(
    models: EnergyModels, structures: StructureSet, library: learn.EnvironmentLibrary, parameters: FitParameters
) -> pd.DataFrame:
    """Return a row for each environment: mean |SHAP| (energy of a system), index, group, fraction, correlation."""
    fractions = structures.fractions
    background = fractions if parameters.shap == "interventional" else None
    shap, _ = models.all_environments.shap_values(fractions, parameters.shap, background)
    table = pd.DataFrame(
        {
            "environment": np.arange(len(library)),
            "importance": np.abs(shap).mean(axis=0),
            "voronoi": library.voronoi,
            "group": library.kasper,
            "fraction": fractions.mean(axis=0),
            "pearson": analysis.pearson_coefficients(fractions, structures.energies / structures.sizes),
        }
    )
    order = np.argsort(-models.barcode.ranking_, kind="stable")  # of the barcode, whatever kind of SHAP is shown
    return table.iloc[order].reset_index(drop=True)


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
