#!/usr/bin/env bash
# This study by hand on Slurm, a job array a stage: the script of the first example with this study's stages.
# Its settings (PRESET, OUT, TIME, MEM ...) are explained there.
#
#   ./job_array.sh                     all stages, chained by dependencies
#   ./job_array.sh flow aqs            these stages, in this order
set -euo pipefail
[ $# -gt 0 ] || set -- quench equilibrate relaxation isoconfigurational label_thermal fast_quench flow aqs label_shear \
    describe map body_order selection analyse figures
export STUDY=${STUDY:-ace}
exec "$(dirname "$0")/../looseness/job_array.sh" "$@"
