#!/bin/sh
# run.sh - whole runs give the bytes that they gave, for any number of threads, whatever
# variants of log and exp the C library picks, and through effective.yaml. UPDATE=1 makes the
# expected files anew; read the diff. `make check` runs this for gcc and clang, -O0 and -O2.
set -eu
passed=0
failed=0

result() { # result STATUS TEXT
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "tests/golden: error: $2"
    fi
}

# simulate FOLDER FILE [OPTION...]
simulate() {
    out=$1
    shift
    "$VGPUSIM" run "$@" -o "$out" --no-figures --jobs --slices >"$out.screen" 2>&1 || {
        cat "$out.screen"
        return 1
    }
    rm -f "$out/run.json"
}

# same FOLDER FOLDER TEXT - all files are equal.
same() {
    status=0
    diff -r "$1" "$2" >"$TEST_TMPDIR/diff" 2>&1 || status=1
    [ "$status" -eq 0 ] || head -n 5 "$TEST_TMPDIR/diff"
    result "$status" "$3"
}

# golden CASE FILE [OPTION...] - the files called $files are as expected.
files='vms.csv engines.csv fairness.csv jobs.csv slices.csv'
golden() {
    name=$1
    shift
    out=$TEST_TMPDIR/$name
    simulate "$out" "$@" --threads 1 || { result 1 "$name: it does not run"; return 0; }
    for file in $files; do
        expected=tests/golden/$name/$file
        if [ -n "${UPDATE:-}" ]; then
            mkdir -p "tests/golden/$name"
            cp "$out/$file" "$expected"
        fi
        status=0
        cmp -s "$expected" "$out/$file" || status=1
        [ "$status" -eq 0 ] || diff "$expected" "$out/$file" | head -n 5
        result "$status" "$name/$file differs from what is expected"
    done
}

policies=$("$VGPUSIM" list policies | cut -d ' ' -f 1)
for policy in $policies; do
    golden "policy-$policy" tests/golden/policies.yaml \
        --set "gpus[0].sharing.policy=$policy" --set "name=policy-$policy"
done
golden pipeline tests/golden/pipeline.yaml
golden mps tests/golden/mps.yaml
files='vms.csv gpus.csv engines.csv fairness.csv distribution.csv summary.json'
golden fleet tests/golden/fleet.yaml

for threads in 2 3; do
    simulate "$TEST_TMPDIR/fleet$threads" tests/golden/fleet.yaml --threads $threads
    same "$TEST_TMPDIR/fleet" "$TEST_TMPDIR/fleet$threads" "$threads threads give another fleet"
done
simulate "$TEST_TMPDIR/fleet0" "$TEST_TMPDIR/fleet/effective.yaml"
same "$TEST_TMPDIR/fleet" "$TEST_TMPDIR/fleet0" "effective.yaml of a fleet gives other bytes"

simulate "$TEST_TMPDIR/two" tests/golden/pipeline.yaml --threads 2
same "$TEST_TMPDIR/pipeline" "$TEST_TMPDIR/two" "two threads give other bytes than one"
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-FMA4
simulate "$TEST_TMPDIR/plain" tests/golden/pipeline.yaml
unset GLIBC_TUNABLES
same "$TEST_TMPDIR/pipeline" "$TEST_TMPDIR/plain" "another log or exp gives other bytes"
simulate "$TEST_TMPDIR/again" "$TEST_TMPDIR/pipeline/effective.yaml"
same "$TEST_TMPDIR/pipeline" "$TEST_TMPDIR/again" "effective.yaml gives other bytes"
simulate "$TEST_TMPDIR/mps2" "$TEST_TMPDIR/mps/effective.yaml"
same "$TEST_TMPDIR/mps" "$TEST_TMPDIR/mps2" "effective.yaml under MPS gives other bytes"
simulate "$TEST_TMPDIR/replay" scenarios/replay-h100.yaml
simulate "$TEST_TMPDIR/replay2" "$TEST_TMPDIR/replay/effective.yaml"
same "$TEST_TMPDIR/replay" "$TEST_TMPDIR/replay2" "a trace's effective.yaml gives other bytes"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
