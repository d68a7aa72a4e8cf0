#!/bin/sh
# Builds a small tree with our Makefile: what changes is rebuilt, and nothing else; data files
# are embedded byte for byte; tests are counted, and those that fail are seen to fail.
set -u
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
# A make of its own, not a part of the one that runs this test.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CC CFG SAN
export LC_ALL=C

expect() {
    what=$1
    shift
    if "$@" >>"$scratch/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 20 "$scratch/out" | sed 's/^/    /'
    fi
    : >"$scratch/out"
}

says() {
    program=$1
    wanted=$2
    "$program" >"$scratch/said"
    printf "%s\n" "$wanted" | diff - "$scratch/said"
}

# prints LINE ARGUMENT... - make prints a line that matches the whole of LINE.
prints() {
    line=$1
    shift
    make "$@" >"$scratch/printed" 2>/dev/null
    cat "$scratch/printed"
    grep -qx "$line" "$scratch/printed"
}

fails() {
    ! "$@"
}

mkdir -p "$scratch/tree"
cd "$scratch/tree" || exit 1
cp -r "$root/Makefile" "$root/.ci" .
mkdir -p sim/base sim/cli sim/catalogue/data plots tests/unit tests/support
cp "$root/sim/base/embed.h" "$root/sim/base/embed.c" sim/base
printf 'name,sms\nt4,40' >sim/catalogue/data/devices-of.today.csv
printf 'plot 1\n' >plots/a.gp

cat >sim/cli/main.c <<'END'
#include "base/embed.h"

#include <stdio.h>

int main(void)
{
    for (size_t i = 0; i < embedded_file_count; i++) {
        printf("%s %zu ", embedded_files[i].path, embedded_files[i].size);
        fwrite(embedded_files[i].bytes, 1, embedded_files[i].size, stdout);
    }
    printf("\nversion %s\n", VGPUSIM_VERSION);
    return 0;
}
END
version=$(sed -n 's/^VERSION *:= *//p' Makefile)

# The embedded bytes, and what happens when they change.
expect 'a bare make builds' make
expect 'two files are embedded' says build/vgpusim "plots/a.gp 7 plot 1
sim/catalogue/data/devices-of.today.csv 14 name,sms
t4,40
version $version"
expect 'nothing is left to do' fails prints '.*'
echo 'x' >>plots/a.gp
expect 'make after a change of data' make
expect 'a changed file is embedded anew' says build/vgpusim "plots/a.gp 9 plot 1
x
sim/catalogue/data/devices-of.today.csv 14 name,sms
t4,40
version $version"
mv sim/catalogue/data/devices-of.today.csv sim/catalogue/data/z.yaml
rm plots/a.gp
expect 'make after a move' make
expect 'added and removed files are seen' says build/vgpusim \
    "sim/catalogue/data/z.yaml 14 name,sms
t4,40
version $version"

# The same source in another folder gives the same bytes.
cp -r "$scratch/tree" "$scratch/other"
rm -rf "$scratch/other/build"
expect 'make in another folder' make -C "$scratch/other"
expect 'the program is the same bytes there' \
    cmp build/gcc-release/vgpusim "$scratch/other/build/gcc-release/vgpusim"

# Flags, headers and configurations.
expect 'other flags rebuild' prints ' *CC *sim/base/embed.c' CPPFLAGS=-DX=1
expect 'and the old ones again' prints ' *CC *sim/base/embed.c'
touch sim/base/embed.h
expect 'a header rebuilds what includes it' prints ' *CC *sim/cli/main.c'
expect 'an unknown configuration is refused' fails make CFG=fast
expect 'the debug build has its own folder' make CFG=debug
expect 'it is there' test -x build/gcc-debug/vgpusim
expect 'installing' make install PREFIX="$scratch/usr"
expect 'it is installed' test -x "$scratch/usr/bin/vgpusim"

# Tests are counted; a failure, a crash and an empty program are failures.
expect 'no test at all fails' fails make test
cat >tests/unit/test_one.c <<'END'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void good(void **state)
{
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(good) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
END
expect 'two tests pass' prints 'gcc-release: 2 passed, 0 failed' test
printf '#include <stdlib.h>\n\nint main(void)\n{\n    abort();\n}\n' >tests/unit/test_dead.c
expect 'a crash is counted' prints 'gcc-release: 2 passed, 1 failed' test
expect 'and fails' fails make test
rm tests/unit/test_dead.c
mkdir tests/golden
echo 'echo 3 passed, 1 failed; exit 1' >tests/golden/run.sh
expect 'scripts are counted' prints 'gcc-release: 5 passed, 1 failed' test
echo 'test -x "$VGPUSIM" && test -d "$TEST_TMPDIR"' >tests/golden/run.sh
expect 'a silent script is a test' prints 'gcc-release: 3 passed, 0 failed' test
sed -i 's/(void)state;/assert_non_null(*state);/' tests/unit/test_one.c
expect 'failing asserts are counted' prints 'gcc-release: 1 passed, 2 failed' test

# A header that needs another one first.
printf '#ifndef A_H\n#define A_H\nsize_t f(void);\n#endif\n' >sim/base/a.h
expect 'a header that does not stand alone' fails make check-headers
printf '#include <stddef.h>\nstruct a {\n    int b;\n};\n' >sim/base/a.h
expect 'a header without a guard' fails make check-headers
rm sim/base/a.h
expect 'headers that do' make check-headers

make help >"$scratch/help"
expect "help fits 80 columns" fails grep -q '.\{81\}' "$scratch/help"
for target in $(sed -n 's/^\([a-z-]*\):.* ## .*/\1/p' Makefile); do
    expect "help tells of $target" grep -q "make $target " "$scratch/help"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
