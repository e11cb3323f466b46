"""The contract of every protocol of this package, and that the contract fails for broken ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from lammps_glass.glasses import CuZr, KobAndersen
from lammps_glass.simulate.protocols import REGISTRY, Anneal
from lammps_glass.testing import check_protocol

#: Options that make a run of seconds with several segments.
SMALL = {
    "quench": {"liquid": 200, "cooling": 400, "segment_steps": 150, "thermo_every": 50},
    # 4e15 K/s and wide tolerances: the contract is about bits, not about a glass
    "melt-quench": {
        "rate": 4e15, "melt": 80, "liquid": 40, "segment_steps": 100, "thermo_every": 20,
        "box_tolerance": 0.02, "force_tolerance": 1e-2, "stress_tolerance": 1e4,
    },
    "anneal": {"steps": 300, "snapshot_every": 50, "segment_steps": 120, "thermo_every": 50},
    "creep": {"steps": 300, "snapshot_every": 50, "segment_steps": 120, "thermo_every": 50},
    "relax": {"stress": 0.5},
    "inherent": {},
    "isoconfigurational": {"steps": 150, "snapshot_every": 50, "temperature": 0.3, "thermo_every": 20},
    "dynamics": {
        "steps": 256, "log_block": 128, "linear_every": 50, "temperature": 0.3, "start_temperature": 0.05,
        "heating": 90, "equilibration": 60, "pressure": 1.0, "ensemble": "npt", "segment_steps": 70, "thermo_every": 20,
    },
    "shear": {
        "strain": 0.2, "strain_rate": 0.2, "timestep": 0.005, "temperature": 0.1, "snapshots": 5, "segment_steps": 80,
    },
    "constant-volume-cooling": {
        "rate": 4e15, "melt": 80, "liquid": 40, "segment_steps": 100, "thermo_every": 20, "force_tolerance": 1e-2,
    },
    "aqs": {
        "max_strain": 0.006, "strain_step": 5e-4, "block_strain": 1e-3, "snapshot_every": 2e-3, "segment_steps": 4,
        "force_tolerance": 1e-4, "r_max": 2.0,
    },
    "artn": {"particles": (1, 60, 150), "n_barriers": 1, "max_trials": 2, "radius": 2.0, "refine": False},
    "vibrate": {
        "temperature": 0.1, "steps": 200, "equilibration": 50, "sample_every": 10, "segment_steps": 60,
        "thermo_every": 20,
    },
}  # fmt: skip
#: Minimisations draw no random numbers, everything else does; searches end with the minimum that they start from.
ATHERMAL = ("relax", "inherent", "aqs", "artn")
#: Their decks do not make a whole run: the searches are no commands of LAMMPS.
NOT_BY_HAND = ("artn",)


@pytest.fixture(scope="module")
def glass():
    return KobAndersen(n_particles=200)


@pytest.fixture(scope="module")
def trajectory(glass, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    quenched = REGISTRY.build("quench", SMALL["quench"]).run(glass, 5, folder / "quench")
    options = {"steps": 60, "snapshot_every": 30, "temperature": 0.1}
    return REGISTRY.build("anneal", options).run(quenched, 5, folder / "anneal")


def _source(name, glass, trajectory):
    if name in ("melt-quench", "constant-volume-cooling"):  # in K/s: a metal; the fewest atoms that its cutoff allows
        return CuZr(n_particles=200)
    return glass if name == "quench" else trajectory


@pytest.mark.parametrize("name", REGISTRY.bundled)
def test_contract(name, glass, trajectory):
    source = _source(name, glass, trajectory)
    athermal, by_hand = name in ATHERMAL, name not in NOT_BY_HAND
    check_protocol(REGISTRY[name].load(), SMALL[name], source, random=not athermal, programs=by_hand)
    assert REGISTRY.build(name).name == name


@dataclass(frozen=True, kw_only=True)
class Unseeded(Anneal):
    """Draws the same random numbers whatever the seed."""

    def seed_of(self, seed, use):
        return 7


@dataclass(frozen=True, kw_only=True)
class Continued(Anneal):
    """Its segments depend on which of them run in one process."""

    runs = 0

    def variables(self, seed):
        Continued.runs += 1
        return {**super().variables(seed), "velocity_seed": 7 + Continued.runs}


@dataclass(frozen=True, kw_only=True)
class Unchecked(Anneal):
    def __post_init__(self):
        pass


@dataclass(frozen=True, kw_only=True)
class Lacking(Anneal):
    """A value that its deck needs is not given."""

    def variables(self, seed):
        return {name: value for name, value in super().variables(seed).items() if name != "steps"}


@dataclass(frozen=True, kw_only=True)
class Stamped(Anneal):
    """Leaves a product with something else than its physics in it."""

    def write_products(self, plan):
        (plan.directory / "where.txt").write_text(str(plan.directory))


@dataclass(frozen=True, kw_only=True)
class Undone(Anneal):
    """Says that a run is short."""

    @property
    def n_segments(self):
        return super().n_segments - 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (Unseeded, "another seed gives the same run"),
        (Continued, "two decks with one seed differ"),
        (Unchecked, "is accepted|instead of an InputError"),
        (Lacking, "steps"),
        (Stamped, r"different bytes in where\.txt"),
        (Undone, "2 segments"),
    ],
)
def test_broken_protocols_fail(broken, message, trajectory):
    with pytest.raises(AssertionError, match=message):
        check_protocol(broken, SMALL["anneal"], trajectory, programs=False)


def test_programs_that_are_not_installed_are_named(trajectory, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name, path: None)
    with pytest.raises(AssertionError, match="lmp is not installed"):
        check_protocol(Anneal, SMALL["anneal"], trajectory)


def test_ranks_that_disagree_fail(trajectory, monkeypatch):
    """A run that is another one on two ranks is found by its first row."""
    from lammps_glass.testing import protocols

    launch = protocols._launch

    def warmer(directory: Path, *words: str) -> None:
        if words:
            deck = (directory / "in.lmp").read_text()
            deck, count = re.subn(r"(variable +temperature +index) \S+", r"\1 0.11", deck)
            assert count == 1
            (directory / "in.lmp").write_text(deck)
        launch(directory, *words)

    monkeypatch.setattr(protocols, "_launch", warmer)
    with pytest.raises(AssertionError, match="on two ranks the first temp deviates"):
        check_protocol(Anneal, {**SMALL["anneal"], "temperature": 0.1}, trajectory)
