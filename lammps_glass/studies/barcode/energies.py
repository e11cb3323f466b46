"""Figures 2, 2_inset, A1 and A3: how well the energies of other glasses are predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass import analysis, learn
from lammps_glass.studies.barcode.learning import MODELS, Fitted
from lammps_glass.studies.barcode.structures import Structures
from lammps_glass.studies.case import Case
from lammps_glass.studies.findings import Findings
from lammps_glass.tables import read_table

#: Boxes that a bootstrap draws, and the bins of the distribution of errors.
N_RESAMPLES, BINS = 500, 21


def prediction_scores(findings: Findings, case: Case, fitted: Fitted, sets: dict[str, Structures]) -> None:
    """Every model on every set, by run and by random row: bare scores are the barcode's on the second test set."""
    rows = []
    for where, structures in sets.items():
        for name, predicted in fitted.predict(structures).items():
            found = scored(structures, predicted)
            rows.append({"model": name, "judged on": where, "structures": len(structures), **found})
            findings.score(found, prefix(name, "" if where == "test" else where))
    held = read_table(case.input("learn") / "predicted.parquet")
    for split, part in held.groupby("split", sort=False):
        where = "by_run" if split == "run" else "random_split"
        for name in MODELS:
            found = learn.energy_scores(part["energy"], part[name], part["n_particles"])
            rows.append({"model": name, "judged on": where, "structures": len(part), **found})
            findings.score(found, prefix(name, where))
    pd.DataFrame(rows).to_csv(findings.directory / "tables" / "errors.csv", index=False, lineterminator="\n")
    test = sets["test"]
    low, high = _interval(test, fitted.predict(test)["barcode"], case.seed)
    findings.score({"rmse_ev.low": low, "rmse_ev.high": high})


def prefix(model: str, where: str) -> str:
    """``baseline.ridge.by_run``; the barcode's own scores stand under no model's name."""
    own = {"barcode": "", "all_environments": "all_environments"}.get(model, f"baseline.{model}")
    return ".".join(part for part in (own, where) if part)


def _interval(structures: Structures, predicted: np.ndarray, seed: int) -> tuple[float, float]:
    """Interval of the error, over independent runs."""
    error = predicted - structures.energies
    by_run = {name: error[structures.runs == name] for name in sorted(set(structures.runs.tolist()))}
    return analysis.bootstrap(
        by_run, lambda drawn: float(np.sqrt(np.mean(np.concatenate(drawn) ** 2))), N_RESAMPLES, seed % 2**31
    )


def above(structures: Structures, predicted: np.ndarray, lowest: float) -> pd.DataFrame:
    """True and predicted energies in meV an atom above `lowest` (eV an atom), and the systems' own in eV."""
    return pd.DataFrame(
        {
            "x": 1000 * (structures.energies / structures.sizes - lowest),
            "y": 1000 * (predicted / structures.sizes - lowest),
            "run": structures.runs,
            "energy_ev": structures.energies,
            "predicted_ev": predicted,
        }
    )


def prediction_figures(findings: Findings, fitted: Fitted, sets: dict[str, Structures], barcodes: np.ndarray) -> None:
    """Figures 2, 2_inset and A3."""
    test, larger = sets["test"], sets["larger"]
    predicted = {name: fitted.predict(sets[name])["barcode"] for name in ("test", "larger")}
    lowest = float((test.energies / test.sizes).min())
    score = {n: scored(sets[n], predicted[n]) for n in predicted}
    parity = above(test, predicted["test"], lowest).assign(panel="_parity", series="second test set")
    examples = _examples(test, barcodes)
    findings.figure(
        "2",
        pd.concat([parity, examples], ignore_index=True),
        _words(score["test"]) + f", {len(test)} structures of {int(test.sizes.mean())} atoms",
        "Energies above the lowest inherent structure of the second test set, which shares no run with the training. "
        "Right: barcodes of its lowest, median and highest structure, on one scale.",
    )
    findings.figure(
        "2_inset",
        above(larger, predicted["larger"], lowest),
        _words(score["larger"]) + f", {len(larger)} structures of {int(larger.sizes.mean())} atoms",
        "The same model, scaled to the number of atoms, on a larger box that it was not trained on. Energies above the "
        "lowest an atom of the second test set, as in figure 2.",
    )
    _distributions(findings, {n: (sets[n], predicted[n]) for n in predicted})


def scored(structures: Structures, predicted: np.ndarray) -> dict[str, float]:
    return learn.energy_scores(structures.energies, predicted, structures.sizes)


def _words(score: dict[str, float]) -> str:
    return (
        f"RMSE {score['rmse_ev']:.3f} eV per system, {score['rmse_mev_per_atom']:.2f} meV/atom, "
        f"{score['rmse_over_std']:.2f} standard deviations, bias {score['bias_mev_per_atom']:.2f} meV/atom"
    )


def _examples(test: Structures, barcodes: np.ndarray) -> pd.DataFrame:
    """Barcodes of the structures of lowest, median and highest energy."""
    order = np.argsort(test.energies / test.sizes, kind="stable")
    parts = []
    for panel, at in (("lowest", order[0]), ("median", order[len(order) // 2]), ("highest", order[-1])):
        bars = pd.DataFrame({"x": np.arange(1, barcodes.shape[1] + 1), "y": barcodes[at]})
        title = f"{panel}: {1000 * test.energies[at] / test.sizes[at]:.1f} meV/atom"
        kept = {"run": test.runs[at], "energy_ev": test.energies[at]}
        parts.append(bars.assign(panel=panel, series="barcode", title=title, **kept))
    return pd.concat(parts, ignore_index=True)


def _distributions(findings: Findings, sets: dict[str, tuple[Structures, np.ndarray]]) -> None:
    errors = {n: 1000 * (found - s.energies) / s.sizes for n, (s, found) in sets.items()}
    widest = max(float(np.abs(error).max()) for error in errors.values()) * 1.05
    edges = np.linspace(-widest, widest, BINS + 1)
    parts = []
    for name, error in errors.items():
        bins = analysis.histogram(error, edges)[["x", "density"]].rename(columns={"x": "error"})
        parts.append(bins.assign(series=f"{int(sets[name][0].sizes.mean())} atoms"))
    said = "; ".join(
        f"{int(sets[n][0].sizes.mean())} atoms: mean {errors[n].mean():.2f}, deviation {errors[n].std():.2f} meV/atom"
        for n in errors
    )
    findings.figure("A3", pd.concat(parts, ignore_index=True), said, "Error a particle, predicted minus true.")


def amount_figure(findings: Findings, case: Case) -> None:
    """Figure A1: error against number of environments, a curve for each amount of data."""
    table = pd.concat([read_table(p.path / "scan.parquet") for p in case.inputs("scan")], ignore_index=True)
    groups = table.groupby(["runs", "threshold"], as_index=False)
    mean = groups.agg(
        environments=("environments", "mean"), rmse_ev=("rmse_ev", "mean"), std=("rmse_ev", "std"),
        structures=("structures", "mean"), cases=("rmse_ev", "size"),
    )  # fmt: skip
    error = mean["std"].fillna(0.0) / np.sqrt(mean["cases"])
    mean["low"], mean["high"] = mean["rmse_ev"] - error, mean["rmse_ev"] + error
    mean["curve"] = [f"{int(runs)} runs" for runs in mean["runs"]]
    best = mean.iloc[int(np.argmin(mean["rmse_ev"]))]
    findings.figure(
        "A1",
        mean,
        f"best {best['rmse_ev']:.3f} eV with {best['environments']:.0f} environments and {int(best['runs'])} runs",
        "Error on the second test set, eV a system; environments that occur in the runs that train; thresholds "
        + ", ".join(f"{t:g}" for t in sorted(set(mean["threshold"])))
        + f"; {int(mean['cases'].min())} draws of runs a point (with all runs, seeds of the trees alone); the "
        "paper's parameters of XGBoost.",
    )
    findings.score({"amount.best_rmse_ev": float(best["rmse_ev"])})
