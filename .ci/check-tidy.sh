#!/bin/sh
# check-tidy.sh - the rules of docs/style.md that a script can check. Prints
# `file:line: error: text` for each breach, and fails if there was one.
#
# It looks at the files that git knows and those it does not ignore; where there is no git,
# at all. Sizes are counted as an editor shows them.
set -eu
LC_ALL=C
export LC_ALL
status=0

list_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f | sed 's|^\./||' | grep -v '^build/'
    fi | sort | while read -r file; do
        [ -f "$file" ] && [ ! -L "$file" ] && echo "$file"
    done
}

report() {
    printf '%s:%d: error: %s\n' "$1" "$2" "$3"
    status=1
}

files=$(list_files)
here=$(dirname "$0")

# Expected output, hostile input and licences are kept as they are.
ours=$(printf '%s\n' "$files" |
    grep -vE '^(LICENSE|tests/(golden|fuzz/corpus|scenario/bad|data)/)' || true)
c_files=$(printf '%s\n' "$ours" | grep -E '^(sim|tests)/.*\.[ch]$' || true)
text_files=$(printf '%s\n' "$ours" |
    grep -E '(\.(c|h|sh|yaml|yml|gp|md|mk|lua)|Makefile|^\.ci/[a-z-]+|^\.[a-z-]+)$' || true)

# shellcheck disable=SC2086
{
    [ -z "$c_files" ] || awk -f "$here/tidy-c.awk" $c_files || status=1
    [ -z "$text_files" ] || awk -f "$here/tidy-text.awk" $text_files || status=1
}

# Every policy has a test of its own, beside the conformance suite that all of them share.
for file in $(printf '%s\n' "$ours" | grep -E '^sim/policy/.*\.c$' || true); do
    definition=$(grep -nE '^const struct policy_ops policy_[a-z0-9_]+ = ' "$file" | head -n 1)
    [ -n "$definition" ] || continue
    name=$(printf '%s\n' "$definition" | sed 's/.* policy_\([a-z0-9_]*\) = .*/\1/')
    if [ ! -f "tests/policy/test_$name.c" ] &&
        [ ! -f "tests/policy/test_$(basename "$file")" ]; then
        report "$file" "${definition%%:*}" "policy $name has no tests/policy/test_$name.c"
    fi
done

# A scenario opens with a comment, which ends as a sentence does: the question it answers.
for file in $(printf '%s\n' "$ours" | grep -E '^scenarios/.*\.ya?ml$' || true); do
    last=$(awk '/^#/ { text = $0; next } { exit } END { print text }' "$file")
    case $last in
    '#'*[?.] | '#'*[?.]')') ;;
    '') report "$file" 1 "a scenario opens with a comment that says what it answers" ;;
    *) report "$file" 1 "the opening comment must end with a question mark or a full stop" ;;
    esac
done

exit $status
