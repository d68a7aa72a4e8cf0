#!/bin/sh
# run.sh - commands, exit codes, standard streams, and what is left on disk when things fail.
set -eu
cd "$TEST_TMPDIR" 2>/dev/null || exit 1
root=$OLDPWD
case $VGPUSIM in /*) ;; *) VGPUSIM=$root/$VGPUSIM ;; esac
. "$root/tests/support/expect.sh"

cat >good.yaml <<'END'
# Is this fine?
duration: 100ms
gpus: [{name: g, device: {sm: 10, memory: 8GiB}}]
vms:
  - name: a
    workloads: [{arrival: {poisson: 100/s}, job: [{compute: 2ms}]}]
slo: [{vm: a, metric: latency_p50, max: 1ms}]
END
sed 's/poisson/poison/' good.yaml >bad.yaml

expect 2 'usage: vgpusim' "$VGPUSIM"
expect 0 'usage: vgpusim' "$VGPUSIM" --help
expect 0 'frequency 960 Hz: a slice of 1.041667 ms' "$VGPUSIM" explain 0x3c3c0011
expect 0 'before vGPU 15.0:' "$VGPUSIM" explain 0x00180011
expect 2 'bit 0 is 0' "$VGPUSIM" explain 0x2
expect 2 '32 bits in hexadecimal' "$VGPUSIM" explain 0xzz
expect 0 'vgpusim 0.' "$VGPUSIM" --version
expect 2 "did you mean 'run'" "$VGPUSIM" rnu
for command in run compare plot report calibrate validate check schema list explain; do
    expect 0 'usage: vgpusim' "$VGPUSIM" $command --help
    expect 2 'unknown option' "$VGPUSIM" $command --no-such-option
done
expect 2 "did you mean '--threads'" "$VGPUSIM" run --thraeds=2 good.yaml
expect 2 'needs a value' "$VGPUSIM" run good.yaml --seed
expect 2 'whole number' "$VGPUSIM" run good.yaml --threads 0
expect 2 'usage' "$VGPUSIM" run
expect 2 'PATH=VALUE' "$VGPUSIM" run good.yaml --set nothing

expect 0 'results: results/good' "$VGPUSIM" run good.yaml --no-figures
check 'no results' [ -s results/good/summary.json ]
expect 0 'fine' "$VGPUSIM" check good.yaml
expect 1 'missed' "$VGPUSIM" run good.yaml --no-figures --strict -o strict
expect 0 'results: traced' "$VGPUSIM" run good.yaml --no-figures -o traced --trace t.json
check '--trace writes every job' grep -q '"id":"a.0".*"name":"a jobs"' t.json
expect 73 't.json' "$VGPUSIM" run good.yaml --no-figures -o traced --trace nowhere/t.json
expect 2 'takes one scenario' "$VGPUSIM" run good.yaml good.yaml --trace t.json
expect 0 'results: rows' "$VGPUSIM" run good.yaml --no-figures -o rows --jobs --slices
check '--jobs writes every job' grep -q '^a,0,[0-9]*,2000000,[0-9]*,[0-9]*$' rows/jobs.csv
check '--slices writes every slice' grep -q '^a,[0-9]*,[0-9]*,compute$' rows/slices.csv
check 'something is left beside the results' [ -z "$(find rows -name '*.part')" ]
expect 73 'cannot create' "$VGPUSIM" run good.yaml --no-figures -o good.yaml/rows --jobs
mkdir full
ln -s /dev/full full/jobs.csv
expect 74 'No space left' "$VGPUSIM" run good.yaml --no-figures -o full --jobs \
    --set duration=1000s
expect 1 'interrupted' timeout --preserve-status -s INT 0.5 \
    "$VGPUSIM" run good.yaml -o never --jobs --slices --set duration=1000000s
check 'an interrupted run left rows' absent never
expect 65 "did you mean 'poisson'" "$VGPUSIM" run bad.yaml -o never
expect 65 'bad.yaml:6:' "$VGPUSIM" check bad.yaml
check 'a bad scenario left results' absent never
expect 65 'metrics: lag is of turns, and g is under mode: mps' "$VGPUSIM" run good.yaml \
    --set 'metrics=[lag]' --set 'gpus[0].sharing={mode: mps}' -o never
expect 0 'g against the ideal share: at most' "$VGPUSIM" run good.yaml --no-figures \
    --set 'metrics=[lag, alone]' -o asked
expect 0 'vm,gpu,lag_max_ns,lag_min_ns' cat asked/lag.csv
expect 0 'vm,gpu,latency_mean_ns,latency_alone_mean_ns,slowdown' cat asked/alone.csv
expect 0 '"antt": 1' cat asked/summary.json
expect 65 'vms is empty' "$VGPUSIM" run good.yaml --set vms=[] -o never
check 'a bad --set left results' absent never
expect 66 'cannot read' "$VGPUSIM" run missing.yaml
expect 66 'cannot read' "$VGPUSIM" validate --device h100 missing
expect 65 'index.csv:1:1: error: no scenario of it was measured on h9000' \
    "$VGPUSIM" validate --device h9000 "$root/tests/hardware"

# Two of the measured scenarios, and the first of them cut short.
mkdir -p few/h100/jobs
head -n 4 "$root/tests/hardware/index.csv" | sed '3d' >few/index.csv
cp "$root/tests/hardware/h100/jobs/ts_closed_1x1ms.csv" few/h100/jobs
cp -r few cut
head -c 3000 few/h100/jobs/ts_closed_1x1ms.csv | sed '$s/,[^,]*$//' \
    >cut/h100/jobs/ts_closed_1x1ms.csv
expect 2 'name the device with --device' "$VGPUSIM" calibrate few
expect 2 'it must be 0 or 1' "$VGPUSIM" calibrate few -d h100 -o f.csv --half 2
expect 2 'it must be 0 or 1' "$VGPUSIM" validate few -d h100 --half both
expect 66 'cannot read' "$VGPUSIM" calibrate missing -d h100 -o f.csv
expect 65 'ts_closed_1x1ms.csv:' "$VGPUSIM" calibrate cut -d h100 -o f.csv
expect 65 'fields; its header has' "$VGPUSIM" validate cut -d h100
check 'a failed calibration wrote something' absent f.csv
expect 0 'skipped: ts_closed_2x1ms' "$VGPUSIM" calibrate few -d h100 -o f.csv
check 'no rows of a calibration' grep -q "^h100-80gb,demand_scale,[01]\." f.csv
expect 0 '' "$VGPUSIM" calibrate few -d h100 -o f.yaml --driver 580 --date 2026-11-24
check 'no provenance' grep -q '^  driver: 580$' f.yaml
check 'no date' grep -q '^  date: 2026-11-24$' f.yaml
check 'no checksum' grep -q "^  checksum: '[0-9a-f]\{16\}'" f.yaml
expect 0 '' "$VGPUSIM" validate few -d h100 --calibration f.csv --summary
expect 66 'no such file' "$VGPUSIM" validate few -d h100 --calibration none.csv
"$VGPUSIM" validate few -d h100 2>/dev/null >rows.csv
check 'columns of validate' [ "$(head -n 1 rows.csv)" = \
    'scenario,mode,vm,jobs,metric,measured_ns,predicted_ns,error_percent' ]
check 'four metrics' [ "$(cut -d, -f5 rows.csv | tail -n +2 | tr '\n' ' ')" = \
    'latency_mean latency_p50 latency_p95 latency_p99 ' ]
of=metric,vms,median_abs_error_percent,p95_abs_error_percent,max_abs_error_percent
"$VGPUSIM" validate few -d h100 --summary 2>/dev/null >rows.csv
check 'columns of the summary' [ "$(head -n 1 rows.csv)" = "mode,$of" ]
"$VGPUSIM" validate few -d h100 --regimes 2>/dev/null >rows.csv
check 'columns of regimes' [ "$(head -n 1 rows.csv)" = \
    "regime,$of,repeated_vms,median_abs_repeat_percent,p95_abs_repeat_percent" ]
touch taken
expect 73 'taken' "$VGPUSIM" run good.yaml --no-figures -o taken/below
expect 2 'nothing varies' "$VGPUSIM" compare good.yaml
expect 0 'round_robin' "$VGPUSIM" compare good.yaml --policies round_robin,fifo --reps 2 \
    --no-figures
expect 0 'fairness worst lag  switch idles' "$VGPUSIM" compare good.yaml \
    --policies fifo,equal_share --reps 2 --no-figures -o compared
expect 0 'equal_share,gpu,lag_max_ns,' cat compared/compare.csv
expect 0 'fairness' "$VGPUSIM" compare good.yaml --vary 'vms[0].count=1,2' --reps 2 \
    --no-figures -o varied
cat >ways.yaml <<'EOF'
duration: 2s
gpus: [{name: g, device: h100}]
vms:
  - {name: v, count: 2, memory: 8GiB,
     workloads: [{arrival: {closed: {think: 0s}}, job: [{compute: 1ms}]}]}
compare:
  ways:
    turns: {'gpus[0].sharing': {policy: round_robin, switch: 0s}}
    MIG: {'gpus[0].mig': [{profile: 1g.10gb, count: 2}]}
  vms[0].weight: [100, 200]
EOF
expect 0 'MIG, 200' "$VGPUSIM" compare ways.yaml --reps 2 --no-figures -o ways
expect 0 'jobs per second' "$VGPUSIM" compare ways.yaml --reps 2 --no-figures -o ways
cat >halves.yaml <<'EOF'
duration: 10s
gpus: [{name: g, device: h100, mig: [{profile: 2g.20gb, sharing: {mode: mps}}]}]
vms:
  - {name: v, count: 2, profile: 1c.2g.20gb,
     workloads: [{arrival: {closed: {think: 0s}}, job: [{compute: 1ms}]}]}
compare: {'vms[0].count': [1, 2]}
EOF
# Compute instances share bandwidth, and nothing else.
expect 0 '' "$VGPUSIM" compare halves.yaml --reps 1 --no-figures -o halves
awk -F, '$3 == "latency_mean_ns" { print $4 }' halves/compare.csv >means
check 'compute alone' awk '{ mean[NR] = $1 } END { exit !(mean[2] < 1.001 * mean[1]) }' means
expect 0 '' "$VGPUSIM" compare halves.yaml --reps 1 --no-figures -o halves \
    --set 'vms[0].workloads[0].job[0].compute={demand: 1ms, memory_bound: 100%}'
awk -F, '$3 == "latency_mean_ns" { print $4 }' halves/compare.csv >means
check 'memory is shared' awk '{ mean[NR] = $1 } END { exit !(mean[2] > 1.2 * mean[1]) }' means
# Two slices of 16 of 132 SMs, always busy; each job takes 132 / 16 as long.
expect 0 '"MIG, 100",gpu,jain,1,' cat ways/compare.csv
expect 0 '"MIG, 100",gpu,used,0.242424242,' cat ways/compare.csv
expect 0 '"MIG, 100",v,latency_mean_ns,8250000,' cat ways/compare.csv
expect 0 '"turns, 100",gpu,used,1,' cat ways/compare.csv
check 'lag only where policies are compared' sh -c '! grep lag varied/compare.csv'
expect 0 'fixed_share' "$VGPUSIM" compare good.yaml --policies fifo,fixed_share --reps 2 \
    --no-figures -o compared
expect 65 'gpus[0].sharing.policy={name: fixed_share, slots: 1}' "$VGPUSIM" compare good.yaml \
    --set 'vms[0].count=2' --vary 'gpus[0].sharing.policy=fifo,{name: fixed_share, slots: 1}' \
    --reps 2 -o never
expect 0 'compare 34' sh -c '"$VGPUSIM" compare good.yaml --policies all --reps 2 --no-figures \
    -o compared | sed -n "s/.* \([0-9]*\) policies.*/compare \1/p"'
expect 0 'nothing says how many VMs' "$VGPUSIM" run good.yaml --no-figures -o assumed \
    --set 'gpus[0].sharing.policy=fixed_share'
expect 0 'token_bucket' "$VGPUSIM" list limiters
expect 65 'round_robbin' "$VGPUSIM" compare good.yaml --policies round_robbin,fifo
expect 0 'interval' "$VGPUSIM" compare good.yaml --vary 'gpus[0].sharing.slice=1ms,2ms' \
    --no-figures

"$VGPUSIM" run - --no-figures -o piped <good.yaml >/dev/null 2>&1 || true
check 'standard input was not read' [ -s piped/vms.csv ]
status=0
"$VGPUSIM" schema >/dev/full 2>err || status=$?
check "a full disk gave $status" [ "$status" -eq 74 ]

# Lists have one item a line, its name first, and no header when they are piped.
"$VGPUSIM" list policies >policies
"$VGPUSIM" list devices >devices
check 'list policies' grep -q '^round_robin ' policies
check 'list devices' grep -q '^l40s ' devices
check 'the lists have headers' [ "$(head -qn 1 policies devices | grep -c '^[a-z0-9]')" -eq 2 ]

# A folder of tables adds to the catalogue, and its results do not need it any more. Under
# --strict a figure that was written down from memory is refused.
mkdir tables
printf '%s\n' name,gpu,architecture,sm_count,memory_mib,spec_source \
    'mine,Mine,Ada,10,8192,data sheet' >tables/gpus.csv
sed 's/device: {.*GiB}/device: mine/' good.yaml >mine.yaml
expect 65 'no device is called "mine"' "$VGPUSIM" check mine.yaml
expect 0 'mine ' "$VGPUSIM" list devices --catalogue tables
expect 0 'mine: device, Mine' "$VGPUSIM" explain --catalogue tables mine
expect 0 'fine' "$VGPUSIM" check --strict mine.yaml --catalogue tables
expect 0 'results: mine1' "$VGPUSIM" run mine.yaml --catalogue tables --no-figures -o mine1
expect 0 'catalogue: [inputs/gpus.csv]' cat mine1/effective.yaml
expect 0 'results: mine2' "$VGPUSIM" run mine1/effective.yaml --no-figures -o mine2
check 'other results without --catalogue' diff -r -x run.json mine1 mine2
expect 66 'there is no such folder' "$VGPUSIM" check mine.yaml --catalogue nowhere
mkdir empty
expect 66 'has no table' "$VGPUSIM" list devices --catalogue empty
printf 'name,gpu\n' >empty/cards.csv
expect 65 "none of the catalogue's tables" "$VGPUSIM" list devices --catalogue empty
expect 65 "none of the catalogue's tables" "$VGPUSIM" check mine.yaml --catalogue empty
sed 's/device: {.*GiB}/device: l40s/' good.yaml >remembered.yaml
expect 0 'fine' "$VGPUSIM" check remembered.yaml
expect 65 'figures of l40s were written down from memory' \
    "$VGPUSIM" check --strict remembered.yaml
expect 65 'written down from memory' "$VGPUSIM" run --strict remembered.yaml -o never
check '--strict left results' absent never

# Ctrl-C leaves nothing behind. The scenario is long enough never to end by itself.
sed 's/100ms/3000d/; s/3000d/300d/' good.yaml >long.yaml
"$VGPUSIM" run long.yaml --no-figures -o interrupted >/dev/null 2>err &
child=$!
sleep 0.3
kill -TERM "$child"
status=0
wait "$child" || status=$?
check "an interrupt gave $status" [ "$status" -eq 1 ]
check 'an interrupted run left results' absent interrupted

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
