#!/bin/sh
# fill.sh PAGE - prints a page with its made parts made anew. A part stands between the lines
# `<!-- made by: COMMAND -->` and `<!-- end -->`; the command's output goes there, between
# fences if it is `vgpusim ...`, and as it is if it is a script. Needs the program in VGPUSIM.
set -eu
page=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# made COMMAND - what goes between the lines.
made() {
    case $1 in
    vgpusim*)
        echo '```text'
        # Results go to a scratch folder, which the page calls results/NAME.
        sh -c "\"\$VGPUSIM\" ${1#vgpusim } $2" 2>&1 | sed "s|$scratch|results|g"
        echo '```'
        ;;
    *) sh -c "$1" ;;
    esac
}

skip=
while IFS= read -r line; do
    case $line in
    '<!-- made by: '*' -->')
        command=${line#<!-- made by: }
        command=${command% -->}
        echo "$line"
        case $command in
        'vgpusim run '* | 'vgpusim compare '*)
            name=$(basename "${command##* }" .yaml)
            made "$command" "--no-figures -o $scratch/$name" ;;
        *) made "$command" '' ;;
        esac
        skip=1
        ;;
    '<!-- end -->')
        skip=
        echo "$line"
        ;;
    *) [ -n "$skip" ] || printf '%s\n' "$line" ;;
    esac
done <"$page"
