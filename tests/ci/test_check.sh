#!/bin/sh
# Plants every breach that check-tidy.sh and check-layers.sh look for in a scratch tree, and
# sees it reported at its line; plants what is allowed, and sees it pass.
set -u
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# Words that the checks and other greps look for must not stand in this file themselves.
todo=TO''DO
fixme=FIX''ME
three_x=X''XX
shared=../sh''ared
work=/wo''rk/
registry=regis''try

fresh() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree"
    cd "$scratch/tree" || exit 1
    mkdir -p sim/base sim/engine sim/policy sim/output sim/cli tests/policy scenarios
    cp -r "$root/.ci" .
    git init -q . 2>/dev/null
}

# plant FILE TEXT - the text is read by printf.
plant() {
    mkdir -p "$(dirname "$1")"
    # shellcheck disable=SC2059
    printf "$2" >"$1"
}

verdict() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
        sed 's/^/    /' "$scratch/out"
    fi
}

# refused CHECK FILE TEXT LINE WORDS - the check fails, with that line and these words, only.
refused() {
    fresh
    plant "$2" "$3"
    sh ".ci/$1.sh" >"$scratch/out" 2>&1
    status=$?
    [ "$status" -ne 0 ] && grep -qF "$2:$4: error: " "$scratch/out" &&
        grep -qF "$5" "$scratch/out" && [ "$(wc -l <"$scratch/out")" -eq 1 ]
    verdict $? "$1 must refuse $2: $5"
}

# accepted CHECK FILE TEXT - the check says nothing.
accepted() {
    fresh
    plant "$2" "$3"
    sh ".ci/$1.sh" >"$scratch/out" 2>&1 && [ ! -s "$scratch/out" ]
    verdict $? "$1 must accept $2: $(printf %.200s "$3")"
}

repeat() {
    awk -v text="$1" -v count="$2" 'BEGIN { for (i = 0; i < count; i++) { printf text } }'
}

c=sim/engine/clock.c

# Sizes, at the limit and one over it.
body=$(repeat '    step();\\n' 57)
accepted check-tidy $c "void run(void)\n{\n$body}\n"
refused check-tidy $c "void run(void)\n{\n$body    step();\n}\n" 1 '61 lines long'
accepted check-tidy $c "int f(int a, int b, int (*c)(int, int), int d,\n      int e)\n{\n}\n"
refused check-tidy $c "int f(int a, int b, int c, int d,\n      int e, int f)\n{\n}\n" 1 \
    '6 parameters'
accepted check-tidy $c "$(repeat '/* A line. */\\n' 500)"
refused check-tidy $c "$(repeat '/* A line. */\\n' 501)" 501 'more than 500 lines'
wide=$(repeat a 92)
accepted check-tidy $c "/* ${wide%%aa}\303\251*/\n"
refused check-tidy $c "/* $wide*/\n" 1 '97 columns'

# Words outside their folders.
refused check-tidy $c '    x = rand();\n' 1 'chance'
refused check-tidy tests/unit/test_x.c '    x = random();\n' 1 'chance'
refused check-tidy $c '\n    x = time(NULL);\n' 2 'wall time'
refused check-tidy $c '    clock_gettime(0, &t);\n' 1 'wall time'
refused check-tidy $c '    exit(1);\n' 1 'end the program'
refused check-tidy sim/cli/options.c '    exit(1);\n' 1 'end the program'
refused check-tidy $c '    printf("a");\n' 1 'printing'
refused check-tidy $c '    fprintf(stderr, "a");\n' 1 'printing'
refused check-tidy sim/base/err.c '    printf("a");\n' 1 'printing'
refused check-tidy $c 'int f(FILE *file);\n' 1 'printing'
refused check-tidy $c '#include <yaml.h>\n' 1 'YAML'
refused check-tidy $c '    yaml_parser_parse(p, e);\n' 1 'YAML'
refused check-tidy $c '    sqlite3_open(a, b);\n' 1 'SQLite'
accepted check-tidy sim/cli/main.c '    exit(1);\n    printf("a");\n    time(NULL);\n'
accepted check-tidy sim/base/assert.c '    fputs("a", stderr);\n    exit(EXIT_OUR_BUG);\n'
accepted check-tidy sim/scenario/yaml.c '    yaml_parser_parse(p, e);\n'
accepted check-tidy sim/output/table.c '    FILE *f = fopen(a, "w");\n    sqlite3_open(a, b);\n'
accepted check-tidy tests/unit/test_x.c '    printf("a");\n    exit(1);\n'
accepted check-tidy $c '/* exit(1) and\n   rand() */\n    f("exit(1)"); /* printf( */\n'
accepted check-tidy $c '    snprintf(a, 1, "");\n    idle_time(1);\n    c->time(1);\n'

# State that outlives its function.
refused check-tidy $c 'static int count;\n' 1 'mutable static'
refused check-tidy $c '    static int count = 0;\n' 1 'mutable static'
refused check-tidy $c 'static const char *names[] = { 0 };\n' 1 'mutable static'
refused check-tidy $c 'struct clock clock_now = { 0 };\n' 1 'mutable static'
refused check-tidy $c 'static int (*hook)(int);\n' 1 'mutable static'
refused check-tidy $c 'static _Thread_local int count;\n' 1 'mutable static'
accepted check-tidy $c 'static const int a = 3;\nstatic const char *const names[] = { 0 };\n'
accepted check-tidy $c 'static int f(int a[3]);\nstatic inline struct a *f(void)\n{\n}\n'
accepted check-tidy $c 'struct a;\nextern int b;\ntypedef int c;\nint f(void);\nenum { A };\n'
accepted check-tidy $c '#define LIST(X) \\\nint x;\\\nint y;\n'
accepted check-tidy sim/cli/signal.c 'static volatile sig_atomic_t stop_asked;\n'

# Text.
refused check-tidy $c "/* $todo: later. */\n" 1 'left to do'
refused check-tidy README.md "\n$fixme\n" 2 'left to do'
refused check-tidy .ci/extra.sh "# $three_x\n" 1 'left to do'
accepted check-tidy .ci/extra.sh "mktemp a.${three_x}${three_x}\n"
refused check-tidy $c 'int f(void); \n' 1 'space at the end'
refused check-tidy $c '\tint f(void);\n' 1 'a tab'
refused check-tidy docs/a.md "see $shared/facts\n" 1 'other machines lack'
refused check-tidy docs/a.md "see ${work}main\n" 1 'other machines lack'
refused check-tidy docs/a.md "from http://$registry.example.org\n" 1 'package registry'

# What must be there.
policy='const struct policy_ops policy_fair = {\n'
refused check-tidy sim/policy/fair.c "$policy" 1 'policy fair has no tests/policy/test_fair.c'
accepted check-tidy sim/policy/registry.c 'int f(void);\n'
fresh
plant sim/policy/fair.c "$policy"
plant tests/policy/test_fair.c 'int main(void);\n'
sh .ci/check-tidy.sh >"$scratch/out" 2>&1
verdict $? 'a policy with its test must pass'

accepted check-tidy scenarios/a.yaml '# Who waits,\n# and how long?\nname: a\n'
refused check-tidy scenarios/a.yaml 'name: a # Why?\n' 1 'opens with a comment'
refused check-tidy scenarios/a.yaml '# Who waits, and\n\n# so on.\nname: a\n' 1 'full stop'

# Layers.
accepted check-layers $c '#include "engine/clock.h"\n#include "base/err.h"\n#include <time.h>\n'
refused check-layers $c '#include "base/err.h"\n#include "model/vm.h"\n' 2 \
    'engine must not include model'
refused check-layers $c '#include "clock.h"\n' 1 'name the folder'
refused check-layers $c '#include "../base/err.h"\n' 1 'no ../'
refused check-layers $c '# include "tools/x.h"\n' 1 'name the folder'
refused check-layers sim/tools/x.c 'int f(void);\n' 1 'not in the line'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
