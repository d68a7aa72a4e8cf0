#!/bin/sh
# check-docs.sh - writes the generated pages into a scratch folder and compares them with those
# of the project. Needs the program in VGPUSIM.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sh .ci/docs.sh "$scratch"

status=0
for page in $(cd "$scratch" && find . -type f | sed 's|^\./||' | sort); do
    if ! cmp -s "$scratch/$page" "$page"; then
        echo "$page:1: error: it is out of date; run make docs"
        diff -u "$page" "$scratch/$page" 2>&1 | head -n 20 || true
        status=1
    fi
done
exit $status
