#!/bin/sh
# deps.sh build|demo|check - makes sure that what vgpusim is built from (build), what its
# figures need (demo) and what its tests need (check; each includes the one before) is there.
#
# Nothing is installed, and no network is used, when everything is found. What is missing is
# installed by apt-get, as root or through sudo; elsewhere the list is printed.
set -u
want=${1:-build}
missing=

# need PACKAGE COMMAND... - the Debian package that is wanted unless the command succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

has_header() {
    printf '%s\n' "$@" | gcc -E -x c -
}

has_font() {
    [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || fc-list | grep DejaVuSans
}

# Compiles and links with the clang run-time libraries, which come in a package of their own.
clang_has() {
    printf 'int main(void)\n{\n    return 0;\n}\n' |
        clang -fsanitize="$1" -x c -o /dev/null -
}

clang_fuzzes() {
    printf '#include <stddef.h>\nint LLVMFuzzerTestOneInput(const char *p, size_t n)\n%s\n' \
        '{ return p && n > 9 ? 0 : 0; }' | clang -fsanitize=fuzzer -x c -o /dev/null -
}

find_missing() {
    missing=
    need gcc gcc --version
    need libc6-dev has_header '#include <stdio.h>'
    need make make --version
    need pkg-config pkg-config --version
    need libyaml-dev pkg-config --exists yaml-0.1
    need libgsl-dev pkg-config --exists gsl
    need libjansson-dev pkg-config --exists jansson
    need libsqlite3-dev pkg-config --exists sqlite3
    need liblua5.4-dev pkg-config --exists lua5.4
    need librandom123-dev has_header '#include <Random123/philox.h>'
    [ "$want" = build ] && return

    need gnuplot-nox gnuplot --version
    need fonts-dejavu-core has_font
    [ "$want" = demo ] && return

    need libcmocka-dev has_header '#include <setjmp.h>' '#include <stdarg.h>' \
        '#include <stddef.h>' '#include <stdint.h>' '#include <cmocka.h>'
    need clang clang --version
    need libclang-rt-dev clang_has address,undefined
    need libclang-rt-dev clang_fuzzes
    need clang-format clang-format --version
    need clang-tidy clang-tidy --version
    need jq jq --version
    need valgrind valgrind --version
}

case $want in
build | demo | check) ;;
*)
    echo "usage: deps.sh build|demo|check" >&2
    exit 2
    ;;
esac

find_missing
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "deps: missing, by their Debian names:$missing" >&2
    echo "deps: there is no apt-get here; install them and try again" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
    # -n: a password is never asked for in the middle of a build.
    if ! sudo -n true 2>/dev/null; then
        echo "deps: missing packages; as root, run: apt-get install$missing" >&2
        exit 1
    fi
    sudo='sudo -n'
fi

echo "deps: installing$missing"
log=$(mktemp)
apt='apt-get -y -qq -o DPkg::Lock::Timeout=120'
# The words of the commands and of the list are meant to be split.
# shellcheck disable=SC2086
if ! { $sudo $apt update &&
    $sudo env DEBIAN_FRONTEND=noninteractive $apt install --no-install-recommends $missing
} >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "deps: could not install$missing" >&2
    exit 1
fi
rm -f "$log"

find_missing
if [ -n "$missing" ]; then
    echo "deps: installed, but still not usable:$missing" >&2
    exit 1
fi
