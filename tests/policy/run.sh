#!/bin/sh
# run.sh - policies that users bring, through the whole program: results that can be had again,
# exit codes, and nothing half-written when a script fails.
set -eu
root=$(pwd)
program=$(cd "$(dirname "$VGPUSIM")" && pwd)/$(basename "$VGPUSIM")
header=$(cd "$(dirname "$VGPUSIM")/include" && pwd)
cd "$TEST_TMPDIR"
. "$root/tests/support/expect.sh"

# check COMMAND... - the command succeeds.
check() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "tests/policy: error: it failed: $*"
    fi
}


mkdir mine
cat >mine/s.yaml <<'END'
# Who runs when?
duration: 1s
gpus:
  - {name: g, device: {sm: 10, memory: 8GiB}, sharing: {policy: round_robin, slice: 2ms}}
vms:
  - name: a
    count: 3
    workloads: [{arrival: {poisson: 100/s}, job: [{compute: {exponential: 3ms}}]}]
END
cp "$root/scenarios/policies/round_robin.lua" mine/my.lua
# A library that is built against nothing but the header, as the comment in it says.
cc -std=c11 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -O2 -I "$header" -o mine/my.so \
    "$root/tests/policy/library/round_robin.c"
policy='gpus[0].sharing.policy'
run() { "$program" run --no-figures --slices "$@"; }

# The schedule is that of the program's own policy.
expect 0 'results: own' run mine/s.yaml -o own
expect 0 'results: lua' run mine/s.yaml --set "$policy={script: my.lua}" -o lua
expect 0 'results: so' run mine/s.yaml --set "$policy={library: my.so}" --allow-library -o so
check cmp own/slices.csv lua/slices.csv
check cmp own/slices.csv so/slices.csv

# What a run used is kept beside its results, and gives the same bytes again.
check cmp mine/my.lua lua/inputs/my.lua
check cmp mine/my.so so/inputs/my.so
for kind in lua so; do
    expect 0 'results: again' run "$kind/effective.yaml" --allow-library -o again
    rm -f again/run.json "$kind/run.json"
    check diff -r again "$kind"
    rm -r again
done

# Machine code only if the command line says so.
for command in check run compare; do
    expect 65 '--allow-library' "$program" $command mine/s.yaml \
        --set "$policy={library: my.so}"
done
expect 65 'cannot be loaded' "$program" check mine/s.yaml --allow-library \
    --set "$policy={library: my.lua}"
expect 66 'nowhere.so' "$program" check mine/s.yaml --allow-library \
    --set "$policy={library: nowhere.so}"
expect 0 'my.so' "$program" compare mine/s.yaml --policies fifo,my.lua,my.so --allow-library \
    --reps 2 --no-figures -o compared

# A script that fails: a place, the line, exit code 1, and no folder, though rows of jobs and
# slices are written as the run goes.
sed 's/^function pick(now)$/&\n    if now > 0 then error("enough") end/' mine/my.lua \
    >mine/late.lua
expect 1 'ns in pick: enough' run mine/s.yaml --set "$policy={script: late.lua}" -o never \
    --jobs --slices
check grep -qF 'late.lua:17:5: error: policy late.lua, engine compute of g, at' out
check grep -qF '    if now > 0 then error("enough") end' out
expect 1 'ns in pick: enough' "$program" compare mine/s.yaml --policies fifo,late.lua -o never
echo 'function ready(vm now) end' >mine/syntax.lua
expect 65 "syntax.lua:1:19: error: ')' expected near 'now'" \
    run mine/s.yaml --set "$policy={script: syntax.lua}" -o never
echo 'function init() error("no") end' | cat mine/my.lua - >mine/init.lua
expect 65 'init.lua:39:1: error: in init: no' \
    "$program" check mine/s.yaml --set "$policy={script: init.lua}"
expect 65 'init.lua:39:1: error: in init: no' \
    run mine/s.yaml --set "$policy={script: init.lua}" -o never/deep --jobs
check absent never

# The header that installs is the one that was used here.
check make -s -C "$root" install DESTDIR="$PWD/to" PREFIX=/usr
check cmp to/usr/include/vgpusim/policy.h "$header/vgpusim/policy.h"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
