#!/bin/sh
# scale.sh [--runs N] - how cost grows: with the VMs of a GPU at equal load, with simulated
# time, with what is written, and at the start. `make bench` builds what it needs and calls it;
# docs/performance.md has its tables, between the lines `<!-- scale -->` and `<!-- /scale -->`.
#
# The output of simulate() is a list of words on purpose.
# shellcheck disable=SC2046
set -eu

runs=5
while [ $# -gt 0 ]; do
    case $1 in
    --runs) shift; runs=$1 ;;
    *) echo "usage: scale.sh [--runs N]" >&2; exit 2 ;;
    esac
    shift
done

vgpusim=${VGPUSIM:-build/vgpusim}
built=${BENCH:-build/gcc-release/tests/bench}
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

simulate() {
    echo "$vgpusim run $here/model_b.yaml --no-figures -o $scratch/out $*"
}

# cost COMMAND... - cpu_ms wall_ms peak_kib
cost() {
    "$built/measure" "$runs" "$@"
}

echo "| VMs of one GPU, 160 jobs/s in all | CPU, ms | ns a job | against 16 VMs |"
echo "|---:|---:|---:|---:|"
for vms in 1 4 16 64 256 1024; do
    rate=$(awk "BEGIN { printf \"%.9g\", 160 / $vms }")
    cost $(simulate --set vms[0].count=$vms --set gpus[0].device.memory=5000GiB \
        --set vms[0].workloads[0].arrival.poisson=$rate/s) >"$scratch/cost.$vms"
done
for vms in 1 4 16 64 256 1024; do
    awk -v vms=$vms 'FNR == 1 && NR == 1 { base = $1; next }
        { printf "| %d | %.0f | %.0f | %.2f |\n", vms, $1, $1 * 1e6 / 960000, $1 / base }' \
        "$scratch/cost.16" "$scratch/cost.$vms"
done

echo
echo "| model B | CPU, ms | wall, ms | peak memory, KiB |"
echo "|---|---:|---:|---:|"
row() {
    name=$1
    shift
    cost "$@" >"$scratch/cost"
    awk -v name="$name" '{ printf "| %s | %.1f | %.1f | %d |\n", name, $1, $2, $3 }' \
        "$scratch/cost"
}
row "1 s simulated" $(simulate --set duration=1s)
row "600 s" $(simulate --set duration=600s)
row "6000 s" $(simulate)
row "60000 s" $(simulate --set duration=60000s)
row "6000 s, --jobs --slices" $(simulate --jobs --slices)
row "6000 s, slices of 0.02 ms, switch 0.001 ms" \
    $(simulate --set gpus[0].sharing.slice=0.02ms --set gpus[0].sharing.switch=0.001ms)
row "600 s of those, --no-skip" $(simulate --set duration=600s --no-skip \
    --set gpus[0].sharing.slice=0.02ms --set gpus[0].sharing.switch=0.001ms)
