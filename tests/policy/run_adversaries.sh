#!/bin/sh
# run_adversaries.sh - the table of docs/adversaries.md is as theory has it.
set -eu
passed=0
failed=0
table=$(sh .ci/adversaries.sh)

# lost POLICY COLUMN LEAST MOST - what `batch` loses, in per cent, is between the two.
lost() {
    value=$(echo "$table" | awk -F'|' -v policy=" $1 " -v column="$2" \
        '$2 == policy { sub(/ %.*/, "", $(column + 2)); print $(column + 2) + 0 }')
    if [ -n "$value" ] && [ "$value" -ge "$3" ] && [ "$value" -le "$4" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "docs/adversaries.md: error: $1 loses '$value' %, not $3 to $4, in column $2"
    fi
}

yield=1 edges=2 short=3 sleeper=4 kernels=5
# Slots are nobody else's, whatever the others do, as long as nothing overruns; paid back, not
# even then.
for policy in equal_share fixed_share container_slots 'equal_share, order: adaptive'; do
    for adversary in $yield $edges $short $sleeper; do
        lost "$policy" $adversary 0 0
    done
done
lost equal_share $kernels 95 100
lost 'equal_share, order: adaptive' $kernels -100 0
# Who charges for what was used loses next to nothing: the bound of a quantum.
for policy in fair stride constant_bandwidth; do
    for adversary in $yield $edges $short $sleeper $kernels; do
        lost "$policy" $adversary -20 5
    done
done
# Turns of 40 ms against turns of 2 ms: 42 of 44 at most.
for policy in round_robin best_effort lottery; do
    lost "$policy" $kernels 85 96
done
# New and short jobs go first.
lost srpt $short 99 100
lost srpt $yield 99 100
lost las $short 99 100
lost mlfq $yield 90 100
lost shortest_job $short 99 100
# Fifty jobs are older than one; long ones are served like any other.
lost fifo $short 50 98
lost fifo $kernels 70 89
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
