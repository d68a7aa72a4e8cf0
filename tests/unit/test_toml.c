/* test_toml.c - TOML as its specification has it: what is read as what, and what is refused. */
#include "import/profile_override.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static const struct toml_value *parse(struct arena *arena, const char *text, struct err *err)
{
    struct toml_source source = { "t.toml", text, strlen(text) };
    const struct toml_value *root;

    return toml_parse(arena, &source, &root, err) ? NULL : root;
}

static void values_are_what_they_say(void **state)
{
    static const struct {
        const char *text;
        enum toml_kind kind;
        int64_t integer;
        const char *want;
    } cases[] = {
        { "a = 0", TOML_INTEGER, 0, NULL },
        { "a = +99", TOML_INTEGER, 99, NULL },
        { "a = -17", TOML_INTEGER, -17, NULL },
        { "a = 1_000_000", TOML_INTEGER, 1000000, NULL },
        { "a = 0xdead_BEEF", TOML_INTEGER, 0xdeadbeef, NULL },
        { "a = 0o755", TOML_INTEGER, 0755, NULL },
        { "a = 0b1101", TOML_INTEGER, 13, NULL },
        { "a = 9223372036854775807", TOML_INTEGER, INT64_MAX, NULL },
        { "a = true # yes", TOML_BOOL, 1, NULL },
        { "a = false", TOML_BOOL, 0, NULL },
        { "a = 6.626e-34", TOML_FLOAT, 0, NULL },
        { "a = -inf", TOML_FLOAT, 0, NULL },
        { "a = 1979-05-27T07:32:00Z", TOML_DATE, 0, NULL },
        { "a = 1979-05-27 07:32:00.5-07:00", TOML_DATE, 0, NULL },
        { "a = 1979-05-27", TOML_DATE, 0, NULL },
        { "a = 07:32:00", TOML_DATE, 0, NULL },
        { "a = \"b\\tc\\u00e9\\\\\"", TOML_TEXT, 0, "b\tc\xc3\xa9\\" },
        { "a = 'b\\t'", TOML_TEXT, 0, "b\\t" },
        { "a = \"\"", TOML_TEXT, 0, "" },
        { "a = \"\"\"\nb\n  c\\\n   d\"\"\"", TOML_TEXT, 0, "b\n  cd" },
        { "a = \"\"\"\"\"b\"\"\"\"\"", TOML_TEXT, 0, "\"\"b\"\"" },
        { "a = '''\r\nb'''", TOML_TEXT, 0, "b" },
        { "a = [ 1, # one\n 2,\n]", TOML_ARRAY, 0, NULL },
        { "a = {}", TOML_TABLE, 0, NULL },
        { "\"a\" = 1", TOML_INTEGER, 1, NULL },
        { "\xef\xbb\xbf"
          "a = 1",
          TOML_INTEGER, 1, NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct err err = { 0 };
        arena_init(&arena);
        const struct toml_value *a = toml_find(parse(&arena, cases[i].text, &err), "a");
        if (!a || a->kind != cases[i].kind || a->integer != cases[i].integer ||
            (cases[i].want && strcmp(a->text, cases[i].want) != 0)) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
        arena_fini(&arena);
    }
}

static void tables_find_each_other(void **state)
{
    struct arena arena;
    struct err err = { 0 };

    (void)state;
    arena_init(&arena);
    const struct toml_value *root = parse(&arena,
                                          "x.y.z = 1\nx.y.w = 2\n[a.b]\nc = 3\n[a]\nd = 4\n"
                                          "[[p]]\nq = 5\n[[p]]\n[p.r]\nq = 6\n"
                                          "[t]\nu = { v.w = 7, k = [{}] }\n",
                                          &err);
    assert_non_null(root);
    const struct toml_value *y = toml_find(toml_find(root, "x"), "y");
    assert_int_equal(toml_find(y, "z")->integer, 1);
    assert_int_equal(toml_find(y, "w")->integer, 2);
    const struct toml_value *a = toml_find(root, "a");
    assert_int_equal(toml_find(a, "d")->integer, 4);
    assert_int_equal(toml_find(toml_find(a, "b"), "c")->integer, 3);
    const struct toml_value *p = toml_find(root, "p");
    assert_int_equal(p->count, 2);
    assert_int_equal(toml_find(toml_find(p->last->value, "r"), "q")->integer, 6);
    const struct toml_value *u = toml_find(toml_find(root, "t"), "u");
    assert_int_equal(toml_find(toml_find(u, "v"), "w")->integer, 7);
    arena_fini(&arena);
}

static void wrong_texts_are_refused_in_place(void **state)
{
    static const struct {
        const char *text;
        uint32_t line, column;
    } cases[] = {
        { "a = 01", 1, 5 },
        { "a = 1__0", 1, 5 },
        { "a = _1", 1, 5 },
        { "a = 1.", 1, 5 },
        { "a = .5", 1, 5 },
        { "a = 0x", 1, 5 },
        { "a = +0x1", 1, 5 },
        { "a = tru", 1, 5 },
        { "a = \"b", 1, 5 },
        { "a = \"\\q\"", 1, 7 },
        { "a = \"\\ud800\"", 1, 7 },
        { "a = [1 2]", 1, 8 },
        { "a = [1,", 1, 8 },
        { "a = { b = 1,\n c = 2 }", 1, 13 },
        { "a = { b = 1, }", 1, 14 },
        { "a = 1\na = 2", 2, 1 },
        { "[a]\n[a]", 2, 2 },
        { "a = 1\n[a]", 2, 2 },
        { "a.b = 1\n[a]", 2, 2 },
        { "[a.b]\n[a]\nb.c = 1", 3, 1 },
        { "a = {}\na.b = 1", 2, 1 },
        { "a = [1]\n[[a]]", 2, 3 },
        { "[a", 1, 3 },
        { "[]", 1, 2 },
        { "= 1", 1, 1 },
        { "a", 1, 2 },
        { "a = 1 b = 2", 1, 7 },
        { "a = 9223372036854775808", 1, 5 },
        { "a = 1 # \x01", 1, 9 },
        { "a = \"\xff\"", 1, 6 },
        { "a = 1979-05", 1, 5 },
        { "\"\"\"a\"\"\" = 1", 1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena;
        struct err err = { 0 };
        arena_init(&arena);
        if (parse(&arena, cases[i].text, &err) || err.place.line != cases[i].line ||
            err.place.column != cases[i].column) {
            fail_msg("%s: %u:%u: %s", cases[i].text, err.place.line, err.place.column,
                     err.text);
        }
        arena_fini(&arena);
    }
}

static void sizes_are_those_of_the_tool(void **state)
{
    static const struct {
        const char *text;
        uint64_t want;
    } cases[] = {
        { "1073741824", UINT64_C(1073741824) },
        { "1.5GiB", UINT64_C(1610612736) },
        { "192 MiB", UINT64_C(201326592) },
        { "4000 MB", UINT64_C(4000000000) },
        { "0.3125 GiB", UINT64_C(335544320) },
        { "2 kB", 2000 },
        { "1KiB", 1024 },
        { "0 TB", 0 },
    };
    static const char *const wrong[] = { "",     "-1 GiB", "2 GX",  "1.5",    "1 mb",
                                         "1Gib", "0x10",   "1.GiB", ".5 GiB", "GiB" };
    uint64_t size;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(override_read_size(cases[i].text, &size), 0);
        assert_int_equal(size, cases[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(override_read_size(wrong[i], &size), -1);
    }
}

static void devices_belong_to_vms(void **state)
{
    char vm[16];

    (void)state;
    assert_true(override_vm_of("00000001-0000-0000-0000-000000000104", vm));
    assert_string_equal(vm, "104");
    assert_true(override_vm_of("deadbeef-0000-0000-0000-100000000000", vm));
    assert_string_equal(vm, "100000000000");
    assert_false(override_vm_of("c0ffee00-1234-4abc-8def-0123456789ab", vm));
    assert_false(override_vm_of("00000001-0000-0000-0000-00000000010a", vm));
    assert_false(override_vm_of("00000001-0000-0001-0000-000000000104", vm));
    assert_false(override_vm_of("0000001-0000-0000-0000-000000000104", vm));
}

/* Deep, long and wide texts: an answer comes, and soon. */
static void hostile_texts_are_refused(void **state)
{
    static const char *const units[] = { "[", "{a=", "a.", "\"\"\"", "[[a]]\n", "'''a'''" };
    static char text[200001];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        struct arena arena;
        struct err err = { 0 };
        size_t length = strlen(units[i]);
        (void)snprintf(text, sizeof(text), "a = ");
        for (size_t at = 4; at + length < sizeof(text); at += length) {
            memcpy(text + at, units[i], length + 1);
        }
        arena_init(&arena);
        assert_null(parse(&arena, text, &err));
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_what_they_say),
        cmocka_unit_test(tables_find_each_other),
        cmocka_unit_test(wrong_texts_are_refused_in_place),
        cmocka_unit_test(sizes_are_those_of_the_tool),
        cmocka_unit_test(devices_belong_to_vms),
        cmocka_unit_test(hostile_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
