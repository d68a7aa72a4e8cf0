/* test_csv.c - rows, quotes, line ends and what is refused. */
#include "base/csv.h"
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FIELDS_MAX = 4 };

/* Every row as `[a|b]`, and an error as `!line:column`. */
static void read_all(const char *text, size_t size, char *ret, size_t ret_size)
{
    char bytes[256];
    struct csv csv;
    struct csv_field fields[FIELDS_MAX];
    struct err err = { 0 };
    size_t used = 0;
    int count;

    assert_true(size < sizeof(bytes));
    memcpy(bytes, text, size);
    csv_init(&csv, "a.csv", bytes, size);
    ret[0] = '\0';
    while ((count = csv_row(&csv, fields, FIELDS_MAX, &err)) > 0) {
        for (int i = 0; i < count; i++) {
            used += (size_t)snprintf(ret + used, ret_size - used, "%c%s", i ? '|' : '[',
                                     fields[i].text);
        }
        used += (size_t)snprintf(ret + used, ret_size - used, "]");
    }
    if (count < 0) {
        assert_int_equal(err.kind, ERR_SCENARIO);
        assert_string_equal(err.place.file, "a.csv");
        snprintf(ret + used, ret_size - used, "!%u:%u", err.place.line, err.place.column);
    }
}

static void csv_reads_rows(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        { "", "" },
        { "\n\r\n", "" },
        { "a", "[a]" },
        { "a,b\nc,d\n", "[a|b][c|d]" },
        { "a,b\r\nc,d\r\n", "[a|b][c|d]" },
        { "a,\n,b", "[a|][|b]" },
        { "a,", "[a|]" },
        { "\n\na\n\nb\n\n", "[a][b]" },
        { "\"a,b\",c\n", "[a,b|c]" },
        { "\"a\"\"b\",\"\"\n", "[a\"b|]" },
        { "\"a\nb\",c\r\nd", "[a\nb|c][d]" },
        { "\"a\"\r\nb", "[a][b]" },
        { "\xef\xbb\xbf"
          "a,b\n",
          "[a|b]" },
        { "a\"b,c\n", "[a\"b|c]" },
        { "a,b,c,d,e\n", "!1:9" },
        { "x\n\"a\n", "[x]!2:1" },
        { "x\na,\"b\"c\n", "[x]!2:6" },
    };
    char got[256];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        read_all(cases[i].text, strlen(cases[i].text), got, sizeof(got));
        assert_string_equal(got, cases[i].want);
    }
}

static void csv_refuses_zero_bytes(void **state)
{
    char got[64];
    (void)state;

    read_all("a\nb\0c\n", 6, got, sizeof(got));
    assert_string_equal(got, "[a]!2:2");
    read_all("\"b\0c\"\n", 6, got, sizeof(got));
    assert_string_equal(got, "!1:3");
}

static void csv_counts_lines_within_quotes(void **state)
{
    char bytes[] = "\"a\n\nb\",c\nd,e\n";
    struct csv csv;
    struct csv_field fields[FIELDS_MAX];
    struct err err;
    (void)state;

    csv_init(&csv, "a.csv", bytes, sizeof(bytes) - 1);
    assert_int_equal(csv_row(&csv, fields, FIELDS_MAX, &err), 2);
    assert_int_equal(fields[0].place.line, 1);
    assert_int_equal(fields[1].place.line, 3);
    assert_int_equal(fields[1].place.column, 4);
    assert_int_equal(csv_row(&csv, fields, FIELDS_MAX, &err), 2);
    assert_int_equal(fields[1].place.line, 4);
    assert_int_equal(fields[1].place.column, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reads_rows),
        cmocka_unit_test(csv_refuses_zero_bytes),
        cmocka_unit_test(csv_counts_lines_within_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
