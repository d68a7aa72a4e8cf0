#!/bin/sh
# guard.sh - fails when the simulator needs more instructions than it did. `make check-speed`
# calls it; UPDATE=1 writes guard.csv anew (then say in the commit why).
#
# Instructions are counted by callgrind, so the machine and what else it does do not matter; the
# compiler does a little, hence the tolerance. Start-up and results are counted in.
set -eu

usage=
tolerance=5 # Per cent.
. "$(dirname "$0")/begin.sh"

command -v valgrind >/dev/null || {
    echo "guard.sh: valgrind is not installed; nothing is checked"
    exit 0
}

# count SCENARIO OPTION... - the instructions of one run.
count() {
    file=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$vgpusim" run "$here/$file" \
        --threads 1 --no-figures -o "$scratch/out" "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

status=0
row() {
    name=$1
    shift
    got=$(count "$@")
    echo "$name,$got" >>"$scratch/guard.csv"
    want=$(sed -n "s/^$name,//p" "$here/guard.csv")
    percent=$(awk "BEGIN { printf \"%.1f\", 100 * $got / ${want:-$got} - 100 }")
    echo "$name: $got instructions, $percent % against guard.csv"
    if awk "BEGIN { exit !($percent > $tolerance) }"; then
        echo "$here/guard.csv:1: error: $name needs $percent % more instructions than it did;" \
            "at most $tolerance % more are allowed"
        status=1
    fi
}

echo "name,instructions" >"$scratch/guard.csv"
row turns model_b.yaml --set duration=300s
row short_slices model_b.yaml --set duration=100s --set gpus[0].sharing.slice=0.02ms \
    --set gpus[0].sharing.switch=0.001ms
row slots model_b.yaml --set duration=100s --set gpus[0].sharing.policy=equal_share
row many model_b.yaml --set duration=20s --set vms[0].count=400 \
    --set gpus[0].device.memory=2000GiB --set vms[0].workloads[0].arrival.poisson=0.4/s
row first_come mm1.yaml --set duration=100s
if [ -n "${UPDATE:-}" ]; then
    cp "$scratch/guard.csv" "$here/guard.csv"
fi
exit $status
