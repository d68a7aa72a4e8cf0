#!/bin/sh
# demo.sh PROGRAM - the main job, end to end: a noisy neighbour under four policies, and the
# prediction set against a real GPU. Says what to look at.
set -eu
program=$1

echo "== Three desktops and a trainer on one GPU =="
"$program" run scenarios/noisy-neighbour.yaml -o results/noisy-neighbour
"$program" report results/noisy-neighbour
echo
echo "== The same arrivals under four policies =="
"$program" compare scenarios/noisy-neighbour.yaml -o results/noisy-neighbour-compare
echo
echo "== Predictions against a real H100, absolute error in percent =="
"$program" validate --device h100 tests/hardware --summary -o results/validation \
    2>results/validation.log
cat <<END

Look at
  results/noisy-neighbour/report.html          one run, everything on one page
  results/noisy-neighbour/figures/timeline.png who ran when, switches in red
  results/noisy-neighbour-compare/compare.png  tails and fairness under four policies
  results/validation/validation.png            predicted against measured, job by job streams
  docs/validation.md                           what the errors mean
END
