#!/bin/sh
# run.sh - imports every file of good/ and bad/, and compares what comes out with the .out and
# .err beside it; UPDATE=1 writes them anew. Parts must make up a scenario.
set -eu
cd "$(dirname "$0")"
case $VGPUSIM in /*) ;; *) VGPUSIM=../../$VGPUSIM ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# check NAME WANTED-STATUS ARGUMENT...
check() {
    name=$1
    wanted=$2
    shift 2
    status=0
    "$VGPUSIM" import "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "${UPDATE:-}" ]; then
        cp "$work/err" "$name.err"
        [ "$wanted" != 0 ] || cp "$work/out" "$name.out"
    fi
    count=$((count + 1))
    if [ "$status" != "$wanted" ] || ! cmp -s "$work/err" "$name.err" ||
        { [ "$wanted" = 0 ] && ! cmp -s "$work/out" "$name.out"; }; then
        echo "not ok - $name: status $status"
        diff "$work/err" "$name.err" || true
        [ "$wanted" != 0 ] || diff "$work/out" "$name.out" || true
        failed=$((failed + 1))
    fi
}

for file in good/*.toml bad/*.toml; do
    kind=$(basename "$file" | cut -d. -f1)
    wanted=0
    case $file in bad/*) wanted=65 ;; esac
    check "${file%.toml}" "$wanted" "$kind" "$file"
done
mixed=good/profile-override.mixed-units
check "$mixed.vm104" 0 profile-override --type 47 --vm 104 "$mixed.toml"
check "$mixed.device" 0 profile-override --type 47 \
    --mdev 00000001-0000-0000-0000-000000000104 "$mixed.toml"
check "$mixed.other" 0 profile-override --type 47 --vm 105 "$mixed.toml"

# Parts of scenarios are put together and checked.
for file in $mixed.vm104.out $mixed.other.out; do
    { echo "duration: 1s"; cat good/vgpu-unlock-config.map.out "$file"; } >"$work/s.yaml"
    count=$((count + 1))
    if ! "$VGPUSIM" check "$work/s.yaml" >"$work/out" 2>&1; then
        echo "not ok - $file is no part of a scenario"
        cat "$work/out"
        failed=$((failed + 1))
    fi
done

# Not a file, not a kind, and -o.
status=0
"$VGPUSIM" import profile-override "$work/none" 2>"$work/err" || status=$?
[ "$status" = 66 ] || failed=$((failed + 1))
status=0
"$VGPUSIM" import toml "$mixed.toml" 2>"$work/err" || status=$?
[ "$status" = 2 ] || failed=$((failed + 1))
"$VGPUSIM" import profile-override -o "$work/o" "$mixed.toml" 2>"$work/err"
cmp -s "$work/o" "$mixed.out" || failed=$((failed + 1))
count=$((count + 3))

echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ]
