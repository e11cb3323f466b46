#!/usr/bin/env bash
# A study by hand on Slurm: one job array per stage, each stage after those before it.
#
#   ./job_array.sh                     all stages, chained by dependencies
#   ./job_array.sh volume quench       these stages, in this order
#
# Run it where the study file is; give the cluster's own options to sbatch by its variables, such as
# SBATCH_ACCOUNT, SBATCH_PARTITION, SBATCH_QOS. Settings (environment):
#   STUDY (barcode)  PRESET (demo; empty: none)  OUT (STUDY-PRESET)  TIME (24:00:00)  MEM (2G, per core)
#   MAX_RUNNING (200)  MAX_TASKS (asked from Slurm)  RANKS (1; a stage's `ranks`)  LAMMPS_GLASS (lammps-glass)
# Done cases return at once, so the same call again does only what is missing.
set -euo pipefail
LAMMPS_GLASS=${LAMMPS_GLASS:-lammps-glass}

if [ "${LG_STAGE:-}" ]; then                 # in the array: the cases of this task, one process each
    export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1
    first=$(( ${SLURM_ARRAY_TASK_ID:?} * LG_PER ))
    status=0
    for (( i = first; i < first + LG_PER && i < LG_N; i++ )); do
        $LAMMPS_GLASS run "$STUDY" ${PRESET:+--preset "$PRESET"} --out "$OUT" --stage "$LG_STAGE" --case "$i" || status=$?
    done
    exit "$status"                           # one bad case does not stop the chunk
fi

STUDY=${STUDY:-barcode} PRESET=${PRESET-demo}
OUT=${OUT:-$(basename "$STUDY" .toml)-${PRESET:-study}}
if [ $# -eq 0 ]; then
    # The order of the study file is an order in which every stage follows those it reads.
    set -- volume quench anneal inherent test_quench test_anneal test_inherent larger_quench larger_anneal \
        larger_inherent composition_volume composition_quench composition_anneal composition_inherent shear \
        shear_inherent environments encode test_encode larger_encode composition_encode shear_encode scan learn \
        analyse figures
fi
max=${MAX_TASKS:-$(scontrol show config | awk '/^MaxArraySize/ { print $3 }')}
max=${max:-1001}

$LAMMPS_GLASS validate "$STUDY" >&2
mkdir -p "$OUT/.array"
after=()
for stage in "$@"; do
    n=$($LAMMPS_GLASS run "$STUDY" ${PRESET:+--preset "$PRESET"} --out "$OUT" --stage "$stage" --count)
    per=$(( (n + max - 1) / max ))
    last=$(( (n + per - 1) / per - 1 ))
    export STUDY PRESET OUT LAMMPS_GLASS LG_STAGE=$stage LG_PER=$per LG_N=$n
    job=$(sbatch --parsable --export=ALL --job-name="$(basename "$OUT")-$stage" --array="0-$last%${MAX_RUNNING:-200}" \
        --ntasks="${RANKS:-1}" --mem-per-cpu="${MEM:-2G}" --time="${TIME:-24:00:00}" --requeue \
        --output="$OUT/.array/$stage-%A_%a.log" ${after[@]+"${after[@]}"} "$0")
    unset LG_STAGE
    echo "$stage: job $job, $n cases in $(( last + 1 )) tasks"
    # afterany: a failed case stops only what reads it; those cases say what is missing and return.
    after=(--dependency="afterany:${job%%;*}")
done
