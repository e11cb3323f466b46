"""Radial Gaussians beside DScribe's ACSF, pair entropy beside mdapy's, on the same metal-like configuration."""

from __future__ import annotations

from typing import Any

import numpy as np
from side_by_side import glassy_snapshot, interleaved, peer_version, print_per_particle, read_options, require

from lammps_glass.descriptors import PairEntropy, RadialGaussians
from lammps_glass.descriptors.radial_gaussians import CENTERS
from lammps_glass.snapshots import Cell, Snapshot

DENSITY = 0.055  # atoms per cubic angstrom of Cu-Zr


def metal(n_particles: int) -> Snapshot:
    """The glassy configuration of the other benchmarks at the density of Cu-Zr."""
    snapshot = glassy_snapshot(n_particles)
    scale = (snapshot.number_density / DENSITY) ** (1 / 3)
    return snapshot.replace(
        cell=Cell(snapshot.cell.matrix * scale), positions=snapshot.positions * scale, species=("Cu", "Zr")
    )


def acsf(snapshot: Snapshot, width: float, reach: float) -> Any:
    """DScribe's G2 with the same centres and width; its cutoff function is another, so that numbers differ."""
    from dscribe.descriptors import ACSF

    peer = ACSF(r_cut=reach, g2_params=[[width**-2, center] for center in CENTERS], species=["Cu", "Zr"], periodic=True)
    atoms = snapshot.to_ase({"Cu": 29, "Zr": 40})
    return lambda: peer.create(atoms)


def mdapy_entropy(snapshot: Snapshot, r_max: float, smoothing: float) -> Any:
    """mdapy's structural entropy up to one cutoff, of all species together; its neighbour list is in the time."""
    import mdapy

    box = np.array(snapshot.cell.matrix)
    positions = np.ascontiguousarray(snapshot.wrap().positions)

    def run() -> Any:
        system = mdapy.System(box=box, pos=positions)
        system.cal_structure_entropy(rc=r_max, sigma=smoothing)
        return system

    return run


def main() -> None:
    options = read_options(__file__)
    snapshot = metal(options.particles)
    print(
        f"peers: dscribe {peer_version('dscribe')} ACSF, mdapy {peer_version('mdapy')} structure entropy; "
        f"{options.particles} particles, CPU time of all threads"
    )
    entropy = PairEntropy()
    runs = {
        "G, width 3.5 (700 neighbours)": lambda: RadialGaussians().compute(snapshot),
        "G by species, width 3.5": lambda: RadialGaussians(by_species=True, species=("Cu", "Zr")).compute(snapshot),
        "G, width 0.35": lambda: RadialGaussians(width=0.35).compute(snapshot),
        "dscribe: ACSF G2, width 0.35": acsf(snapshot, 0.35, 8.2),
        "S2, 25 cutoffs to 15": lambda: entropy.compute(snapshot),
        "mdapy: structure entropy to 15, one cutoff": mdapy_entropy(snapshot, 15.0, 0.15),
    }
    seconds = interleaved(runs, options.rounds)
    print_per_particle(seconds, options.particles)
    names = list(runs)
    for name in (names[0], names[4]):
        require(f"{name}, us a particle", seconds[name] / options.particles * 1e6, 30)
    require("G / ACSF, width 0.35", seconds[names[2]] / seconds[names[3]], 0.2)
    require("S2 (25 cutoffs) / mdapy (one)", seconds[names[4]] / seconds[names[5]], 1.0)


if __name__ == "__main__":
    main()
