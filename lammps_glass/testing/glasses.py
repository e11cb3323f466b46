"""The contract of glasses."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.glasses import Glass
from lammps_glass.interactions.potentials import potential_file
from lammps_glass.json_types import Json, Options
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.testing.checking import require, require_close, require_numbers_checked, require_refused, run_checks

#: Unit systems of LAMMPS.
UNITS = ("lj", "real", "metal", "si", "cgs", "electron", "micro", "nano")
#: Largest deviation of a force from the difference quotient of the energy, relative to the largest force: that of the
#: quotient itself (a step of 1e-4 nearest distances: its square times the third derivative), and of tabulated splines.
FORCE_TOLERANCE = 1e-4
#: Largest relative deviation of compiled interactions from LAMMPS's; both sum in float64, tables by other splines.
MODEL_TOLERANCE = 1e-7


@dataclass(frozen=True)
class _Subject:
    """A glass's class and the options that it is built with."""

    glass: type[Glass]
    options: Options

    def build(self, **changes: Json) -> Glass:
        """Build the glass with some options changed."""
        return self.glass(**{**self.options, **changes})


def check_glass(glass: type[Glass], options: Options | None = None) -> None:
    """Check a glass against the contract of its family.

    Masses fit the species, the potential's folder (where there is one) fits the class, options make the round trip and
    bad ones are refused, starts depend on the seed only, foreign snapshots are refused, LAMMPS takes the interactions,
    whose forces are the slope of the energy, and compiled interactions (where there are some) give LAMMPS's energy and
    forces.

    Parameters
    ----------
    glass
        The class.
    options
        Options to build it with; the fewest particles that its cutoff allows make the checks quick.

    Raises
    ------
    AssertionError
        The first check that fails, with what was wrong.
    """
    checks: list[Callable[[_Subject], None]] = [
        _species_and_masses, _potential, _options, _composition, _initial, _foreign_snapshots, _deck, _forces, _model,
    ]  # fmt: skip
    run_checks(f"glass {getattr(glass, 'name', glass.__name__)}", checks, _Subject(glass, dict(options or {})))


def _species_and_masses(subject: _Subject) -> None:
    glass = subject.build()
    require(len(set(glass.species)) == len(glass.species) > 0, f"species {glass.species} are not distinct")
    fits = len(glass.masses) == len(glass.species)
    require(fits, f"{len(glass.masses)} masses {glass.masses} for {len(glass.species)} species {glass.species}")
    require(all(np.isfinite(mass) and mass > 0 for mass in glass.masses), f"masses {glass.masses} are not positive")
    require(glass.units in UNITS, f"units {glass.units!r} are none of LAMMPS: {', '.join(UNITS)}")
    require(glass.nearest_distance > 0, f"nearest_distance = {glass.nearest_distance} is not positive")


def _potential(subject: _Subject) -> None:
    """Check that ``potential.toml`` agrees with the class, and its checksum with ``interactions.lmp``."""
    glass = subject.build()
    if not glass.potential:
        return  # a glass of one's own: its interactions are its options
    described = tomllib.loads(potential_file(glass.potential, "potential.toml", type(glass)).read_text("utf-8"))
    missing = {"name", "summary", "units", "species", "masses", "r_cut", "citation", "sha256"} - set(described)
    require(not missing, f"potential.toml lacks {', '.join(sorted(missing))}")
    for key, value in (("name", glass.potential), ("units", glass.units), ("r_cut", glass.r_cut)):
        require(described[key] == value, f"potential.toml says {key} = {described[key]!r}, the class {value!r}")
    for key, values in (("species", glass.species), ("masses", glass.masses)):
        require(tuple(described[key]) == values, f"potential.toml says {key} = {described[key]}, the class {values}")
    lines = potential_file(glass.potential, "interactions.lmp", type(glass)).read_bytes()
    checksum = hashlib.sha256(lines).hexdigest()
    require(described["sha256"] == checksum, f"potential.toml has another sha256 than interactions.lmp, {checksum}")


def _options(subject: _Subject) -> None:
    glass = subject.build()
    options = json.loads(json.dumps(glass.options()))
    again = type(glass)(**options)
    names = [field.name for field in fields(glass) if field.name != "composition"]
    differing = [name for name in names if getattr(again, name) != getattr(glass, name)]
    require(not differing, f"a glass built with options() has another {', '.join(differing)}")
    require(again.options() == glass.options(), f"options {options} build a glass with {again.options()}")
    require(glass.counts() == again.counts(), "options build a glass with other numbers of particles")
    require_numbers_checked(lambda values: type(glass)(**values), glass.options())
    for changes in ({"n_particles": 0}, {"n_particles": 10.5}, {"density": -1.0}, {"skin": -0.1}, {"timestep": 0.0}):
        require_refused(functools.partial(subject.build, **changes), str(changes))
    try:
        glass.n_particles = 1  # type: ignore[misc]
    except FrozenInstanceError:
        return
    raise AssertionError("it is no frozen dataclass: its fields can be changed after they were checked")


def _composition(subject: _Subject) -> None:
    glass = subject.build()
    counts = glass.counts()
    require(sum(counts.values()) == glass.n_particles, f"counts {counts} do not sum to {glass.n_particles}")
    for name, fraction in glass.fractions.items():
        require(abs(counts[name] - fraction * glass.n_particles) < 1 + 1e-9, f"{counts[name]} of {name} is too far off")
    fractions = dict.fromkeys(glass.species, 1.0 / len(glass.species))
    require_refused(lambda: subject.build(composition={**fractions, "no such species": 0.0}), "a foreign species")
    require_refused(lambda: subject.build(composition=dict.fromkeys(glass.species, 0.9 / len(glass.species))), "90 %")


def _initial(subject: _Subject) -> None:
    glass = subject.build()
    first, again, other = glass.initial(1), glass.initial(1), glass.initial(2)
    require(_equal(first, again), "two starts with one seed differ")
    if getattr(glass, "start", "random") == "random" or len(glass.species) > 1:  # a perfect crystal is always the same
        require(not _equal(first, other), "starts do not depend on the seed")
    counted = dict(zip(first.species, np.bincount(first.types, minlength=len(first.species)).tolist()))
    require(counted == glass.counts(), f"a start has {counted}, counts() says {glass.counts()}")
    # 1e-9: the edge is a cube root
    require_close(first.number_density, glass.density, 1e-9, "a start's number density")
    require(len(glass.check(first)) == glass.n_particles, "check() changes the number of particles")
    small = {**subject.options, "n_particles": max(len(glass.species), int(0.5 * glass.r_cut**3 * glass.density))}
    if not glass.bonds(first).size:
        require_refused(lambda: type(glass)(**small).initial(1), "a box below twice the cutoff")


def _equal(first: Snapshot, second: Snapshot) -> bool:
    return np.array_equal(first.positions, second.positions) and np.array_equal(first.types, second.types)


def _foreign_snapshots(subject: _Subject) -> None:
    glass = subject.build()
    lattice = _lattice(glass)
    if not glass.bonds(lattice).size:
        require(glass.check(lattice).species == glass.species, "check() does not give the species of the glass")
        one = Snapshot(lattice.cell, lattice.positions, np.zeros(len(lattice), dtype=int), glass.species[:1])
        require(glass.check(one).species == glass.species, "check() refuses a subset of the species")
    species = tuple(f"{name}x" for name in glass.species)
    require_refused(lambda: glass.check(lattice.replace(species=species)), "a snapshot of other species")
    other = "metal" if glass.units != "metal" else "lj"
    require_refused(lambda: glass.check(lattice.replace(units=other)), "a snapshot in other units")
    cell = Cell(lattice.cell.matrix * 3)
    scaled = lattice.replace(cell=cell, positions=lattice.positions * 3)
    require_refused(lambda: glass.check(scaled), "a snapshot that is three times too large")


def _deck(subject: _Subject) -> None:
    """Check that every variable of the interactions is given a number."""
    glass = subject.build()
    text = glass.interactions()
    masses = re.findall(r"^mass\s+(\d+)\s+(\S+)", text, re.M)
    written = [(int(number), float(mass)) for number, mass in masses]
    require(written == list(enumerate(glass.masses, start=1)), f"interactions() has the masses {written}")
    variables = glass.interaction_variables()
    require(variables.get("r_cut") == glass.r_cut, "interaction_variables() does not give r_cut")
    for name, value in variables.items():
        require(isinstance(value, float) and np.isfinite(value), f"interaction_variables() gives {name} = {value!r}")
    unknown = set(re.findall(r"\$\{(\w+)\}", text)) - set(variables)
    require(not unknown, f"interactions.lmp refers to {', '.join(sorted(unknown))}, which the glass does not give")


def _forces(subject: _Subject) -> None:
    """Check that forces of LAMMPS are the slope of its energy, and sum to zero."""
    from lammps_glass import simulate

    glass = subject.build()
    snapshot = _start(glass)
    forces = simulate.forces(snapshot, glass)
    largest = float(np.linalg.norm(forces, axis=1).max())
    require(largest > 0, "there are no forces in a disordered snapshot")
    # 1e-9 of the largest force: sums of rounding
    require(np.abs(forces.sum(axis=0)).max() <= 1e-9 * len(snapshot) * largest, "forces do not sum to zero")
    step = 1e-4 * glass.nearest_distance
    for particle in np.argsort(np.linalg.norm(forces, axis=1))[[-1, len(snapshot) // 2]]:
        for axis in range(3):
            energies = []
            for sign in (1, -1):
                positions = snapshot.positions.copy()
                positions[particle, axis] += sign * step
                energies.append(simulate.energy(snapshot.replace(positions=positions), glass))
            slope = -(energies[0] - energies[1]) / (2 * step)
            deviation = abs(slope - forces[particle, axis]) / largest
            require(deviation <= FORCE_TOLERANCE, f"a force deviates from the slope of the energy by {deviation:.2g}")


def _model(subject: _Subject) -> None:
    """Check compiled interactions, where the glass has some, against those of LAMMPS."""
    from lammps_glass import simulate
    from lammps_glass.interactions import System

    glass = subject.build()
    try:
        model = glass.model()
    except InputError:
        return
    snapshot = _start(glass)
    energy, forces = System(snapshot, model).energy_and_forces()
    expected = simulate.energy(snapshot, glass)
    require(
        abs(energy - expected) <= MODEL_TOLERANCE * abs(expected), f"model() has energy {energy}, LAMMPS {expected}"
    )
    exact = simulate.forces(snapshot, glass)
    require_close(forces / np.abs(exact).max(), exact / np.abs(exact).max(), MODEL_TOLERANCE, "forces of model()")


def _start(glass: Glass) -> Snapshot:
    """Return a configuration of bounded energy: the start of a glass with bonds, else a lattice with its species."""
    start = glass.initial(3)
    return glass.check(start if glass.bonds(start).size else _lattice(glass))


def _lattice(glass: Glass) -> Snapshot:
    """Return a cubic lattice at the density of the glass, displaced by up to a tenth, with its species at random."""
    start = glass.initial(3)
    n_sites = int(np.ceil(len(start) ** (1 / 3) - 1e-9))
    spacing = start.cell.volume ** (1 / 3) / n_sites
    random = np.random.default_rng(3)
    sites = np.stack(np.meshgrid(*[np.arange(n_sites)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)[: len(start)]
    moved = spacing * (sites + 0.5 + random.uniform(-0.1, 0.1, size=sites.shape))
    return Snapshot(start.cell, moved, start.types, start.species, ids=start.ids, units=start.units)
