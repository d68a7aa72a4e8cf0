#!/bin/sh
# docs.sh FOLDER - writes the pages of docs/ that the program itself knows into FOLDER. Needs
# the program in VGPUSIM.
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

# One line for each page, such as: page scenario.schema.json schema
page scenario.md schema --markdown
page scenario.schema.json schema
