#!/bin/sh
# run.sh - every command that README.md shows is run as it stands there, but for `make`.
set -eu
root=$(pwd)
program=$(cd "$(dirname "$VGPUSIM")" && pwd)/$(basename "$VGPUSIM")
cd "$TEST_TMPDIR"
ln -s "$root/scenarios" scenarios
ln -s "$root/tests" tests
mkdir build
ln -s "$program" build/vgpusim

passed=0
failed=0
awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside && !/^make/' "$root/README.md" \
    >commands
while IFS= read -r command; do
    if sh -c "$command" >output 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "README.md: error: this command failed: $command"
        cat output
    fi
done <commands
if [ "$passed" -lt 5 ]; then
    echo "README.md: error: only $passed commands were found"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
