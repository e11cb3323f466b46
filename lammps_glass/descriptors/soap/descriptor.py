"""`SOAP`: the smooth overlap of atomic positions of a particle's neighbourhood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lammps_glass.descriptors.base import Descriptor, check_species, types_of
from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import Integers, build_grid
from lammps_glass.units import UnitDefaults

BACKENDS = ("compiled", "dscribe")
HARMONICS = ("exact", "dscribe")
DTYPES = ("float64", "float32")
_LARGEST = {"n_max": 20, "l_max": 20, "n_threads": 1024}
_SMALLEST = {"n_max": 1, "l_max": 0, "n_threads": 1}
_FINEST = 200  # r_cut / sigma: the tables grow with it


class Definition(TypedDict):
    """Parameters of `SOAP` that decide its numbers, as JSON values."""

    species: list[str]
    r_cut: float
    n_max: int
    l_max: int
    sigma: float
    backend: str
    harmonics: str
    unit: bool


class SOAP(Descriptor):
    r"""The power spectrum of the smoothed density around a particle (SOAP), as DScribe's ``rbf="polynomial"`` has it.

    The density of each species z is a Gaussian of width `sigma` at every particle of it, the central one included. Its
    coefficients in orthonormal radial functions :math:`g_n` and real spherical harmonics,

    .. math:: c_{znlm} = \int g_n(r) Y_{lm}(\hat r) \rho_z(r) \, d^3 r,

    give the features

    .. math:: p_{z z' n n' l} = \pi \sqrt{8 / (2 l + 1)} \sum_m c_{znlm} c_{z'n'lm}.

    Columns go by pair of species (in the order given), l, n, n' (n' from n on for a pair of equal species): DScribe's
    order, 3289 of them for two species with the defaults. They do not change under rotation, reflection or exchange of
    like particles.

    Parameters
    ----------
    species
        Names of the species; a snapshot whose types have no names is refused.
    r_cut
        The radial functions vanish there, in the snapshot's unit of length. It may exceed half the box, or the box.
        Gaussians centred beyond it count as long as they are above 0.001 at r_cut, as in DScribe.
    n_max, l_max
        Number of radial functions (to 20) and largest degree of the harmonics (0 to 20).
    sigma
        Width of the Gaussians, in the unit of r_cut.
    backend
        ``"compiled"``; or ``"dscribe"``, that library's own code, which at n_max above 8 has a radial basis made of
        rounding errors that differ between machines, and at l_max above 9 incomplete harmonics.
    harmonics
        ``"exact"``; or ``"dscribe"``, without those that DScribe 2.1's tables have as zero (81 from l = 10 on), to
        compare with it: what is left depends on the orientation of the glass.
    unit
        Scale each row to length 1, as a similarity wants it. Rows without it are DScribe's numbers.
    dtype
        ``"float64"``, or ``"float32"`` for rows of half the size: all arithmetic is in float64, the result is rounded.
    n_threads
        Threads; the result is bitwise the same for any number of them.

    Notes
    -----
    The radial functions are :math:`(r_c - r)^{n + 2}`, orthonormalised with 60 digits (see `basis`). They depend on the
    unit of length in the way that DScribe's do.

    References
    ----------
    A. P. Bartok, R. Kondor, G. Csanyi, Phys. Rev. B 87, 184115 (2013) and its erratum; L. Himanen et al., Comput. Phys.
    Commun. 247, 106949 (2020). The defaults are those of the study of Zr-Cu glasses by unique local environments.
    """

    name = "soap"
    unit_defaults = UnitDefaults("angstrom", ("r_cut", "sigma"))

    def __init__(
        self,
        species: Sequence[str] = ("Cu", "Zr"),
        r_cut: float = 5.0,
        n_max: int = 11,
        l_max: int = 12,
        sigma: float = 0.5,
        backend: str = "compiled",
        harmonics: str = "exact",
        unit: bool = True,
        dtype: str = "float64",
        n_threads: int = 1,
    ) -> None:
        self.species = species
        self.r_cut = r_cut
        self.n_max = n_max
        self.l_max = l_max
        self.sigma = sigma
        self.backend = backend
        self.harmonics = harmonics
        self.unit = unit
        self.dtype = dtype
        self.n_threads = n_threads
        self._check()

    def _check(self) -> None:
        check_species(self.name, self.species)
        for field in ("r_cut", "sigma"):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
                raise InputError(f"{field} of soap is {value!r}: it must be a positive number")
        if self.r_cut > _FINEST * self.sigma:
            raise InputError(f"sigma of soap is {self.sigma!r}: it must be at least r_cut / {_FINEST}")
        for field, most in _LARGEST.items():
            value, least = getattr(self, field), _SMALLEST[field]
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
            if not whole or not least <= value <= most:
                raise InputError(f"{field} of soap is {value!r}: it must be a whole number from {least} to {most}")
        for field, choices in (("backend", BACKENDS), ("harmonics", HARMONICS), ("dtype", DTYPES)):
            if getattr(self, field) not in choices:
                raise unknown_name(f"{field} of soap", str(getattr(self, field)), list(choices))
        if not isinstance(self.unit, (bool, np.bool_)):
            raise InputError(f"unit of soap is {self.unit!r}: it must be true or false")

    @property
    def n_features(self) -> int:
        """Number of columns."""
        n = len(self.species) * int(self.n_max)
        return n * (n + 1) // 2 * (int(self.l_max) + 1)

    @property
    def feature_names(self) -> list[str]:
        """Pair of species, l, n and n' of each column."""
        radial = range(1, int(self.n_max) + 1)
        return [
            f"{first}{second} l{ell} n{n1},{n2}"
            for first, second in combinations_with_replacement(self.species, 2)
            for ell in range(int(self.l_max) + 1)
            for n1 in radial
            for n2 in radial
            if first != second or n1 <= n2
        ]

    @property
    def species_needed(self) -> tuple[str, ...]:
        """The species of `species`."""
        return tuple(self.species)

    @property
    def definition(self) -> Definition:
        """Parameters that decide the numbers: all but `dtype` and `n_threads`."""
        return {
            "species": list(self.species),
            "r_cut": float(self.r_cut),
            "n_max": int(self.n_max),
            "l_max": int(self.l_max),
            "sigma": float(self.sigma),
            "backend": self.backend,
            "harmonics": self.harmonics,
            "unit": bool(self.unit),
        }

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features), of `dtype`.

        Raises
        ------
        InputError
            A species is not among `species`.
        """
        return self.rows_of(snapshot, np.arange(len(snapshot)))

    def rows_of(self, snapshot: Snapshot, particles: ArrayLike) -> Floats:
        """Compute (k, n_features) rows of some particles: indices (k,) into the snapshot, in any order."""
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        rows = np.asarray(particles, dtype=np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(snapshot)):
            raise InputError(f"particles of soap run from {rows.min()} to {rows.max()}: there are {len(snapshot)}")
        types = types_of(snapshot, tuple(self.species), self.name)
        if self.backend == "dscribe":
            return self._by_dscribe(snapshot, types, rows)
        return self._compiled(snapshot, types, rows)

    def blocks(
        self, snapshot: Snapshot, particles: ArrayLike | None = None, size: int = 1024
    ) -> Iterator[tuple[Integers, Floats]]:
        """Yield (indices, rows) of the `particles` (default all), `size` at a time, so that memory stays flat."""
        indices = np.arange(len(snapshot)) if particles is None else np.asarray(particles, dtype=np.int64)
        for first in range(0, len(indices), size):
            some = indices[first : first + size]
            yield some, self.rows_of(snapshot, some)

    def _compiled(self, snapshot: Snapshot, types: Integers, particles: Integers) -> Floats:
        from lammps_glass.descriptors.soap import kernels
        from lammps_glass.descriptors.soap.tables import make_tables

        tables = make_tables(
            len(self.species), float(self.r_cut), int(self.n_max), int(self.l_max), float(self.sigma), self.harmonics
        )
        grid = build_grid(snapshot.cell, snapshot.positions, tables.r_max)
        rows: Floats = np.empty((len(particles), self.n_features), dtype=self.dtype)
        edges = [len(particles) * k // int(self.n_threads) for k in range(int(self.n_threads) + 1)]

        def describe_stretch(first: int, last: int) -> None:
            """Describe the particles of one thread."""
            kernels.describe(grid, types, particles[first:last], tables, bool(self.unit), rows[first:last])

        with ThreadPoolExecutor(int(self.n_threads)) as pool:
            list(pool.map(describe_stretch, edges[:-1], edges[1:]))
        return rows

    def _by_dscribe(self, snapshot: Snapshot, types: Integers, particles: Integers) -> Floats:
        from ase import Atoms
        from dscribe import descriptors as peers

        # Any distinct elements do: DScribe sorts them by number, so these keep the order of `species`.
        peer = peers.SOAP(
            species=list(range(1, len(self.species) + 1)),
            r_cut=float(self.r_cut),
            n_max=int(self.n_max),
            l_max=int(self.l_max),
            sigma=float(self.sigma),
            rbf="polynomial",
            periodic=bool(snapshot.cell.periodic.any()),
        )
        positions = snapshot.positions - snapshot.cell.origin
        atoms = Atoms(numbers=types + 1, positions=positions, cell=snapshot.cell.matrix, pbc=snapshot.cell.periodic)
        atoms.wrap()
        rows: NDArray[np.float64] = peer.create(atoms, centers=[int(k) for k in particles])
        if self.unit:
            rows = rows / np.linalg.norm(rows, axis=1)[:, None]
        return rows.astype(self.dtype)
