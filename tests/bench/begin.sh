# shellcheck shell=sh disable=SC2034,SC2154
# begin.sh - how the scripts of this folder begin, and how they end; read by `.`.
#
# Before, a script sets `usage`, the options that it takes as its reader is told them, and for
# each [--name N] among them a variable of that name to its default. Afterwards these are set:
# markdown (empty: not asked for), vgpusim (the program), built (where the benches are), here
# (this folder), and scratch (a folder that goes when the script does). Operands stay, where the
# usage ends in "...]".

offers() {
    case $usage in
    *"$1"*) ;;
    *) return 1 ;;
    esac
}

markdown=
while [ $# -gt 0 ]; do
    if [ "$1" = --markdown ] && offers '[--markdown]'; then
        markdown=1
    elif [ $# -gt 1 ] && [ "$1" = "--${1##*[!a-z]}" ] && offers "[$1 N]"; then
        eval "${1#--}=\$2"
        shift
    elif offers '...]'; then
        break
    else
        echo "usage: ${0##*/} $usage" >&2
        exit 2
    fi
    shift
done

vgpusim=${VGPUSIM:-build/vgpusim}
built=${BENCH:-build/gcc-release/tests/bench}
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

# page NAME - if --markdown was given, puts $scratch/table into docs/performance.md, between the
# lines `<!-- NAME -->` and `<!-- /NAME -->`.
page() {
    [ -n "$markdown" ] || return 0
    awk -v name="$1" -v file="$scratch/table" '
        $0 == "<!-- /" name " -->" { hidden = 0 }
        !hidden { print }
        $0 == "<!-- " name " -->" {
            while ((getline line < file) > 0) { print line }
            hidden = 1
        }' docs/performance.md >"$scratch/page"
    cat "$scratch/page" >docs/performance.md
}
