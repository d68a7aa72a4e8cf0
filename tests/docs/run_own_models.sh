#!/bin/sh
# run_own_models.sh - every command of docs/own-models.md is run as it stands there, and
# predicts what was measured.
set -eu
root=$(pwd)
program=$(cd "$(dirname "$VGPUSIM")" && pwd)/$(basename "$VGPUSIM")
cd "$TEST_TMPDIR"
mkdir bin
ln -s "$program" bin/vgpusim
ln -s "$root/scenarios" scenarios
PATH=$PWD/bin:$PATH
passed=0
failed=0

# As nsys writes it; a name may hold commas.
cat >mine_cuda_gpu_kern_sum.csv <<'END'
Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name
80.0,1000000000,500,2000000.0,2000000.0,1,2,3.0,"void gemm<int, float>(int, int)"
20.0,250000000,500,500000.0,500000.0,1,2,3.0,relu
END
awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside' "$root/docs/own-models.md" \
    >commands
while IFS= read -r command; do
    if sh -c "$command" >output 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "docs/own-models.md: error: this command failed: $command"
        cat output
    fi
    case $command in awk*) mv output profile ;; esac
done <commands

# near FOLDER LOW HIGH - the mean latencies there, in ms.
near() {
    if awk -F, -v low="$2" -v high="$3" 'NR > 1 {
        ms = $6 / 1e6
        bad = bad || ms < low || ms > high
        count++
    } END { exit bad || !count }' "results/$1/vms.csv"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "docs/own-models.md: error: not what was measured: $1"
    fi
}

# Measured: 5.585 and 11.18 ms.
near own-model 5.47 5.70
near four 10.95 11.42
if [ "$passed" -ne 7 ] || [ "$(cat profile)" != '2.5 ms' ]; then
    echo "docs/own-models.md: error: $passed steps and $(cat profile)"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
