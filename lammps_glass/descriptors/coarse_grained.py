"""`CoarseGrained`: the columns of any descriptor averaged over the neighbours of each particle, by species."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors.base import check_species, types_of
from lammps_glass.descriptors.coarse_kernels import neighbor_averages
from lammps_glass.descriptors.composite import NO_PARTS, Parts, StaticComposite, one_of
from lammps_glass.descriptors.configuration import Configuration
from lammps_glass.descriptors.radial_gaussians import ascending_lengths, positive_length
from lammps_glass.descriptors.radial_kernels import fine_grid
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.units import UnitDefaults

WEIGHTS = ("exponential", "gaussian")


class CoarseGrained(StaticComposite):
    r"""Averages of columns over neighbours by species, with weights that decay over several lengths.

    .. math:: \bar f_i(z, L) = \frac{\sum_{j \in z,\, r_{ij} \le r_{max}} w_L(r_{ij}) f_j}
        {\sum_{j \in z,\, r_{ij} \le r_{max}} w_L(r_{ij})}, \qquad
        w_L(r) = e^{-r / L} \text{ or } e^{-r^2 / 2 L^2}

    The particle itself counts, at distance 0, among its own species; every periodic image counts at its own distance.
    A second level averages those averages once more.

    Parameters
    ----------
    parts
        Descriptors whose columns are averaged, name -> options.
    species
        Species to average over, each by itself; the command line takes them from the glass. None averages over all
        particles together.
    lengths
        L of the first level, ascending, in the length unit of the snapshot.
    r_max
        Range of the averages.
    weights
        ``"exponential"`` or ``"gaussian"``.
    second_lengths
        L of the second level; none by default.
    second_of
        Those of `lengths` whose averages the second level averages; all by default.
    powers
        1 averages the columns as they are; 2 and higher average powers of the columns, each measured from its mean over
        the snapshot's particles and divided by its standard deviation: fluctuations of the neighbourhood.

    Notes
    -----
    Columns are named ``<column> <species> L=<length>``.

    References
    ----------
    E. Boattini, F. Smallenburg and L. Filion, Phys. Rev. Lett. 127, 088007 (2021) (one species-blind average by
    exponential weights, applied repeatedly); G. Jung, G. Biroli and L. Berthier, Phys. Rev. Lett. 130, 238202 (2023)
    (averages by species at several lengths).
    """

    name = "coarse-grained"
    unit_defaults = UnitDefaults("reduced units", ("lengths", "r_max"))

    def __init__(
        self,
        parts: Parts = NO_PARTS,
        species: Sequence[str] | None = None,
        lengths: Sequence[float] = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
        r_max: float = 7.0,
        weights: str = "exponential",
        second_lengths: Sequence[float] = (),
        second_of: Sequence[float] | None = None,
        powers: Sequence[int] = (1,),
    ) -> None:
        self.parts = parts
        self.species = species
        self.lengths = lengths
        self.r_max = r_max
        self.weights = weights
        self.second_lengths = second_lengths
        self.second_of = second_of
        self.powers = powers
        self._check()

    def _check(self) -> None:
        if self.species is not None:
            check_species(self.name, self.species)
        ascending_lengths(self.name, "lengths", self.lengths)
        positive_length(self.name, "r_max", self.r_max)
        one_of(self.name, "weights", self.weights, WEIGHTS)
        whole = isinstance(self.powers, Sequence) and all(type(p) is int and 1 <= p <= 4 for p in self.powers)
        if not whole or not self.powers or len(set(self.powers)) < len(self.powers):
            raise InputError(f"{self.name}: powers = {self.powers!r} must be different whole numbers from 1 to 4")
        if self.second_lengths:
            ascending_lengths(self.name, "second_lengths", self.second_lengths)
        if self.second_of is not None and not set(self.second_of) <= set(self.lengths):
            raise InputError(f"{self.name}: second_of = {self.second_of!r} must be some of lengths = {self.lengths!r}")
        self.check_parts()

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species of the averages and of the parts."""
        return tuple(dict.fromkeys([*(self.species or ()), *super().species_needed]))

    @property
    def feature_names(self) -> list[str]:
        """Names of the averages: by species, then length, then column; those of the second level follow."""
        columns = [name if p == 1 else f"{name}^{p}" for p in self.powers for name in self.part_columns]
        first = self._names(columns, self.lengths)
        if not self.second_lengths:
            return first
        again = self._names(columns, self._second_of())
        return first + self._names(again, self.second_lengths)

    def _names(self, columns: Sequence[str], lengths: Sequence[float]) -> list[str]:
        groups = [f" {name}" for name in self.species] if self.species else [""]
        return [f"{column}{group} L={length:g}" for group in groups for length in lengths for column in columns]

    def _second_of(self) -> list[float]:
        return list(self.lengths if self.second_of is None else self.second_of)

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_features) float64 of a snapshot, for parts that need no glass.

        Raises
        ------
        InputError
            A part needs a glass; a particle has no neighbour of some species within `r_max`.
        """
        return self._averages(snapshot, self.part_rows_of(snapshot))

    def of_configuration(self, configuration: Configuration) -> Floats:
        """(n_particles, n_features) float64, averaged over the positions of the state that is shown."""
        return self._averages(configuration.snapshot, self.part_rows(configuration))

    def _averages(self, snapshot: Snapshot, columns: Floats) -> Floats:
        if tuple(self.powers) != (1,):
            deviation = columns.std(axis=0)
            scaled = (columns - columns.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
            columns = np.hstack([columns if power == 1 else scaled**power for power in self.powers])
        first = self._level(snapshot, columns, self.lengths)
        rows = first.reshape(len(snapshot), -1)
        if not self.second_lengths:
            return rows
        kept = [list(self.lengths).index(length) for length in self._second_of()]
        again = self._level(snapshot, first[:, :, kept].reshape(len(snapshot), -1), self.second_lengths)
        return np.hstack([rows, again.reshape(len(snapshot), -1)])

    def _level(self, snapshot: Snapshot, columns: Floats, lengths: Sequence[float]) -> Floats:
        """(n_particles, n_groups, n_lengths, n_columns) averages of columns over the neighbours."""
        groups, n_groups = np.zeros(len(snapshot), dtype=np.int64), 1
        self.require_units(snapshot.units)
        if self.species:
            groups, n_groups = types_of(snapshot, tuple(self.species), self.name), len(self.species)
        sums = np.zeros((len(snapshot), n_groups, len(lengths), columns.shape[1]))
        totals = np.zeros((len(snapshot), n_groups, len(lengths)))
        grid = fine_grid(snapshot.cell, snapshot.positions, float(self.r_max))
        neighbor_averages(
            grid, np.ascontiguousarray(groups, dtype=np.int64), np.ascontiguousarray(columns),
            np.array(lengths, dtype=float), self.weights == "gaussian", sums, totals,
        )  # fmt: skip
        if not totals.all():
            particle, group, _ = np.argwhere(totals == 0)[0]
            missing = self.species[group] if self.species else "any species"
            raise InputError(
                f"{self.name}: particle {snapshot.ids[particle]} (step {snapshot.step}) has no neighbour of {missing} "
                f"within r_max = {self.r_max:g}: take a larger r_max, or leave the species out"
            )
        sums /= totals[..., None]
        return sums
