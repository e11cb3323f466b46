"""D2min against OVITO's AtomicStrainModifier: the same numbers, in at most 1.2 times its CPU time."""

from __future__ import annotations

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

from lammps_glass import labels


def main() -> None:
    options = read_options(__file__)
    print(f"peer: ovito {peer_version('ovito')}, AtomicStrainModifier; {options.particles} particles, CPU time")
    from ovito.modifiers import AtomicStrainModifier
    from ovito.pipeline import ReferenceConfigurationModifier, StaticSource

    reference = glassy_snapshot(options.particles)
    kicks = 0.05 * np.random.default_rng(1).normal(size=reference.positions.shape)
    current = reference.replace(positions=reference.positions + kicks, step=1000)
    modifier = AtomicStrainModifier(
        cutoff=2.5,
        output_nonaffine_squared_displacements=True,
        affine_mapping=ReferenceConfigurationModifier.AffineMapping.Off,
        minimum_image_convention=True,
    )
    source: Any = StaticSource(data=ovito_collection(reference))  # OVITO's annotation knows files only
    modifier.reference = source

    def ours() -> np.ndarray:
        return labels.d2min(reference, current, r_max=2.5, reduce="sum")

    def theirs() -> np.ndarray:
        data = ovito_collection(current)
        data.apply(modifier)
        return np.array(data.particles["Nonaffine Squared Displacement"])

    require("largest relative difference of D2min", float(np.abs(ours() / theirs() - 1).max()), 1e-10)
    seconds = interleaved({"ours: d2min": ours, "ovito: AtomicStrainModifier": theirs}, options.rounds)
    print_per_particle(seconds, options.particles)
    require("d2min / ovito", seconds["ours: d2min"] / seconds["ovito: AtomicStrainModifier"], 1.2)
    require("d2min, us a particle", seconds["ours: d2min"] / options.particles * 1e6, 14)


if __name__ == "__main__":
    main()
