"""Style of all figures: colours for colour-blind readers, fonts, grid."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

#: Keyword arguments of a drawing function of matplotlib, such as colour and line style.
Look = dict[str, Any]

# Okabe & Ito 2008, ordered so that neighbours in the list differ in lightness too; yellow is left out (unreadable).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#4D4D4D")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
#: Colour map of numbers; colours of guide lines, of marks on such a map (seen on both of its ends), of the main curve.
SEQUENTIAL, GUIDE, ON_MAP, HIGHLIGHT = "viridis", "#777777", "#FF5C5C", "#111111"

#: Settings of matplotlib (``rcParams``).
RC: dict[str, object] = {
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.hashsalt": "lammps-glass",
    "svg.fonttype": "path",
}
#: Width and height of a figure, inches.
SIZE = (6.4, 4.2)


@contextmanager
def context() -> Iterator[None]:
    """Use matplotlib's defaults with this style within a block, whatever the user's matplotlibrc says."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def colours(names: Sequence[Hashable]) -> list[str]:
    """Choose a colour for each series: of a sequential map for numbers (time, temperature), else of the palette."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if all(isinstance(name, int | float) and not isinstance(name, bool) for name in names) and len(names) > 1:
        ramp = colormaps[SEQUENTIAL]
        # The last tenth of the ramp is too light on white.
        return [to_hex(ramp(0.88 * at / (len(names) - 1))) for at in range(len(names))]
    if len(names) > len(PALETTE):
        ramp = colormaps["Blues"]
        return [to_hex(ramp(0.35 + 0.6 * at / (len(names) - 1))) for at in range(len(names))]
    return [PALETTE[at] for at in range(len(names))]
