#!/bin/sh
# validation.sh PROGRAM DIR - prints docs/validation.md: the errors of predictions against the
# measurements in DIR, by regime, as they are.
set -eu
program=$1
data=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat <<'END'
# How far predictions are from real GPUs

Made by `make validate` from the measurements in [tests/hardware](../tests/hardware); do not
edit. Each measured scenario is replayed: measured arrivals and demands, everything else from
the device's calibration (`sim/catalogue/data/measured.csv`). Errors are absolute, in percent
of the measured value, one for each VM; p95 is the 95th percentile over VMs. Two runs of one
scenario on one GPU differ by 0.4 to 1.5 % in the mean (median over VMs; 95th percentile 3 to
5 %) and 0.2 to 0.7 % in p99 (5 to 9 %) when time-sliced.

These figures are **in-sample**: the calibration has seen the scenarios. They are given as they
are. What a regime's VMs have in common is in its name: closed clients without think time;
clients that think; Poisson arrivals; periodic renders; mixed kernels.
END

for device in h100 h200; do
    "$program" validate --device "$device" "$data" >"$scratch/rows" 2>"$scratch/talk"
    echo
    echo "## $device"
    echo
    echo '| regime | VMs | mean: median | p95 | worst | p99: median | p95 | worst |'
    echo '|---|---:|---:|---:|---:|---:|---:|---:|'
    awk -F, '
        function regime(s, mode) {
            if (mode == "time_sliced") {
                if (s ~ /render/) return "time-sliced render"
                if (s ~ /think/) return "time-sliced thinking"
                if (s ~ /poisson|open/) return "time-sliced open"
                if (s ~ /closed/) return "time-sliced closed"
                return "time-sliced mixed"
            }
            if (mode == "mps") return s ~ /poisson/ ? "MPS open" : "MPS closed"
            if (mode == "copy") return s ~ /^pipe/ ? "pipelines" : "copies"
            return "applications"
        }
        NR > 1 && ($5 == "latency_mean" || $5 == "latency_p99") {
            error = $8 < 0 ? -$8 : $8
            printf "%s,%s,%.9f\n", regime($1, $2), $5, error
            printf "%s,%s,%.9f\n", "~ all " $2, $5, error
        }' "$scratch/rows" | LC_ALL=C sort -t, -k1,1 -k2,2 -k3,3n | awk -F, '
        function flush() {
            if (count == 0) return
            rank = int((count * 95 + 99) / 100)
            middle = count % 2 ? v[(count + 1) / 2] : (v[count / 2] + v[count / 2 + 1]) / 2
            text = sprintf("%.2f | %.2f | %.2f", middle, v[rank], v[count])
            if (metric == "latency_mean") {
                line = "| " group " | " count " | " text
            } else {
                sub(/^\| ~ /, "| ", line)
                print line " | " text " |"
            }
            count = 0
        }
        $1 != group || $2 != metric { flush(); group = $1; metric = $2 }
        { v[++count] = $3 }
        END { flush() }'
    echo
    echo "The worst predicted means on $device:"
    echo
    echo '| scenario | VM | measured (ms) | predicted (ms) | error |'
    echo '|---|---|---:|---:|---:|'
    awk -F, '$5 == "latency_mean" { e = $8 < 0 ? -$8 : $8
             printf "%.9f,%s,%s,%.3f,%.3f,%+.1f\n", e, $1, $3, $6 / 1e6, $7 / 1e6, $8 }' \
        "$scratch/rows" | LC_ALL=C sort -t, -k1,1nr -k2,2 -k3,3 | head -n 8 |
        awk -F, '{ print "| " $2 " | " $3 " | " $4 " | " $5 " | " $6 " % |" }'
    if grep -q . "$scratch/talk"; then
        echo
        echo 'Not predicted or not measured:'
        echo
        sed 's/^/- /' "$scratch/talk"
    fi
done
cat <<'END'

## What is missed, and why

- The order in which the hardware serves VMs that became ready during a slice differs from run
  to run; the model serves them first come, first served. Single jobs are off by a turn; means
  over many jobs hardly are, medians of small samples may be.
- Copies in both directions slow each other down, and the measured pipelines fall into two
  rhythms; copy engines here are independent and serve one phase at a time.
- MPS: memory-bound clients beside compute-bound ones wait for these, now and then or always;
  here they do not. Clients that start while others are busy, when the shares fill the device,
  sometimes get fewer SMs than alone, or wait. Near saturation a per cent or two of the capacity
  is lost. [physics.md](physics.md#mps) has the details.
- Quantiles of VMs with some fifty jobs are single jobs.
END
