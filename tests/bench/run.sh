#!/bin/sh
# run.sh [--markdown] [--pairs N] - times the simulator against hand-written loops of the same
# models and prints a table. `make bench` builds what it needs and calls it. With --markdown
# it also puts the table into docs/performance.md, between the lines `<!-- bench -->` and
# `<!-- /bench -->`.
#
# Each row runs the two commands in turn and shows medians; the ratio is the median of the
# pairwise ratios, so a busy machine blurs it little. Whole programs are timed, from start to
# results on disk, without figures.
#
# The output of simulate() is a list of words on purpose.
# shellcheck disable=SC2046
set -eu

usage='[--markdown] [--pairs N]'
pairs=7
# Without a space, so that it stays one word.
lua_policy='gpus[0].sharing.policy={"script":../../scenarios/policies/round_robin.lua}'
. "$(dirname "$0")/begin.sh"

# simulate SCENARIO [OPTION...] - the command whose time counts.
simulate() {
    file=$1
    shift
    echo "$vgpusim run $here/$file --no-figures -o $scratch/out $*"
}

# row NAME A... -- B... - one line of the table.
row() {
    name=$1
    shift
    "$built/pairs" "$pairs" "$@" >"$scratch/medians" 2>"$scratch/talk" || {
        cat "$scratch/talk" >&2
        exit 1
    }
    read -r a_cpu a_wall b_cpu b_wall cpu_ratio wall_ratio <"$scratch/medians"
    echo "| $name | $a_cpu | $b_cpu | $cpu_ratio | $a_wall | $b_wall | $wall_ratio |"
}

table() {
    cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    echo "$("$vgpusim" --version | head -n 1), $cpu, $(getconf _NPROCESSORS_ONLN) cores," \
         "medians of $pairs runs in turn, milliseconds."
    echo
    echo "| model, and what it is compared with | CPU | CPU of the other | ratio |" \
         "wall | wall of the other | ratio |"
    echo "|---|---:|---:|---:|---:|---:|---:|"
    row "B, hand-written loop" $(simulate model_b.yaml) -- "$built/reference_b"
    row "B, hand-written loop with an event heap" $(simulate model_b.yaml) -- \
        "$built/reference_b_heap"
    row "M/M/1, hand-written loop" $(simulate mm1.yaml) -- "$built/reference_mm1"
    row "B, round_robin in Lua, the same in C" \
        $(simulate model_b.yaml --set "$lua_policy") -- $(simulate model_b.yaml)
    row "B with slices of 0.02 ms, B with 2 ms" \
        $(simulate model_b.yaml --set gpus[0].sharing.slice=0.02ms \
            --set gpus[0].sharing.switch=0.001ms) -- \
        $(simulate model_b.yaml)
}

table >"$scratch/table"
cat "$scratch/table"
page bench
