"""Figures 1 to 7: the tables behind them, our findings in words, and the scores of the six cases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lammps_glass.simulate.work import Work
from lammps_glass.snapshots import Snapshot
from lammps_glass.studies.ace.describing import ROWS, features_of, read_rows
from lammps_glass.studies.ace.learning import CURVE, ORDER, PEARSON, SCORES, SELECTED
from lammps_glass.studies.ace.notes import shear_notes, thermal_notes
from lammps_glass.studies.ace.settings import BASELINE_NAME, DRIVES, GLASSES, LABEL, SPECIES, TARGET, THERMAL, products
from lammps_glass.studies.ace.shear import MAP, snapshots as kept_snapshots
from lammps_glass.studies.ace.thermal import LABELS
from lammps_glass.studies.case import Case, Product
from lammps_glass.studies.findings import Findings
from lammps_glass.tables import read_table

BAND_NOTE = "Bands: one standard deviation over the glasses that test, each by its rows."
THICKNESS, WIDTH = 1.0, 0.6  # of a slice, and of the Gaussian that smooths D2min in it (sigma)


def ace_figures(case: Case) -> None:
    """Everything that the paper shows, for every glass and drive that ran."""
    found = products(case)
    with Findings(case.directory) as findings:
        _radial_functions(findings)
        for glass in GLASSES:
            for drive in DRIVES:
                own = [p for p in found if p.conditions.get("glass") == glass and p.conditions.get("drive") == drive]
                if own:
                    _case_figures(findings, f"{glass}_{drive}", own)
        means = [
            value for name, value in findings.scores.items() if name.count(".") == 2 and name.endswith(".accuracy")
        ]
        findings.score({"accuracy": float(np.mean(means))})
        findings.size(cases=len(means))


def _with(found: Sequence[Product], name: str) -> list[Product]:
    """The products that hold a file of this name."""
    return [product for product in found if (product.path / name).is_file()]


def _case_figures(findings: Findings, name: str, found: Sequence[Product]) -> None:
    glass, drive = name.rsplit("_", 1)
    labelled = _with(found, LABELS)
    (chosen,) = _with(found, SELECTED)
    scores = json.loads((chosen.path / SCORES).read_text(encoding="utf-8"))
    findings.score(scores, f"{glass}.{drive}")
    said = thermal_notes(labelled) if drive == THERMAL else shear_notes(labelled)
    findings.score(said["scores"], f"{glass}.{drive}")
    if said["warnings"]:
        findings.warn(f"{glass}, {drive}", f"not equilibrated: {'; '.join(said['warnings'])}")
    _map(findings, name, labelled, said["note"])
    _body_order(findings, name, _with(found, ORDER), scores, said["note"])
    r_cut = scores["r_cut"]
    _first_feature(findings, name, [p for p in _with(found, ROWS) if p.conditions["r_cut"] == r_cut], r_cut)
    _selection(findings, name, chosen.path, scores)
    _learning_curve(findings, name, chosen.path, scores)
    _pearson(findings, name, _with(found, PEARSON), scores)
    findings.size(**{f"{glass}_{drive}_rows": int(scores["n_rows"]), f"{glass}_{drive}_glasses": len(labelled)})


# -- 1 -----------------------------------------------------------------------------------------------------------------


def _radial_functions(findings: Findings) -> None:
    from lammps_glass.descriptors.ace.radial import make_transform, radial_functions

    r = np.linspace(0.0, 4.0, 201)
    values = radial_functions(r, 6, make_transform("ace1", 4.0))
    table = pd.concat([pd.DataFrame({"r": r, "value": v, "n": n}) for n, v in enumerate(values, start=1)])
    slope = np.abs(np.gradient(values[0], r))
    findings.figure(
        "1", table, f"R_1 is steepest at r = {r[np.argmax(slope)]:.2f}",
        "The transform of the authors' code; the printed formula is the option transform = \"paper\".",
    )  # fmt: skip


# -- 2 -----------------------------------------------------------------------------------------------------------------


def _map(findings: Findings, name: str, labelled: Sequence[Product], note: str) -> None:
    """D2min of type A in the slice of the first glass around its most active particle, and the particles in it."""
    from lammps_glass import analysis

    snapshot, values = _mapped(labelled[0])
    top = int(np.argmax(values))
    centre = float(snapshot.cell.fractional(snapshot.positions[top : top + 1])[0, 2] % 1.0)
    field = analysis.slice_field(snapshot, values, THICKNESS, centre=centre, spacing=0.25, width=WIDTH)
    rings = analysis.slice_particles(snapshot, THICKNESS, centre)
    rings = rings.assign(size=values[rings["row"]])[["x", "y", "size"]]
    table = pd.concat([field.dropna(subset="value"), rings], ignore_index=True)
    high = values >= np.quantile(values, 0.95)
    share = values[high].sum() / values.sum()
    findings.figure(
        f"2_{name}", table, f"the top 5 % of type A hold {share:.0%} of D2min",
        f"Replica {labelled[0].replica}, slice of thickness {THICKNESS:g} through the most active particle; field "
        f"smoothed over {WIDTH:g}, rings are particles of type A, as large as their D2min. {note}",
    )  # fmt: skip
    findings.score({"d2min_share_of_top": float(share)}, name.replace("_", "."))


def _mapped(product: Product) -> tuple[Snapshot, Any]:
    """The particles of type A of one snapshot, and their D2min."""
    stored = product.path / (MAP if (product.path / MAP).is_file() else LABELS)
    table = read_table(stored).sort_values("particle")
    step = int(table["step"].iloc[0])
    snapshot = next(s for s in kept_snapshots(product.path) if s.step == step)
    at = np.searchsorted(snapshot.ids, table["particle"].to_numpy())
    own = Snapshot(snapshot.cell, snapshot.positions[at], np.zeros(len(at), dtype=int), (SPECIES,))
    return own, table[TARGET].to_numpy(dtype=float)


# -- 3 -----------------------------------------------------------------------------------------------------------------


def _body_order(
    findings: Findings, name: str, ordered: Sequence[Product], scores: Mapping[str, float], note: str
) -> None:
    parts = []
    for product in sorted(ordered, key=lambda p: float(p.conditions["r_cut"])):
        r_cut = float(product.conditions["r_cut"])
        table = read_table(product.path / ORDER)
        own = table[table["rows"] == "by glass"].assign(curve=f"r_cut = {r_cut:g}", r_cut=r_cut)
        parts.append(own)
        if r_cut == scores["r_cut"]:
            random = table[table["rows"] == "random rows"]
            parts.append(random.assign(curve=f"r_cut = {r_cut:g}, random rows (leaks)", r_cut=r_cut))
    curves = pd.concat(parts, ignore_index=True)
    flat = _baseline(curves, scores, "accuracy")
    table = pd.concat([curves, flat.assign(curve=BASELINE_NAME, rows="by glass")], ignore_index=True)
    like = f"{scores['like_pairs']:.1%} with A-A, " if "like_pairs" in scores else ""
    findings.figure(
        f"3_{name}", table,
        f"{scores['first_feature']:.1%} with one feature, {like}{scores['pairs']:.1%} with all 2-body, "
        f"{scores['triples']:.1%} with 3-body, {scores['accuracy']:.1%} with 4-body (r_cut {scores['r_cut']:g})",
        f"Left-out glasses. {BAND_NOTE} {int(scores['n_rows'])} rows, half of them active. Density and coordination: "
        f"{flat['accuracy'].iloc[0]:.1%}; linear SVM with all features: {scores['svm.accuracy']:.1%}. {note}",
    )  # fmt: skip


def _baseline(curves: pd.DataFrame, scores: Mapping[str, float], score: str) -> pd.DataFrame:
    """A flat line over the numbers of features of `curves`: what local density and coordination reach."""
    ends = curves["n_features"].agg(["min", "max"]).to_numpy()
    return pd.DataFrame({"n_features": ends, score: scores[f"baseline.density_coordination.{score}"]})


# -- 4 -----------------------------------------------------------------------------------------------------------------


def _first_feature(findings: Findings, name: str, described: Sequence[Product], r_cut: float) -> None:
    from lammps_glass import analysis

    first = features_of(described[0].path)[0]
    rows = pd.concat([read_rows(p.path, [LABEL, first]) for p in described], ignore_index=True)
    edges = np.histogram_bin_edges(rows[first], bins=int(np.clip(np.sqrt(len(rows)), 6, 25)))
    parts = []
    for label, what in ((1, "active"), (0, "inactive")):
        bins = analysis.histogram(rows.loc[rows[LABEL] == label, first], edges)
        parts.append(bins[["x", "density"]].assign(**{"class": what}))
    mean = rows.groupby(LABEL)[first].mean()
    apart = (abs(mean[1]) - abs(mean[0])) / rows.groupby(LABEL)[first].std().mean()
    larger = "active" if apart > 0 else "inactive"
    findings.figure(
        f"4_{name}", pd.concat(parts, ignore_index=True),
        f"{larger} particles have the larger magnitude: mean {mean[1]:.3f} active, {mean[0]:.3f} inactive, "
        f"{abs(apart):.2f} standard deviations apart",
        f"Feature n = 1 of type A, which is negative everywhere; r_cut {r_cut:g}.",
    )  # fmt: skip
    findings.score({"first_feature_separation": float(apart)}, name.replace("_", "."))


# -- 5, 6, 7 -----------------------------------------------------------------------------------------------------------


def _selection(findings: Findings, name: str, folder: Path, scores: Mapping[str, float]) -> None:
    table = read_table(folder / SELECTED)
    flat = _baseline(table, scores, "accuracy").assign(basis=BASELINE_NAME)
    selected = table[table["basis"] == "sequential selection"].sort_values("n_features")
    names = [short_name(n) for n in selected["feature"].head(4)]
    best = table.groupby("basis")["accuracy"].max()
    reached = selected.loc[selected["accuracy"] >= best["sequential selection"] - 0.01, "n_features"].iloc[0]
    said = ", ".join(f"{basis} {value:.1%}" for basis, value in best.items())
    findings.figure(
        f"5_{name}", pd.concat([table, flat], ignore_index=True),
        f"selected first: {', '.join(names)}; within 1 % of its best after {int(reached)}; best {said}",
        "2- and 3-body features only. Selection by the training glasses of each split; the names are of all glasses. "
        f"{BAND_NOTE}",
    )  # fmt: skip


def short_name(feature: str) -> str:
    """``A1`` for the pair feature of species A with n = 1; others in full."""
    body, rest = feature.split(" ", 1)
    if body == "2-body":
        return rest[0] + rest[rest.index("n=") + 2 : rest.index(" l=")]
    return feature


def _learning_curve(findings: Findings, name: str, folder: Path, scores: Mapping[str, float]) -> None:
    table = read_table(folder / CURVE)
    left = table[table["rows"] == "left-out glasses"].sort_values("n_rows")
    before, last = left.iloc[len(left) // 2], left.iloc[-1]
    gain = last["accuracy"] - before["accuracy"]
    verdict = "converged" if abs(gain) < 0.01 else "not converged"
    findings.figure(
        f"6_{name}", table, f"{verdict}: {gain:+.1%} from {before['n_rows']:.0f} to {last['n_rows']:.0f} rows",
        f"All features, r_cut {scores['r_cut']:g}; random parts of the rows of the training glasses. "
        f"{BAND_NOTE}",
    )  # fmt: skip


def _pearson(findings: Findings, name: str, ordered: Sequence[Product], scores: Mapping[str, float]) -> None:
    """The score is that of the most features at one cutoff: the best of all points would be chosen by test rows."""
    parts = [
        read_table(p.path / PEARSON).assign(
            curve=f"r_cut = {p.conditions['r_cut']:g}", r_cut=float(p.conditions["r_cut"])
        )
        for p in sorted(ordered, key=lambda p: float(p.conditions["r_cut"]))
    ]
    table = pd.concat(parts, ignore_index=True)
    best = table.sort_values("pearson").iloc[-1]
    flat = _baseline(table, scores, "pearson").assign(curve=BASELINE_NAME)
    findings.figure(
        f"7_{name}", pd.concat([table, flat], ignore_index=True),
        f"at most {best['pearson']:.2f}, {best['curve']}, {int(best['n_features'])} features; density and coordination "
        f"{flat['pearson'].iloc[0]:.2f}",
        f"D2min itself of the rows of figure 3, predicted for left-out glasses; a constant prediction counts as 0. "
        f"Up to {int(table['n_features'].max())} features (`body_order.ard_features`). {BAND_NOTE}",
    )  # fmt: skip
    at_cutoff = table[table["r_cut"] == scores["r_cut"]].sort_values("n_features")
    if len(at_cutoff):
        findings.score({"pearson": float(at_cutoff["pearson"].iloc[-1])}, name.replace("_", "."))


def work(parameters: Any, counts: Mapping[str, int], reads: Mapping[str, Sequence[Work]]) -> Work:
    """Of the rows, one feature of one case at a time is held."""
    return Work(parts={"cases": 1.0})
