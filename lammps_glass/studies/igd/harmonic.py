"""The measured vibrational amplitude beside the harmonic one, which knows no hops."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lammps_glass.studies.case import Case
from lammps_glass.studies.igd.rows import VIBRATIONS
from lammps_glass.tables import read_metadata, read_table

#: Ratio of the means of measured and harmonic vMSD above which a trace is said to hop. Anharmonic vibration alone adds
#: a few per cent below 500 K; a particle that hops early adds the square of its hop to both halves of its trace.
HOPS = 1.5


def compare(case: Case) -> dict[str, dict[str, float]]:
    """Temperature -> mean over samples of the ratio of mean vMSD to the harmonic one, its largest, the correlation.

    The harmonic amplitude is that of the inherent structure, from its Hessian. Empty without the family.
    """
    if "describe" not in case.after:
        return {}
    modes = {product.replica: product.path for product in case.inputs("modes")}
    parts = [_of_sample(product.path, modes[product.replica]) for product in case.inputs("describe")]
    table = pd.DataFrame([row for rows in parts for row in rows])
    if table.empty:
        return {}
    return {
        f"{temperature:g}": {
            "ratio": float(own["ratio"].mean()),
            "ratio.largest": float(own["ratio"].max()),
            "correlation": float(own["correlation"].mean()),
            "correlation.least": float(own["correlation"].min()),
        }
        for temperature, own in table.groupby("temperature")
    }


def _of_sample(described: Path, modes: Path) -> list[dict[str, float]]:
    path = described / "rows.parquet"
    rows = read_table(path).set_index("particle")
    harmonic = read_table(modes / "particles.parquet").set_index("particle")["msd_per_kelvin"].loc[rows.index]
    found = []
    for name in read_metadata(path)["families"].get(VIBRATIONS, []):
        temperature = float(name.removeprefix(f"{VIBRATIONS}(").removesuffix(")"))
        ratio = rows[name].mean() / (temperature * harmonic.mean())
        found.append({"temperature": temperature, "ratio": ratio, "correlation": rows[name].corr(harmonic)})
    return found


def hopping(compared: dict[str, dict[str, float]]) -> str:
    """The ratios in words, with a warning where particles hop; empty without traces."""
    if not compared:
        return ""
    said = ", ".join(
        f"{t} K {v['ratio']:.1f} (largest {v['ratio.largest']:.1f}, correlation {v['correlation']:.2f})"
        for t, v in compared.items()
    )
    warning = f" WARNING: {hops}." if (hops := hops_warning(compared)) else ""
    return f"Measured over harmonic vMSD, mean of the samples: {said}.{warning} "


def hops_warning(compared: dict[str, dict[str, float]]) -> str:
    """At which temperatures particles hop; empty where they only vibrate."""
    hopped = [t for t, v in compared.items() if v["ratio.largest"] > HOPS]
    if not hopped:
        return ""
    return f"above {HOPS:g} at {', '.join(hopped)} K: particles hop, it is not vibration alone"
