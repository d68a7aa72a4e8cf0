#!/bin/sh
# run_validate.sh - what `validate` makes of measurements: files of a folder, odd ones that are
# right, and ones with a mistake.
set -eu
root=$(pwd)
case $VGPUSIM in /*) ;; *) VGPUSIM=$root/$VGPUSIM ;; esac
cd "$TEST_TMPDIR"
. "$root/tests/support/expect.sh"

# One of the measured scenarios, and one that has no file.
mkdir -p few/h100/jobs
head -n 4 "$root/tests/hardware/index.csv" | sed '3d' >few/index.csv
cp "$root/tests/hardware/h100/jobs/ts_closed_1x1ms.csv" few/h100/jobs

expect 0 '' "$VGPUSIM" validate few -d h100 -o out_of_it
for file in validation regimes quantiles quantile_errors timelines; do
    check "no $file.csv" [ -s out_of_it/$file.csv ]
done
if command -v gnuplot >/dev/null; then
    for figure in validation validation_regimes validation_quantiles \
        validation_quantile_errors validation_timelines; do
        check "no $figure" [ -s out_of_it/$figure.svg -a -s out_of_it/$figure.png ]
    done
fi
check 'a column too many or too few' [ "$(awk -F, '{ print NF }' out_of_it/validation.csv |
    sort -u)" = 15 ]
"$VGPUSIM" validate few -d h100 2>/dev/null >rows.csv
cut -d, -f 1-8 out_of_it/validation.csv >same.csv
check 'validation.csv and what is printed differ' cmp rows.csv same.csv

# Files that are odd but right give the same bytes: columns in another order and some more,
# CRLF, quotes, no end of the last line, a byte order mark, rows of a scenario apart.
rm -rf pair odd
mkdir -p pair/h100/jobs
head -n 8 "$root/tests/hardware/index.csv" >pair/index.csv
for name in ts_closed_1x1ms ts_closed_2x1ms ts_closed_1x5ms ts_closed_2x5ms ts_closed_3x1ms; do
    cp "$root/tests/hardware/h100/jobs/$name.csv" pair/h100/jobs
done
sed -i '$d' pair/index.csv
cp -r pair odd
for file in odd/index.csv odd/h100/jobs/*.csv; do
    awk -F, -v OFS=, 'BEGIN { printf "\357\273\277" } {
        line = "x"
        for (i = NF; i > 0; i--) line = line "," "\"" $i "\""
        printf "%s%s", (NR > 1 ? "\r\n" : ""), line }' "$file" >turned
    mv turned "$file"
done
"$VGPUSIM" validate pair -d h100 >rows.csv 2>/dev/null
"$VGPUSIM" validate odd -d h100 >same.csv 2>/dev/null
check 'odd files give something else' cmp rows.csv same.csv
awk 'NR == 1; NR > 1 && NR % 2' pair/index.csv >odd/index.csv
awk 'NR > 1 && NR % 2 == 0' pair/index.csv >>odd/index.csv
"$VGPUSIM" validate odd -d h100 2>/dev/null | sort >same.csv
sort rows.csv >sorted.csv
check 'rows of a scenario that stand apart change something' cmp sorted.csv same.csv
# Kinds that were never measured here.
cat >odd/index.csv <<'END'
scenario,mode,duration_s,vm,kernel,arrival,think_ms,blocks,sm_percent
ts_odd,time_sliced,1,a,burn,gamma,,1000,
ts_odd,time_sliced,1,b,other_kernel,closed,0.25,1,
mps_odd,mps,1,a,stream,uniform,,77,3
mps_odd,mps,1,b,burn,closed,1.5,66,99.5
mps_odd,mps,1,c,burn,periodic,,,47
app_odd,app,1,a,llama,closed,,,
copy_odd,copy,1,a,pipeline,poisson,,,
END
for of in jobs/ts_odd:ab jobs/mps_odd:abc apps/app_odd:a copy/copy_odd:a; do
    mkdir -p "odd/h100/$(dirname "${of%:*}")"
    awk -v vms="${of#*:}" 'BEGIN {
        print "vm,job,arrival_ns,demand_ns,start_ns,end_ns"
        for (i = 0; i < 30; i++) for (k = 1; k <= length(vms); k++) {
            at = i * 33000000 + k * 1000
            print substr(vms, k, 1) "," i "," at ",2000000," at + 9000 "," at + 2100000 } }' \
        >"odd/h100/${of%:*}.csv"
done
expect 0 'copy,latency_p99,1,' "$VGPUSIM" validate odd -d h100 --summary
expect 0 "ts_odd: kernel 'other_kernel' of VM b is new; it is taken for one that computes" \
    "$VGPUSIM" validate odd -d h100 --summary
check 'an error that is no number' sh -c '! grep -qE "nan|inf|,," out'
# By any name of the device.
"$VGPUSIM" validate pair -d h100-80gb >same.csv 2>/dev/null
check 'the name of the catalogue gives something else' cmp rows.csv same.csv
mv pair/h100 pair/h100-80gb
"$VGPUSIM" validate pair/ -d h100 >same.csv 2>/dev/null
check 'the folder of the catalogue name is not found' cmp rows.csv same.csv

# Measurements with one mistake each: file and line, nothing written.
# spoil FILE SED_EXPRESSION PLACE_AND_MESSAGE
spoil() {
    rm -rf spoilt never
    cp -r few spoilt
    sed "$2" "few/$1" >"spoilt/$1"
    expect 65 "$3" "$VGPUSIM" validate spoilt -d h100 -o never
    check "$3 left something" absent never
    "$VGPUSIM" validate spoilt -d h100 >out 2>/dev/null || true
    check "$3 left output" [ ! -s out ]
    expect 65 "$3" "$VGPUSIM" calibrate spoilt -d h100 -o never.yaml
    check "$3 left a device" absent never.yaml
}
jobs=h100/jobs/ts_closed_1x1ms.csv
spoil $jobs '1s/end_ns/end_n/' 'ms.csv:1:1: error: there is no column end_ns; the nearest is'
spoil $jobs '5s/,[^,]*$//' 'ms.csv:5:1: error: this row has 5 fields; its header has 6'
spoil $jobs '5s/^a,3,/a,3,-/' 'ms.csv:5:5: error: arrival_ns is '
spoil $jobs '6s/^a,4,[0-9]*/a,4,1/' 'ms.csv:6:5: error: arrival_ns lies before that of the'
spoil $jobs '6s/[0-9]*$/17/' 'error: end_ns lies before arrival_ns or start_ns'
spoil $jobs '2,$d' 'ms.csv:1:1: error: there is no job of VM a, which the index has'
spoil $jobs '6s/[0-9]*$/922337203685477/' 'ms.csv:6:29: error: end_ns is 9.223e+05 s, '
spoil $jobs '4s/.*/a,2,90000000000,1000000,90000000000,90001000000/' 'is 90 s, and'
spoil $jobs '6s/^a,/b,/' "ms.csv:6:1: error: the index has no VM 'b' in"
spoil $jobs '3s/^\(a,1,[0-9]*\),[0-9]*/\1,0/' 'error: demand_ns is 0'
spoil $jobs '1,$d' 'ms.csv:1:1: error: the file is empty'
spoil $jobs '3s/,[^,]*$/,1e6/' "ms.csv:3:29: error: end_ns is '1e6'; it must be a whole number"
spoil $jobs '3s/^\(a,1,[0-9]*,[0-9]*\),[0-9]*/\1,-4/' "error: start_ns is '-4'"
spoil $jobs '40s/^\(a,[0-9]*,[0-9]*,[0-9]*\),[0-9]*/\1,1/' 'the times are not of one clock'
spoil index.csv '1s/think_ms/think/' 'index.csv:1:1: error: there is no column think_ms'
spoil index.csv '2s/,2,a/,,a/' "index.csv:2:29: error: duration_s is ''; it must be a number"
spoil index.csv '2s/,528,/,528,0/' "index.csv:2:63: error: sm_percent is '0'"
spoil index.csv '2s/time_sliced/sliced/' "index.csv:2:17: error: mode is 'sliced'"
spoil index.csv '$p' "error: scenario ts_closed_2x1ms has a VM 'a0' already"

# The same of files of slices, which the scenarios can do without.
mkdir few/h100/slices
printf 'vm,run_start_ns,run_end_ns\n0,0,2000\n1,2100,4100\n' >few/h100/slices/two.csv
slices=h100/slices/two.csv
spoil $slices '1s/run_end_ns/end/' 'two.csv:1:1: error: there is no column run_end_ns'
spoil $slices '3s/2100/1900/' 'two.csv:3:3: error: run_start_ns lies before the end of the stay'
spoil $slices '3s/,4100//' 'two.csv:3:1: error: this row has 2 fields'
spoil $slices '3s/2100/-1/' "two.csv:3:3: error: run_start_ns is '-1'"
spoil $slices '2,$d' 'two.csv:1:1: error: there is no stay in it'
rm -r few/h100/slices
for command in validate 'calibrate -o never.yaml'; do
    expect 65 'no scenario of it was measured on t4' "$VGPUSIM" $command few -d t4
done
check 'a device without measurements was written' absent never.yaml

# A scenario that the model has no place for is left out, and told with its line; alone it is
# an error.
many() {
    awk 'BEGIN { for (i = 0; i < 49; i++) print "mps_49,mps,1,v" i ",burn,closed,,,0,,,,,2" }'
}
rm -rf many
cp -r few many
many >>many/index.csv
awk 'BEGIN { print "vm,job,arrival_ns,demand_ns,start_ns,end_ns"
    for (k = 0; k < 3; k++) for (i = 0; i < 49; i++) print "v" i "," k "," k * 9e7 + i \
        ",1000000," k * 9e7 + 5000 "," k * 9e7 + 5e7 }' >many/h100/jobs/mps_49.csv
told='many/index.csv:4:1: left out: mps_49 cannot be predicted: v48 does not fit'
"$VGPUSIM" validate few -d h100 >rows.csv 2>/dev/null
for how in '' '-o out_of_many' --regimes; do
    expect 0 "$told" "$VGPUSIM" validate many -d h100 $how
done
expect 0 "$told" "$VGPUSIM" calibrate many -d h100 -o many.csv
check 'nothing was calibrated' grep -q ',gap_ns,' many.csv
"$VGPUSIM" validate many -d h100 >same.csv 2>/dev/null
check 'what is left out changes the others' cmp rows.csv same.csv
head -n 1 few/index.csv >many/index.csv
many >>many/index.csv
expect 65 'index.csv:2:1: error: mps_49 cannot be predicted' "$VGPUSIM" validate many -d h100
expect 65 'index.csv:2:1: error: mps_49 cannot be predicted' "$VGPUSIM" calibrate many -d h100 \
    -o never.csv
check 'a device without scenarios was written' absent never.csv

# What was never measured is said on every screen, and kept; also of what a run used.
cat >two.yaml <<'END'
# Does it say so?
duration: 500ms
gpus: [{name: g, device: l40s}]
vms:
  - name: a
    memory: 4GiB
    count: 2
    workloads: [{arrival: {periodic: 100/s}, job: [{compute: 4ms}]}]
END
expect 0 'outside of what was measured on real GPUs: what a switch costs on' \
    "$VGPUSIM" run two.yaml --no-figures
expect 0 'periodic arrivals come in phase; over 8' "$VGPUSIM" run two.yaml --no-figures
expect 0 'outside of what was measured' cat results/two/summary.json
check 'no spread over phases' grep -q '"phase_draws": 8' results/two/summary.json
expect 0 'outside of what was measured' "$VGPUSIM" compare two.yaml --reps 2 --no-figures \
    --vary 'gpus[0].sharing.slice=1ms,2ms'
"$VGPUSIM" compare two.yaml --reps 2 --json --vary 'vms[0].count=2,3' >two.json
check 'compare --json does not say it' [ "$(grep -c '"warnings": \["g: outside of what' \
    two.json)" -eq "$(grep -c '"variant"' two.json)" ]
"$VGPUSIM" compare two.yaml --json --vary 'vms[0].count=2,3' \
    --set 'gpus[0].device=h100' >two.json
check 'compare --json warns of nothing' sh -c \
    'grep -q "\"warnings\": \[\]" two.json && ! grep -q outside two.json'

# Where phases decide, a screen of 80 columns gives the range beside the number.
expect 0 ', over phases)' "$VGPUSIM" run two.yaml --no-figures
check 'a range is missing' [ "$(grep -c '^ *(mean [0-9.]*ms to [0-9.]*ms, p99 ' out)" -eq 2 ]
check 'no report' "$VGPUSIM" report results/two
check 'the report has no range over phases' grep -q 'over phases, from' results/two/report.html
check 'the screen is wider than 80 columns' awk 'length > 80 { exit 1 }' out
expect 0 'results: ' "$VGPUSIM" run two.yaml --no-figures -o apart \
    --set 'vms[0].workloads[0].arrival={poisson: 100/s}'
check 'a range over phases that there are not' sh -c '! grep -q phases out'
check 'no report' "$VGPUSIM" report apart
check 'a report of phases that there are not' sh -c '! grep -q phases, apart/report.html'

# beyond TEXT OPTION... - what of a run was never measured is said on the screen and kept.
beyond() {
    said=$1
    shift
    expect 0 'results: ' "$VGPUSIM" run two.yaml --no-figures -o beyond \
        --set 'gpus[0].device=h100' "$@"
    tr -s '\n ' ' ' <out >unwrapped
    check "the screen lacks '$said'" grep -qF "$said" unwrapped
    check "summary.json lacks '$said'" grep -qF "$said" beyond/summary.json
    rm -rf beyond
}
of=' outside of what was measured on real GPUs:'
beyond "$of what a switch costs on" --set 'gpus[0].device=l40s'
beyond "$of 33 VMs by turns (at most 32)" --set 'vms[0].count=33' --set 'vms[0].memory=1GiB'
beyond "$of kernels of 9 ms that cannot be" \
    --set 'vms[0].workloads[0].job=[{compute: {demand: 9ms, preemption: kernel}}]'
expect 65 'does not fit at time 0' "$VGPUSIM" run two.yaml --no-figures -o beyond \
    --set 'vms[0].memory=30GiB'
beyond '1 VM was refused for lack of room' --set 'vms[0].memory=50GiB' \
    --set 'vms[0].start=1ms'
"$VGPUSIM" run results/two/effective.yaml --no-figures -o again >out 2>&1
check 'what a run used gives other warnings' cmp results/two/summary.json again/summary.json

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
