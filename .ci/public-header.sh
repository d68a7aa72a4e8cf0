#!/bin/sh
# public-header.sh - prints vgpusim/policy.h, which policies outside of the program are made
# against: policy/policy.h and the headers that it includes, in one file, so that they cannot
# differ. The registry, which is the program's own, is left out.
set -eu

cat <<'END'
/*
 * vgpusim/policy.h - what a policy in a shared object is made against.
 *
 * Written from the program's own headers by .ci/public-header.sh; do not edit. A library
 * defines vgpusim_policy_version and vgpusim_policy (at the end), and is built with
 *
 *     cc -std=c11 -shared -fPIC -O2 -o mine.so mine.c
 *
 * It may call the functions that are declared here: they are found in the program that loads
 * it. It keeps no variables of its own: several engines and threads use it at a time, and all
 * that a policy remembers belongs into policy.state.
 */
END
for header in base/units.h base/err.h base/field.h engine/rng.h model/vm.h policy/policy.h; do
    echo
    awk '/^#include "/ { next }
         /not part of vgpusim\/policy\.h/ { print "#endif"; exit }
         { print }' "sim/$header"
done
