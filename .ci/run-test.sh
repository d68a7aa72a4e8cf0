#!/bin/sh
# run-test.sh LOG COMMAND... - runs one test program and keeps its output in LOG. The log ends
# with a line `result PASSED FAILED`, which sum-tests.sh adds up; this script itself succeeds,
# so that one failing test does not keep the others from running.
#
# The test finds its own empty folder in TEST_TMPDIR, and the program in VGPUSIM.
set -u
log=$1
shift
TEST_TMPDIR=$PWD/${log%.log}.tmp
export TEST_TMPDIR
rm -rf "$TEST_TMPDIR"
mkdir -p "$TEST_TMPDIR"

timeout "${TEST_SECONDS:-300}" "$@" >"$log" 2>&1 </dev/null
status=$?

# cmocka prints "[  PASSED  ] 3 test(s)." and "[  FAILED  ] 1 test(s), ..." for each group;
# scripts print "3 passed, 1 failed", or nothing, and then their exit status is the one test.
awk -v status="$status" '
    /^\[  PASSED  \] [0-9]+ test/ { passed += $4; counted = 1 }
    /^\[  FAILED  \] [0-9]+ test/ { failed += $4; counted = 1 }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; counted = 1 }
    /^\[==========\] Running 0 test/ { empty = 1 }
    END {
        if (empty && passed + failed == 0) { print "it ran no test"; failed = 1 }
        if (status == 124) { print "it ran out of time" }
        if (status != 0 && failed == 0) {
            printf "it ended with status %d\n", status
            failed = 1
        }
        if (!counted && status == 0) { passed = 1 }
        printf "result %d %d\n", passed, failed
    }
' "$log" >"$log.result"
cat "$log.result" >>"$log"
rm -f "$log.result"
if tail -n 1 "$log" | grep -q ' 0$'; then
    rm -rf "$TEST_TMPDIR"
fi
exit 0
