#!/bin/sh
# docs.sh FOLDER - writes the pages that the program itself knows, or that hold parts that it
# makes, into FOLDER, as they lie in the project. Needs the program in VGPUSIM.
set -eu
folder=$1

# page FILE ARGUMENT... - what the program prints with these arguments is that page.
page() {
    file=$1
    shift
    mkdir -p "$(dirname "$folder/$file")"
    "$VGPUSIM" "$@" >"$folder/$file.new"
    mv "$folder/$file.new" "$folder/$file"
}

# One line for each page, such as: page docs/scenario.schema.json schema
page docs/policies.md list policies --markdown
page docs/scenario.md schema --markdown
page docs/scenario.schema.json schema

mkdir -p "$folder/docs"
sh .ci/unlocked.sh "$VGPUSIM" >"$folder/docs/unlocked-cards.md.new"
mv "$folder/docs/unlocked-cards.md.new" "$folder/docs/unlocked-cards.md"

# Pages with made parts.
for page in README.md docs/adversaries.md docs/limiters.md docs/own-models.md \
    docs/partitioning.md; do
    sh .ci/fill.sh "$page" >"$folder/$page.new"
    mv "$folder/$page.new" "$folder/$page"
done
