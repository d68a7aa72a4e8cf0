#!/bin/sh
# embed.sh FOLDER FILE... - writes FOLDER/embedded.S, which holds the bytes of the files, and
# FOLDER/embedded_table.c, which lists them for base/embed.h. The files come sorted by path.
set -eu
folder=$1
shift

# A path as a symbol: every byte that C does not allow becomes an underscore.
symbol_of() {
    printf 'embedded_%s' "$1" | LC_ALL=C tr -c 'A-Za-z0-9_' '_'
}

{
    printf '    .section .rodata\n'
    for file in "$@"; do
        symbol=$(symbol_of "$file")
        printf '    .balign 16\n    .globl %s\n    .hidden %s\n' "$symbol" "$symbol"
        printf '%s:\n    .incbin "%s"\n    .byte 0\n' "$symbol" "$file"
    done
    printf '    .section .note.GNU-stack,"",%%progbits\n'
} >"$folder/embedded.S"

# Sizes are taken here, which is why the table is written anew when a file changes.
{
    printf '/* Written by .ci/embed.sh; do not edit. */\n#include "base/embed.h"\n\n'
    for file in "$@"; do
        printf 'extern const char %s[];\n' "$(symbol_of "$file")"
    done
    printf '\nconst struct embedded_file embedded_files[] = {\n'
    for file in "$@"; do
        size=$(wc -c <"$file")
        printf '    { "%s", %s, %d },\n' "$file" "$(symbol_of "$file")" "$size"
    done
    # C has no empty initialiser; the count leaves this last row out.
    printf '    { 0 },\n};\nconst size_t embedded_file_count = %d;\n' "$#"
} >"$folder/embedded_table.c"
