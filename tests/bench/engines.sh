#!/bin/sh
# engines.sh [--pairs N] [--seconds N] [--markdown] - bench model B on engines that Debian
# packages, where they are installed, against the simulator. `make bench` calls it; with
# --markdown the table also goes into docs/performance.md.
#
# The programs are in tests/bench/engines/. They simulate the model and sum latencies; the
# simulator also takes its default metrics and writes its results. The mean latency is there to
# show that it is the same model (33.7 ms over many seeds; 6000 s have a standard deviation of
# 0.43 ms, shorter runs a larger one).
set -eu

usage='[--pairs N] [--seconds N] [--markdown]'
pairs=5
seconds=2000
. "$(dirname "$0")/begin.sh"
missing=

# row NAME VERSION COMMAND... - one engine against the simulator.
row() {
    name=$1
    version=$2
    shift 2
    mean=$("$@" "$seconds" 2>/dev/null | sed -n 's/.*mean \([0-9.]*\) ms.*/\1/p')
    "$built/pairs" "$pairs" "$@" "$seconds" -- "$vgpusim" run "$here/model_b.yaml" \
        --no-figures --threads 1 --set "duration=${seconds}s" -o "$scratch/out" \
        >"$scratch/medians" 2>"$scratch/talk" || { cat "$scratch/talk" >&2; exit 1; }
    awk -v name="$name" -v version="$version" -v mean="$mean" '{
        printf "| %s %s | %.1f | %.0f | %.0f | %.1f |\n", name, version, mean, $1, $3, $5
    }' "$scratch/medians"
}

version_of() {
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/[-+].*//'
}

# Debian's packages are for Debian's own Python.
simpy() {
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import simpy' 2>/dev/null; then
            row "SimPy (Python)" "$("$python" -c 'import simpy; print(simpy.__version__)')" \
                "$python" "$here/engines/model_b_simpy.py"
            return
        fi
    done
    missing="$missing python3-simpy3"
}

# compiled NAME PACKAGE HEADER LIBRARY PROGRAM
compiled() {
    if ! printf '#include <%s>\n' "$3" | "${CXX:-g++}" -E -x c++ - >/dev/null 2>&1; then
        missing="$missing $2"
        return
    fi
    "${CXX:-g++}" -std=c++17 -O2 -o "$scratch/$5" "$here/engines/$5.cpp" "$4"
    row "$1" "$(version_of "$2")" "$scratch/$5"
}

table() {
    echo "| engine | mean latency, ms | CPU, ms | CPU of vgpusim, ms | times as long |"
    echo "|---|---:|---:|---:|---:|"
    compiled ns-3 libns3-dev ns3/simulator.h -lns3-core model_b_ns3
    compiled SimGrid libsimgrid-dev simgrid/s4u.hpp -lsimgrid model_b_simgrid
    simpy
}

table >"$scratch/table"
cat "$scratch/table"
if [ -n "$missing" ]; then
    echo "not measured, because they are not installed (apt-get install$missing)" >&2
fi
page engines
