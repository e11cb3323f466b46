"""The energy of a minimum in compiled code."""

from __future__ import annotations

from lammps_glass.activation.surface import Surface
from lammps_glass.interactions.model import Model
from lammps_glass.interactions.system import System
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


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
        if positions is not self.minimum.positions:  # held elsewhere: a system of its own
            return System(self.minimum.replace(positions=positions), self._model, mobile=rows, skin=self._skin)
        key = b"all" if rows is None else rows.tobytes()
        if key not in self._kept:
            if len(self._kept) > 2:
                self._kept = {name: system for name, system in self._kept.items() if name == b"all"}
            self._kept[key] = System(self.minimum, self._model, mobile=rows, skin=self._skin)
        system = self._kept[key]
        system.reset(positions if rows is None else positions[rows])
        return system
