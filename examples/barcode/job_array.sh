#!/usr/bin/env bash
# This study by hand on Slurm, a job array a stage: the script of the first example with this study's stages.
# Its settings (PRESET, OUT, TIME, MEM ...) are explained there.
#
#   ./job_array.sh                     all stages, chained by dependencies
#   ./job_array.sh volume quench       these stages, in this order
set -euo pipefail
[ $# -gt 0 ] || set -- volume quench anneal inherent test_quench test_anneal test_inherent larger_quench larger_anneal \
    larger_inherent composition_volume composition_quench composition_anneal composition_inherent shear \
    shear_inherent environments encode test_encode larger_encode composition_encode shear_encode scan learn \
    analyse figures
export STUDY=${STUDY:-barcode}
exec "$(dirname "$0")/../looseness/job_array.sh" "$@"
