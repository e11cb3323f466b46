"""Figures 2, 2_inset, A1, A3 and transfer: the errors of predicted energies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.operations.energies import MODELS, EnergyModels, Floats
from lammps_glass.products import BarcodeFit, Scan, StructureSet
from lammps_glass.studies.paper import PaperFindings

#: Draws of runs of a bootstrap, and bins of the distribution of errors.
N_RESAMPLES, BINS = 500, 21
#: Names of sets of structures: the one that scores without a prefix are of, and that of the larger box.
TEST, LARGER = "test", "larger"
#: Panel of the figure of transfers by model.
SHOWN = {"barcode": "barcode", "ridge": "ridge on mean SOAP"}


class Evaluated(NamedTuple):
    """A set of structures with the energies that each model predicts."""

    structures: StructureSet
    predicted: Mapping[str, Floats]

    @classmethod
    def by(cls, models: EnergyModels, structures: StructureSet) -> Evaluated:
        """Predict a set of structures."""
        return cls(structures, models.predict(structures))

    def scores(self, model: str) -> dict[str, float]:
        """Return the errors of a model; see `learn.energy_scores`."""
        return learn.energy_scores(self.structures.energies, self.predicted[model], self.structures.sizes)

    def parity(self, lowest: float) -> pd.DataFrame:
        """Return true (``x``) and predicted (``y``) energies above `lowest` (eV) in meV an atom; systems in eV."""
        energies, sizes = self.structures.energies, self.structures.sizes
        return pd.DataFrame(
            {"x": 1000 * (energies / sizes - lowest), "y": 1000 * (self.predicted["barcode"] / sizes - lowest)}
        ).assign(run=self.structures.runs, energy_ev=energies, predicted_ev=self.predicted["barcode"])


def prefix(model: str, structures: str) -> str:
    """Return a prefix of scores such as ``baseline.ridge.by_run``; empty for the barcode on the test set."""
    name = {"barcode": "", "all_environments": "all_environments"}.get(model, f"baseline.{model}")
    return ".".join(part for part in (name, "" if structures == TEST else structures) if part)


def prediction_scores(findings: PaperFindings, fit: BarcodeFit, sets: Mapping[str, Evaluated]) -> None:
    """Add the errors of every model on every set, and out of fold by run and by random row."""
    rows = []
    for name, evaluated in sets.items():
        rows += [(model, name, len(evaluated.structures), evaluated.scores(model)) for model in MODELS]
    for split, table in fit.out_of_fold.read().groupby("split", sort=False):
        name = "by_run" if split == "run" else "random_split"
        for model in MODELS:
            scores = learn.energy_scores(table["energy"], table[model], table["n_particles"])
            rows.append((model, name, len(table), scores))
    for model, name, _, scores in rows:
        findings.score(scores, prefix(model, name))
    errors = pd.DataFrame([{"model": m, "evaluated on": w, "structures": n, **scores} for m, w, n, scores in rows])
    errors.to_csv(findings.table_path("errors"), index=False, lineterminator="\n")
    structures, predicted = sets[TEST]
    low, high = analysis.bootstrap(
        analysis.split_by(predicted["barcode"] - structures.energies, structures.runs),
        lambda drawn: float(np.sqrt(np.mean(np.concatenate(drawn) ** 2))), N_RESAMPLES, findings.seed % 2**31,
    )  # fmt: skip
    findings.score({"rmse_ev.low": low, "rmse_ev.high": high})


def prediction_figures(findings: PaperFindings, sets: Mapping[str, Evaluated], barcodes: Floats) -> None:
    """Add figures 2, 2_inset and A3; `barcodes` are those of the test structures."""
    test, larger = sets[TEST], sets[LARGER]
    lowest = float((test.structures.energies / test.structures.sizes).min())
    parity = test.parity(lowest).assign(panel="_parity", series="second test set")
    table = pd.concat([parity, _examples(test.structures, barcodes)], ignore_index=True)
    for identity, evaluated, shown in (("2", test, table), ("2_inset", larger, larger.parity(lowest))):
        structures = {"structures": len(evaluated.structures), "atoms": int(evaluated.structures.sizes.mean())}
        findings.add(identity, shown, scores=evaluated.scores("barcode"), **structures)
    _error_distributions(findings, [test, larger])


def _examples(test: StructureSet, barcodes: Floats) -> pd.DataFrame:
    """Return the barcodes of the structures of lowest, median and highest energy."""
    energies = test.energies / test.sizes
    order = np.argsort(energies, kind="stable")
    parts = []
    for panel, row in (("lowest", order[0]), ("median", order[len(order) // 2]), ("highest", order[-1])):
        bars = pd.DataFrame({"x": np.arange(1, barcodes.shape[1] + 1), "y": barcodes[row]})
        title = f"{panel}: {1000 * test.energies[row] / test.sizes[row]:.1f} meV/atom"
        about = {"run": test.runs[row], "energy_ev": test.energies[row]}
        parts.append(bars.assign(panel=panel, series="barcode", title=title, **about))
    return pd.concat(parts, ignore_index=True)


def _error_distributions(findings: PaperFindings, sets: Sequence[Evaluated]) -> None:
    """Add figure A3."""
    names = [f"{int(structures.sizes.mean())} atoms" for structures, _ in sets]
    errors = [1000 * (predicted["barcode"] - s.energies) / s.sizes for s, predicted in sets]
    widest = max(float(np.abs(error).max()) for error in errors) * 1.05
    edges = np.linspace(-widest, widest, BINS + 1)
    tables = [
        analysis.histogram(error, edges)[["x", "density"]].rename(columns={"x": "error"}).assign(series=name)
        for name, error in zip(names, errors)
    ]
    texts = [f"{n}: mean {e.mean():.2f}, deviation {e.std():.2f} meV/atom" for n, e in zip(names, errors)]
    findings.add("A3", pd.concat(tables, ignore_index=True), deviations="; ".join(texts))


def amount_figure(findings: PaperFindings, scans: Sequence[Scan]) -> None:
    """Add figure A1: error against number of environments, a curve for each amount of data."""
    table = pd.concat([scan.table.read() for scan in scans], ignore_index=True)
    mean = table.groupby(["runs", "threshold"], as_index=False).agg(
        environments=("environments", "mean"), rmse_ev=("rmse_ev", "mean"), std=("rmse_ev", "std"),
        structures=("structures", "mean"), cases=("rmse_ev", "size"),
    )  # fmt: skip
    error = mean["std"].fillna(0.0) / np.sqrt(mean["cases"])
    mean["low"], mean["high"] = mean["rmse_ev"] - error, mean["rmse_ev"] + error
    mean["curve"] = [f"{int(runs)} runs" for runs in mean["runs"]]
    best = mean.iloc[int(np.argmin(mean["rmse_ev"]))]
    thresholds = ", ".join(f"{t:g}" for t in sorted(set(mean["threshold"])))
    findings.add("A1", mean, best=best, thresholds=thresholds, draws=int(mean["cases"].min()))
    findings.score({"amount.best_rmse_ev": float(best["rmse_ev"])})


def transfer_figure(findings: PaperFindings, sets: Mapping[str, Evaluated], species: Sequence[str]) -> None:
    """Add the figure of other compositions, each relative to its own mean; see `learn.energies_without_bias`."""
    parts, summary = [], []
    for name, evaluated in sets.items():
        if name == LARGER:
            continue
        structures = evaluated.structures
        label, errors = _composition(structures, species), []
        for model, panel in SHOWN.items():
            energies, predicted = structures.energies, evaluated.predicted[model]
            table = learn.energies_without_bias(energies, predicted, structures.sizes)
            parts.append(
                table[["true", "predicted"]].set_axis(["x", "y"], axis=1).assign(
                    run=structures.runs, energy_ev=energies, predicted_ev=predicted, panel=panel,
                    series=f"{label} (second test set)" if name == TEST else label,
                )
            )  # fmt: skip
            score, rmse = evaluated.scores(model), float(table["error"].std(ddof=0))
            errors.append(f"{model} {rmse:.1f} (r = {score['pearson']:.2f}; bias {score['bias_mev_per_atom']:+.1f})")
            findings.score({"rmse_without_bias_mev_per_atom": rmse}, prefix(model, name))
        if name != TEST:
            spread = float(1000 * (structures.energies / structures.sizes).std())
            findings.score({"energy_std_mev_per_atom": spread}, name)
            summary.append(
                f"{label}: energies spread by {spread:.1f} meV/atom, errors without bias {', '.join(errors)}"
            )
    findings.add("transfer", pd.concat(parts, ignore_index=True), errors="; ".join(summary))


def _composition(structures: StructureSet, species: Sequence[str]) -> str:
    """Return ``Cu56Zr44``, in whole per cent of two species."""
    last = round(100 * float(structures.table["composition"].mean()))
    return f"{species[0]}{100 - last}{species[1]}{last}"
