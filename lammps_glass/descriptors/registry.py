"""Names of the descriptors."""

from __future__ import annotations

from lammps_glass.registry import Entry, Registry

REGISTRY = Registry(
    "descriptor",
    [
        Entry(
            "interstices",
            "lammps_glass.descriptors.interstices:Interstices",
            "60 statistics of the free distances, areas and volumes between a particle and its Voronoi neighbours",
            "1",
        ),
        Entry(
            "ace",
            "lammps_glass.descriptors.ace:ACE",
            "rotation-invariant sums over neighbours, pairs and triples of them, purified: 574 for two species",
            "1",
        ),
        Entry(
            "radial-gaussians",
            "lammps_glass.descriptors.radial_gaussians:RadialGaussians",
            "sums of Gaussians of the distances to the neighbours: 31 centres",
            "1",
        ),
        Entry(
            "pair-entropy",
            "lammps_glass.descriptors.pair_entropy:PairEntropy",
            "two-body excess entropy of each particle up to 25 cutoffs",
            "k_B",
        ),
        Entry(
            "soap",
            "lammps_glass.descriptors.soap:SOAP",
            "power spectrum of the smoothed density around a particle, of unit length: 3289 for two species",
            "1",
        ),
        Entry(
            "vibrational",
            "lammps_glass.descriptors.vibrational:Vibrational",
            "vibrational mean squared displacement at 20 temperatures; runs the protocol vibrate",
            "length^2",
            protocol="vibrate",
        ),
        Entry(
            "barriers",
            "lammps_glass.descriptors.barriers:Barriers",
            "sorted energies of the saddles around a particle: 24; runs the protocol artn",
            "energy",
            protocol="artn",
        ),
        Entry(
            "local-density",
            "lammps_glass.descriptors.local_density:LocalDensity",
            "number density around a particle, and its coordination: a baseline",
            "1/length^3, 1",
        ),
        Entry(
            "coarse-grained",
            "lammps_glass.descriptors.coarse_grained:CoarseGrained",
            "columns of other descriptors averaged over neighbours by species, at several lengths",
            "those of its parts",
        ),
        Entry(
            "energy",
            "lammps_glass.descriptors.energy:Energy",
            "potential energy of a particle, from the interactions or a column of the file",
            "energy",
        ),
        Entry(
            "voronoi",
            "lammps_glass.descriptors.voronoi_cells:Voronoi",
            "volume, faces and index of the Voronoi cell",
            "length^3, 1",
        ),
        Entry(
            "bond-orientational",
            "lammps_glass.descriptors.bond_orientational:BondOrientational",
            "Steinhardt's q_l and w_l, and their averages over neighbours",
            "1",
        ),
        Entry(
            "structure-functions",
            "lammps_glass.descriptors.structure_functions:StructureFunctions",
            "Behler and Parrinello's radial and angular functions by species",
            "1",
        ),
        Entry(
            "rattle",
            "lammps_glass.descriptors.states:Rattle",
            "distance from the place in the inherent structure; minimises the energy",
            "length",
        ),
        Entry(
            "inherent",
            "lammps_glass.descriptors.states:Inherent",
            "columns of other descriptors in the inherent structure; minimises the energy",
            "those of its parts",
        ),
        Entry(
            "cage",
            "lammps_glass.descriptors.states:Cage",
            "distances from the cage state (restricted Monte Carlo), and columns of other descriptors in it",
            "length, and those of its parts",
        ),
        Entry(
            "harmonic",
            "lammps_glass.descriptors.harmonic:Harmonic",
            "harmonic displacement by band of frequency, soft and localised modes, of the inherent structure",
            "length^2/energy, length^2/energy^2, 1",
        ),
        Entry(
            "nonaffine",
            "lammps_glass.descriptors.nonaffine:Nonaffine",
            "linear response of the inherent structure to shear: forces, displacements, their D2min, by plane",
            "force, length, length^2 by strain",
        ),
        Entry(
            "local-yield-stress",
            "lammps_glass.descriptors.local_yield:LocalYieldStress",
            "stress and strain at which a ball around a particle yields in a frozen matrix, by plane of shear",
            "energy/length^3, 1",
        ),
        Entry(
            "file-columns",
            "lammps_glass.descriptors.file_columns:FileColumns",
            "columns of the file of a snapshot, as they are",
            "of the file",
        ),
        Entry(
            "joined",
            "lammps_glass.descriptors.joined:Joined",
            "the columns of several descriptors side by side, such as --set parts.pair-entropy={}",
            "those of its parts",
        ),
    ],
)
