"""The operations ``fit_barcode`` (parameter search, barcode, baselines) and ``scan`` (figure A1 at one threshold)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.descriptors import SOAP
from lammps_glass.json_types import Json
from lammps_glass.operations.case import Case
from lammps_glass.operations.environments import encode_frame, find_environments, later_frames, soap_of
from lammps_glass.operations.operation import operation
from lammps_glass.products import Environments, Record, Structures, StructureSet
from lammps_glass.products.structures import run_name
from lammps_glass.studies.barcode.models import BarcodeFit, EnergyModels, Scan, out_of_fold, require_runs_to_split
from lammps_glass.studies.barcode.settings import FitParameters, ScanParameters, check_library, check_scan, work


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
