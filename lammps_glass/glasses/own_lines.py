"""`InteractionLinesGlass`: a glass whose interactions are LAMMPS lines of the user."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lammps_glass.errors import InputError
from lammps_glass.glasses.chains import bonds_of_chains, push_apart, random_walks, require_chains
from lammps_glass.glasses.checks import MASS_TOLERANCE, NonNegativeInt, whole
from lammps_glass.glasses.interaction_lines import InteractionLines, parse
from lammps_glass.glasses.own import OwnGlass, by_species
from lammps_glass.glasses.starts import LATTICES, RANDOM
from lammps_glass.hashing import file_digest
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.grid import Integers


@dataclass(frozen=True, kw_only=True)
class InteractionLinesGlass(OwnGlass):
    """A glass with the pair lines of a LAMMPS input, in a file or in a list.

    It has no compiled interactions: Hessians and harmonic modes are not available.

    Parameters (besides those of `OwnGlass`)
    ----------------------------------------
    lines
        Path of a file of interaction lines, or the lines: ``pair_style`` and its like, ``mass``, ``set type I charge
        Q``; `interaction_lines.COMMANDS` lists the commands. They become the lines.
    masses
        May be left out where the lines have them.
    r_cut
        Largest distance of an interaction that the lines define.
    chain_length
        Beads of a linear chain, where the lines have bonds: beads 1 to `chain_length` are the first chain, and so on.
    start
        As for `OwnGlass`; a lattice by default. For tables, which begin at a distance, random positions are pushed
        apart.
    folder
        Folder of the tables that the lines name; default that of the file.
    checksum
        sha256 of the lines and of the tables; it becomes theirs, so that a run records what it used.

    Raises
    ------
    InputError
        A line is no interaction, or runs code; the file or a table is not there, or has changed.
    """

    name: str = "interaction-lines"  # type: ignore[misc]
    r_cut: float = None  # type: ignore[assignment]
    start: str = "fcc"
    lines: str | tuple[str, ...] = ()
    chain_length: NonNegativeInt = 0
    folder: str = ""
    checksum: str = ""

    def __post_init__(self) -> None:
        self._check_names()
        where = self._read_lines()
        parsed = self._parsed(where)
        self._check_chains(parsed, where)
        self._take_masses(parsed, where)
        if self.r_cut is None:
            raise InputError(f"{self.name}: r_cut: missing: the largest distance of an interaction of the lines")
        self._check_files(parsed)
        super().__post_init__()
        self._check_energies(parsed, where)
        if self.chain_length and self.n_particles % self.chain_length:
            raise InputError(
                f"{self.name}: n_particles = {self.n_particles} is not a multiple of chain_length = {self.chain_length}"
            )

    def _check_chains(self, parsed: InteractionLines, where: str) -> None:
        """Refuse bonds without chains, and chains without bonds or on a lattice."""
        length = whole(self.name, "chain_length", self.chain_length, minimum=0)
        needed = 3 if parsed.has("angle_") else 2 if parsed.has("bond_") else 0
        if needed and length < needed:
            raise InputError(f"{where}: bonds and angles need joined particles: set chain_length to {needed} or more")
        if length and not parsed.has("bond_style"):
            raise InputError(f"{where}: chain_length = {length}, but no line bond_style: how are the particles joined?")
        if parsed.has("angle_") and parsed.has_charges:
            raise InputError(f"{where}: charges and angles together are not supported: leave one of them out")
        if length and self.start == "fcc":
            self.set(start=RANDOM)
        if length and self.start in LATTICES:
            raise InputError(f"{self.name}: start = {self.start!r}: chains start as random walks, or from a snapshot")

    def _check_energies(self, parsed: InteractionLines, where: str) -> None:
        """Refuse no interactions, styles of charges without charges, and a periodic sum that is not neutral."""
        if parsed.is_empty:
            raise InputError(f"{where}: a pair_style without energy and no bonds: no particles interact")
        charges = parsed.charges
        if parsed.needs_charges and not any(charges.values()):
            raise InputError(
                f"{where}: a style needs charges, and there are none: add lines `set type NUMBER charge Q`"
            )
        counts = self.counts()
        total = sum(counts[name] * charges.get(i, 0.0) for i, name in enumerate(self.species, start=1))
        if parsed.has("kspace_style") and abs(total) > 1e-6 * self.n_particles:
            raise InputError(
                f"{where}: the charges of {self.n_particles} particles sum to {total:g}: change charges or composition"
            )

    def _read_lines(self) -> str:
        """Read the lines of a file; return their place for messages."""
        if isinstance(self.lines, str | Path):
            path = Path(self.lines).expanduser().resolve()
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except (OSError, ValueError) as error:
                raise InputError(f"{self.name}: lines: {path}: {getattr(error, 'strerror', None) or error}") from error
            self.set(lines=tuple(lines), folder=self.folder or str(path.parent))
            return str(path)
        if not isinstance(self.lines, Sequence) or not all(isinstance(line, str) for line in self.lines):
            raise InputError(f"{self.name}: lines = {self.lines!r} must be the path of a file or a list of lines")
        if not self.lines:
            raise InputError(
                f"{self.name}: lines: missing: the path of a file of LAMMPS interaction lines, or the lines"
            )
        self.set(lines=tuple(self.lines))
        return f"{self.name}: lines"

    def _parsed(self, where: str = "lines") -> InteractionLines:
        if not isinstance(self.folder, str):
            raise InputError(f"{self.name}: folder = {self.folder!r} must be text")
        folder = Path(self.folder).expanduser().resolve() if self.folder else None
        return parse(self.lines, where, folder, self.species)

    def _take_masses(self, parsed: InteractionLines, where: str) -> None:
        """Take the masses of the lines, which must agree with those that are given."""
        of_lines = [parsed.masses.get(i, parsed.masses.get(0)) for i in range(1, len(self.species) + 1)]
        if self.masses == ():
            missing = [name for name, mass in zip(self.species, of_lines, strict=True) if mass is None]
            if missing:
                raise InputError(f"{where}: masses: missing for {', '.join(missing)}: give masses, or lines `mass`")
            self.set(masses=tuple(of_lines))
        masses = by_species(self.name, "masses", self.masses, self.species)
        for name, mass, of_line in zip(self.species, masses, of_lines, strict=True):
            if of_line is not None and abs(mass - of_line) > MASS_TOLERANCE * of_line:
                raise InputError(f"{self.name}: masses: {name} has {mass:g}, in a line `mass` {of_line:g}")

    def _check_files(self, parsed: InteractionLines) -> None:
        """Keep the lines alone, and compare the checksum."""
        digest = hashlib.sha256()
        for words in parsed.lines:
            digest.update((" ".join(words) + "\n").encode())
        for word in sorted(parsed.files):
            digest.update(f"{word} {file_digest(parsed.files[word])}\n".encode())
        actual = digest.hexdigest()
        if self.checksum and self.checksum != actual:
            tables = ", ".join(sorted(parsed.files)) or "none"
            raise InputError(
                f"{self.name}: lines or tables have changed or moved since checksum {str(self.checksum)[:12]}...: "
                f"tables found are {tables}, in {self.folder or 'the potentials of LAMMPS'}"
            )
        folder = Path(self.folder).expanduser().resolve()
        has_tables = bool(self.folder) and any(path.is_relative_to(folder) for path in parsed.files.values())
        self.set(
            lines=tuple(" ".join(words) for words in parsed.lines),
            folder=str(folder) if has_tables else "",
            checksum=actual,
        )

    @property
    def atom_style(self) -> str:  # type: ignore[override]
        """Atom style, by the charges, bonds and angles of the interactions."""
        parsed = self._parsed()
        if not self.chain_length:
            return "charge" if parsed.has_charges else "atomic"
        return "full" if parsed.has_charges else "angle" if parsed.has("angle_") else "bond"

    def bonds(self, snapshot: Snapshot) -> Integers:
        """List the bonds of the chains, from the ids alone."""
        return bonds_of_chains(snapshot.ids, self.chain_length) if self.chain_length else super().bonds(snapshot)

    def check(self, snapshot: Snapshot) -> Snapshot:
        """Check as for every glass, and that ids make whole chains."""
        checked = super().check(snapshot)
        if self.chain_length:
            require_chains(checked.ids, self.chain_length, self.name)
        return checked

    def initial(self, seed: int) -> Snapshot:
        """Make the start; random walks of chains, and random positions for tables, are pushed apart.

        A table begins at a distance below which LAMMPS stops. The unit is `nearest_distance`.
        """
        start = super().initial(seed)
        if self.start != RANDOM:
            return start
        unit, length = self.nearest_distance, self.chain_length
        edge = float(start.cell.matrix[0, 0]) / unit
        if not length:
            if not self._parsed().has_pair_tables:
                return start
            return start.replace(positions=unit * push_apart(start.positions / unit, 1, edge)).wrap()
        walks = random_walks(self.random(seed), len(start) // length, length, edge)
        return start.replace(positions=unit * push_apart(walks, length, edge))

    def pair_lines(self) -> str:
        """Write the lines with the absolute paths of their tables."""
        return self._parsed().text()
