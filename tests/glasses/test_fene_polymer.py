"""The bead-spring polymer: chains, bonds, energies against numpy, quenching, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from lammps_glass import simulate
from lammps_glass.errors import InputError, SimulationError
from lammps_glass.glasses import FenePolymer
from lammps_glass.simulate.engine import Engine
from lammps_glass.simulate.protocols import Quench, Relax
from lammps_glass.snapshots import Snapshot


def bonds_of(snapshot):
    """Lengths of the bonds k to k + 1 inside chains of 20, by a loop."""
    edges = np.diag(snapshot.cell.matrix)
    lengths = []
    for k in range(len(snapshot)):
        if (k + 1) % 20:
            vector = snapshot.positions[k + 1] - snapshot.positions[k]
            lengths.append(np.linalg.norm(vector - edges * np.rint(vector / edges)))
    return np.array(lengths)


def oracle(snapshot, stiffness=30.0, extent=1.5, cut=2.25):
    """FENE and core of every bond, shifted Lennard-Jones of every pair that is not bonded (minimum image)."""
    edges, total = np.diag(snapshot.cell.matrix), 0.0
    for r in bonds_of(snapshot):
        total += -0.5 * stiffness * extent**2 * np.log(1 - (r / extent) ** 2)
        if r < 2 ** (1 / 6):
            total += 4 * (r**-12 - r**-6) + 1
    for i in range(len(snapshot)):
        vectors = snapshot.positions[i + 1 :] - snapshot.positions[i]
        r = np.linalg.norm(vectors - edges * np.rint(vectors / edges), axis=1)
        if (i + 1) % 20 and len(r):
            r = r[1:]
        r = r[r < cut]
        total += np.sum(4 * (r**-12 - r**-6) - 4 * (cut**-12 - cut**-6))
    return total


@pytest.fixture(scope="module")
def glass():
    return FenePolymer(n_particles=300)


@pytest.fixture(scope="module")
def quenched(glass, tmp_path_factory):
    protocol = Quench(
        liquid=2000, cooling=2000, liquid_temperature=1.0, temperature=0.3, pressure=1.0, segment_steps=1500
    )
    return protocol.run(glass, 1, tmp_path_factory.mktemp("quench"))


def test_energy_equals_the_double_loop(glass, quenched):
    for snapshot in (glass.initial(2), quenched.final):
        # two sums of some ten thousand terms in different orders
        assert simulate.energy(snapshot, glass) == pytest.approx(oracle(snapshot), rel=1e-11)
    assert quenched.thermo["pe"].iloc[-1] == pytest.approx(oracle(quenched.final), rel=1e-11)


def test_start_is_chains_without_overlaps_or_stretched_bonds(glass):
    start = glass.initial(5)
    assert np.array_equal(start.positions, glass.initial(5).positions)
    bonds = bonds_of(start)
    assert len(bonds) == 300 - 15
    assert 0.8 < bonds.min() < bonds.max() < 1.15
    edges = np.diag(start.cell.matrix)
    vectors = start.positions[:, None] - start.positions
    r = np.linalg.norm(vectors - edges * np.rint(vectors / edges), axis=2)[np.triu_indices(300, 1)]
    assert r.min() > 0.75


def test_quench_under_pressure_keeps_chains_and_densifies(glass, quenched):
    bonds = bonds_of(quenched.final)
    # inherent structure: bonds sit in a well 0.97 wide, hooked chains would hold some above 1.2
    assert 0.93 < bonds.min() < bonds.max() < 1.05
    cooling = quenched.thermo[quenched.thermo["phase"] == "cooling"]
    density = 300 / (cooling["lx"] * cooling["ly"] * cooling["lz"])
    assert density.iloc[-1] > 1.0 > 0.9 * density.iloc[-1]
    assert glass.check(quenched.final).species == ("A",)


def test_bonds_survive_relax_and_minimize(glass, quenched, tmp_path):
    relaxed = Relax(stress=0.0).run(quenched, 1, tmp_path)
    assert bonds_of(relaxed.final).max() < 1.05
    minimum = simulate.minimize(quenched.final, glass)
    # already minimised: only the round-off of its positions is left
    assert np.abs(minimum.positions - quenched.final.positions).max() < 1e-6


def test_broken_chains_are_refused(glass, quenched):
    final = quenched.final
    moved = final.positions.copy()
    moved[41] += 1.0
    with pytest.raises(InputError, match=r"bond of beads 4[123] and 4[234] is .* breaks at 1\.5"):
        glass.check(final.replace(positions=moved))
    with pytest.raises(InputError, match="not whole chains of 20"):
        glass.check(Snapshot(final.cell, final.positions[:299], final.types[:299], ("A",)))
    with pytest.raises(InputError, match="not a multiple of chain_length = 20"):
        FenePolymer(n_particles=310)
    with pytest.raises(InputError, match="no compiled interactions"):
        glass.model()


def test_molecules_that_a_file_numbers_are_the_chains(glass, quenched):
    """A data file of longer chains would otherwise be cut at every 20th bead."""
    final = quenched.final
    chains = (final.ids - 1) // 20
    for molecules in (chains + 1, 100 - chains, 0 * chains):
        glass.check(final.replace(properties={"mol": molecules}))
    for wrong, size in (((final.ids - 1) // 40 + 1, 40), ((final.ids - 1) // 10 + 1, 10)):
        with pytest.raises(InputError, match=f"molecules of .*{size}.* beads are not chains of 20"):
            glass.check(final.replace(properties={"mol": wrong}))


def test_a_bond_stretched_in_a_run_is_a_clear_line(glass, quenched, tmp_path):
    """A time step far too long: LAMMPS says Bad FENE bond, or that bond atoms are missing."""
    wild = FenePolymer(n_particles=300, timestep=0.06)
    protocol = Quench(liquid=2000, cooling=1000, liquid_temperature=1.0, temperature=0.5)
    with pytest.raises(SimulationError, match="a bond was stretched until it broke") as caught:
        protocol.run(wild, 1, tmp_path)
    # the deck holds its output back; what LAMMPS wrote last is shown all the same
    log = sorted((tmp_path / "segments").glob("*.log"))[-1]
    assert caught.value.log_tail
    assert caught.value.log_tail.splitlines()[-1] == log.read_text().splitlines()[-1]


STRETCHED = """
units lj
atom_style bond
region box block 0 20 0 20 0 20
create_box 1 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 4
create_atoms 1 single 1 1 1
create_atoms 1 single 5 1 1
mass 1 1
pair_style zero 6.0
pair_coeff * *
bond_style fene
bond_coeff 1 30 1.5 1 1
comm_modify cutoff 8
create_bonds single/bond 1 1 2
run 0
"""


def test_engine_explains_the_error_of_lammps():
    with pytest.raises(SimulationError, match=r"Bad FENE bond.*shorter time step"), Engine() as engine:
        engine.commands(STRETCHED)
