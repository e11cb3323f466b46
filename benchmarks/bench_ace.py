"""ACE beside DScribe's and featomic's SOAP and LAMMPS's `sna/atom`, turn by turn: cutoff 4, neighbours included.

    python benchmarks/bench_ace.py --rounds 3

One thread each. The peers' settings are those of our expansion where they have them (9 radial functions, l up to 2),
with Gaussians of width 0.5 as the barcode study has. DScribe looks for neighbours beyond the cutoff by a multiple of
the width: 0.2 makes it 1.6 to 1.9 times as fast, its default 1 less than half as fast. SNAP has twojmax 6, four-body
as our order 3. Exit status 1 when a peer is missing or a bound is not kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before the peers are imported

import numpy as np
from side_by_side import glassy_snapshot, interleaved, peer_version, read_options, require

from lammps_glass.descriptors import ACE
from lammps_glass.simulate.mpi import open_lammps
from lammps_glass.snapshots import Snapshot

R_CUT, N_RADIAL, L_MAX, SIGMA = 4.0, 9, 2, 0.5
DSCRIBE, FEATOMIC, SNAP = "dscribe SOAP gto 9, 2", "featomic SOAP gto 9, 2", "lammps sna/atom twojmax 6"
# peer -> how many times faster the 574 purified features must be than it
BOUNDS = {DSCRIBE: 20.0, FEATOMIC: 20.0, SNAP: 10.0}
# particles a second of one core of the machine on which the first version reached 58 000 and 19 000
GOALS = {"ace 574 pure": 45_000.0, "ace 1121 pure, polymer": 18_000.0}


def atoms_of(snapshot: Snapshot) -> Any:
    from ase import Atoms

    numbers = np.array([10, 18])[snapshot.types]
    return Atoms(numbers=numbers, positions=snapshot.positions, cell=snapshot.cell.matrix, pbc=True)


def dscribe_run(snapshot: Snapshot) -> Callable[[], Any]:
    from dscribe.descriptors import SOAP

    soap = SOAP(species=[10, 18], r_cut=R_CUT, n_max=N_RADIAL, l_max=L_MAX, sigma=SIGMA, periodic=True)
    atoms = atoms_of(snapshot)
    return lambda: soap.create(atoms, n_jobs=1)


def featomic_run(snapshot: Snapshot) -> Callable[[], Any]:
    from featomic import SoapPowerSpectrum

    soap = SoapPowerSpectrum(
        cutoff={"radius": R_CUT, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
        density={"type": "Gaussian", "width": SIGMA},
        basis={"type": "TensorProduct", "max_angular": L_MAX, "radial": {"type": "Gto", "max_radial": N_RADIAL - 1}},
    )
    atoms = atoms_of(snapshot)
    return lambda: soap.compute(atoms)


def snap_run(snapshot: Snapshot) -> tuple[Callable[[], Any], str]:
    """One `run 0`: neighbour lists and the compute, which a sum over particles asks for; and LAMMPS's version."""
    instance: Any = open_lammps(["-screen", "none", "-log", "none", "-nocite"])
    edge = snapshot.cell.matrix[0, 0]
    instance.commands_string(
        f"units lj\natom_modify map array\nregion box block 0 {edge} 0 {edge} 0 {edge}\ncreate_box 2 box\nmass * 1"
    )
    ids, types = list(range(1, len(snapshot) + 1)), (snapshot.types + 1).tolist()
    instance.create_atoms(len(ids), ids, types, snapshot.positions.ravel().tolist())
    instance.commands_string(
        f"pair_style zero {R_CUT + 0.1}\npair_coeff * *\nneighbor 0.0 bin\n"
        f"compute snap all sna/atom {R_CUT} 0.99363 6 0.5 0.5 1.0 0.5\n"
        "compute sum all reduce sum c_snap[1]\nthermo_style custom step c_sum"
    )
    return lambda: instance.command("run 0 post no"), str(instance.version())


def our_runs(snapshot: Snapshot) -> dict[str, Callable[[], Any]]:
    one_species = snapshot.replace(types=np.zeros_like(snapshot.types), species=("A",))
    runs = {
        "ace 574 pure": (ACE(r_cut=R_CUT), snapshot),
        "ace 574 plain": (ACE(r_cut=R_CUT, purified=False), snapshot),
        "ace 174 pure, order 2": (ACE(r_cut=R_CUT, max_order=2), snapshot),
        "ace 20, order 1": (ACE(r_cut=R_CUT, max_order=1), snapshot),
        "ace 574 pure, r_cut 3": (ACE(r_cut=3.0), snapshot),
        "ace 1121 pure, polymer": (ACE(("A",), r_cut=R_CUT, n_max=20, max_degree=18), one_species),
    }
    return {name: partial(ace.compute, of) for name, (ace, of) in runs.items()}


def main() -> None:
    options = read_options(__file__)
    snapshot = glassy_snapshot(options.particles)
    snap, lammps_version = snap_run(snapshot)
    versions = [f"{name} {peer_version(name)}" for name in ("dscribe", "featomic")]
    print(f"peers: {', '.join(versions)}, lammps {lammps_version}; {options.particles} particles, r_cut {R_CUT:g}")
    peers = {DSCRIBE: dscribe_run(snapshot), FEATOMIC: featomic_run(snapshot), SNAP: snap}
    seconds = interleaved({**our_runs(snapshot), **peers}, options.rounds)
    for name, value in seconds.items():
        print(f"{name:<44} {options.particles / value:10.0f} particles a second of CPU time")
    for name, goal in GOALS.items():
        require(f"{name}, us a particle", seconds[name] / options.particles * 1e6, 1e6 / goal)
    for peer, bound in BOUNDS.items():
        require(f"ace 574 pure / {peer}", seconds["ace 574 pure"] / seconds[peer], 1 / bound)
        print(f"{'':<44} {seconds[peer] / seconds['ace 574 pure']:8.1f} times as fast (at least {bound:g})")


if __name__ == "__main__":
    main()
