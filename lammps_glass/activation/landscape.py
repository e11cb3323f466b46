"""The energy of a minimum in compiled code."""

from __future__ import annotations

from lammps_glass.activation.surface import Surface
from lammps_glass.interactions.model import Model
from lammps_glass.interactions.system import System
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers

#: Margin of the pairs over their skin, in skins: most searches find the pairs of the whole snapshot once.
_MARGIN = 4.0


class CompiledLandscape:
    """The energy of a snapshot under a compiled model; see `search.Landscape`.

    Parameters
    ----------
    minimum
        The initial minimum.
    model
        Interactions.
    skin
        Pairs are kept up to the cutoff plus this length.
    """

    def __init__(self, minimum: Snapshot, model: Model, skin: float) -> None:
        self.minimum, self._model, self._skin = minimum, model, skin
        self._kept: dict[bytes, System] = {}

    def surface(self, rows: Integers | None, positions: Floats) -> Surface:
        """Return the energy of the particles in `rows` (None: all), the others held at `positions` (n, 3).

        Systems of the last particle are kept; each begins anew, so that a search does not depend on earlier ones.
        """
        if rows is not None and len(rows) == len(self.minimum):
            rows = None
        if positions is not self.minimum.positions:  # held elsewhere: a system of its own
            return self._system(self.minimum.replace(positions=positions), rows)
        key = b"all" if rows is None else rows.tobytes()
        if key not in self._kept:
            if len(self._kept) > 2:
                self._kept = {name: system for name, system in self._kept.items() if name == b"all"}
            self._kept[key] = self._system(self.minimum, rows)
        system = self._kept[key]
        system.reset(positions if rows is None else positions[rows])
        return system

    def _system(self, snapshot: Snapshot, rows: Integers | None) -> System:
        return System(snapshot, self._model, mobile=rows, skin=self._skin, margin=_MARGIN * self._skin)
