"""The contract of every glass of this package, and that the contract fails for broken ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from lammps_glass import glasses
from lammps_glass.glasses import KobAndersen
from lammps_glass.testing import check_glass

#: Few particles that the cutoff allows; of the polymer whole chains.
OPTIONS = {"fene-polymer": {"n_particles": 400}, "cu-zr": {"n_particles": 250}}


@pytest.mark.parametrize("name", glasses.REGISTRY.bundled)
def test_contract(name):
    check_glass(glasses.REGISTRY[name].load(), OPTIONS.get(name, {"n_particles": 200}))
    assert glasses.REGISTRY.build(name).name == name
    assert glasses.REGISTRY[name].units


@dataclass(frozen=True, kw_only=True)
class OneMass(KobAndersen):
    masses: ClassVar[tuple[float, ...]] = (1.0,)


@dataclass(frozen=True, kw_only=True)
class OtherMasses(KobAndersen):
    masses: ClassVar[tuple[float, ...]] = (1.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class OtherUnits(KobAndersen):
    units: ClassVar[str] = "reduced"


@dataclass(frozen=True, kw_only=True)
class OtherModel(KobAndersen):
    """Compiled interactions with another cutoff than LAMMPS has."""

    def model(self):
        return KobAndersen(n_particles=self.n_particles, r_cut=2.4).model()


@dataclass(frozen=True, kw_only=True)
class Unseeded(KobAndersen):
    def initial(self, seed):
        return super().initial(1)


@dataclass(frozen=True, kw_only=True)
class Lost(KobAndersen):
    """A variable of the interactions is not given."""

    def interaction_variables(self):
        return {"r_cut": float(self.r_cut)}


@dataclass(frozen=True, kw_only=True)
class Anything(KobAndersen):
    """Takes snapshots of whatever it is given."""

    def check(self, snapshot):
        return snapshot


@dataclass(frozen=True, kw_only=True)
class Unchecked(KobAndersen):
    def __post_init__(self):
        pass


@dataclass(frozen=True, kw_only=True)
class Forgetful(KobAndersen):
    """Its options lack one of its fields."""

    def options(self):
        return {**super().options(), "density": 1.1}


@dataclass(frozen=True, kw_only=True)
class Uncounted(KobAndersen):
    def counts(self):
        return {"A": self.n_particles, "B": 1}


@dataclass(frozen=True, kw_only=True)
class NoPotential(KobAndersen):
    potential: ClassVar[str] = "kob-anderson"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (OneMass, r"1 masses \(1.0,\) for 2 species"),
        (OtherMasses, "potential.toml says masses"),
        (OtherUnits, "none of LAMMPS"),
        (OtherModel, "model"),
        (Unseeded, "do not depend on the seed"),
        (Lost, r"refers to .*r_cut_AA, r_cut_AB, r_cut_BB"),
        (Anything, r"check\(\)|snapshot"),
        (Unchecked, "is accepted|instead of an InputError"),
        (Forgetful, "another density"),
        (Uncounted, "do not sum"),
        (NoPotential, "did you mean 'kob-andersen'"),
    ],
)
def test_broken_glasses_fail(broken, message):
    with pytest.raises(AssertionError, match=message):
        check_glass(broken, {"n_particles": 200})


def test_interactions_that_are_no_gradient_fail(monkeypatch):
    """Forces that LAMMPS would not have: the slope of the energy is taken of another configuration."""
    from lammps_glass import simulate

    forces = simulate.forces
    monkeypatch.setattr(simulate, "forces", lambda snapshot, glass: np.roll(forces(snapshot, glass), 1, axis=1))
    with pytest.raises(AssertionError, match="slope of the energy"):
        check_glass(KobAndersen, {"n_particles": 200})
