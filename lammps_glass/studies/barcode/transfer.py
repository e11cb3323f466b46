"""The figure of other compositions: what a model of one composition says of two that it was not trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lammps_glass.studies.barcode.energies import above, prefix, scored
from lammps_glass.studies.barcode.learning import Fitted
from lammps_glass.studies.barcode.structures import Structures
from lammps_glass.studies.findings import Findings

#: Models that are shown, and their panels.
SHOWN = {"barcode": "barcode", "ridge": "ridge on mean SOAP"}


def transfer_figure(findings: Findings, fitted: Fitted, sets: dict[str, Structures]) -> None:
    """Other compositions, each about its own mean: the constant between two compositions cannot be learned from one.

    What is left stands beside the spread of the set's own energies: an error as large resolves nothing.
    """
    parts, said = [], []
    for name, structures in sets.items():
        label, words = _composition(structures), []
        for model, panel in SHOWN.items():
            predicted = fitted.predict(structures)[model]
            series = f"{label} (second test set)" if name == "test" else label
            parts.append(_about_mean(structures, predicted).assign(panel=panel, series=series))
            score, within = scored(structures, predicted), _centred_error(structures, predicted)
            words.append(f"{model} {within:.1f} (r = {score['pearson']:.2f}; bias {score['bias_mev_per_atom']:+.1f})")
            findings.score({"rmse_without_bias_mev_per_atom": within}, prefix(model, "" if name == "test" else name))
        if name != "test":
            spread = float(1000 * (structures.energies / structures.sizes).std())
            findings.score({"energy_std_mev_per_atom": spread}, name)
            said.append(f"{label}: energies spread by {spread:.1f} meV/atom, errors without bias {', '.join(words)}")
    findings.figure(
        "transfer",
        pd.concat(parts, ignore_index=True),
        "; ".join(said),
        "Two compositions that were not trained on, beside the one that was. Energies over the mean of their own set, "
        "predictions without their mean error: a constant for each composition, which a model of one cannot know. What "
        "is left resolves nothing where it is as large as the spread of the energies.",
    )


def _composition(structures: Structures) -> str:
    """``Cu56Zr44``, in whole per cent."""
    zr = round(100 * float(structures.table["zr"].mean()))
    return f"Cu{100 - zr}Zr{zr}"


def _about_mean(structures: Structures, predicted: np.ndarray) -> pd.DataFrame:
    """True and predicted energies, meV an atom, over the mean of the true ones; predictions without their bias."""
    mean = float((structures.energies / structures.sizes).mean())
    bias = float(((predicted - structures.energies) / structures.sizes).mean())
    return above(structures, predicted, mean).assign(y=lambda table: table["y"] - 1000 * bias)


def _centred_error(structures: Structures, predicted: np.ndarray) -> float:
    return float(1000 * ((predicted - structures.energies) / structures.sizes).std())
