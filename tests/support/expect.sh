# expect.sh - what tests in shell count and expect; read by `.` in a folder of the test's own.
#
# `passed` and `failed` count; the test prints them at its end. `out` holds what the last
# command said.
passed=0
failed=0

# expect STATUS TEXT COMMAND... - the command ends so, and says TEXT somewhere.
expect() {
    wanted=$1
    text=$2
    shift 2
    status=0
    "$@" >out 2>&1 </dev/null || status=$?
    if [ "$status" -eq "$wanted" ] && grep -qF -- "$text" out; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$0: error: $* ended with $status, not $wanted, or did not say '$text':"
        head -n 5 out
    fi
}

# check TEXT COMMAND... - the command succeeds.
check() {
    text=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$0: error: $text"
    fi
}

absent() { [ ! -e "$1" ]; }
