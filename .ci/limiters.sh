#!/bin/sh
# limiters.sh measured|pools|caps - a table for docs/limiters.md. The program is VGPUSIM, else
# build/vgpusim.
set -eu
VGPUSIM=${VGPUSIM:-build/vgpusim}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# gain SMS BUCKET_S - what HAMi's step is as `gain`: SMS / 81920 of the bucket for each point by
# which use is off, each 120 ms.
gain() {
    awk -v sms="$1" -v bucket="$2" \
        'BEGIN { printf "%.2f%%", 1e4 * sms / 81920 * bucket / 0.12 }'
}

# rates SCENARIO BUCKET_S SAMPLES GAIN [OPTION...] - iterations a second of both VMs.
rates() {
    scenario=$1 bucket=$2 samples=$3 gain=$4
    shift 4
    "$VGPUSIM" run "scenarios/$scenario.yaml" --no-figures -o "$scratch/run" "$@" \
        --set "vms[0].limiter.burst=${bucket}s" --set "vms[1].limiter.burst=${bucket}s" \
        --set "vms[0].limiter.samples=$samples" --set "vms[1].limiter.samples=$samples" \
        --set "vms[0].limiter.gain=$gain" --set "vms[1].limiter.gain=$gain" >/dev/null
    awk -F, 'NR > 1 { printf "%s%.1f", (NR > 2 ? " " : ""), $5 / 240 } END { print "" }' \
        "$scratch/run/vms.csv"
}

case $1 in
measured)
    echo '| on 188 SMs, caps of 30 and 70 % | measured, it/s | simulated, it/s |'
    echo '|---|---:|---:|'
    set -- $(rates limiter-large-gpu 7 8 "$(gain 188 7)" --set 'vms[0].limiter.share=100%' \
        --set 'vms[1].limiter.share=100%')
    echo "| no caps | 23.1, 23.1 | $1, $2 |"
    set -- $(rates limiter-large-gpu 7 8 "$(gain 188 7)")
    echo "| the step grows with the square of the SMs (as released) | 21.4, 25.2 | $1, $2 |"
    set -- $(rates limiter-large-gpu 7 8 "$(gain 1 7)")
    echo "| the step grows with the SMs (as proposed) | 13.2, 34.9 | $1, $2 |"
    ;;
pools)
    echo '| bucket | use measured over 0.12 s | 0.48 s | 0.96 s | 1.92 s |'
    echo '|---:|---:|---:|---:|---:|'
    for bucket in 2 4 7 12 20; do
        printf '| %s s ' "$bucket"
        for samples in 1 4 8 16; do
            set -- $(rates limiter-large-gpu "$bucket" "$samples" "$(gain 188 "$bucket")")
            printf '| %s, %s ' "$1" "$2"
        done
        echo '|'
    done
    ;;
caps)
    echo '| SMs | bucket 1 s | 2 s | 4 s | 7 s |'
    echo '|---:|---:|---:|---:|---:|'
    for sms in 1 40 58 84 108 132 188; do
        printf '| %s ' "$sms"
        for bucket in 1 2 4 7; do
            set -- $(rates limiter-caps-10-90 "$bucket" 8 "$(gain "$sms" "$bucket")")
            awk -v a="$1" -v b="$2" 'BEGIN { printf "| 1:%.1f ", b / a }'
        done
        echo '|'
    done
    ;;
esac
