"""Draw a figure as PNG and SVG, with its table as CSV."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lammps_glass.errors import InputError
from lammps_glass.figures import style
from lammps_glass.figures.spec import FigureSpec
from lammps_glass.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lammps_glass.figures.axes import Draw

#: Letters of a line of a title that fit between the left end of the axes and that of the figure.
TITLE_WIDTH = 54


def draw(spec: FigureSpec, table: pd.DataFrame, folder: str | Path, note: str = "") -> tuple[Path, Path, Path]:
    """Write ``<id>.png``, ``<id>.svg`` and ``<id>.csv`` into `folder`; equal tables give equal bytes.

    A figure of kind ``clusters`` gets ``<id>_ovito.png`` too where OVITO can render (see :mod:`.rendered`).

    Parameters
    ----------
    spec
        Kind, columns and labels of the figure.
    table
        Its numbers; all columns go into the CSV, in full precision.
    folder
        Created when it does not exist.
    note
        Small text under the plot, such as the system size and its limitations.

    Returns
    -------
    (png, svg, csv)
        The paths.

    Raises
    ------
    InputError
        A column is missing, the table is empty, or the measured column holds no finite number; nothing is written.
    """
    _check(spec, table)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{spec.id}.png", folder / f"{spec.id}.svg", folder / f"{spec.id}.csv"
    with style.context():
        figure = _figure(spec, table, note)
        # Metadata without date and software version: the bytes depend on the numbers only.
        _save(paths[0], lambda path: figure.savefig(path, format="png", metadata={"Software": None}))
        _save(paths[1], lambda path: figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}))
    _save(paths[2], lambda path: path.write_text(_csv(table), encoding="utf-8"))
    if spec.kind == "clusters":
        _render(spec, table, folder / f"{spec.id}_ovito.png", note)
    return paths


def _render(spec: FigureSpec, table: pd.DataFrame, path: Path, note: str) -> None:
    """Draw clusters a second time with OVITO's spheres, where OVITO can render; an outdated file is removed."""
    from lammps_glass.figures.rendered import spheres

    path.unlink(missing_ok=True)
    drawer = spheres(spec, table)
    if drawer is not None:
        with style.context():
            figure = _figure(spec, table, note, drawer)
            _save(path, lambda path: figure.savefig(path, format="png", metadata={"Software": None}))


def _check(spec: FigureSpec, table: pd.DataFrame) -> None:
    """Refuse a table without the columns of the figure, without rows, or without a finite number to show."""
    missing = [name for name in spec.needed if name not in table.columns]
    if missing:
        raise InputError(
            f"figure {spec.id}: no column {', '.join(missing)}; the table has {', '.join(map(str, table.columns))}"
        )
    if table.empty:
        raise InputError(f"figure {spec.id}: the table has no row")
    if spec.measured is not None:
        numbers = pd.to_numeric(table[spec.measured], errors="coerce").to_numpy(dtype=float)
        if not np.isfinite(numbers).any():
            raise InputError(f"figure {spec.id}: column {spec.measured} holds no finite number")


def _save(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file, which appears when it is complete."""
    with atomic_path(path) as temporary:
        write(temporary)


def _csv(table: pd.DataFrame) -> str:
    """Format a table with the shortest decimals that are read back as the same floats, NaN as an empty field."""
    return str(table.to_csv(index=False, lineterminator="\n", float_format=_digits))


def _digits(value: Any) -> str:
    return repr(float(value))


def _figure(spec: FigureSpec, table: pd.DataFrame, note: str, drawer: Draw | None = None) -> Figure:
    """Draw a figure by the function of its kind (or `drawer`), with the note below; without pyplot and its display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from lammps_glass.figures import kinds
    from lammps_glass.figures.axes import legend_above
    from lammps_glass.figures.registry import REGISTRY

    lines = textwrap.wrap(note, 98)
    figure = Figure(
        figsize=(style.SIZE[0], kinds.height(spec, table) + 0.17 * len(lines)),
        layout=ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.07),
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="3d" if spec.kind == "space" else None)
    drawer = drawer or REGISTRY[spec.kind].load()
    drawer(spec, table, axes)
    # Room for a legend between plot and title (`axes.legend`).
    pad = 24 if legend_above(spec, axes) else 10
    axes.set_title("\n".join(textwrap.wrap(spec.title, TITLE_WIDTH)), pad=pad)
    if lines:
        figure.supxlabel("\n".join(lines), fontsize=7.8, color="#555555", x=0.02, ha="left", linespacing=1.35)
    return figure
