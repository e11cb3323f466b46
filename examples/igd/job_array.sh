#!/usr/bin/env bash
# This study by hand on Slurm, a job array a stage: the script of the first example with this study's stages.
# Its settings (PRESET, OUT, TIME, MEM ...) are explained there.
#
#   ./job_array.sh                     all stages, chained by dependencies
#   ./job_array.sh quench gate shear   these stages, in this order
set -euo pipefail
[ $# -gt 0 ] || set -- quench gate shear label vibrate modes barriers describe describe_barriers grid fold fold_barriers \
    learn predict dynamics analyse_structure analyse_shear analyse_accuracy analyse_space analyse_defects \
    analyse_vibrations analyse_barriers analyse_dynamics figures
export STUDY=${STUDY:-igd}
exec "$(dirname "$0")/../looseness/job_array.sh" "$@"
