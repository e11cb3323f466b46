"""Interstices: the 60 features with neighbours given, and the whole chain against OVITO's Voronoi analysis alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from side_by_side import (
    glassy_snapshot,
    interleaved,
    ovito_collection,
    peer_version,
    print_per_particle,
    read_options,
    require,
)

from lammps_glass.descriptors import Interstices
from lammps_glass.descriptors.interstices import interstice_features
from lammps_glass.descriptors.voronoi import voronoi_neighbors


def main() -> None:
    options = read_options(__file__)
    print(f"peer: ovito {peer_version('ovito')}, VoronoiAnalysisModifier; {options.particles} particles, CPU time")
    from ovito.modifiers import VoronoiAnalysisModifier

    snapshot = glassy_snapshot(options.particles)
    descriptor = Interstices()
    neighbors = voronoi_neighbors(snapshot)
    radii = np.array([0.5, 0.3])[snapshot.types]

    def voronoi(**settings: Any) -> None:
        data = ovito_collection(snapshot)
        data.apply(VoronoiAnalysisModifier(**settings))

    names = [
        "features, neighbours given",
        "Snapshot -> 60 features",
        "ovito: Voronoi alone",
        "ovito: Voronoi with bonds",
    ]
    runs: list[Callable[[], Any]] = [
        lambda: interstice_features(neighbors, radii),
        lambda: descriptor.compute(snapshot),
        voronoi,
        lambda: voronoi(generate_bonds=True),
    ]
    seconds = interleaved(dict(zip(names, runs)), options.rounds)
    print_per_particle(seconds, options.particles)
    require("features, us a particle", seconds[names[0]] / options.particles * 1e6, 12)
    # Against the modifier as it comes: without the bonds, which hold the neighbours and cost another tenth.
    require("whole chain / ovito's Voronoi alone", seconds[names[1]] / seconds[names[2]], 1.6)
    print(f"{'whole chain / Voronoi with bonds':<44} {seconds[names[1]] / seconds[names[3]]:8.3f}")


if __name__ == "__main__":
    main()
