# tidy-c.awk - sizes and banned words of C files; run by check-tidy.sh.
#
# Comments and strings are taken out first. A function is what clang-format makes of one: its
# brace opens and closes in the first column, its head starts there.

function report(line, text) {
    printf "%s:%d: error: %s\n", FILENAME, line, text
    bad = 1
}

# The line without comments and without what stands in quotes.
function strip(text,    start) {
    gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
    gsub(/'([^'\\]|\\.)+'/, "0", text)
    if (in_comment) {
        if (!match(text, /\*\//)) { return "" }
        text = substr(text, RSTART + 2)
        in_comment = 0
    }
    while ((start = index(text, "/*"))) {
        if (match(substr(text, start + 2), /\*\//)) {
            text = substr(text, 1, start - 1) " " substr(text, start + 2 + RSTART + 1)
        } else {
            in_comment = 1
            return substr(text, 1, start - 1)
        }
    }
    sub(/\/\/.*/, "", text)
    return text
}

# The number of parameters in the first pair of parentheses of a function's head.
function parameters(head,    i, c, depth, count, start) {
    start = index(head, "(")
    if (!start || head ~ /^[^(]*\([ ]*(void)?[ ]*\)/) { return 0 }
    for (i = start; i <= length(head); i++) {
        c = substr(head, i, 1)
        if (c == "(") { depth++ }
        if (c == ")" && --depth == 0) { break }
        if (c == "," && depth == 1) { count++ }
    }
    return count + 1
}

function calls(words) {
    return code ~ ("(^|[^A-Za-z0-9_.>])(" words ")[ ]*\\(")
}

function check_banned() {
    if (calls("rand|srand|rand_r|random|srandom|drand48|erand48|lrand48")) {
        report(FNR, "chance comes from the streams of engine/ only")
    }
    if (!in_sim) { return }
    if (calls("time|clock|clock_gettime|gettimeofday|localtime|gmtime") && folder != "cli") {
        report(FNR, "wall time is read in cli/ only")
    }
    if (calls("exit|_exit|_Exit|quick_exit|abort") && FILENAME != "sim/cli/main.c" &&
        folder != "base") {
        report(FNR, "only sim/cli/main.c and base/ end the program")
    }
    if (folder != "output" && folder != "cli" &&
        (calls("printf|vprintf|vfprintf|puts|putchar|fopen|fdopen|fwrite|fread") ||
         code ~ /(^|[^A-Za-z0-9_])(FILE|stdout|stdin)([^A-Za-z0-9_]|$)/ ||
         (folder != "base" && (calls("fprintf|fputs|fputc|perror") ||
                               code ~ /(^|[^A-Za-z0-9_])stderr([^A-Za-z0-9_]|$)/)))) {
        report(FNR, "files and printing belong to output/ and cli/")
    }
    if (folder != "scenario" && code ~ /<yaml\.h>|(^|[^A-Za-z0-9_])yaml_[a-z_]+[ ]*\(/) {
        report(FNR, "YAML is parsed in scenario/ only")
    }
    if (folder != "output" && code ~ /<sqlite3\.h>|(^|[^A-Za-z0-9_])sqlite3_[a-z0-9_]+[ ]*\(/) {
        report(FNR, "SQLite is used in output/ only")
    }
}

# A variable that outlives its function must not change: everything hangs off the run. Signal
# handlers have no run to hang on, and reach only a sig_atomic_t.
function check_static(    head) {
    head = code
    if (head ~ /^[ ]*(static|_Thread_local)[ ]/) {
        if (head ~ /[^(]\(\*/ && head !~ /\(\*[ ]*const/) {
            sub(/\(\*.*/, "*", head)
        } else if (head ~ /^[^=;[]*\(/ || head !~ /[=;[]/) {
            return
        }
    } else if (head !~ /^[a-z_][A-Za-z0-9_ *]*[*A-Za-z0-9_](\[[^]]*\])*[ ]*(=|;)/ ||
               head ~ /^(__extension__|typedef|extern|return|goto|break|continue)[ ]/ ||
               head ~ /^(struct|enum|union)[ ]+[a-z0-9_]+;/) {
        return
    }
    sub(/[=;[].*/, "", head)
    if (head ~ /sig_atomic_t/) { return }
    if (head ~ /\*/) { sub(/.*\*/, "", head) }
    if (head !~ /(^|[^A-Za-z0-9_])const([^A-Za-z0-9_]|$)/) {
        report(FNR, "no mutable static: pass the state in a struct")
    }
}

FNR == 1 {
    in_comment = 0
    head_line = 0
    body_line = 0
    split(FILENAME, part, "/")
    in_sim = part[1] == "sim"
    folder = in_sim ? part[2] : ""
}

FNR == 501 { report(FNR, "the file has more than 500 lines") }

{
    wide = $0
    gsub(/[\200-\277]/, "", wide)
    if (length(wide) > 96) { report(FNR, "the line is " length(wide) " columns wide, not 96") }
    if ($0 ~ /\t/) { report(FNR, "a tab; indent with spaces") }

    code = $0 ~ /^[ ]*#[ ]*include/ ? $0 : strip($0)
    if (code ~ /^[ ]*#[ ]*include[ ]*</) {
        if (in_sim) { check_banned() }
        next
    }
}

# A preprocessor line, or what continues one, is no declaration.
code ~ /^[ ]*#/ || in_macro {
    in_macro = $0 ~ /\\$/
    check_banned()
    next
}

code ~ /^[A-Za-z_]/ && !body_line {
    head_line = FNR
    head = ""
}
head_line && !body_line { head = head " " code }

code ~ /^{/ && head_line { body_line = head_line }

code ~ /^}/ {
    if (body_line) {
        if (FNR - body_line + 1 > 60) {
            report(body_line, "the function is " FNR - body_line + 1 " lines long, not 60")
        }
        if (parameters(head) > 5) {
            report(body_line, "the function has " parameters(head) " parameters, not 5")
        }
    }
    body_line = 0
    head_line = 0
}

code !~ /^[ ]*$/ {
    check_banned()
    if (in_sim) { check_static() }
}

END { exit bad }
