"""The glass gate on the command line: a start that is not a glass is refused, a product that is not one is reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lammps_glass.errors import InputError, SimulationError

if TYPE_CHECKING:
    from lammps_glass.cli.common import Common
    from lammps_glass.glasses import Glass
    from lammps_glass.simulate import Record
    from lammps_glass.simulate.protocols.base import Source
    from lammps_glass.snapshots import Snapshot


def require_glass(common: Common, source: Source, glass: Glass, name: Path | str) -> None:
    """Refuse a configuration to start from that is not a glass by the limits of `glass`; others than one pass.

    Raises
    ------
    InputError
        It is a crystal, a gas or a liquid; the message has the numbers and their limits.
    """
    from lammps_glass.simulate import Record
    from lammps_glass.snapshots import Snapshot

    snapshot = source.final if isinstance(source, Record) else source
    if not isinstance(snapshot, Snapshot):
        raise InputError("--gate tests one configuration, and this run starts from none, or from many: leave it out")
    if fault := _fault(common, snapshot, glass, name):
        raise InputError(fault)


def require_product(common: Common, record: Record, glass: Glass) -> None:
    """Raise `SimulationError` when the last configuration of a run is not a glass; its folder stays."""
    if fault := _fault(common, record.final, glass, record.directory):
        raise SimulationError(f"{fault}; the folder is kept")


def _fault(common: Common, snapshot: Snapshot, glass: Glass, name: Path | str) -> str:
    """Test a configuration; say what was measured, and return why it is not a glass."""
    from lammps_glass.analysis.glass_gate import check_glass

    reading = check_glass(snapshot, glass=glass)
    peak, crystal = reading.first_maximum, 100 * reading.crystal_fraction
    verdict = "not tested, as the gate of this glass is switched off" if reading.limits.accepts_all else "a glass"
    if reading.passed:
        common.say(f"{name}: {verdict}: g({peak.r:.3g}) = {peak.g:.3g}, {crystal:.1f} % crystal-like")
    return "" if reading.passed else reading.message(str(name))
