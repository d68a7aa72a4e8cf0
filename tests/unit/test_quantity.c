/* Quantities: exact in both directions, and strict. */
#include "base/quantity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void times_are_exact(void **state)
{
    static const struct {
        const char *string;
        nsec ns;
    } rows[] = {
        { "0ns", 0 },
        { "0s", 0 },
        { "0.0ms", 0 },
        { "1ns", 1 },
        { "0.1ms", 100000 },
        { "16.67ms", 16670000 },
        { "16.670ms", 16670000 },
        { "0.000000001s", 1 },
        { "0.0000000010s", 1 },
        { "2.5us", 2500 },
        { "1.5min", 90 * SEC },
        { "2h", 2 * HOUR },
        { "365d", 365 * DAY },
        { "100d", 100 * DAY },
        { "9223372036.8547758s", INT64_C(9223372036854775800) },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        nsec ns = -1;
        assert_int_equal(quantity_read_time(rows[i].string, &ns, &err), 0);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void refused(int (*read)(const char *, int64_t *, struct err *), const char *string,
                    const char *text)
{
    struct err err = { 0 };
    int64_t value = -77;

    assert_int_equal(read(string, &value, &err), -1);
    assert_string_equal(err.text, text);
    assert_int_equal(value, -77);
}

static void times_are_strict(void **state)
{
    const char *form = "a time is a plain decimal number with its unit, as 2ms";
    const char *units = "the units of a time are ns, us, ms, s, min, h, d";
    const char *const forms[] = { "",     "ms",    ".5ms", "+2ms",  "5.ms",  "nan",
                                  "0x10", "007ms", "1e3",  "1e3ms", "1_0ms", "1,5ms",
                                  ".inf", "-ms",   "0o17", "--1s",  " 2ms",  "1.2.3s" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        refused(quantity_read_time, forms[i], form);
    }
    refused(quantity_read_time, "2MB", units);
    refused(quantity_read_time, "2", "a time needs a unit: did you mean 2ms?");
    refused(quantity_read_time, "16.67", "a time needs a unit: did you mean 16.67ms?");
    refused(quantity_read_time, "-2ms", "a time must not be negative");
    refused(quantity_read_time, "0.1ns", "a time cannot be finer than 1 ns");
    refused(quantity_read_time, "0.0000000001s", "a time cannot be finer than 1 ns");
    refused(quantity_read_time, "9223372036.85477581s", "that is too large");
    refused(quantity_read_time, "1000000000000000000ms", "a time has at most 18 digits");
    refused(quantity_read_time, "2 ms",
            "the units of a time are ns, us, ms, s, min, h, d: did you mean 2ms?");
    refused(quantity_read_time, "2sec",
            "the units of a time are ns, us, ms, s, min, h, d: did you mean 2s?");
}

static void sizes_and_shares(void **state)
{
    struct err err;
    int64_t value;

    (void)state;
    assert_int_equal(quantity_read_bytes("8GiB", &value, &err), 0);
    assert_int_equal(value, 8 * GIB);
    assert_int_equal(quantity_read_bytes("0.5KiB", &value, &err), 0);
    assert_int_equal(value, 512);
    assert_int_equal(quantity_read_bytes("1.5MB", &value, &err), 0);
    assert_int_equal(value, 1500000);
    refused(quantity_read_bytes, "0.3B", "a size cannot be finer than 1 byte");
    refused(quantity_read_bytes, "8", "a size needs a unit: did you mean 8GiB?");
    refused(quantity_read_bytes, "8gib",
            "the units of a size are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB: "
            "did you mean 8GiB?");
    assert_int_equal(quantity_read_share("12.5%", &value, &err), 0);
    assert_int_equal(value, 125000);
    refused(quantity_read_share, "0.25", "a share needs a unit: did you mean 25%?");
    refused(quantity_read_share, "0.00001%", "a share cannot be finer than 0.0001 %");
    refused(quantity_read_count, "1.5", "a count is a whole number");
    refused(quantity_read_count, "3ms",
            "a count is a plain decimal number without a unit, as 4");
}

static void rates_are_rounded_once(void **state)
{
    struct err err;
    double rate;
    double gap;

    (void)state;
    assert_int_equal(quantity_read_rate("60/s", &rate, &gap, &err), 0);
    assert_true(rate == 60.0 && gap == 1e9 / 60.0);
    assert_int_equal(quantity_read_rate("1/min", &rate, &gap, &err), 0);
    assert_true(rate == 1.0 / 60.0 && gap == 6e10);
    assert_int_equal(quantity_read_rate("0.1/s", &rate, &gap, &err), 0);
    assert_true(rate == 0.1 && gap == 1e10);
    assert_int_equal(quantity_read_rate("0/h", &rate, &gap, &err), 0);
    assert_true(rate == 0.0 && isinf(gap));
    assert_int_equal(quantity_read_rate("40", &rate, &gap, &err), -1);
    assert_string_equal(err.text, "a rate needs a unit: did you mean 40/s?");
    assert_int_equal(quantity_read_number("0.3", &rate, &err), 0);
    assert_true(rate == 0.3);
    assert_int_equal(quantity_read_number("123456789012345678", &rate, &err), 0);
    assert_true(rate == 123456789012345678.0);
}

static void check_written(void (*write)(struct text *, int64_t), int64_t value,
                          const char *string)
{
    struct text text;

    text_init(&text);
    write(&text, value);
    assert_string_equal(text.bytes, string);
    text_fini(&text);
}

static void writing_is_short_and_exact(void **state)
{
    (void)state;
    check_written(quantity_write_time, 0, "0s");
    check_written(quantity_write_time, 1, "1ns");
    check_written(quantity_write_time, 16670000, "16.67ms");
    check_written(quantity_write_time, 2083333, "2.083333ms");
    check_written(quantity_write_time, 60 * SEC, "60s");
    check_written(quantity_write_time, SEC + 1, "1.000000001s");
    check_written(quantity_write_bytes, 8 * GIB, "8GiB");
    check_written(quantity_write_bytes, 0, "0B");
    check_written(quantity_write_bytes, INT64_C(64000000000), "64GB");
    check_written(quantity_write_bytes, 1025, "1025B");
    check_written(quantity_write_share, 125000, "12.5%");
    check_written(quantity_write_share, 1, "0.0001%");
}

/* Everything readable can be written such that it reads back the same. */
static void rates_and_numbers_come_back(void **state)
{
    const char *const rates[] = { "60/s",        "1/min", "7/h",     "0.000001/s",
                                  "16.67/s",     "1e0/s", "3/min",   "0.1/s",
                                  "999999999/s", "1/h",   "59.94/s", "0.37/min",
                                  "123.456789/h" };
    struct text text;
    struct err err;

    (void)state;
    text_init(&text);
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        double rate;
        double gap;
        double again;
        if (quantity_read_rate(rates[i], &rate, &gap, &err)) {
            continue;
        }
        text_clear(&text);
        quantity_write_gap(&text, gap);
        assert_int_equal(quantity_read_rate(text.bytes, NULL, &again, &err), 0);
        assert_true(again == gap);
        text_clear(&text);
        quantity_write_rate(&text, rate);
        assert_int_equal(quantity_read_rate(text.bytes, &again, NULL, &err), 0);
        assert_true(again == rate);
    }
    for (int i = 1; i < 1000; i++) {
        double number = i / 7.0;
        double again;
        text_clear(&text);
        quantity_write_number(&text, number);
        assert_int_equal(quantity_read_number(text.bytes, &again, &err), 0);
        assert_true(again == number);
    }
    text_clear(&text);
    quantity_write_number(&text, 0.3);
    assert_string_equal(text.bytes, "0.3");
    text_clear(&text);
    quantity_write_gap(&text, 1e9 / 60.0);
    assert_string_equal(text.bytes, "60/s");
    text_fini(&text);
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    assert_true(quantity_is_bytes("8MiB"));
    assert_true(quantity_is_bytes("8gb"));
    assert_false(quantity_is_bytes("8ms"));
    assert_false(quantity_is_bytes("8"));
    assert_true(quantity_is_rate("8/s"));
    assert_true(quantity_is_rate("8/min"));
    assert_false(quantity_is_rate("8s"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_exact),
        cmocka_unit_test(times_are_strict),
        cmocka_unit_test(sizes_and_shares),
        cmocka_unit_test(rates_are_rounded_once),
        cmocka_unit_test(writing_is_short_and_exact),
        cmocka_unit_test(rates_and_numbers_come_back),
        cmocka_unit_test(kinds_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
