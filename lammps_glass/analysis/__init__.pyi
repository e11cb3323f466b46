"""What the package exports, each imported when it is first used (`lazy_loader` reads this file)."""

from .association import reliability_ceiling as reliability_ceiling
from .barcodes import (
    BarcodeSet as BarcodeSet,
    compare_at_equal_energy as compare_at_equal_energy,
    compare_barcodes as compare_barcodes,
    group_sums as group_sums,
    heterogeneity as heterogeneity,
    nearest_in_energy as nearest_in_energy,
    pearson_coefficients as pearson_coefficients,
    relative_strains as relative_strains,
)
from .correlations import (
    DecayFit as DecayFit,
    ReplicaDecay as ReplicaDecay,
    correlations_near as correlations_near,
    decay_by_replica as decay_by_replica,
    decay_length as decay_length,
    pair_distances as pair_distances,
    spatial_autocorrelation as spatial_autocorrelation,
)
from .debye import Sound as Sound, sound as sound
from .displacements import displacement_averages as displacement_averages
from .dynamics import (
    dynamics_by_group as dynamics_by_group,
    four_point_susceptibility as four_point_susceptibility,
    mean_squared_displacement as mean_squared_displacement,
    non_gaussian_parameter as non_gaussian_parameter,
    overlap_function as overlap_function,
    self_intermediate_scattering as self_intermediate_scattering,
)
from .elasticity import ShearModulus as ShearModulus, shear_modulus as shear_modulus, sheared as sheared
from .equilibration import (
    Equilibration as Equilibration,
    equilibration as equilibration,
    median_relaxation_time as median_relaxation_time,
    relaxation_time as relaxation_time,
)
from .glass_gate import (
    GateLimits as GateLimits,
    GlassGate as GlassGate,
    check_glass as check_glass,
    crystal_fraction as crystal_fraction,
)
from .groups import ParticleGroups as ParticleGroups
from .histograms import (
    binned_means as binned_means,
    extreme_rows as extreme_rows,
    histogram as histogram,
    log_histogram as log_histogram,
    quantile_groups as quantile_groups,
)
from .joint import (
    ExponentialFit as ExponentialFit,
    JointCounts as JointCounts,
    exponential_fit as exponential_fit,
    indicator_distribution as indicator_distribution,
    joint_density as joint_density,
)
from .local_yield import local_yield_stress as local_yield_stress
from .maps import (
    richest_slice as richest_slice,
    slice_field as slice_field,
    slice_map as slice_map,
    slice_particles as slice_particles,
)
from .mechanics import (
    LogTimeFit as LogTimeFit,
    axial_strain as axial_strain,
    creep_modulus as creep_modulus,
    linear_in_log_time as linear_in_log_time,
)
from .mobility import (
    auc_of_most_mobile as auc_of_most_mobile,
    particle_mobility as particle_mobility,
    prediction_against_time as prediction_against_time,
)
from .neighborhoods import neighborhoods as neighborhoods
from .relaxation import (
    Diffusion as Diffusion,
    RelaxationTimes as RelaxationTimes,
    StretchedExponential as StretchedExponential,
    crossing_time as crossing_time,
    diffusion_coefficient as diffusion_coefficient,
    relaxation_over_replicas as relaxation_over_replicas,
    relaxation_times as relaxation_times,
)
from .statistics import (
    bootstrap as bootstrap,
    mean_over_replicas as mean_over_replicas,
    resamples as resamples,
    split_by as split_by,
    weighted_mean as weighted_mean,
    weighted_mean_of_tables as weighted_mean_of_tables,
)
from .structure import (
    pair_radial_distributions as pair_radial_distributions,
    radial_distribution_around as radial_distribution_around,
    radial_distribution_function as radial_distribution_function,
    structure_factor as structure_factor,
    structure_factor_around as structure_factor_around,
    structure_factor_over_replicas as structure_factor_over_replicas,
)
from .tails import (
    PowerLawFit as PowerLawFit,
    power_law_slope as power_law_slope,
    tail_exponent as tail_exponent,
    tail_exponent_interval as tail_exponent_interval,
)
from .time_correlations import (
    crossing_distribution as crossing_distribution,
    crossing_exponent as crossing_exponent,
    field_autocorrelation as field_autocorrelation,
    first_zero_crossings as first_zero_crossings,
    voxel_autocorrelations as voxel_autocorrelations,
)
from .van_hove import (
    DynamicLength as DynamicLength,
    distinct_van_hove as distinct_van_hove,
    dynamic_length as dynamic_length,
    four_point_structure_factor as four_point_structure_factor,
    self_van_hove as self_van_hove,
)
from .velocities import (
    velocity_autocorrelation as velocity_autocorrelation,
    velocity_density_of_states as velocity_density_of_states,
)
from .vibrations import (
    BosonPeak as BosonPeak,
    BosonPeaks as BosonPeaks,
    HarmonicComparison as HarmonicComparison,
    boson_peak as boson_peak,
    boson_peak_intensity as boson_peak_intensity,
    boson_peaks as boson_peaks,
    compare_with_harmonic as compare_with_harmonic,
    frequency_grid as frequency_grid,
    low_mode_participation as low_mode_participation,
    participation_ratios as participation_ratios,
    particle_density_of_states as particle_density_of_states,
    reduced_density_of_states as reduced_density_of_states,
    vibrational_density_of_states as vibrational_density_of_states,
)
from .voronoi import (
    ICOSAHEDRON as ICOSAHEDRON,
    is_kasper as is_kasper,
    kasper_groups as kasper_groups,
    voronoi_indices as voronoi_indices,
)
from .voxels import (
    Fields as Fields,
    fluctuation_by_population as fluctuation_by_population,
    voxel_field as voxel_field,
    voxel_fields as voxel_fields,
    voxel_indices as voxel_indices,
    voxel_number as voxel_number,
    without_finite_size as without_finite_size,
)
