#!/bin/sh
# run.sh - every command of docs/adding-a-policy.md is run as it stands there.
#
# Those for the source tree need a tree that they may change and a build of most of it, which
# takes long; they are run in one configuration, plain gcc, and left out in the others.
set -eu
root=$(pwd)
program=$(cd "$(dirname "$VGPUSIM")" && pwd)/$(basename "$VGPUSIM")
build=$(dirname "$program")
page=$root/docs/adding-a-policy.md
cd "$TEST_TMPDIR"
passed=0
failed=0

# The program and its header as if they were installed.
mkdir bin
ln -s "$program" bin/vgpusim
PATH=$PWD/bin:$PATH
CPATH=$build/include
VGPUSIM=$program
export PATH CPATH VGPUSIM

# run_section HEADING - runs the commands that stand in sh blocks below a heading.
run_section() {
    awk -v heading="## $1" '
        /^## / { inside = $0 == heading }
        /^```/ { block = inside && $0 == "```sh"; next }
        block' "$page" >commands
    if [ ! -s commands ]; then
        echo "docs/adding-a-policy.md: error: no commands below $1"
        failed=$((failed + 1))
    fi
    while IFS= read -r command; do
        if sh -c "$command" >output 2>&1 </dev/null; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "docs/adding-a-policy.md: error: this command failed: $command"
            tail -n 20 output
        fi
    done <commands
}

# there FILE... - what the page promises was made.
there() {
    for file; do
        if [ -s "$file" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "docs/adding-a-policy.md: error: there is no $file"
        fi
    done
}

run_section 'In Lua: from nothing to a figure'
there mine.md results/mine-compare/compare.csv results/mine/inputs/mine.lua
if command -v gnuplot >/dev/null; then
    there results/mine-compare/compare.svg results/mine/figures/timeline.svg
fi
run_section 'In C, as a library'
there far.so results/far/vms.csv

if [ "$(basename "$build")" = gcc-release ]; then
    mkdir tree
    # With their times, so that only what the new policy touches is built again.
    (cd "$root" && tar cf - Makefile .ci .clang-format sim tests docs scenarios plots \
        --exclude='*.tmp' build/gcc-release) | tar xf - -C tree
    cd tree
    # What a bare make leaves behind; `make check` does not.
    ln -s gcc-release/vgpusim build/vgpusim
    unset MAKEFLAGS MFLAGS MAKELEVEL
    run_section 'In C, in the program'
    there sim/policy/mine.c docs/policies/mine.md results/noisy-neighbour/vms.csv
else
    echo "commands for the source tree: only in gcc-release"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
