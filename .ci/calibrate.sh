#!/bin/sh
# Fits every device of HARDWARE anew, and puts what was found into the catalogue's measured.csv.
#
#   HARDWARE=tests/hardware VGPUSIM=build/vgpusim sh .ci/calibrate.sh
#
# Only what index_first.csv lists is fitted to, where there is one: what was measured later, by
# another program on another host, stays a test.
# Rows of other keys and devices stay as they are.
set -eu
index=index.csv
[ ! -f "$HARDWARE/index_first.csv" ] || index=index_first.csv
table=sim/catalogue/data/measured.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$table" "$work/table.csv"
for folder in "$HARDWARE"/*/jobs/; do
    device=$(basename "$(dirname "$folder")")
    echo "  CALIBRATE $device"
    "$VGPUSIM" calibrate --device "$device" --index "$index" --driver "${DRIVER:-580.159}" \
        --date "${DATE:-2026-11}" -o "$work/$device.csv" "$HARDWARE" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
    awk -F, 'FNR == 1 { file++ }
        file == 1 && FNR > 1 { fresh[$1 "," $2] = 1 }
        file == 2 && !(($1 "," $2) in fresh)' \
        "$work/$device.csv" "$work/table.csv" >"$work/kept"
    tail -n +2 "$work/$device.csv" >>"$work/kept"
    mv "$work/kept" "$work/table.csv"
done
mv "$work/table.csv" "$table"
