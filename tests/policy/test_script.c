/* test_script.c - policies in Lua: what they see, what they may not do, what is said then. */
#include "policy/script.h"
#include "support/test.h"
#include "support/user.h"

#include <stdio.h>
#include <string.h>

/* Ready VMs in a list, without a pick. */
#define QUEUE                                                                                  \
    "local q = {}\n"                                                                           \
    "function ready(vm, now) table.insert(q, vm) end\n"                                        \
    "function charge(vm, now, ran_ns, still_ready)\n"                                          \
    "    if still_ready then table.insert(q, vm) end\n"                                        \
    "end\n"
#define PICK "function pick(now) return table.remove(q, 1) end\n"

/* ---------------------------------------------------------------- loading */

static void check_load(const char *text, const char *expected)
{
    const struct script_source source = { .file = "dir/a.lua",
                                          .name = "a.lua",
                                          .bytes = text,
                                          .size = strlen(text),
                                          .params = { .kind = SCRIPT_TABLE } };
    const struct policy_ops *ops = NULL;
    char told[1000] = "fine";
    struct arena arena;
    struct err err;

    arena_init(&arena);
    if (script_load(&source, &arena, &ops, &err)) {
        assert_int_equal(err.kind, ERR_SCENARIO);
        (void)snprintf(told, sizeof(told), "%s:%u:%u: %s", err.place.file, err.place.line,
                       err.place.column, err.text);
        assert_null(ops);
    }
    assert_string_equal(told, expected);
    arena_fini(&arena);
}

static void mistakes_are_placed(void **state)
{
    (void)state;
    check_load(QUEUE PICK, "fine");
    check_load("", "dir/a.lua:0:0: the script has no function ready(vm, now)");
    check_load("function ready() end\nfunction charge() end",
               "dir/a.lua:0:0: the script has no function pick(now)");
    check_load("function ready(vm now) end", "dir/a.lua:1:19: ')' expected near 'now'");
    check_load("x = {1, 2\nfunction f() end\n",
               "dir/a.lua:2:1: '}' expected (to close '{' at line 1) near 'function'");
    check_load("\n  x = \"abc\n", "dir/a.lua:2:7: unfinished string near '\"abc'");
    check_load("if x then\n",
               "dir/a.lua:2:1: 'end' expected (to close 'if' at line 1) near <eof>");
    check_load("x = 1 + * 2\n", "dir/a.lua:1:9: unexpected symbol near '*'");
    check_load("x = 1\n  break\n", "dir/a.lua:2:3: break outside loop at line 2");
    check_load("\n\n  local a = nil; a.b = 1",
               "dir/a.lua:3:3: attempt to index a nil value (local 'a')");
    check_load("error('no such mode')", "dir/a.lua:1:1: no such mode");
    check_load("error({})", "dir/a.lua:1:1: it raised an error that is a table, not a text");
    check_load("error(7)", "dir/a.lua:1:1: error 7");
    check_load("error()", "dir/a.lua:1:1: it raised an error that is a nil, not a text");
    check_load("\33Lua", "dir/a.lua:1:1: attempt to load a binary chunk (mode is 't')");
    check_load(QUEUE PICK "summary = 1", "dir/a.lua:0:0: summary must be a text of at most 60 "
                                         "bytes");
    check_load(QUEUE PICK "work_conserving = 'yes'",
               "dir/a.lua:0:0: work_conserving must be true or false");
}

static void what_is_not_there_is_said(void **state)
{
    static const char machine[] = "dir/a.lua:1:1: '%s' is not there; a policy has no files, no "
                                  "clock and no modules";
    static const char *const names[] = { "io",       "os",      "require", "dofile",   "load",
                                         "loadfile", "package", "debug",   "coroutine" };
    char text[100];
    char expected[200];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(text, sizeof(text), "local x = %s", names[i]);
        (void)snprintf(expected, sizeof(expected), machine, names[i]);
        check_load(text, expected);
    }
    check_load("x = typo", "dir/a.lua:1:1: 'typo' is not defined");
    check_load("x = math.random()", "dir/a.lua:1:1: 'math.random' is not there; use random()");
    check_load("x = string.rep", "dir/a.lua:1:1: 'string.rep' is not defined");
    check_load("x = ('x'):gsub('x', 'y')", "dir/a.lua:1:1: 'string.gsub' is not defined");
    check_load("x = _G", "dir/a.lua:1:1: '_G' is not defined");
    check_load("x = #vms",
               "dir/a.lua:1:1: 'vms' is known from init() on, not while the script is read");
    check_load("x = random()", "dir/a.lua:1:1: random() is there from init() on, not while the "
                               "script is read");
    check_load("setmetatable({}, {__gc = function() while true do end end})",
               "dir/a.lua:1:1: a metatable with __gc or __mode is not allowed: when memory is "
               "collected must not matter");
    check_load("x = string.format('%p', {})",
               "dir/a.lua:1:1: format: %p shows an address, which differs from run to run");
    check_load("for k in pairs { [{}] = 1 } do end",
               "dir/a.lua:1:1: pairs: a key is a table; only numbers, texts, booleans and VMs "
               "have an order that is the same in every run");
}

static void loading_ends(void **state)
{
    (void)state;
    check_load("while true do end", "dir/a.lua:1:1: it has run more than 10000000 "
                                    "instructions; does it loop for ever?");
    check_load("\nlocal t = {} for i = 1, 1e9 do t[i] = {} end",
               "dir/a.lua:2:1: it needs more than the 32 MiB of memory that a script may have");
    check_load("local s = 'x' while true do s = s .. s end",
               "dir/a.lua:1:1: it needs more than the 32 MiB of memory that a script may have");
    check_load("local s = ('x') for i = 1, 15 do s = s .. s end\n"
               "while true do local t = s .. 'x' end",
               "dir/a.lua:2:1: it has allocated 256 MiB within one call; it may take no more");
    check_load("local function f() return f() + 1 end f()",
               "dir/a.lua:1:1: it needs more than the 32 MiB of memory that a script may have");
    /* Functions written in C do not count instructions, so none may take long. */
    check_load("table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 2)\n"
               "x = table.remove(setmetatable({}, {__len = function() return 1 << 60 end}))\n"
               "x = unpack({}, 1, 1 << 60)",
               "dir/a.lua:3:1: too many results to unpack");
}

/* ---------------------------------------------------------------- failing while it runs */

/* A runs from 0 to 10 ms; B has two jobs, and leaves at 20 ms. */
static void build_two(struct build *b, const struct subject *subject)
{
    const struct build_job later[] = { { 3 * MSEC, MSEC }, { 12 * MSEC, MSEC } };

    build_init(b, "fifo");
    user_set(b, subject);
    build_closed(b, build_vm(b, "A"), build_constant(10 * MSEC), 5 * MSEC);
    build_jobs(b, build_vm(b, "B"), later, 2);
    b->vms[1].stop_ns = 20 * MSEC;
}

static void check_run(const char *text, const char *expected)
{
    char told[1000] = "fine";
    struct arena arena;
    struct build b;

    arena_init(&arena);
    struct subject subject = user_script("a.lua", text, &arena);
    build_two(&b, &subject);
    if (build_try(&b)) {
        assert_int_equal(b.err.kind, ERR_RUN);
        (void)snprintf(told, sizeof(told), "%s:%u:%u: %s",
                       b.err.place.file ? b.err.place.file : "", b.err.place.line,
                       b.err.place.column, b.err.text);
    }
    assert_string_equal(told, expected);
    build_fini(&b);
    arena_fini(&arena);
}

#define AT(line, time, call)                                                                   \
    "a.lua:" line ": policy a.lua, engine compute of gpu0, at " time " ns in " call ": "

static void failures_name_file_line_and_time(void **state)
{
    (void)state;
    check_run(QUEUE PICK, "fine");
    check_run(QUEUE "function pick(now)\n    return nothing.x\nend",
              AT("7:5", "0", "pick") "'nothing' is not defined");
    check_run(QUEUE PICK "function leave(vm, now)\n  error('stop')\nend",
              AT("8:3", "20000000", "leave") "stop");
    check_run(QUEUE PICK "function join(vm, now) if vm.name == 'B' then error('B!') end end",
              AT("7:1", "0", "join") "B!");
    check_run(QUEUE PICK "function arrived(vm, now, job)\n"
                         "if job.ready_ns > 0 then local x = job.x.y end end",
              AT("8:1", "3000000", "arrived") "attempt to index a nil value (field 'x')");
    check_run("local q = {}\nfunction ready(vm) table.insert(q, vm) end\n" PICK
              "function charge(vm, now, ran) assert(ran < 2 * MSEC, 'long') end",
              AT("4:1", "2000000", "charge") "long");
    check_run(QUEUE "function pick(now) while true do end end",
              AT("6:1", "0", "pick") "it has run more than 10000000 instructions; does it loop "
                                     "for ever?");
    check_run(
        QUEUE "local t = {}\nfunction pick(now) while true do t[#t + 1] = {} end end",
        AT("7:1", "0", "pick") "it needs more than the 32 MiB of memory that a script may "
                               "have");
}

/* After the last choice nothing asks the script again; the run fails all the same. */
static void failures_after_the_last_choice_count(void **state)
{
    struct arena arena;
    struct build b;
    (void)state;

    arena_init(&arena);
    struct subject subject =
        user_script("a.lua",
                    "function ready() end function pick() return vms[1], never end "
                    "function charge() error('late') end",
                    &arena);
    build_init(&b, "fifo");
    user_set(&b, &subject);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, MSEC }, 1);
    assert_int_equal(build_try(&b), -1);
    assert_string_equal(b.err.text,
                        "policy a.lua, engine compute of gpu0, at 1000000 ns in charge: late");
    build_fini(&b);
    arena_fini(&arena);
}

static void answers_are_checked(void **state)
{
    static const struct {
        const char *returned;
        const char *told;
    } cases[] = {
        { "7", "it returned a number that is no VM; it must return one of vms, or nil" },
        { "{}", "it returned a table that is no VM; it must return one of vms, or nil" },
        { "{ index = 1 }", "it returned a table that is no VM; it must return one of vms, or "
                           "nil" },
        { "nil", "it returned no VM; then it must return an end, its third value" },
        { "nil, nil, now", "it returned an end of 0 ns, which is not ahead" },
        { "nil, nil, 5, 'drop'", "it returned no VM whose job could be dropped" },
        { "q[1], 0", "it returned a length of 0 ns; it must be above 0" },
        { "q[1], -1", "it returned a length of -1 ns; it must be above 0" },
        { "q[1], 2.5", "it returned a length, its second value, of 2.5; times are whole "
                       "nanoseconds, and // divides so" },
        { "q[1], '2'", "it returned a length, its second value, that is a string; a time is a "
                       "number" },
        { "q[1], nil, math.huge",
          "it returned an end, its third value, of inf; times are whole "
          "nanoseconds, and // divides so" },
        { "q[1], 1, 2, 'x'", "it returned a fourth value that is x; it must be 'dry', 'job', "
                             "'kernel' or 'drop'" },
        { "q[1], 1, 2, true", "it returned a fourth value that is boolean; it must be 'dry', "
                              "'job', 'kernel' or 'drop'" },
    };
    char text[1000];
    char expected[1000];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        (void)snprintf(text, sizeof(text), QUEUE "function pick(now) return %s end",
                       cases[i].returned);
        (void)snprintf(expected, sizeof(expected), AT("6:1", "0", "pick") "%s", cases[i].told);
        check_run(text, expected);
    }
    check_run(QUEUE
              "function pick(now) return now < 20 * MSEC and table.remove(q) or vms[2] end",
              AT("6:1", "21000000", "pick") "it returned B, which is not there any more");
    check_run(PICK QUEUE "function ready(vm) return 'maybe' end",
              AT("7:1", "0", "ready") "it returned a string; it must return nothing, true (the "
                                      "VM that runs makes way) or 'kill'");
    check_run(QUEUE "function pick(now) return vms[2] end",
              ":0:0: policy a.lua, engine compute of gpu0, at 0 ns: it picked B, which has no "
              "work, without an end");
}

/* ---------------------------------------------------------------- what it sees */

/* Runs a script whose own asserts are the test. */
static void check_asserts(const char *text)
{
    check_run(text, "fine");
}

static void it_sees_vms_and_jobs(void **state)
{
    (void)state;
    check_asserts(QUEUE PICK
                  "local told\n"
                  "function init()\n"
                  "  assert(#vms == 2 and vms[1].name == 'A' and vms[2].index == 2)\n"
                  "  assert(vms[1].weight == 100 and vms[1].priority == 100)\n"
                  "  assert(vms[1].stop_ns == never and vms[2].stop_ns == 20 * MSEC)\n"
                  "  assert(vms[1].maximum == 1.0 and vms[1].minimum == 0 and\n"
                  "         vms[1].real_time == false and vms[1].memory_bytes == 1 << 30)\n"
                  "  assert(slice_ns == 2 * MSEC and slot_count == 2 and is_empty(params))\n"
                  "  assert(head(vms[1]) == nil)\n"
                  "  vms[1].own, vms = 5, {}\n"
                  "end\n"
                  "function join(vm, now) assert(vm.own == 5 or vm.name == 'B') end\n"
                  "function arrived(vm, now, job)\n"
                  "  assert(job.ready_ns == now and job.arrival_ns <= now)\n"
                  "  assert(job.deadline_ns == never and job.demand_ns == nil)\n"
                  "  assert(head(vm).arrival_ns <= job.arrival_ns)\n"
                  "end\n");
    check_asserts("needs_demand = true\n" QUEUE PICK "function arrived(vm, now, job)\n"
                  "  assert(job.demand_ns == (vm.name == 'A' and 10 or 1) * MSEC)\n"
                  "  assert(head(vm).remaining_ns <= job.demand_ns)\n"
                  "end\n");
    check_asserts("local q = {}\n" PICK
                  "function ready(vm, now) assert(vm.name == 'A' or now >= 3 * MSEC)\n"
                  "  table.insert(q, vm) end\n"
                  "function charge(vm, now, ran_ns, still_ready, switched_in_ns, jobs, lost)\n"
                  "  assert(ran_ns <= 2 * MSEC and switched_in_ns <= now and lost == 0)\n"
                  "  assert(jobs == (still_ready and 0 or 1))\n"
                  "  if still_ready then table.insert(q, vm) end\n"
                  "end\n");
}

static void its_library_is_that_of_lua(void **state)
{
    (void)state;
    check_asserts(
        QUEUE PICK
        "local l = { 5, 3, 4 }\n"
        "table.sort(l) assert(table.concat(l, ' ') == '3 4 5')\n"
        "table.sort(l, function(a, b) return a > b end) assert(table.concat(l) == '543')\n"
        "table.insert(l, 2, 9) assert(table.concat(l) == '5943')\n"
        "assert(table.remove(l, 1) == 5 and table.remove(l) == 3 and #l == 2)\n"
        "assert(table.remove({}) == nil and select('#', unpack { 1, 2, 3 }) == 3)\n"
        "local items = {}\n"
        "for i = 1, 100 do items[i] = { key = i * 7 % 10, at = i } end\n"
        "table.sort(items, function(a, b) return a.key < b.key end)\n"
        "for i = 2, 100 do local a, b = items[i - 1], items[i]\n"
        "  assert(a.key < b.key or a.key == b.key and a.at < b.at) end\n"
        "assert(tostring(1.5) == '1.5' and tostring(nil) == 'nil' and tostring({}) == 'a "
        "table')\n"
        "assert(string.format('%d %s %s %5.1f', 3, true, {}, 2) == '3 true a table   2.0')\n"
        "assert(math.floor(2.5) == 2 and math.max(1, 3) == 3 and math.exp(0) == 1)\n"
        "assert(math.log(1) == 0 and ('abc'):sub(2) == 'bc' and ('abc'):upper() == 'ABC')\n");
}

static void order_is_that_of_keys(void **state)
{
    (void)state;
    check_asserts(QUEUE PICK
                  "function init()\n"
                  "  local t = { z = 1, b = 1, [3] = 1, [-1.5] = 1, [1] = 1, [vms[2]] = 1,\n"
                  "              [false] = 1, [true] = 1, aa = 1, [vms[1]] = 1 }\n"
                  "  local seen = {}\n"
                  "  for k, v in pairs(t) do table.insert(seen, tostring(k)) end\n"
                  "  assert(table.concat(seen, ' ') == '-1.5 1 3 aa b z false true A B')\n"
                  "  local sum = 0\n"
                  "  for k in pairs { 1, 2, 3 } do sum = 10 * sum + k end\n"
                  "  assert(sum == 123)\n"
                  "  t = { 1, 2, 3 }\n"
                  "  for k in pairs(t) do t[k + 1] = nil end\n"
                  "  assert(t[1] == 1 and t[2] == nil)\n"
                  "end\n");
}

/* Draws come from the policy's own stream: the same in each run, others under other seeds. */
static void chance_is_the_streams(void **state)
{
    struct arena arena;
    struct build b[3];
    (void)state;

    arena_init(&arena);
    struct subject subject =
        user_script("a.lua",
                    QUEUE "function pick(now) local r = random() assert(r > 0 and r < 1)\n"
                          "return table.remove(q, random(#q)), random(1000) * USEC end",
                    &arena);
    for (int i = 0; i < 3; i++) {
        build_init(&b[i], "fifo");
        user_set(&b[i], &subject);
        for (int vm = 0; vm < 3; vm++) {
            build_closed(&b[i], build_vm(&b[i], &"ABC"[vm]), build_constant(3 * MSEC), 1000);
        }
        b[i].scenario.seed = i < 2 ? 1 : 2;
        build_start(&b[i]);
    }
    /* Interleaved: one run knows nothing of the other. */
    for (nsec now = 0; now < SEC; now += SEC / 10) {
        for (int i = 0; i < 3; i++) {
            assert_int_equal(run_advance(b[i].run, now, &b[i].err), 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        build_run(&b[i]);
    }
    const char *schedule = build_schedule(&b[0], USEC);
    assert_string_equal(schedule, build_schedule(&b[1], USEC));
    assert_string_not_equal(schedule, build_schedule(&b[2], USEC));
    for (int i = 0; i < 3; i++) {
        build_fini(&b[i]);
    }
    arena_fini(&arena);
}

static void params_reach_it(void **state)
{
    static const struct script_value list[] = {
        { .kind = SCRIPT_TEXT, .text = "x" },
        { .kind = SCRIPT_BOOL, .integer = 1 },
    };
    static const struct script_value items[] = {
        { .key = "slice", .kind = SCRIPT_INTEGER, .integer = 3 * MSEC },
        { .key = "share", .kind = SCRIPT_NUMBER, .number = 0.25 },
        { .key = "list", .kind = SCRIPT_TABLE, .items = list, .count = 2 },
    };
    static const char text[] = QUEUE PICK
        "assert(params.slice == 3 * MSEC and params.share == 0.25)\n"
        "assert(#params.list == 2 and params.list[1] == 'x' and params.list[2] == true)\n";
    const struct script_source source = {
        .file = "a.lua",
        .name = "a.lua",
        .bytes = text,
        .size = strlen(text),
        .params = { .kind = SCRIPT_TABLE, .items = items, .count = ARRAY_LEN(items) },
    };
    const struct policy_ops *ops;
    struct arena arena;
    struct err err = { 0 };
    (void)state;

    arena_init(&arena);
    if (script_load(&source, &arena, &ops, &err)) {
        fail_msg("%s", err.text);
    }
    assert_true(script_is(ops));
    assert_false(script_is(&policy_fifo));
    arena_fini(&arena);
}

static void all_answers_are_carried_out(void **state)
{
    struct arena arena;
    struct build b;
    (void)state;

    arena_init(&arena);
    struct subject subject = user_script(
        "a.lua",
        "local q = {}\n"
        "function ready(vm, now) table.insert(q, vm) return vm.name == 'B' end\n"
        "function charge(vm, now, ran, still) if still then table.insert(q, vm) end end\n"
        "function pick(now)\n"
        "  if now < MSEC then return nil, nil, MSEC end\n"
        "  local vm = table.remove(q, 1)\n"
        "  if vm.name == 'C' then return vm, never, never, 'drop' end\n"
        "  return vm, 4 * MSEC, now + 3 * MSEC, vm.name == 'A' and 'job' or nil\n"
        "end\n",
        &arena);
    build_init(&b, "fifo");
    user_set(&b, &subject);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 6 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 2 * MSEC, 5 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 4 * MSEC, MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A1-2 B2-5 A5-8 B8-10 A10-12");
    assert_int_equal(b.record.left_count, 1);
    assert_true(b.record.left[0].dropped);
    build_fini(&b);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_placed),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(loading_ends),
        cmocka_unit_test(failures_name_file_line_and_time),
        cmocka_unit_test(failures_after_the_last_choice_count),
        cmocka_unit_test(answers_are_checked),
        cmocka_unit_test(it_sees_vms_and_jobs),
        cmocka_unit_test(its_library_is_that_of_lua),
        cmocka_unit_test(order_is_that_of_keys),
        cmocka_unit_test(chance_is_the_streams),
        cmocka_unit_test(params_reach_it),
        cmocka_unit_test(all_answers_are_carried_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
