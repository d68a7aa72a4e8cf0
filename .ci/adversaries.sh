#!/bin/sh
# adversaries.sh - the table of docs/adversaries.md: what each adversary takes from the victims,
# under every policy. The program is VGPUSIM, else build/vgpusim.
set -eu
VGPUSIM=${VGPUSIM:-build/vgpusim}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
adversaries='yield-early edge-bursts many-short-jobs sleeper long-kernels'
more='{name: equal_share, order: adaptive},{name: mlfq, boost: 100ms}'

# measure NAME - "policy share p99 frames/s" of a scenario of scenarios/adversaries, by policy.
measure() {
    "$VGPUSIM" compare "scenarios/adversaries/$1.yaml" --policies all --reps 1 --no-figures \
        -o "$scratch/all" >/dev/null
    "$VGPUSIM" compare "scenarios/adversaries/$1.yaml" --reps 1 --no-figures \
        --vary "gpus[0].sharing.policy=$more" -o "$scratch/more" >/dev/null
    # A policy with a parameter is called "equal_share, order: adaptive", commas apart.
    cat "$scratch/all/compare.csv" "$scratch/more/compare.csv" |
        sed 's/^"{name: \([a-z_]*\), \([a-z_]*\): \([a-z0-9]*\)}"/\1;_\2:_\3/' |
        awk -F, '$2 == "batch" && $3 == "share_percent" { share[$1] = $4 }
                 $2 == "frames" && $3 == "latency_p99_ns" { p99[$1] = $4 == "" ? "-" : $4 }
                 $2 == "frames" && $3 == "throughput_per_s" { rate[$1] = $4 }
                 END { for (p in share) print p, share[p], p99[p], rate[p] }' | sort
}

measure fair-neighbour >"$scratch/table"
for name in $adversaries; do
    measure "$name" >"$scratch/$name"
    join "$scratch/table" "$scratch/$name" >"$scratch/next"
    mv "$scratch/next" "$scratch/table"
done

echo '| policy | yield early | edge bursts | short jobs | sleeper | long kernels | worst |'
echo '|---|---:|---:|---:|---:|---:|---:|'
awk 'function latency(before, after, rate, rate_before) {
    if (rate_before < 27) { # Of the 30 frames a second that come.
        return "-"
    } else if (rate < 27) {
        slowest = 1e6
        return "starved"
    }
    slowest = after / before > slowest ? after / before : slowest
    return sprintf(after / before < 9.95 ? "%.1fx" : "%.0fx", after / before)
}
{
    worst = slowest = 0
    cells = ""
    for (i = 5; i < NF; i += 3) {
        lost = 100 * (1 - $i / $2)
        worst = lost > worst ? lost : worst
        cells = cells sprintf("%.0f %%, %s | ", lost, latency($3, $(i + 1), $(i + 2), $4))
    }
    gsub(/-0 %/, "0 %", cells)
    name = $1
    gsub(/;_/, ", ", name)
    gsub(/:_/, ": ", name)
    printf "%04d %020.6f| %s | %s%.0f %% |\n", worst + 0.5, slowest, name, cells, worst
}' "$scratch/table" | sort | cut -d'|' -f2- | sed 's/^/|/'
