#!/bin/sh
# demo.sh PROGRAM - the main job on a small scale, and what to look at.
set -eu
program=$1

"$program" run scenarios/noisy-neighbour.yaml -o results/noisy-neighbour
"$program" report results/noisy-neighbour
cat <<END

Look at
  results/noisy-neighbour/report.html  everything on one page
  results/noisy-neighbour/figures/     the figures, SVG and PNG
  results/noisy-neighbour/vms.csv      the numbers behind them, a row per VM and workload
END
