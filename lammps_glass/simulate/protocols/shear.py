"""Shear: a constant strain rate at a constant temperature, with Lees-Edwards boundaries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from lammps_glass.errors import InputError
from lammps_glass.glasses.checks import PositiveFloat, PositiveInt
from lammps_glass.simulate.deck import Value
from lammps_glass.simulate.protocols.base import segments_of
from lammps_glass.simulate.protocols.segmented import Segmented
from lammps_glass.simulate.work import ATOM_STEPS, Work
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.shear_planes import shear_plane
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True, kw_only=True)
class Shear(Segmented):
    """Shear at a constant engineering strain rate: SLLOD dynamics with a thermostat on the peculiar velocity.

    The box is tilted by ``fix deform`` with ``remap v`` (Lees-Edwards boundaries) and flipped by LAMMPS when it is too
    oblique; `unflipped` undoes that in a frame. Inherent structures come from its frames by `Inherent`. Frames begin
    with step 0, the strain of a frame is `strain_at` its step.

    Parameters
    ----------
    plane
        ``xy``: flow along x, gradient along y; ``xz`` (also written ``zx``), ``yz`` likewise.
    strain
        Engineering shear strain at the end.
    strain_rate
        In inverse time units of the glass (metal: 0.01 is 1e10 per second).
    timestep
        In time units; the time step of the glass is not used, since it and the rate give the number of steps.
    temperature
        In the temperature unit of the glass; velocities are drawn at it, with zero momentum.
    snapshots
        Frames after the first, evenly spaced in strain; the steps between them are rounded, and the run ends with the
        last frame.
    thermostat_damping
        In time units.

    References
    ----------
    D. J. Evans and G. P. Morriss, Phys. Rev. A 30, 1528 (1984): SLLOD. The shear of C. Liu et al., Acta Mater. 259,
    119281 (2023), section 3.3 (300 to 700 K, 1e7 per second).
    """

    name: ClassVar[str] = "shear"
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("metal units", ("temperature", "strain_rate", "timestep"))

    plane: str = "xy"
    strain: PositiveFloat = 0.2
    strain_rate: PositiveFloat = 1e-2
    timestep: PositiveFloat = 0.002
    temperature: PositiveFloat = 300.0
    snapshots: PositiveInt = 10
    thermostat_damping: PositiveFloat = 0.1
    segment_steps: int = 100_000
    thermo_every: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        shear_plane(self.plane, self.name)
        if self.strain_rate * self.timestep > 0.01 * self.strain:
            raise InputError(
                f"{self.name}: strain = {self.strain:g} is reached in less than 100 steps of {self.timestep:g} at a "
                f"strain_rate of {self.strain_rate:g}: lower the rate"
            )

    @property
    def snapshot_every(self) -> int:
        """Steps between frames."""
        return max(1, round(self.strain / (self.strain_rate * self.timestep * self.snapshots)))

    @property
    def steps(self) -> int:
        """Length, in MD steps."""
        return self.snapshot_every * self.snapshots

    @property
    def n_segments(self) -> int:
        """Number of segments of at most `segment_steps`."""
        return segments_of(self.steps, self.segment_steps)

    def strain_at(self, step: int) -> float:
        """Shear strain at an MD step."""
        return self.strain_rate * self.timestep * step

    def variables(self, seed: int) -> dict[str, Value]:
        """Add steps, steps between frames, and the seed of the velocities."""
        return {
            **self.options(),
            "plane": shear_plane(self.plane).tilt,
            "steps": self.steps,
            "snapshot_every": self.snapshot_every,
            "velocity_seed": self.seed_of(seed, "velocities"),
        }

    def work(self, n_particles: int, snapshots: int = 1) -> Work:
        """Molecular dynamics alone."""
        return Work(n_particles, {ATOM_STEPS: float(n_particles * self.steps)}, self.snapshots + 1)

    def shortened(self, steps: int) -> Self:
        """Reach the same strain at a higher rate."""
        faster = self.strain_rate * self.steps / max(100, steps)
        return replace(self, strain_rate=faster, segment_steps=max(1, steps // 4))

    def unflipped(self, frame: Snapshot, reference: Snapshot) -> Snapshot:
        """Undo the flips of the box: return `frame` in the cell of `reference`, sheared by the strain between them.

        Positions are LAMMPS's ``xu yu zu``, which flips do not change. As the strain is known, any number of flips is
        undone; labels of the result take ``undo_flips=False``.
        """
        plane = shear_plane(self.plane)
        matrix = reference.cell.matrix.copy()
        strain = self.strain_at(frame.step - reference.step)
        matrix[plane.gradient, plane.flow] += strain * matrix[plane.gradient, plane.gradient]
        return frame.replace(cell=frame.cell.unflipped(Cell(matrix, frame.cell.origin, frame.cell.periodic)))
