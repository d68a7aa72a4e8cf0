#!/bin/sh
# check.sh fast|all - runs the checks one after the other, each on all cores, and goes on when
# one fails. Prints a line for each, the end of the log of those that failed, and last
# `N passed, N failed`: the tests, and one for each check that is not a test program.
#
# make calls it, with MAKE set and its job server open.
set -u
mode=$1
logs=build/check
passed=0
failed=0
mkdir -p "$logs"

# part NAME COMMAND...
part() {
    name=$1
    shift
    start=$(date +%s)
    "$@" >"$logs/$name.log" 2>&1 </dev/null
    status=$?

    # The last count in the log; without one, the exit status is the one test.
    counts=$(sed -n 's/^\([a-z0-9-]*: \)\{0,1\}\([0-9]*\) passed, \([0-9]*\) failed$/\2 \3/p' \
        "$logs/$name.log" | tail -n 1)
    good=${counts% *}
    bad=${counts#* }
    if [ -z "$counts" ]; then
        good=1
        bad=0
    fi
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
        [ -n "$counts" ] || good=0
    fi
    passed=$((passed + good))
    failed=$((failed + bad))

    mark=ok
    [ "$bad" -eq 0 ] || mark=FAIL
    printf '  %-5s %-30s %5d passed %4d failed %5d s\n' "$mark" "$name" "$good" "$bad" \
        $(($(date +%s) - start))
    if [ "$bad" -ne 0 ]; then
        grep -vE '^  [A-Z]+ |^make' "$logs/$name.log" | tail -n 100 |
            sed "s|$PWD/||g; s|^|        |"
    fi
}

# tests CC CFG [SAN]
tests() {
    part "tests-$1-$2${3:+-sanitized}" "$MAKE" -k test CC="$1" CFG="$2" SAN="${3:-}"
}

part layers "$MAKE" -k check-layers
part tidy "$MAKE" -k check-tidy
part format "$MAKE" -k check-format
part headers "$MAKE" -k check-headers CC=gcc CFG=release SAN=
tests gcc release

if [ "$mode" = all ]; then
    part tools "$MAKE" -k check-tools
    part speed "$MAKE" -k check-speed CC=gcc CFG=release SAN=
    part docs "$MAKE" -k check-docs CC=gcc CFG=release SAN=
    tests gcc debug
    tests clang release
    tests clang debug address,undefined
    part lint "$MAKE" -k check-lint CC=clang CFG=release SAN=
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
