#!/bin/sh
# maps.sh FOLDER... - reduces the block maps that run.sh's part `blocks` left in folders to a
# row for each kernel.
#
# placed_ns is when its last block started; fewest and most are blocks on an SM; fewer counts
# the SMs with at least two blocks less than the most.
set -eu
echo "scenario,vm,job,demand_ns,start_ns,placed_ns,end_ns,sms,fewest,most,fewer"
for folder; do
    for file in "$folder"/*.*.csv; do
        scenario=${file##*/}
        awk -F, -v scenario="${scenario%%.*}" '
            FNR == 1 { next }
            FNR == NR { demand[$1, $2] = $4; next }
            $2 != job && count { flush() }
            {
                vm = $1; job = $2; blocks[++count] = $4
                start = count == 1 || $5 < start ? $5 : start
                placed = count == 1 || $6 > placed ? $6 : placed
                end = count == 1 || $7 > end ? $7 : end
            }
            END { if (count) flush() }
            function flush(    i, least, most, fewer) {
                least = most = blocks[1]
                for (i = 2; i <= count; i++) {
                    least = blocks[i] < least ? blocks[i] : least
                    most = blocks[i] > most ? blocks[i] : most
                }
                for (i = 1; i <= count; i++) { fewer += blocks[i] < most - 1 }
                printf "%s,%s,%d,%.0f,%.0f,%.0f,%.0f,%d,%d,%d,%d\n", scenario, vm, job,
                    demand[vm, job], start, placed, end, count, least, most, fewer
                count = 0
            }' "$folder/${scenario%%.*}.csv" "$file"
    done
done
