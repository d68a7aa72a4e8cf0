#!/bin/sh
# page.sh NAME FILE - puts FILE into docs/performance.md between the lines `<!-- NAME -->` and
# `<!-- /NAME -->`.
set -eu
page=docs/performance.md
new=$(mktemp)
trap 'rm -f "$new"' EXIT INT TERM

awk -v name="$1" -v file="$2" '
    $0 == "<!-- /" name " -->" { hidden = 0 }
    !hidden { print }
    $0 == "<!-- " name " -->" {
        while ((getline line < file) > 0) { print line }
        hidden = 1
    }' "$page" >"$new"
cat "$new" >"$page"
