#!/bin/sh
# demo.sh PROGRAM - runs one scenario and says what to look at.
set -eu
program=$1

"$program" run scenarios/noisy-neighbour.yaml -o results/noisy-neighbour
cat <<END

Look at
  results/noisy-neighbour/figures/    the figures
  results/noisy-neighbour/vms.csv     the numbers behind them, a row per VM and workload
END
