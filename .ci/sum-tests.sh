#!/bin/sh
# sum-tests.sh NAME LOG... - prints the logs of the tests that failed and, last, the line
# `NAME: N passed, N failed`. Fails if a test did, or if there was none.
set -u
name=$1
shift
passed=0
failed=0
for log in "$@"; do
    last=$(tail -n 1 "$log")
    set -- $last
    passed=$((passed + $2))
    failed=$((failed + $3))
    if [ "$3" -gt 0 ]; then
        printf '\n%s:\n' "$log"
        # What passed says nothing here.
        grep -vE '^\[ +(RUN|OK) +\]|^result ' "$log" | tail -n 60
    fi
done
printf '%s: %d passed, %d failed\n' "$name" "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
