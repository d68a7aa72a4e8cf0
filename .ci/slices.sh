#!/bin/sh
# slices.sh [csv] - what a MIG slice is worth: predicted beside published (MLPerf Inference,
# tests/published), as tables for docs/partitioning.md or as CSV. The program is VGPUSIM, else
# build/vgpusim.
#
# Bulk work (Offline) fills whatever GPU there is. Of one stream (SingleStream) a part of the
# whole GPU's time fills it and the rest is as quick on the 14 SMs of a slice; the split is
# taken from the A100, slice beside whole, and carried over to the A30, of which only the
# whole GPU's throughput is used.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
VGPUSIM=${VGPUSIM:-$root/build/vgpusim}
form=${1:-tables}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Model after model, GPU after GPU: the A100 of a round comes before the A30.
awk -F, -v OFS=, '
    function sms(gpu) { return gpu ~ /A100/ ? 108 : 56 }
    NR == 1 { next }
    { row[++n] = $0; if ($2 ~ /A100/ && $5 == "SingleStream")
          fills[$1, $4] = (1 / ($7 / $6) - 1) / (108 / 14 - 1) }
    END {
        for (i = 1; i <= n; i++) {
            split(row[i], c, ",")
            whole_ns = 1e9 / c[6]
            part = 1
            if (c[5] == "SingleStream") {
                if (!((c[1], c[4]) in fills)) continue
                part = fills[c[1], c[4]] < 1 ? fills[c[1], c[4]] : 1
                if (c[2] !~ /A100/) {
                    wide = part * 108 / sms(c[2])
                    part = wide / (1 - part + wide)
                }
            }
            print c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[9], c[11], \
                sprintf("%.0f", (1 - part) * whole_ns), sprintf("%.0f", part * whole_ns)
        }
    }' "$root/tests/published/mig_vs_full.csv" >"$work/rows"

# mean FOLDER VM: a VM's mean latency in ns.
mean() {
    awk -F, -v vm="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == "latency_mean_ns") column = i; next }
        $1 == vm { print $column }' "$1/vms.csv"
}

while IFS=, read -r round gpu slices model mode whole slice all busy small full; do
    device=a30 profile=1g.6gb
    if [ "$gpu" = A100-80GB ]; then
        device=a100-80gb profile=1g.10gb
    fi
    job="{compute: ${full}ns}"
    if [ "$small" -gt 0 ]; then
        job="{compute: {demand: ${small}ns, blocks: 14}}, $job"
    fi
    "$VGPUSIM" run "$root/scenarios/what-is-a-slice-worth.yaml" --no-figures \
        -o "$work/run" --set "duration=$(((small + full) / 10000))ms" \
        --set "gpus[0].device=$device" --set "gpus[1].device=$device" \
        --set "gpus[1].mig[0].profile=$profile" --set "gpus[1].mig[0].count=$slices" \
        --set "vms[1].profile=$profile" --set "vms[1].count=$slices" \
        --set "vms[0].workloads[0].job=[$job]" --set "vms[1].workloads[0].job=[$job]" \
        >/dev/null
    echo "$round,$gpu,$slices,$model,$mode,$whole,$slice,$all,$busy,$(mean "$work/run" alone),$(
        mean "$work/run" slice0)"
done <"$work/rows" >"$work/results"

if [ "$form" = csv ]; then
    echo "round,gpu,slices,model,scenario,measure,published,predicted,error_percent"
    awk -F, -v OFS=, '
        function put(measure, published, predicted) {
            print $1, $2, $3, $4, $5, measure, published, sprintf("%.4f", predicted), \
                sprintf("%.1f", (predicted / published - 1) * 100)
        }
        { part = $10 / $11
          put("slice_over_whole", sprintf("%.4f", $7 / $6), part)
          if ($5 == "Offline") put("all_slices_over_whole", $8, $3 * part)
          if ($9 != "") put("neighbours_busy_over_alone", $9, 1) }' "$work/results"
    exit
fi

# A row for each model: rounds side by side would say the same again.
awk -F, '
    function cell(published, predicted) {
        return sprintf(" %.3f | %.3f | %+.1f %% |", published, predicted, \
                       (predicted / published - 1) * 100)
    }
    $1 != "v1.1" { next }
    { part = $10 / $11; key = $4 SUBSEP $2 SUBSEP $5
      if (!($4 in seen)) { seen[$4] = 1; model[++n] = $4 }
      slice[key] = cell($7 / $6, part)
      all[key] = cell($8, $3 * part)
      busy[key] = $9 == "" ? " | " : sprintf(" %+.1f %% | ", ($9 - 1) * 100) }
    END {
        print "| all slices over the whole, bulk | A100, 7: published | predicted | error |" \
            " A30, 4: published | predicted | error |"
        print "|---|---:|---:|---:|---:|---:|---:|"
        for (i = 1; i <= n; i++)
            print "| " model[i] " |" all[model[i], "A100-80GB", "Offline"] \
                all[model[i], "A30", "Offline"]
        print ""
        print "| one slice over the whole, one stream | A100, fitted: published | A30:" \
            " published | predicted | error |"
        print "|---|---:|---:|---:|---:|"
        for (i = 1; i <= n; i++) {
            split(slice[model[i], "A100-80GB", "SingleStream"], c, "|")
            print "| " model[i] " |" c[1] "|" slice[model[i], "A30", "SingleStream"]
        }
        print ""
        print "| what busy neighbours cost a slice, bulk | A100: published | A30: published |" \
            " predicted |"
        print "|---|---:|---:|---:|"
        for (i = 1; i <= n; i++)
            if (busy[model[i], "A100-80GB", "Offline"] != " | ")
                print "| " model[i] " |" busy[model[i], "A100-80GB", "Offline"] \
                    substr(busy[model[i], "A30", "Offline"], 1) "0 |"
    }' "$work/results" | sed 's/ |  */ | /g'
