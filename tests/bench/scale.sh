#!/bin/sh
# scale.sh [--runs N] [--markdown] - how cost grows: with the VMs of a GPU at equal load, with
# simulated time, and with what is written. `make bench` builds what it needs and calls it; with
# --markdown the tables also go into docs/performance.md, between the lines `<!-- scale -->` and
# `<!-- /scale -->`.
#
# The output of simulate() is a list of words on purpose.
# shellcheck disable=SC2046
set -eu

usage='[--runs N] [--markdown]'
runs=5
. "$(dirname "$0")/begin.sh"

simulate() {
    echo "$vgpusim run $here/model_b.yaml --no-figures -o $scratch/out $*"
}

# cost COMMAND... - cpu_ms wall_ms peak_kib
cost() {
    "$built/measure" "$runs" "$@"
}

# Long enough that the results of 1024 VMs, which are written once, weigh little.
by_vms() {
    seconds=30000
    echo "| VMs of one GPU, 160 jobs/s in all | CPU, ms | ns a job | against 16 VMs |"
    echo "|---:|---:|---:|---:|"
    for vms in 1 4 16 64 256 1024; do
        rate=$(awk "BEGIN { printf \"%.9g\", 160 / $vms }")
        cost $(simulate --set duration=${seconds}s --set vms[0].count=$vms \
            --set gpus[0].device.memory=5000GiB \
            --set vms[0].workloads[0].arrival.poisson=$rate/s) >"$scratch/cost.$vms"
    done
    for vms in 1 4 16 64 256 1024; do
        awk -v vms=$vms -v jobs=$((160 * seconds)) 'NR == 1 { base = $1; next }
            { printf "| %d | %.0f | %.0f | %.2f |\n", vms, $1, $1 * 1e6 / jobs, $1 / base }' \
            "$scratch/cost.16" "$scratch/cost.$vms"
    done
}

row() {
    name=$1
    shift
    cost "$@" >"$scratch/cost"
    awk -v name="$name" '{ printf "| %s | %.1f | %.1f | %d |\n", name, $1, $2, $3 }' \
        "$scratch/cost"
}

by_length() {
    short="--set gpus[0].sharing.slice=0.02ms --set gpus[0].sharing.switch=0.001ms"
    echo "| model B | CPU, ms | wall, ms | peak memory, KiB |"
    echo "|---|---:|---:|---:|"
    # So short that a busy machine shows more than the program.
    given=$runs
    runs=$((10 * given))
    row "1 s simulated" $(simulate --set duration=1s)
    runs=$given
    mv "$scratch/cost" "$scratch/cost.start"
    row "600 s" $(simulate --set duration=600s)
    mv "$scratch/cost" "$scratch/cost.short"
    row "6000 s" $(simulate)
    mv "$scratch/cost" "$scratch/cost.plain"
    row "60000 s" $(simulate --set duration=60000s)
    mv "$scratch/cost" "$scratch/cost.long"
    row "6000 s, --jobs --slices" $(simulate --jobs --slices)
    mv "$scratch/cost" "$scratch/cost.rows"
    runs=2 # Each writes 1.5 GB.
    row "60000 s, --jobs --slices" $(simulate --set duration=60000s --jobs --slices)
    runs=$given
    mv "$scratch/cost" "$scratch/cost.many_rows"
    row "6000 s, slices of 0.02 ms" $(simulate $short)
    row "600 s, slices of 0.02 ms, --no-skip" $(simulate --set duration=600s --no-skip $short)
    echo
    cat "$scratch/cost.start" "$scratch/cost.short" "$scratch/cost.long" | awk '
        { cpu[NR] = $1; wall[NR] = $2; memory[NR] = $3 }
        END { printf "60000 s peak at %+d KiB against 600 s (goal: at most 1024).\n" \
                     "1 s takes %.1f ms from start to finish, %.1f ms of it CPU (goal: below" \
                     " 10).\n",
                     memory[3] - memory[2], wall[1], cpu[1] }'
    cat "$scratch/cost.plain" "$scratch/cost.rows" "$scratch/cost.many_rows" | awk '
        { cpu[NR] = $1; memory[NR] = $3 }
        END { printf "--jobs --slices take %.2f times the CPU time of a run without (goal: at" \
                     " most 3);\n60000 s of them peak at %+d KiB against 6000 s.\n",
                     cpu[2] / cpu[1], memory[3] - memory[2] }'
}

# Ten million rows, and the same bytes brought to the disk by dd.
by_disk() {
    cost $(simulate --set duration=17300s --jobs --slices) >"$scratch/cost"
    cat "$scratch/out/jobs.csv" "$scratch/out/slices.csv" >"$scratch/rows"
    cost dd "if=$scratch/rows" "of=$scratch/copy" bs=256k conv=fsync status=none \
        >"$scratch/cost.disk"
    rows=$(wc -l <"$scratch/rows")
    bytes=$(wc -c <"$scratch/rows")
    cat "$scratch/cost" "$scratch/cost.disk" | awk -v rows="$rows" -v bytes="$bytes" '
        { cpu[NR] = $1; wall[NR] = $2 }
        END { printf "A run that writes %.1f million rows, %.0f MiB, takes %.2f s, of" \
                     " which %.2f s are CPU time.\n" \
                     "To bring the same bytes to the disk takes dd %.2f s.\n",
                     rows / 1e6, bytes / 1048576, wall[1] / 1e3, cpu[1] / 1e3,
                     wall[2] / 1e3 }'
}

{
    by_vms
    echo
    by_length
    echo
    by_disk
} >"$scratch/table"
cat "$scratch/table"
page scale
