"""Options of the commands that read snapshots: what the user knows of a file that the file does not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lammps_glass.errors import InputError, LammpsGlassError, SimulationError

if TYPE_CHECKING:
    from lammps_glass.glasses import Glass
    from lammps_glass.snapshots import Snapshot
    from lammps_glass.snapshots.files import ReadOptions

_PANEL = "Reading snapshots"

Snapshots = Annotated[
    list[Path],
    typer.Argument(
        metavar="SNAPSHOT...",
        help="LAMMPS dumps or data files (.gz, .zst), files that ASE reads (extxyz, POSCAR ...), or folders of runs.",
        show_default=False,
    ),
]
TypeNames = Annotated[
    str | None,
    typer.Option("--types", metavar="A,B,...", help="Names of the types 1, 2, ...: Zr,Cu", rich_help_panel=_PANEL),
]
Boundary = Annotated[
    str | None,
    typer.Option(
        "--boundary",
        metavar="'p p s'",
        help="LAMMPS's boundary styles, for files that do not give them (data files: periodic otherwise).",
        rich_help_panel=_PANEL,
    ),
]
RowsAreParticles = Annotated[
    bool,
    typer.Option(
        "--rows-are-particles",
        help="Every frame of a file without ids lists the particles in the same order.",
        rich_help_panel=_PANEL,
    ),
]


@dataclass(frozen=True)
class Reader:
    """Reads files as snapshots of one glass.

    Parameters
    ----------
    glass
        The glass, or None.
    types, boundary, rows_are_particles
        The values of the options.
    say
        Takes a line for the user: which species unnamed types are taken for.
    """

    glass: Glass | None = None
    types: str | None = None
    boundary: str | None = None
    rows_are_particles: bool = False
    say: Callable[[str], None] = field(default=lambda text: None)

    @property
    def options(self) -> ReadOptions:
        """Keywords of `Snapshot.read`."""
        types = None if self.types is None else self.types.split(",")
        return {"types": types, "boundary": self.boundary, "rows_are_particles": self.rows_are_particles}

    def frames(self, path: Path, *, last: bool = False) -> Iterator[Snapshot]:
        """Iterate over the frames of a file, with the species of the glass and checked against it.

        The folder of a run stands for its frames, or its last configuration where its protocol writes no frames.
        """
        from lammps_glass.snapshots import Snapshot

        if path.is_dir():
            path = _dump_of(path)
        frames = [Snapshot.read(path, **self.options)] if last else Snapshot.read_all(path, **self.options)
        for number, snapshot in enumerate(frames):
            checked = as_glass(snapshot, self.glass, path)
            if number == 0:
                self._say_names(snapshot, checked, path)
            yield checked

    def _say_names(self, snapshot: Snapshot, checked: Snapshot, path: Path) -> None:
        """Tell the user which species types without names are taken for, where there is a choice."""
        unnamed = all(name.isdigit() for name in snapshot.species)
        if unnamed and len(checked.species) > 1 and checked.species != snapshot.species:
            names = ", ".join(f"{number} = {name}" for number, name in enumerate(checked.species, 1))
            self.say(f"{path}: types {names}, in the order of the glass (--types names them otherwise)")


def _dump_of(folder: Path) -> Path:
    """Return the dump in the folder of a run: its frames, else its last configuration."""
    from lammps_glass.simulate.record import IDENTITY, Record

    record = Record(folder)
    if not (folder / IDENTITY).is_file():
        raise InputError(f"{folder}: a folder that no run has made (it has no {IDENTITY}): name a file in it")
    if not record.is_complete:
        raise InputError(f"{folder}: the run there has not ended: the same `simulate` resumes it")
    return record.frames_path if record.frames_path.is_file() else record.final_path


def as_glass(snapshot: Snapshot, glass: Glass | None, path: Path) -> Snapshot:
    """Check a snapshot against a glass, and name its species; errors name the file and the step."""
    if glass is None:
        return snapshot
    try:
        return glass.check(snapshot)
    except InputError as error:
        raise located(error, path, snapshot.step) from error


def located(error: LammpsGlassError, path: Path | str, step: int | None = None) -> LammpsGlassError:
    """Put the file (and step) in front of the message of an error, once."""
    text = str(error)
    if text.startswith(str(path)):
        return error
    says_step = re.search(r"\(step -?\d+\)", text) is not None  # perhaps that of the other frame of a pair
    text = f"{path}: " + ("" if step is None or says_step else f"step {step}: ") + text
    if isinstance(error, SimulationError):
        return SimulationError(text, log_tail=error.log_tail, deck=error.deck)
    return InputError(text)
