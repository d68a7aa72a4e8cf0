#!/bin/sh
# policies.sh [--markdown] [POLICY...] - what policies cost: all instructions of bench model B
# with 16 VMs against those under round_robin; and the instructions of the policy alone for each
# stay when 16, 128 and 1024 VMs always have work, which shows how decisions grow. With
# --markdown the table also goes into docs/performance.md, between the lines `<!-- policies -->`
# and `<!-- /policies -->`. `make bench-policies` calls it; it takes minutes.
#
# Instructions are counted by valgrind, so the machine and what else it does do not matter. What
# starting up and writing results cost is taken off model B by running it for two lengths. The
# policy's own are those within its operations, whose names its source says.
set -eu

usage='[--markdown] [POLICY...]'
. "$(dirname "$0")/begin.sh"
[ $# -gt 0 ] || set -- $("$vgpusim" list policies | awk '{ print $1 }')

# run FILE SECONDS POLICY [OPTION...] - one run under TOOL, whose words go to $scratch/log.
run() {
    file=$1 seconds=$2 policy=$3
    shift 3
    # shellcheck disable=SC2086
    valgrind $tool "$vgpusim" run "$here/$file" --threads 1 --no-figures --no-skip \
        -o "$scratch/out" --set "duration=${seconds}s" --set "gpus[0].sharing.policy=$policy" \
        "$@" 2>"$scratch/log" >/dev/null
}

# Instructions of 30 s of model B.
model_b() {
    tool='--tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null'
    for seconds in 10 40; do
        run model_b.yaml $seconds "$1"
        sed -n 's/.*I *refs: *//p' "$scratch/log" | tr -d ','
    done | awk 'NR == 1 { first = $1 } NR == 2 { printf "%.0f", $1 - first }'
}

# Instructions within the operations of a policy, for each stay with so many VMs. A plain GPU
# would not ask it.
decisions() {
    tool="--tool=callgrind --callgrind-out-file=$scratch/profile"
    run saturated.yaml 4 "$1" --no-plain --set "vms[0].count=$2"
    stays=$(sed -n 's/.*"stays": \([0-9]*\).*/\1/p' "$scratch/out/summary.json" | head -n 1)
    sed -n 's/^ *\.\(ready\|pick\|charge\|arrived\) = \([a-z_0-9]*\),/\2/p' \
        "sim/policy/$1.c" >"$scratch/names"
    callgrind_annotate --inclusive=yes --threshold=100 "$scratch/profile" |
        awk -v stays="$stays" 'NR == FNR { own[$1] = 1; next }
            { gsub(",", "", $1); name = $0; sub(/.*:/, "", name); sub(/[ \x27].*/, "", name)
              if (name in own) { sum += $1; delete own[name] } }
            END { printf " %.0f", sum / stays }' "$scratch/names" -
}

measure() {
    model_b "$1"
    for vms in 16 128 1024; do
        decisions "$1" $vms
    done
    echo
}

table() {
    model_b round_robin >"$scratch/base"
    echo '| policy | model B, against round_robin | policy alone, 16 VMs | 128 VMs | 1024 VMs |'
    echo '|---|---:|---:|---:|---:|'
    for policy in "$@"; do
        measure "$policy" | awk -v policy="$policy" -v base="$(cat "$scratch/base")" \
            '{ printf "| %s | %.2f | %d | %d | %d |\n", policy, $1 / base, $2, $3, $4 }'
    done
}

table "$@" | tee "$scratch/table"
page policies
