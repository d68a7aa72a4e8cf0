#!/bin/sh
# tables.sh policies|scenarios - a Markdown table for README.md. Needs the program in VGPUSIM.
set -eu

case $1 in
policies)
    echo '| policy | what it does | file |'
    echo '|---|---|---|'
    "$VGPUSIM" list policies | while read -r name summary; do
        echo "| \`$name\` | $summary | [$name.c](sim/policy/$name.c) |"
    done
    ;;
scenarios)
    echo '| scenario | the question that it answers |'
    echo '|---|---|'
    for file in scenarios/*.yaml; do
        name=$(basename "$file" .yaml)
        # The first sentence of the opening comment.
        question=$(awk '/^#/ { sub(/^# ?/, ""); text = text (text == "" ? "" : " ") $0
                               if (text ~ /\?/) exit; next } { exit }
                        END { sub(/\?.*/, "?", text); print text }' "$file")
        echo "| [\`$name\`]($file) | $question |"
    done
    ;;
esac
