"""`ACE`: the purified atomic cluster expansion of a particle's neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lammps_glass.descriptors.ace.plan import Plan, make_plan
from lammps_glass.descriptors.ace.radial import TRANSFORMS, make_transform
from lammps_glass.descriptors.ace.selection import (
    MAX_ORDER,
    Block,
    Feature,
    Selection,
    blocks_of,
    feature_name,
    pick,
    select,
    short_name,
)  # fmt: skip
from lammps_glass.descriptors.base import Descriptor, check_species, types_of
from lammps_glass.errors import InputError
from lammps_glass.registry import unknown_name
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import Grid, Integers, build_grid
from lammps_glass.units import UnitDefaults

if TYPE_CHECKING:
    from lammps_glass.descriptors.ace.kernels import Workspace

DTYPES = ("float64", "float32")
_BINS_PER_CUTOFF = 2  # finer bins have fewer candidates beyond the cutoff, but more bins to visit


class ACE(Descriptor):
    r"""Rotation-invariant sums over neighbours (order 1), pairs (order 2) and triples (order 3) of them.

    With :math:`r_j` the vectors from the particle to its neighbours j (every image nearer than `r_cut`), the moments

    .. math:: A_{znlm} = \sum_{j \in z} R_n(r_j) Y_{lm}(\hat r_j)

    of each species z give the features

    .. math::

        B_1 &= \sum_{j \in z} R_n(r_j) \\
        B_2 &= \sum_m (-1)^m A_{z_1 n_1 l m} A_{z_2 n_2 l -m} \\
        B_3 &= \sum_{m_1 m_2 m_3} \begin{pmatrix} l_1 & l_2 & l_3 \\ m_1 & m_2 & m_3 \end{pmatrix}
               A_{z_1 n_1 l_1 m_1} A_{z_2 n_2 l_2 m_2} A_{z_3 n_3 l_3 m_3}

    with :math:`R_n = (x - 1) P_n(x)`, :math:`x` the transformed distance and :math:`P_n` the orthonormal Legendre
    polynomials on [0, 1]. Of order 1 there are `n_max` features per species; of orders 2 and 3 all those with
    :math:`\sum (n + w_l l)` up to `max_degree`, n up to `n_max` and an even sum of the l (the others change sign in a
    mirror). Columns go by order, species, degree, l and n. All are dimensionless, do not change under rotation,
    reflection or exchange of like particles, and do not depend on the species of the particle itself.

    Parameters
    ----------
    species
        Names of the species; a snapshot whose types have no names is refused.
    r_cut
        Cutoff of the neighbourhood, in units in which the transform's steepest point 1 is about the nearest distance;
        it may exceed half the box, or the box.
    n_max
        Radial functions.
    max_degree
        Largest degree of the features of orders 2 and 3.
    w_l
        Weight of l in the degree.
    max_order
        1, 2 or 3: neighbours that a feature couples (its body order less one).
    purified
        Sum over pairs and triples of *different* neighbours only: no neighbour is paired with itself.
    transform
        ``"ace1"``, which the authors' code has, or ``"paper"``, the formula as printed.
    features
        Names or indices of the columns, in their order; only what they need is computed. Default all features.
    dtype
        ``"float64"``, or ``"float32"`` for rows of half the size: all arithmetic is in float64, the result is rounded.
    n_threads
        Threads; the result is bitwise the same for any number of them.

    Notes
    -----
    Purification takes away fixed multiples of plain features of lower order (`purification`). With ``n_max >=
    max_degree`` these are all among the features, and plain and pure features up to an order span the same space. With
    a smaller `n_max`, or a choice of `features`, some are not; they are then computed as hidden features, so that the
    pure ones are right whatever the selection.

    Memory beyond the rows does not grow with the number of particles: neighbours are never stored as a list.

    References
    ----------
    R. Drautz, Phys. Rev. B 99, 014104 (2019), eqs 27-32; the selection, the transform and the purification are those of
    the study of activity in three glasses by ACE (its equations 4 to 9) and of ACE1.jl.
    """

    name = "ace"
    unit_defaults = UnitDefaults("reduced units", ("r_cut",))

    def __init__(
        self,
        species: Sequence[str] = ("A", "B"),
        r_cut: float = 4.0,
        n_max: int = 10,
        max_degree: float = 10,
        w_l: float = 1.5,
        max_order: int = 3,
        purified: bool = True,
        transform: str = "ace1",
        features: Sequence[str | int] | None = None,
        dtype: str = "float64",
        n_threads: int = 1,
    ) -> None:
        self.species = species
        self.r_cut = r_cut
        self.n_max = n_max
        self.max_degree = max_degree
        self.w_l = w_l
        self.max_order = max_order
        self.purified = purified
        self.transform = transform
        self.features = features
        self.dtype = dtype
        self.n_threads = n_threads
        self._check()

    def _check(self) -> None:
        check_species(self.name, self.species)
        for field in ("r_cut", "max_degree", "w_l"):
            _check_positive(field, getattr(self, field))
        for field in ("n_max", "max_order", "n_threads"):
            _check_whole(field, getattr(self, field))
        if self.max_order > MAX_ORDER:
            raise InputError(f"max_order of ace is {self.max_order}: only orders 1 to {MAX_ORDER} are implemented")
        if not isinstance(self.purified, (bool, np.bool_)):
            raise InputError(f"purified of ace is {self.purified!r}: it must be true or false")
        for field, choices in (("transform", TRANSFORMS), ("dtype", DTYPES)):
            if getattr(self, field) not in choices:
                raise unknown_name(f"{field} of ace", str(getattr(self, field)), list(choices))
        make_transform(self.transform, float(self.r_cut))
        if isinstance(self.features, str):
            raise InputError(f"features of ace is {self.features!r}: it must be a list of names or indices")
        if self.features is not None:
            pick(self.features, self._all_names())

    def _all_features(self) -> tuple[Feature, ...]:
        return select(
            Selection(len(self.species), int(self.n_max), float(self.max_degree), float(self.w_l), int(self.max_order))
        )

    def _all_names(self) -> list[str]:
        return [feature_name(feature, self.species) for feature in self._all_features()]

    def _features(self) -> tuple[Feature, ...]:
        features = self._all_features()
        return features if self.features is None else tuple(features[i] for i in pick(self.features, self._all_names()))

    @property
    def feature_names(self) -> list[str]:
        """Names such as ``3-body A[n=1 l=2] B[n=3 l=2]``."""
        return [feature_name(feature, self.species) for feature in self._features()]

    @property
    def short_names(self) -> list[str]:
        """Names for axes and text: ``A1`` for the pair feature of species A with n = 1, others in full."""
        return [short_name(feature, self.species) for feature in self._features()]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Runs of features of one body order, and of one species among pairs, in the order of the features."""
        return blocks_of(self._features(), self.species)

    @property
    def species_needed(self) -> tuple[str, ...]:
        """The species of `species`."""
        return tuple(self.species)

    @property
    def plan(self) -> Plan:
        """Tables of the kernels; made once for equal parameters."""
        transform = make_transform(self.transform, float(self.r_cut))
        return make_plan(self._features(), len(self.species), transform, bool(self.purified))

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features), of `dtype`.

        Raises
        ------
        InputError
            A species is not among `species`; a particle has no neighbour, or another one at its own position.
        """
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        types = types_of(snapshot, tuple(self.species), self.name)
        grid = _fine_grid(snapshot, float(self.r_cut))
        rows: Floats = np.empty((len(snapshot), len(self.plan.outputs)), dtype=self.dtype)
        faults = _describe(grid, types[grid.order], self.plan, int(self.n_threads), rows)
        for fault, particle in faults:
            _complain(fault, snapshot, particle, self.r_cut)
        return rows


def _check_positive(field: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise InputError(f"{field} of ace is {value!r}: it must be a positive number")


def _check_whole(field: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{field} of ace is {value!r}: it must be a whole number, 1 or more")


def _fine_grid(snapshot: Snapshot, r_cut: float) -> Grid:
    """Bins smaller than the cutoff; along an open vector none is beyond the last, however flat the particles lie."""
    grid = build_grid(snapshot.cell, snapshot.positions, r_cut / _BINS_PER_CUTOFF)
    reach = grid.reach * _BINS_PER_CUTOFF
    return grid._replace(
        r_max=r_cut, reach=np.where(grid.periodic, reach, np.minimum(reach, grid.n_bins - 1))
    )  # fmt: skip


def _complain(fault: int, snapshot: Snapshot, particle: int, r_cut: float) -> None:
    from lammps_glass.descriptors.ace import kernels

    where = f"particle {snapshot.ids[particle]} (step {snapshot.step})"
    if fault == kernels.COINCIDENT:
        raise InputError(f"{where} has another particle at its own position: the direction to it is not defined")
    if fault == kernels.LONELY:
        raise InputError(
            f"{where} has no neighbour within r_cut = {r_cut:g} of ace: take a larger r_cut (in the snapshot's units)"
        )


def _describe(grid: Grid, types: Integers, plan: Plan, n_threads: int, rows: Floats) -> list[tuple[int, int]]:
    """Fill `rows`, each thread a stretch of whole blocks; return the fault and its particle of each thread."""
    from lammps_glass.descriptors.ace import kernels
    from lammps_glass.descriptors.ace.lanes import LANES

    n_blocks = -(-len(grid.order) // LANES)
    edges = [LANES * (n_blocks * k // n_threads) for k in range(n_threads + 1)]
    capacity = kernels.most_candidates(grid)

    def describe_stretch(k: int) -> tuple[int, int]:
        """Describe the particles of thread `k`; return a fault code and its particle."""
        work = _workspace(plan, capacity)
        last = min(edges[k + 1], len(grid.order))
        fault, particle = kernels.describe(grid, types, plan, work, edges[k], last, rows)
        return int(fault), int(particle)

    if n_threads == 1:
        return [describe_stretch(0)]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(describe_stretch, range(n_threads)))


def _workspace(plan: Plan, capacity: int) -> Workspace:
    from lammps_glass.descriptors.ace.kernels import CHUNK, Workspace
    from lammps_glass.descriptors.ace.lanes import LANES

    n_species, l_max = len(plan.sums.counts), len(plan.sums.angular_steps) - 1
    n_features = len(plan.additions.starts) - 1
    return Workspace(
        home=np.array([-1]),
        candidates=np.empty((n_species, 3, capacity + 1)),
        n_candidates=np.zeros(n_species, dtype=np.int64),
        squares=np.empty(capacity),
        chosen=np.empty(capacity + 1, dtype=np.int64),
        near=_aligned((capacity + CHUNK) * 3 * LANES * n_species).reshape(n_species, -1),
        n_near=np.zeros((n_species, LANES), dtype=np.int64),
        places=_aligned(4 * CHUNK * LANES),
        radial=_aligned(len(plan.sums.radial_steps) * CHUNK * LANES),
        angular=_aligned((l_max + 1) ** 2 * CHUNK * LANES),
        moments=_aligned(len(plan.sums.norms) * LANES),
        coupled=_aligned((2 * l_max + 1) * LANES),
        features=_aligned(n_features * LANES),
    )


def _aligned(size: int) -> NDArray[np.float64]:
    """An array whose start is a multiple of 64 bytes: vectors of eight numbers then never straddle cache lines."""
    raw = np.empty(size + 8)
    skip = (-raw.ctypes.data // 8) % 8
    return raw[skip : skip + size]
