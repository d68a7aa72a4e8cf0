#!/bin/sh
# How often kernels under MPS meet on SMs although their shares fit beside each other, read off
# measurements: meetings.sh, without arguments, in the folder that it lies in or any other.
set -eu
cd "$(dirname "$0")"

# A kernel that computes has begun while one that reads memory ran; that one took a fifth longer
# than the shortest, or not.
beside_stream() {
    awk -F, -v name="$1" '
        FNR > 1 && $1 == "b" { begins[++kernels] = $5 }
        FNR > 1 && $1 == "s" {
            start[++streams] = $5; end[streams] = $6
            least = streams == 1 || $6 - $5 < least ? $6 - $5 : least
        }
        END {
            for (k = 1; k <= kernels; k++) {
                while (at < streams && start[at + 1] < begins[k]) { at++ }
                if (at > 0 && end[at] > begins[k]) {
                    beside++
                    met += end[at] - start[at] > 1.2 * 1.02 * least
                }
            }
            printf "%-38s %4d of %4d, %.2f\n", name, met, beside, met / beside
        }' "$2"
}

# Kernels of a block map that began beside others, by how many of these there were and whether
# all of them still had blocks to place. Met: some SM has two blocks less than another.
maps() {
    awk -F, -v scenario="$1" '
        $1 == scenario {
            start[++n] = $5; placed[n] = $6; end[n] = $7; vm[n] = $2; met[n] = $11 > 0
        }
        END {
            for (i = 1; i <= n; i++) {
                others = full = first = 0
                for (j = 1; j <= n; j++) {
                    if (vm[j] != vm[i] && start[j] < start[i] && end[j] > start[i]) {
                        others++
                        full += placed[j] > start[i]
                    }
                }
                kind = full == others ? "all full" : "room"
                kind = others == 0 ? "alone" : others " others, " kind
                count[kind]++
                some[kind] += met[i]
            }
            for (kind in count) {
                printf "%-38s %4d of %4d, %.2f\n", scenario " " kind, some[kind],
                    count[kind], some[kind] / count[kind]
            }
        }' h200/blocks.csv | sort
}

# The sum of lines as those above.
total() {
    awk '{ print; met += $2; of += $4 + 0 }
        END { printf "in all %d of %d, %.2f\n", met, of, met / of }'
}

echo "Kernels that compute and met a stream; their shares leave two SMs to spare:"
for device in h100 h200; do
    for file in "$device"/jobs/mps_burn[1-4]*_stream[5-8]*.csv; do
        beside_stream "$file" "$file"
    done
done | total
echo
echo "Kernels of block maps that lie unevenly, as they do where they meet others:"
for scenario in blk_closed_4x25 blk_poisson_4x25_rho50 blk_poisson_8x12_5_rho50; do
    maps "$scenario"
done
echo
echo "Kernels of block maps that took over 3 % longer than alone; one that began on an empty"
echo "device is a first one:"
awk -F, '$1 == "blk_poisson_2x50_rho50" {
        vm[++n] = $2; start[n] = $5; end[n] = $7
        ratio[n] = ($7 - $5) / $4 / 2
    }
    END {
        for (i = 1; i <= n; i++) {
            is_first[i] = 1
            for (j = 1; j <= n; j++) {
                if (vm[j] != vm[i] && start[j] < start[i] && end[j] > start[i]) {
                    is_first[i] = 0
                }
            }
        }
        for (i = 1; i <= n; i++) {
            for (j = 1; j <= n; j++) {
                if (vm[j] != vm[i] && start[j] < start[i] && end[j] > start[i]) {
                    kind = is_first[j] ? "beside a first one" : "beside another"
                    count[kind]++
                    long[kind] += ratio[i] > 1.03
                }
            }
        }
        for (kind in count) { printf "%-38s %4d of %4d\n", kind, long[kind], count[kind] }
    }' h200/blocks.csv | sort
echo
echo "Kernels with an SM that has more than their four blocks, all at 100 % of the SMs:"
awk -F, '$1 ~ /blk_poisson_4x100_rho(50|85)/ { count[$1]++; more[$1] += $10 > 4 }
    END { for (s in count) { printf "%-38s %4d of %4d\n", s, more[s], count[s] } }' \
    h200/blocks.csv | sort
