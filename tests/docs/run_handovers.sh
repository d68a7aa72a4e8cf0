#!/bin/sh
# run_handovers.sh - what tests/hardware/handovers.sh counts: A, then B, then C in a ring, when
# B and C had waited as A began, whichever came first; and who came first where nobody had.
set -eu
root=$(pwd)
cd "$TEST_TMPDIR"
. "$root/tests/support/expect.sh"

cat >jobs.csv <<'END'
vm,job,arrival_ns,demand_ns,start_ns,end_ns
a,0,10000000,1000000,10100000,11100000
c,0,10020000,1000000,12300000,13300000
b,0,10040000,1000000,11200000,12200000
a,1,20000000,1000000,20100000,21100000
b,1,20020000,1000000,21200000,22200000
c,1,20040000,1000000,22300000,23300000
a,2,30000000,1000000,30100000,31100000
c,2,30200000,1000000,31200000,32200000
b,2,30400000,1000000,32300000,33300000
END
handovers=$root/tests/hardware/handovers.sh
expect 0 'one of them was next: 5 of 5' "$handovers" jobs.csv
expect 0 'the one that came first was next: 1 of 2' "$handovers" jobs.csv
expect 0 'the usual one behind that VM was next: 2 of 2' "$handovers" jobs.csv
expect 0 'the first of those that came was next: 1 of 1' "$handovers" jobs.csv
expect 64 'usage: ' "$handovers"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
