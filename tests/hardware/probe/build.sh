#!/bin/sh
# build.sh FOLDER - builds FOLDER/probe with nvcc; with DRY=1 with cc alone, for no GPU.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh FOLDER}
flags="-std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes"
mkdir -p "$out"

# shellcheck disable=SC2086
for name in table client probe; do
    "${CC:-cc}" $flags -c -o "$out/$name.o" "$here/$name.c"
done
if [ "${DRY:-0}" = 1 ]; then
    # shellcheck disable=SC2086
    "${CC:-cc}" $flags -c -o "$out/gpu.o" "$here/gpu_dry.c"
    "${CC:-cc}" -o "$out/probe" "$out"/*.o -lpthread -lm
else
    nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
    "$nvcc" -O3 -arch="${ARCH:-sm_90}" -Xptxas -v -c -o "$out/gpu.o" "$here/probe.cu" \
        2>"$out/ptxas.log" || { cat "$out/ptxas.log" >&2; exit 1; }
    "$nvcc" -arch="${ARCH:-sm_90}" -o "$out/probe" "$out"/*.o -lm
fi
