#!/bin/sh
# run_calibrate.sh - what `calibrate` writes is a device: a scenario that names the file runs as
# one that overrides the catalogue's device by the same numbers, and `validate` reads it.
set -eu
root=$(pwd)
case $VGPUSIM in /*) ;; *) VGPUSIM=$root/$VGPUSIM ;; esac
cd "$TEST_TMPDIR"
. "$root/tests/support/expect.sh"

# measure FOLDER SCENARIO... - some of the scenarios measured on the H100, with their index.
measure() {
    folder=$1
    shift
    mkdir -p "$folder/h100/jobs" "$folder/h100/copy"
    head -n 1 "$root/tests/hardware/index.csv" >"$folder/index.csv"
    for name; do
        grep "^$name," "$root/tests/hardware/index.csv" >>"$folder/index.csv"
        for kind in jobs copy; do
            of=$root/tests/hardware/h100/$kind/$name.csv
            [ ! -f "$of" ] || cp "$of" "$folder/h100/$kind"
        done
    done
}
measure few ts_closed_1x1ms ts_closed_1x5ms ts_closed_2x1ms ts_closed_2x5ms ts_closed_3x5ms \
    mps_solo_burn_50 mps_closed_2x60 mps_solo_stream_50 mps_stream50_stream50

# The same bytes twice in a row, and for another number of threads.
check 'calibrate failed' "$VGPUSIM" calibrate few -d h100 -o device.yaml --driver 580.159 \
    --date 2026-11-24
check 'calibrate failed' "$VGPUSIM" calibrate few -d h100 -o again.yaml --driver 580.159 \
    --date 2026-11-24 --threads 1
check 'one thread finds something else' cmp device.yaml again.yaml
check 'calibrate failed' "$VGPUSIM" calibrate few -d h100 -o again.yaml --driver 580.159 \
    --date 2026-11-24 --threads 2
check 'two threads find something else' cmp device.yaml again.yaml

# It says where it comes from, every number of a calibration, and intervals.
for line in 'base: h100-80gb' '  driver: 580.159' '  date: 2026-11-24' '  checksum: ' \
    '{key: switch_preempt_ns, value: ' '{key: gap_ns, value: ' '{key: mps_leak, value: ' \
    '{regime: time-sliced closed, metric: latency_mean, vms: 9, median: '; do
    check "device.yaml lacks '$line'" grep -qF -- "$line" device.yaml
done
check 'numbers are missing' [ "$(grep -c '{key: ' device.yaml)" -eq \
    "$(grep -c '^    \[CALIBRATION_' "$root/sim/study/calibration.c")" ]
check 'something was fitted without an interval' sh -c \
    '! grep "from: fitted" device.yaml | grep -v "low: .*, high: "'
measure tiny ts_closed_1x1ms
cp -r tiny other
job=h100/jobs/ts_closed_1x1ms.csv
sed '5s/[0-4]$/9/; t; 5s/[5-9]$/1/' tiny/$job >other/$job
"$VGPUSIM" calibrate tiny -d h100 -o tiny.yaml 2>/dev/null
"$VGPUSIM" calibrate other -d h100 -o other.yaml 2>/dev/null
check 'other bytes have the same checksum' \
    [ "$(grep checksum: tiny.yaml)" != "$(grep checksum: other.yaml)" ]
check 'a trait of MPS that nothing shows was written' sh -c '! grep -q "^mps:" tiny.yaml'

# A scenario with the file as its device, and with the catalogue's device and the same numbers.
cat >by_file.yaml <<'END'
# What does the calibrated device make of it?
name: same
duration: 2s
gpus:
  - {name: turns, device: device.yaml}
  - {name: spatial, device: device.yaml, sharing: {mode: mps}}
vms:
  - name: a
    count: 3
    gpu: turns
    memory: 4GiB
    workloads: [{arrival: {poisson: 40/s}, job: [{compute: 5ms}]}]
  - name: b
    count: 4
    gpu: spatial
    memory: 4GiB
    share: 40%
    workloads:
      - arrival: {poisson: 20/s}
        job: [{compute: 3ms}, {compute: {demand: 3ms, memory_bound: 100%}}]
END
numbers=$(grep -E '^(switch|mps|slice): ' device.yaml | tr '\n' ',')
sed "s/device: device.yaml/device: {base: h100, ${numbers%,}}/" by_file.yaml >by_hand.yaml
sed 's/device: device.yaml/device: h100/' by_file.yaml >catalogue.yaml
sed 's/device: device.yaml/device: {base: device.yaml}/' by_file.yaml >based.yaml
for how in by_file by_hand catalogue based; do
    expect 0 'results: ' "$VGPUSIM" run $how.yaml --no-figures -o $how
    rm -r "$how/run.json"
done
check 'the file of the device is not kept' cmp by_file/inputs/device.yaml device.yaml
rm -r by_file/inputs based/inputs
check 'the file and the same numbers by hand differ' diff -r by_file by_hand
check 'base: FILE is another device' diff -r by_file based
check 'the numbers change nothing' sh -c '! cmp -s by_file/vms.csv catalogue/vms.csv'
expect 0 'results: ' "$VGPUSIM" run by_file/effective.yaml --no-figures -o effective
check 'what a run used gives something else' cmp by_file/summary.json effective/summary.json
expect 0 'mps: {leak: ' "$VGPUSIM" check --effective by_file.yaml
for leak in 0 0.5; do
    expect 0 'results: ' "$VGPUSIM" run based.yaml --no-figures -o leak$leak \
        --set "gpus[1].device={base: device.yaml, mps: {leak: $leak}}"
done
check 'a trait of MPS changes nothing' sh -c '! cmp -s leak0/vms.csv leak0.5/vms.csv'

# `validate` takes its numbers from either form of a calibration.
check 'calibrate failed' "$VGPUSIM" calibrate few -d h100 -o device.csv
"$VGPUSIM" validate few -d h100 --calibration device.yaml >same.csv 2>/dev/null
tail -n +2 device.csv | cut -d, -f2,3 | sort >in_rows
sed -n 's/.*{key: \([a-z_]*\), value: \([0-9.]*\),.*from: [rf].*/\1,\2/p' device.yaml |
    sort >in_device
check 'the two forms hold other numbers' cmp in_rows in_device
# What was kept is in the device alone; rows leave it to the catalogue.
sed -n 's/.*{key: \([a-z_]*\), value: \([0-9.]*\), from: kept.*/h100-80gb,\1,\2,,kept/p' \
    device.yaml >>device.csv
"$VGPUSIM" validate few -d h100 --calibration device.csv >rows.csv 2>/dev/null
check 'the two forms predict something else' cmp rows.csv same.csv

# A device of one's own catalogue: its file builds on it there only.
mkdir own
sed -n '1p; s/^h100-80gb,[^,]*,[^,]*,/lab-card,Lab card,lab,/p' \
    "$root/sim/catalogue/data/gpus.csv" >own/gpus.csv
cp -r tiny lab
mv lab/h100 lab/lab
check 'a device of a catalogue cannot be calibrated' "$VGPUSIM" calibrate lab -d lab \
    --catalogue own -o lab.yaml
check 'lab.yaml builds on something else' grep -q '^base: lab-card$' lab.yaml
expect 0 'time_sliced,latency_mean' "$VGPUSIM" validate lab -d lab --catalogue own \
    --calibration lab.yaml --summary
sed '/spatial/,$d; s/device.yaml/lab.yaml/' by_file.yaml >lab_run.yaml
cat >>lab_run.yaml <<'END'
vms: [{name: a, memory: 4GiB, workloads: [{arrival: {poisson: 9/s}, job: [{compute: 5ms}]}]}]
END
expect 0 'results: ' "$VGPUSIM" run lab_run.yaml --catalogue own --no-figures -o lab_run
expect 65 'lab.yaml:2:7: error: ' "$VGPUSIM" run lab_run.yaml --no-figures -o never

# Files of devices with a mistake each: file, line, and nothing written.
# spoil SED_EXPRESSION PLACE_AND_MESSAGE
spoil() {
    sed "$1" device.yaml >spoilt.yaml
    sed 's/device.yaml/spoilt.yaml/' by_file.yaml >uses.yaml
    expect 65 "$2" "$VGPUSIM" run uses.yaml -o never
    check "$2 left something" absent never
    expect 65 "$2" "$VGPUSIM" validate few -d h100 --calibration spoilt.yaml
}
spoil 's/^switch: .*/switch: {preempt: 5us, idle: 5us, restore: 9us}/' \
    'spoilt.yaml:'
spoil 's/idle: [0-9]*ns/idle: 17/' "idle is 17; "
spoil 's/leak: [0-9.]*/leak: 7/' 'leak is 7; it must be between 0 and 1'
spoil 's/jitter: [0-9]*ns/jitter: 1s/' 'jitter is 1s; it must be between 0s and 10ms'
spoil 's/^mps: {leak/mps: {leek/' "did you mean 'leak'"
spoil 's/value: [0-9.]*/value: none/' 'numbers[0].value is none; '
spoil 's/from: fitted/from: guessed/' 'from is guessed; '
spoil 's/^base: .*/base: h900/' 'spoilt.yaml:2:7: error: '
spoil 's/^base: .*/base: device.yaml/' 'not on another file'
spoil '2s/base: .*/base: [/' 'spoilt.yaml:'
sed '/^measured:/,$d' device.yaml >bare.yaml
expect 65 "lacks the key 'measured'" "$VGPUSIM" validate few -d h100 --calibration bare.yaml
sed 's/{key: launch_ns, value: [0-9]*/{key: launch_ns, value: 9999999999/' device.yaml >far.yaml
expect 65 'launch_ns is 1e+10; it must be between' "$VGPUSIM" validate few -d h100 \
    --calibration far.yaml
expect 66 'nowhere.yaml' "$VGPUSIM" run by_file.yaml -o never \
    --set 'gpus[0].device=nowhere.yaml'
check 'a device that is not there left something' absent never

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
