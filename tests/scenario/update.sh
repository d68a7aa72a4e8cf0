#!/bin/sh
# update.sh - writes the expected texts of tests/scenario anew; then read the diff.
set -eu
test=$(dirname "$VGPUSIM")/tests/unit/test_scenario_files
make "$test"
UPDATE=1 "$test" >/dev/null
