#!/bin/sh
# Who follows whom on a GPU that is shared by turns, read off the jobs of a scenario in which
# each takes one turn: handovers.sh FILE, as h100/jobs/ts_poisson_16x_const2_rho70.csv.
set -eu
[ $# -eq 1 ] || {
    echo "usage: $0 FILE" >&2
    exit 64
}

# Looked at: each VM that follows another one at once. Those that waited had arrived 30 us, a
# launch, before the job of the VM that was on the GPU began.
tail -n +2 "$1" | sort -t, -k5,5n | awk -F, '
    { vm[NR] = $1; arrival[NR] = $3; start[NR] = $5; end[NR] = $6 }
    END {
        for (k = 2; k <= NR; k++) {
            gap = start[k] - end[k - 1]
            if (vm[k] != vm[k - 1] && gap >= 0 && gap < 200000) {
                look(k, k - 1)
            }
        }
        for (pair in wins) {
            split(pair, part, SUBSEP)
            other = wins[part[1], part[3], part[2]]
            if (wins[pair] + other > 1 && (part[2] < part[3] || other + 0 == 0)) {
                asked += wins[pair] + other
                agreed += wins[pair] > other ? wins[pair] : other
            }
        }
        of = "next: %d of %d\n"
        printf "some waited as the job began, and one of them was " of, inside, some
        printf "of those that had waited, the one that came first was " of, fifo, several
        printf "of two that waited several times, the usual one behind that VM was " of,
            agreed, asked
        printf "nobody had waited, and the first of those that came was " of, first, late
    }
    function look(k, last,    j, z, count, waits, came, oldest, next_vm) {
        split("", waits)
        split("", came)
        oldest = next_vm = ""
        for (j = k; j <= NR && j < k + 100; j++) {
            if (vm[j] != vm[last] && arrival[j] < start[last] - 30000) {
                waits[vm[j]] = 1
                oldest = oldest == "" || arrival[j] < arrival[oldest] ? j : oldest
            } else if (vm[j] != vm[last] && arrival[j] < end[last] - 30000) {
                came[vm[j]] = 1
                next_vm = next_vm == "" || arrival[j] < arrival[next_vm] ? j : next_vm
            }
        }
        for (z in waits) { count++ }
        if (count > 0) {
            some++
            inside += vm[k] in waits
        }
        if (count > 1 && vm[k] in waits) {
            several++
            fifo += vm[oldest] == vm[k]
            for (z in waits) {
                if (z != vm[k]) { wins[vm[last], vm[k], z]++ }
            }
        }
        if (count == 0) {
            for (z in came) { count++ }
            if (count > 1) {
                late++
                first += vm[next_vm] == vm[k]
            }
        }
    }'
