#!/bin/sh
# fleet.sh [--gpus N] [--pairs N] [--markdown] - how long a fleet takes, what memory, and what
# threads are worth. `make bench-fleet` builds what it needs and calls it: it takes minutes, so
# `make bench` does not. With --markdown the tables also go into docs/performance.md.
set -eu

usage='[--gpus N] [--pairs N] [--markdown]'
gpus=10000
pairs=5
. "$(dirname "$0")/begin.sh"

# simulate OUT GPUS THREADS [OPTION...]
simulate() {
    out=$1
    count=$2
    threads=$3
    shift 3
    echo "$vgpusim run $here/fleet.yaml --no-figures -o $scratch/$out" \
         "--set gpus[0].count=$count --threads $threads $*"
}

# The cell of a column in the only row of vms.csv.
jobs_of() {
    cut -d , -f 5 "$scratch/$1/vms.csv" | tail -n 1
}

# row GPUS THREADS - one run, in full.
row() {
    # shellcheck disable=SC2046
    "$built/measure" 1 $(simulate whole "$1" "$2") >"$scratch/cost"
    awk -v gpus="$1" -v threads="$2" -v jobs="$(jobs_of whole)" '{
        printf "| %d | %d | %.1f | %.1f | %.1f | %.0f | %.0f |\n", gpus, threads, jobs / 1e6,
            $1 / 1e3, $2 / 1e3, $1 * 1e6 / jobs, $3 / 1024 }' "$scratch/cost"
}

fleets() {
    echo "$("$vgpusim" --version | head -n 1), $(getconf _NPROCESSORS_ONLN) cores, load" \
         "$(cut -d ' ' -f 1 /proc/loadavg) before."
    echo
    echo "| GPUs, 16 VMs each, 600 s | threads | jobs, millions | CPU, s | wall, s |" \
         "CPU, ns a job | peak memory, MiB |"
    echo "|---:|---:|---:|---:|---:|---:|---:|"
    row $((gpus / 100)) 1
    row "$gpus" 2
}

# Two threads, and two processes with a thread each that share the GPUs between them, in turn.
# Each fleet simulates its ten worst GPUs once more: with five fewer in each half, as many
# simulations are made either way.
threads() {
    half=$((gpus / 40))
    less=$((half - 5))
    # shellcheck disable=SC2046
    "$built/pairs" "$pairs" $(simulate both $((2 * half)) 2) -- \
        sh -c "$(simulate one $less 1) & $(simulate two $less 1 --seed 2) & wait" \
        >"$scratch/medians"
    awk -v gpus=$((2 * half)) '{
        printf "| %d GPUs | CPU, ms | wall, ms |\n|---|---:|---:|\n", gpus
        printf "| one process, two threads | %.0f | %.0f |\n", $1, $2
        printf "| two processes of half the GPUs side by side | %.0f | %.0f |\n", $3, $4
        printf "| speed of the first over the second | %.3f | %.3f |\n", 1 / $5, 1 / $6
    }' "$scratch/medians"
}

{
    fleets
    echo
    threads
} >"$scratch/table"
cat "$scratch/table"
page fleet
