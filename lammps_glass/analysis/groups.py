"""Groups of particles, by origin: species, classes, quantiles of an indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.analysis.histograms import quantile_groups
from lammps_glass.errors import InputError
from lammps_glass.snapshots.snapshot import Integers, Snapshot


@dataclass(frozen=True, eq=False)
class ParticleGroups:
    """Group of every particle at each origin.

    Attributes
    ----------
    names
        Names of the groups, in order.
    by_step
        Step of an origin -> (n_particles,) numbers of the groups in the order of ids; below 0: in no group. The key
        None holds for every frame (species do not change). No other frame is an origin of the averages.
    """

    names: tuple[str, ...]
    by_step: Mapping[int | None, Integers]

    @classmethod
    def of_species(cls, snapshot: Snapshot) -> Self:
        """Group the particles by species, at all origins."""
        return cls(snapshot.species, {None: snapshot.types})

    @classmethod
    def of_quantiles(cls, values: Mapping[int, ArrayLike], n_groups: int) -> Self:
        """Group the particles into `n_groups` of equal numbers by a value, the lowest first.

        Parameters
        ----------
        values
            Step -> (n_particles,) values of that configuration; a particle whose value is not finite is in no group.
            Limits are those of each configuration. Particles of equal values at a limit go by id, the lower ids into
            the lower group.
        """
        if n_groups < 1:
            raise InputError(f"quantiles: {n_groups} groups must be at least 1")
        groups: dict[int | None, Integers] = {}
        for step, each in values.items():
            numbers = np.asarray(each, dtype=float)
            finite = np.isfinite(numbers)
            if not finite.any():
                continue  # the frame is no origin
            if finite.sum() < n_groups:
                raise InputError(f"quantiles: step {step} has {finite.sum()} values for {n_groups} groups")
            groups[step] = np.full(len(numbers), -1)
            groups[step][finite] = quantile_groups(numbers[finite], n_groups)
        names = tuple(f"{number} of {n_groups}" for number in range(1, n_groups + 1))
        return cls(names, groups)

    @classmethod
    def of_classes(cls, values: Mapping[int, ArrayLike], names: Sequence[str] = ("class 0", "class 1")) -> Self:
        """Group the particles by a label: step -> (n_particles,) numbers 0, 1 ...; NaN is in no group."""
        groups: dict[int | None, Integers] = {}
        for step, each in values.items():
            numbers = np.asarray(each, dtype=float)
            finite = numbers[np.isfinite(numbers)]
            if (finite != np.rint(finite)).any() or (finite < 0).any() or (finite >= len(names)).any():
                raise InputError(
                    f"classes: values at step {step} are not whole numbers from 0 to {len(names) - 1}: group "
                    "other numbers by quantile"
                )
            if not len(finite):
                continue  # the frame is no origin
            whole = np.where(np.isfinite(numbers), numbers, -1.0)
            groups[step] = whole.astype(np.int64)
        return cls(tuple(names), groups)

    def at(self, step: int) -> Integers | None:
        """Return the groups at an origin; None where the frame is no origin."""
        return self.by_step.get(step, self.by_step.get(None))
