"""Physics of snapshots, labels and indicators: every function gives a small table or a few named numbers.

Averages over replicas and their intervals are made in one place (`bootstrap`, `mean_over_replicas`); everything else
works on one trajectory, or on plain arrays.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lammps_glass.analysis.barcodes import (
        compare_barcodes,
        group_sums,
        heterogeneity,
        nearest_in_energy,
        pearson_coefficients,
    )
    from lammps_glass.analysis.correlations import DecayFit, decay_length, decay_lengths, spatial_autocorrelation
    from lammps_glass.analysis.debye import Sound, sound
    from lammps_glass.analysis.dynamics import (
        four_point_susceptibility,
        mean_squared_displacement,
        non_gaussian_parameter,
        self_intermediate_scattering,
    )
    from lammps_glass.analysis.elasticity import ShearModulus, shear_modulus, sheared
    from lammps_glass.analysis.glass_gate import GateLimits, GlassGate, check_glass, crystal_fraction
    from lammps_glass.analysis.joint import ExponentialFit, exponential_fit, indicator_distribution, joint_density
    from lammps_glass.analysis.maps import slice_field, slice_particles
    from lammps_glass.analysis.mechanics import LogTimeFit, creep_modulus, linear_in_log_time
    from lammps_glass.analysis.populations import binned_means, radial_distribution_around
    from lammps_glass.analysis.statistics import (
        bootstrap,
        mean_over_replicas,
        resamples,
        weighted_mean,
        weighted_mean_of_tables,
    )
    from lammps_glass.analysis.structure import radial_distribution_function, structure_factor
    from lammps_glass.analysis.tails import (
        PowerLawFit,
        log_histogram,
        power_law_slope,
        tail_exponent,
        tail_exponent_interval,
    )
    from lammps_glass.analysis.time_correlations import (
        crossing_distribution,
        crossing_exponent,
        field_autocorrelation,
        first_zero_crossings,
        voxel_autocorrelations,
    )
    from lammps_glass.analysis.vibrations import (
        BosonPeak,
        boson_peak,
        boson_peak_intensity,
        low_mode_participation,
        participation_ratios,
        particle_density_of_states,
        reduced_density_of_states,
        vibrational_density_of_states,
    )
    from lammps_glass.analysis.voronoi import ICOSAHEDRON, is_kasper, kasper_groups, voronoi_indices
    from lammps_glass.analysis.voxels import (
        Fields,
        fluctuation_by_population,
        voxel_field,
        voxel_fields,
        voxel_indices,
        voxel_number,
    )

_HOME = {
    "barcodes": ("compare_barcodes", "group_sums", "heterogeneity", "nearest_in_energy", "pearson_coefficients"),
    "voronoi": ("ICOSAHEDRON", "is_kasper", "kasper_groups", "voronoi_indices"),
    "correlations": ("DecayFit", "decay_length", "decay_lengths", "spatial_autocorrelation"),
    "debye": ("Sound", "sound"),
    "dynamics": (
        "four_point_susceptibility",
        "mean_squared_displacement",
        "non_gaussian_parameter",
        "self_intermediate_scattering",
    ),
    "elasticity": ("ShearModulus", "shear_modulus", "sheared"),
    "glass_gate": ("GateLimits", "GlassGate", "check_glass", "crystal_fraction"),
    "joint": ("ExponentialFit", "exponential_fit", "indicator_distribution", "joint_density"),
    "maps": ("slice_field", "slice_particles"),
    "mechanics": ("LogTimeFit", "creep_modulus", "linear_in_log_time"),
    "populations": ("binned_means", "radial_distribution_around"),
    "statistics": ("bootstrap", "mean_over_replicas", "resamples", "weighted_mean", "weighted_mean_of_tables"),
    "structure": ("radial_distribution_function", "structure_factor"),
    "tails": ("PowerLawFit", "log_histogram", "power_law_slope", "tail_exponent", "tail_exponent_interval"),
    "time_correlations": (
        "crossing_distribution",
        "crossing_exponent",
        "field_autocorrelation",
        "first_zero_crossings",
        "voxel_autocorrelations",
    ),
    "vibrations": (
        "BosonPeak",
        "boson_peak",
        "boson_peak_intensity",
        "low_mode_participation",
        "participation_ratios",
        "particle_density_of_states",
        "reduced_density_of_states",
        "vibrational_density_of_states",
    ),
    "voxels": ("Fields", "fluctuation_by_population", "voxel_field", "voxel_fields", "voxel_indices", "voxel_number"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ICOSAHEDRON",
    "BosonPeak",
    "DecayFit",
    "ExponentialFit",
    "Fields",
    "GateLimits",
    "GlassGate",
    "LogTimeFit",
    "PowerLawFit",
    "ShearModulus",
    "Sound",
    "binned_means",
    "bootstrap",
    "boson_peak",
    "boson_peak_intensity",
    "check_glass",
    "compare_barcodes",
    "creep_modulus",
    "crossing_distribution",
    "crossing_exponent",
    "crystal_fraction",
    "decay_length",
    "decay_lengths",
    "exponential_fit",
    "field_autocorrelation",
    "first_zero_crossings",
    "fluctuation_by_population",
    "four_point_susceptibility",
    "group_sums",
    "heterogeneity",
    "indicator_distribution",
    "is_kasper",
    "joint_density",
    "kasper_groups",
    "linear_in_log_time",
    "log_histogram",
    "low_mode_participation",
    "mean_over_replicas",
    "mean_squared_displacement",
    "nearest_in_energy",
    "non_gaussian_parameter",
    "participation_ratios",
    "particle_density_of_states",
    "pearson_coefficients",
    "power_law_slope",
    "radial_distribution_around",
    "radial_distribution_function",
    "reduced_density_of_states",
    "resamples",
    "self_intermediate_scattering",
    "shear_modulus",
    "sheared",
    "slice_field",
    "slice_particles",
    "sound",
    "spatial_autocorrelation",
    "structure_factor",
    "tail_exponent",
    "tail_exponent_interval",
    "vibrational_density_of_states",
    "voronoi_indices",
    "voxel_autocorrelations",
    "voxel_field",
    "voxel_fields",
    "voxel_indices",
    "voxel_number",
    "weighted_mean",
    "weighted_mean_of_tables",
]


def __getattr__(name: str) -> Any:
    """Import a module of the folder when one of its names is first used (pandas and numba take seconds)."""
    if name in _MODULE:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
