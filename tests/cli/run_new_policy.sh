#!/bin/sh
# run_new_policy.sh - what `vgpusim new-policy` writes works as it stands, and nothing that is
# there already is touched.
set -eu
root=$(pwd)
program=$(cd "$(dirname "$VGPUSIM")" && pwd)/$(basename "$VGPUSIM")
build=$(dirname "$program")
cd "$TEST_TMPDIR"
. "$root/tests/support/expect.sh"

# check COMMAND... - the command succeeds.
check() {
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "tests/cli: error: it failed: $*"
    fi
}

# Every word of the templates is filled in.
none_left() { ! grep -rn '@[A-Z]*@' "$@"; }

VGPUSIM=$program
export VGPUSIM

# A script.
expect 0 'wrote mine.lua' "$program" new-policy mine
expect 0 'mine: the schedule is the known one' sh test_mine.sh
check none_left mine.lua mine.yaml mine.csv mine.md test_mine.sh
sed -i 's/vm.vtime < ready_vms/vm.vtime > ready_vms/; s/].vtime < /].vtime > /' mine.lua
expect 1 'mine: the schedule differs' sh test_mine.sh
cp mine.lua before
expect 73 'mine.lua is there already; nothing was written' "$program" new-policy mine
check cmp mine.lua before
rm mine.lua
expect 73 'mine.yaml is there already' "$program" new-policy mine
check [ ! -e mine.lua ]

# A library, in a folder of its own.
expect 0 'wrote there/too/far.c' "$program" new-policy --library far there/too
check none_left there
check cc -std=c11 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$build/include" \
    -o there/too/far.so there/too/far.c
expect 0 'far: the schedule is the known one' sh there/too/test_far.sh

# A policy of the program: with its word in the list it passes its own test.
mkdir -p tree/sim/policy
cp "$root/sim/policy/policy.h" "$root/sim/policy/registry.c" tree/sim/policy
expect 0 'wrote tree/tests/policy/test_own.c' "$program" new-policy own --c tree
check none_left tree/docs tree/sim/policy/own.c tree/tests
sed -i 's/X(lottery).*/&\n    X(own)  \\/' tree/sim/policy/policy.h
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -Itree/sim -I$root/sim -I$root/tests"
flags="$flags -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
case $build in *-address*) flags="$flags -fsanitize=address,undefined" ;; esac
libraries=$(pkg-config --libs yaml-0.1 gsl jansson sqlite3 lua5.4)
case $build in *clang*) compiler=clang ;; *) compiler=gcc ;; esac
# shellcheck disable=SC2086
check $compiler $flags -pthread -rdynamic -o test_own tree/sim/policy/own.c \
    tree/sim/policy/registry.c tree/tests/policy/test_own.c \
    "$build/libsupport.a" "$build/libvgpusim.a" -lcmocka $libraries -lm
expect 0 '2 test(s)' ./test_own
check sh -c "! grep -n '.\{97\}' tree/sim/policy/own.c tree/tests/policy/test_own.c"

# What cannot be a policy.
expect 2 'it must be [a-z][a-z0-9_]*' "$program" new-policy Mine
expect 2 'it must be [a-z][a-z0-9_]*' "$program" new-policy ../x
expect 2 'it must be [a-z][a-z0-9_]*' "$program" new-policy ''
expect 2 'there is a policy called fifo already' "$program" new-policy fifo
expect 2 'give one of --lua, --library and --c' "$program" new-policy a --lua --c
expect 2 "source tree" "$program" new-policy a --c
expect 2 'usage: vgpusim new-policy' "$program" new-policy
echo file >file
expect 73 'file' "$program" new-policy a file
expect 0 'usage: vgpusim new-policy' "$program" new-policy --help

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
