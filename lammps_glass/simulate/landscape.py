"""The energy of a minimum through LAMMPS in this process: any potential that the build has, always the whole cell."""

from __future__ import annotations

import contextlib
from types import TracebackType

import numpy as np

from lammps_glass.activation import Surface
from lammps_glass.errors import SimulationError
from lammps_glass.glasses.glass import Glass
from lammps_glass.simulate.engine import Engine, EngineOptions
from lammps_glass.simulate.static import loaded, oriented
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.grid import Integers


class LammpsLandscape:
    """Context manager of the energy of a snapshot under the interactions of its glass; see `activation.Landscape`.

    Parameters
    ----------
    minimum
        The initial minimum, periodic.
    glass
        Gives the interactions.
    engine
        How LAMMPS is started; one rank.
    """

    def __init__(self, minimum: Snapshot, glass: Glass, engine: EngineOptions | None = None) -> None:
        self.minimum, self._glass, self._options = minimum, glass, engine
        self._stack = contextlib.ExitStack()
        turned, self._rotation = oriented(minimum)
        self._origin = turned.cell.origin
        self._matrix = minimum.cell.matrix @ self._rotation
        self._inverse = np.linalg.inv(self._matrix)
        self._images = np.zeros_like(minimum.positions)  # whole cell vectors that LAMMPS has wrapped particles by
        self._engine: Engine | None = None

    def __enter__(self) -> LammpsLandscape:
        self._engine = self._stack.enter_context(loaded(self.minimum, self._glass, self._options))
        self._engine.commands("thermo 1\nthermo_style custom step pe\nthermo_modify norm no\nrun 0 post no")
        self._read_images(self.minimum.positions @ self._rotation)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine = None
        self._stack.close()

    def surface(self, rows: Integers | None, positions: Floats) -> Surface:
        """Return the energy of the particles in `rows` (None: all), the others held at `positions` (n, 3)."""
        return _Moving(self, slice(None) if rows is None else rows, positions)

    def evaluate(self, positions: Floats) -> tuple[float, Floats]:
        """Evaluate the energy and the (n, 3) forces at `positions` (n, 3)."""
        if self._engine is None:
            raise SimulationError("the landscape is closed: use it in a `with` block")
        lammps, turned = self._engine.lammps, positions @ self._rotation
        rows, x = self._rows(), self._local("x")
        x[:] = self._near_cell(turned + self._images)[rows]
        # without an integrator the run moves nothing, and finds neighbours anew where a particle has left the skin
        self._engine.commands("run 1 pre no post no")
        energy = float(lammps.get_thermo("pe"))
        forces = np.empty_like(positions)
        forces[self._rows()] = self._local("f")
        self._read_images(turned)
        return energy, forces @ self._rotation.T

    def _near_cell(self, positions: Floats) -> Floats:
        """Wrap particles that are a quarter of the cell outside of it: LAMMPS would lose them."""
        turns = np.floor((positions - self._origin) @ self._inverse)
        outside = (positions - self._origin) @ self._inverse - 0.5
        turns[np.abs(outside) < 0.75] = 0.0
        return positions - turns @ self._matrix

    def _read_images(self, turned: Floats) -> None:
        """Note by which cell vectors LAMMPS holds each particle away from where it was put."""
        held = np.empty_like(turned)
        held[self._rows()] = self._local("x")
        self._images = np.round((held - turned) @ self._inverse) @ self._matrix

    def _rows(self) -> Integers:
        """Row in the snapshot of each particle of LAMMPS, whose order changes with its neighbour lists."""
        rows: Integers = np.searchsorted(self.minimum.ids, self._local("id"))
        return rows

    def _local(self, name: str) -> Floats:
        assert self._engine is not None
        lammps, n = self._engine.lammps, len(self.minimum)
        if lammps.extract_global("nlocal") != n:
            raise SimulationError(f"LAMMPS holds fewer than the {n} particles: use one rank for searches")
        shape = {} if name == "id" else {"dim": 3}
        return lammps.numpy.extract_atom(name, nelem=n, **shape)


class _Moving:
    """The energy as a function of some of the particles."""

    def __init__(self, landscape: LammpsLandscape, rows: Integers | slice, positions: Floats) -> None:
        self._landscape, self._rows, self._all = landscape, rows, np.array(positions)

    def energy_and_forces(self, positions: Floats) -> tuple[float, Floats]:
        """Evaluate the energy and the (m, 3) forces on the particles that move."""
        self._all[self._rows] = positions
        energy, forces = self._landscape.evaluate(self._all)
        return energy, np.ascontiguousarray(forces[self._rows])
