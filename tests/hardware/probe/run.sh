#!/bin/sh
# run.sh NAME OUT BUDGET_S PART[:SECONDS]... - measures the scenarios of scenarios.csv.
#
# NAME is h100 or h200, OUT the folder that gets NAME.tar.gz (written anew after every
# scenario), BUDGET_S the time after which no scenario is started. The parts run in the order
# given: `check` repeats scenarios of ../NAME/jobs, `time_sliced`, `mps` and `copy` run the
# scenarios of that mode; SECONDS ends a part early. FIRST=SCENARIO starts a part at that
# scenario, where an earlier run was cut short; ONLY=WORD leaves out the scenarios without that
# word in their name. DRY=1 needs no GPU.
#
# A scenario that fails or hangs is logged, and the next one runs.
set -u
name=${1:?usage: run.sh NAME OUT BUDGET_S PART[:SECONDS]...}
out=${2:?}
budget_s=${3:?}
shift 3
here=$(cd "$(dirname "$0")" && pwd)
table=${TABLE:-$here/scenarios.csv}
known=$here/../index.csv
work=$(mktemp -d /tmp/probe.XXXXXX)
result=$work/$name
probe=$work/build/probe
calibration=$result/calibration.txt
log=$result/log.txt
deadline=$(($(date +%s) + budget_s))
part_deadline=$deadline
stream=${STREAM:-}
blocks=0
mps=down
archiver=

mkdir -p "$result/jobs" "$result/copy" "$result/check" "$result/blocks" \
    "$work/pipe" "$work/mps" "$out"
export CUDA_MODULE_LOADING=EAGER

say() {
    printf '%s %s\n' "$(date +%H:%M:%S)" "$*" | tee -a "$log"
}

# Packs what there is, beside the next scenario: one of the cores that no client uses.
archive() {
    [ -z "$archiver" ] || wait "$archiver"
    (nice tar -C "$work" -czf "$out/.$name.part" "$name" 2>/dev/null &&
        mv "$out/.$name.part" "$out/$name.tar.gz") &
    archiver=$!
}

finish() {
    mps_stop
    archive
    wait
    rm -f "$out/.$name.part"
    rm -rf "$work"
}

describe_device() {
    date -u '+date %Y-%m-%dT%H:%M:%SZ'
    uname -srm
    nproc
    nvidia-smi
    nvidia-smi -q -d CLOCK,ECC,COMPUTE,POWER
    nvidia-smi compute-policy -l
    "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)" --version
}

note_clocks() {
    nvidia-smi --format=csv,noheader \
        --query-gpu=timestamp,clocks.sm,clocks.mem,temperature.gpu,power.draw \
        >>"$result/clocks.csv" 2>/dev/null
}

mps_start() {
    [ "$mps" = down ] || return 0
    export CUDA_MPS_PIPE_DIRECTORY="$work/pipe" CUDA_MPS_LOG_DIRECTORY="$work/mps"
    [ "${DRY:-0}" = 0 ] || { mps=up; return 0; }
    timeout 20 nvidia-cuda-mps-control -d >>"$log" 2>&1 9<&- </dev/null ||
        say "mps: the daemon did not start"
    mps=up
    sleep 1
}

mps_stop() {
    [ "$mps" = up ] || return 0
    if [ "${DRY:-0}" = 0 ]; then
        echo quit | timeout 15 nvidia-cuda-mps-control >>"$log" 2>&1
        cp "$work"/mps/*.log "$result/" 2>/dev/null
    fi
    unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
    mps=down
    sleep 1
}

# Rows of a scenario's first VM: mode and duration.
field() {
    awk -F, -v s="$2" -v f="$3" '$1 == s { print $f; exit }' "$1"
}

median_span_ns() {
    awk -F, 'NR > 1 { printf "%d\n", $6 - $5 }' "$1" | sort -n |
        awk '{ v[NR] = $1 } END { printf "%d\n", v[int((NR + 1) / 2)] }'
}

mean_latency_us() {
    awk -F, 'NR > 1 { sum += ($6 - $3) / 1000; n++ }
        END { printf "%d\n", n ? sum / n : 0 }' "$1"
}

# measure TABLE OUT.csv SCENARIO STREAM [REPLAY]; fails where the scenario does.
measure() {
    m_table=$1
    m_out=$2
    m_scenario=$3
    shift 3
    duration=$(field "$m_table" "$m_scenario" 3)
    if [ "$(field "$m_table" "$m_scenario" 2)" = mps ]; then mps_start; else mps_stop; fi
    begin=$(date +%s)
    how=run
    [ "$blocks" = 0 ] || how="blocks $blocks"
    # shellcheck disable=SC2086
    timeout -k 5 $((${duration%.*} + 100)) "$probe" $how "$m_table" "$calibration" \
        "$work/now.csv" "$m_scenario" "$@" >"$work/now.log" 2>&1
    rc=$?
    tee -a "$log" <"$work/now.log"
    if [ $rc != 0 ]; then
        say "FAILED $m_scenario (status $rc, $(($(date +%s) - begin)) s)"
        return 1
    fi
    mv "$work/now.csv" "$m_out"
    say "done $m_scenario ($(($(date +%s) - begin)) s)"
}

has_time() {
    now=$(date +%s)
    need=$((${1%.*} + 5))
    [ $((now + need)) -lt "$deadline" ] && [ $((now + need)) -lt "$part_deadline" ]
}

# Whether a client of half the SMs takes twice its time: the daemon is there and obeyed.
mps_works() {
    measure "$known" "$result/check/mps_solo_burn_50.csv" mps_solo_burn_50 16x1 || return 1
    span=$(median_span_ns "$result/check/mps_solo_burn_50.csv")
    say "mps: 3 ms of burn take $span ns at 50 %"
    [ "$span" -gt 4500000 ] || [ "${DRY:-0}" = 1 ]
}

# How long a stream takes on few SMs shows how its loads went in the earlier measurements;
# takes the variant that comes nearest.
choose_stream() {
    stream=16x1
    best=
    [ -f "$here/../$name/jobs/mps_solo_stream_10.csv" ] || return 0
    for u in $("$probe" streams); do
        distance=0
        for percent in 10 40; do
            file=mps_solo_stream_$percent.csv
            measure "$known" "$result/check/s${u}_$file" "${file%.csv}" "$u" || return 0
            distance=$(awk -v a="$(median_span_ns "$result/check/s${u}_$file")" \
                -v b="$(median_span_ns "$here/../$name/jobs/$file")" -v d="$distance" \
                'BEGIN { x = log(a / b); printf "%d", d + 1e6 * (x < 0 ? -x : x) }')
        done
        say "stream: $u is off by $distance ppm in all"
        if [ -z "$best" ] || [ "$distance" -lt "$best" ]; then
            best=$distance
            stream=$u
        fi
    done
}

run_check() {
    for scenario in ts_closed_4x5ms ts_poisson_8x_rho70 mps_poisson_4x100_rho70; do
        reference=$here/../$name/jobs/$scenario.csv
        here_csv=$result/check/$scenario.csv
        if [ ! -f "$reference" ] || ! has_time 6; then continue; fi
        if measure "$known" "$here_csv" "$scenario" "$stream" "$reference"; then
            say "check $scenario: mean latency $(mean_latency_us "$here_csv") us here," \
                "$(mean_latency_us "$reference") us before"
        fi
    done
    archive
}

# Where the blocks of each VM's first jobs ran, of the scenarios of blocks.csv.
run_blocks() {
    mps_works || { say "mps: does not work here; no blocks"; return; }
    for scenario in $(awk -F, 'NR > 1 && !seen[$1]++ { print $1 }' "$here/blocks.csv"); do
        case $scenario in *"${ONLY:-}"*) ;; *) continue ;; esac
        if has_time "$(field "$here/blocks.csv" "$scenario" 3)"; then
            blocks=1500
            measure "$here/blocks.csv" "$result/blocks/$scenario.csv" "$scenario" "$stream"
            blocks=0
            for file in "$work"/now.csv.*; do
                [ ! -f "$file" ] || mv "$file" "$result/blocks/$scenario.${file##*.}.csv"
            done
        fi
    done
    archive
}

run_mode() {
    mode=$1
    folder='jobs'
    [ "$mode" != copy ] || folder='copy'
    if [ "$mode" = mps ] && ! mps_works; then
        say "mps: does not work here; its scenarios are left out"
        return
    fi
    skip=${FIRST:-}
    # shellcheck disable=SC2013
    for scenario in $(awk -F, -v m="$mode" '$2 == m && !seen[$1]++ { print $1 }' "$table"); do
        [ "$scenario" != "$skip" ] || skip=
        [ -z "$skip" ] || continue
        case $scenario in *"${ONLY:-}"*) ;; *) continue ;; esac
        if ! has_time "$(field "$table" "$scenario" 3)"; then
            echo "$scenario" >>"$result/not_run.txt"
            continue
        fi
        if measure "$table" "$result/$folder/$scenario.csv" "$scenario" "$stream"; then
            grep "^$scenario," "$table" >>"$result/index.csv"
            note_clocks
        else
            echo "$scenario" >>"$result/not_run.txt"
            mps_stop
        fi
        archive
    done
}

trap finish EXIT
trap 'exit 1' INT TERM
describe_device >"$result/device.txt" 2>&1
head -n 1 "$table" >"$result/index.csv"
: >"$result/not_run.txt"
say "building"
sh "$here/build.sh" "$work/build" >>"$log" 2>&1 ||
    { say "FAILED to build"; tail -n 20 "$log"; exit 1; }
# An open device file keeps the driver from shutting the GPU down between scenarios.
if [ -r /dev/nvidia0 ]; then exec 9</dev/nvidia0; fi
say "calibrating"
timeout -k 5 120 "$probe" calibrate "$calibration" >>"$log" 2>&1 ||
    { say "FAILED to calibrate"; tail -n 20 "$log"; exit 1; }
say "calibration: $(tr '\n' ';' <"$calibration")"
archive
if [ -z "$stream" ] && mps_works; then choose_stream; fi
stream=${stream:-16x1}
say "stream: $stream"
for part in "$@"; do
    part_deadline=$deadline
    case $part in *:*) part_deadline=$(($(date +%s) + ${part#*:})) ;; esac
    say "part $part"
    case ${part%%:*} in
    check) run_check ;;
    blocks) run_blocks ;;
    time_sliced | mps | copy) run_mode "${part%%:*}" ;;
    *) say "no part is called $part" ;;
    esac
done
say "finished; not run: $(tr '\n' ' ' <"$result/not_run.txt")"
