#!/bin/sh
# check-layers.sh - each folder of sim/ may include its own headers and those of the folders
# to its left in this line, by their folder's name. Prints `file:line: error: text`.
set -eu
order='base engine model policy catalogue scenario import run metrics study output cli'

find sim -name '*.[ch]' | LC_ALL=C sort | xargs -r awk -v order="$order" '
    function report(text) {
        printf "%s:%d: error: %s\n", FILENAME, FNR, text
        bad = 1
    }
    BEGIN {
        count = split(order, name, " ")
        for (i = 1; i <= count; i++) { rank[name[i]] = i }
    }
    FNR == 1 {
        split(FILENAME, part, "/")
        from = part[2]
        if (!(from in rank)) {
            report("the folder is not in the line of folders: " order)
        }
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ && (from in rank) {
        path = $0
        sub(/^[^"]*"/, "", path)
        sub(/".*/, "", path)
        to = path
        sub(/\/.*/, "", to)
        if (path ~ /\.\./) {
            report("no ../ in an include; name the folder")
        } else if (!(to in rank) || to == path) {
            report("name the folder in the include")
        } else if (rank[to] > rank[from]) {
            report(from " must not include " to)
        }
    }
    END { exit bad }
'
