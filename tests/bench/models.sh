#!/bin/sh
# models.sh [--runs N] [--markdown] - what a job and an event cost in models of other kinds than
# bench model B, and what a policy in Lua costs. `make bench` builds what it needs and calls it;
# with --markdown the table also goes into docs/performance.md.
#
# The output of simulate() is a list of words on purpose.
# shellcheck disable=SC2046
set -eu

usage='[--runs N] [--markdown]'
runs=5
. "$(dirname "$0")/begin.sh"

simulate() {
    file=$1
    shift
    echo "$vgpusim run $here/$file --no-figures --threads 1 -o $scratch/out $*"
}

# row NAME COMMAND... - CPU time by jobs and by events; both are read from the results.
row() {
    name=$1
    shift
    "$built/measure" "$runs" "$@" >"$scratch/cost"
    events=$(sed -n 's/.*"events": \([0-9]*\).*/\1/p' "$scratch/out/run.json")
    jobs=$(awk -F , 'NR > 1 { sum += $5 } END { print sum }' "$scratch/out/vms.csv")
    awk -v name="$name" -v events="$events" -v jobs="$jobs" '{
        printf "| %s | %d | %d | %.0f | %.0f | %.0f |\n", name, jobs, events, $1,
            $1 * 1e6 / jobs, $1 * 1e6 / events }' "$scratch/cost"
}

models() {
    # Without a space, so that it stays one word.
    lua='gpus[0].sharing.policy={"script":../../scenarios/policies/round_robin.lua}'
    echo "| model | jobs | events | CPU, ms | ns a job | ns an event |"
    echo "|---|---:|---:|---:|---:|---:|"
    row "B: one engine, 16 VMs" $(simulate model_b.yaml --set duration=2000s)
    row "five phases, host and four engines, 16 VMs" $(simulate pipeline.yaml)
    row "MPS, 16 clients" $(simulate mps.yaml)
    row "16 MIG instances, 2 VMs each" $(simulate mig.yaml)
    row "B, round_robin in Lua" $(simulate model_b.yaml --set duration=2000s --set "$lua")
    row "B, fair" $(simulate model_b.yaml --set duration=2000s \
        --set gpus[0].sharing.policy=fair)
    row "B, best_effort" $(simulate model_b.yaml --set duration=2000s \
        --set gpus[0].sharing.policy=best_effort)
    row "B, fixed_share" $(simulate model_b.yaml --set duration=2000s \
        --set gpus[0].sharing.policy=fixed_share)
}

models >"$scratch/table"
cat "$scratch/table"
page models
