"""Trial of the interaction lines of a glass: LAMMPS takes them, and their range is the one that the glass states."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from pathlib import Path

import numpy as np

from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import Glass, OwnGlass, build
from lammps_glass.simulate.engine import Engine, in_folder
from lammps_glass.simulate.start import write_data
from lammps_glass.simulate.static import setup_lines
from lammps_glass.snapshots import Cell, Snapshot

_RANGE = re.compile(r"master list distance cutoff = (\S+)")


def try_interactions(glass: Glass) -> None:
    """Set up two particles of every species with the interactions of a glass of one's own in LAMMPS.

    Raises
    ------
    InputError
        LAMMPS refuses the lines, or particles interact beyond the glass's cutoff.
    """
    if isinstance(glass, OwnGlass):
        reason = _fault(glass.name, json.dumps(glass.options(), sort_keys=True))
        if reason:
            raise InputError(f"glass {glass.name}: {reason}")


@functools.lru_cache(maxsize=64)
def _fault(name: str, options: str) -> str:
    """Return what is wrong with the interactions of a glass; empty if nothing is."""
    glass = build(name, json.loads(options))
    with tempfile.TemporaryDirectory() as folder, in_folder(Path(folder)):
        snapshot = _spread(glass)
        write_data(Path("start.data"), snapshot, glass.bonds(snapshot), glass.atom_style)
        try:
            with Engine() as engine:
                engine.commands(f"log trial.log\n{setup_lines(snapshot, glass)}\nrun 0 post no\nlog none")
        except SimulationError as error:
            return f"LAMMPS does not take its interactions: {str(error).removeprefix('LAMMPS: ')}"
        log = Path("trial.log").read_text(encoding="utf-8", errors="replace")
    ranges = [float(value) for value in _RANGE.findall(log)]
    r_cut = max(ranges, default=0.0) - glass.skin
    # 1e-5: the log has six digits
    if r_cut > glass.largest_r_cut * (1 + 1e-5):
        return f"r_cut = {glass.largest_r_cut:g} is below the cutoff of its interactions: set r_cut = {r_cut:.6g}"
    return ""


def _spread(glass: Glass) -> Snapshot:
    """Return two particles of each species on a cubic lattice, beyond each other's range; of chains one, stretched."""
    n, length = 2 * len(glass.species), int(getattr(glass, "chain_length", 0))
    if length:
        along = np.arange(length)[:, None] * np.array([glass.nearest_distance, 0.0, 0.0])
        edge = length * glass.nearest_distance + 4 * (glass.largest_r_cut + glass.skin)
        types = np.arange(length) % len(glass.species)
        return Snapshot(Cell.orthogonal([edge] * 3), along, types, glass.species, units=glass.units)
    sites = max(3, int(np.ceil(n ** (1 / 3) - 1e-9)))
    edge = 1.1 * sites * (glass.largest_r_cut + glass.skin)
    grid = np.stack(np.meshgrid(*[np.arange(sites)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)[:n]
    types = np.arange(n) % len(glass.species)
    return Snapshot(Cell.orthogonal([edge] * 3), (grid + 0.5) * edge / sites, types, glass.species, units=glass.units)
