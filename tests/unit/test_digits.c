/* test_digits.c - numbers are written exactly as printf would. */
#include "output/digits.h"

#include "support/test.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void check_real(double value)
{
    char want[64];
    char got[DIGITS_SIZE + 1];

    (void)snprintf(want, sizeof(want), "%.9g", value);
    got[digits_of_real(got, value)] = '\0';
    if (strcmp(got, want) != 0) {
        fail_msg("%.17g is written as %s, not %s", value, got, want);
    }
}

static void reals_are_printf_s(void **state)
{
    const double values[] = {
        0,
        -0.0,
        1,
        -1,
        0.1,
        0.5,
        100,
        1e-4,
        0.00011,
        9.99999999e-5,
        9.9999e-5,
        0.001,
        0.01,
        0.099999999995,
        0.9999999995,
        0.99999999949,
        9.9999999995,
        99999999.95,
        999999998.5,
        999999999,
        999999999.4,
        999999999.5,
        1e9,
        123456789,
        1.5,
        100000000.5,
        100000001.5,
        0.1234567885,
        33.3333333333,
        1e300,
        5e-324,
        INFINITY,
        1024,
        33712345.6,
        50.50505050505,
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        check_real(values[i]);
        check_real(nextafter(values[i], 0));
        check_real(nextafter(values[i], INFINITY));
    }
    for (int e = -12; e <= 12; e++) {
        double power = pow(10, e);
        check_real(power);
        check_real(nextafter(power, 0));
        check_real(nextafter(power, INFINITY));
        check_real(power - power * 4e-10);
        check_real(power - power * 6e-11);
    }
}

static void random_reals_are_printf_s(void **state)
{
    uint64_t seed = 5;
    (void)state;

    for (int i = 0; i < 200000; i++) {
        double fraction = (double)(test_random(&seed) >> 11) * 0x1p-53;
        check_real(ldexp(fraction, (int)test_between(&seed, -20, 34)));
        /* Few digits, so that ties are met. */
        check_real((double)test_between(&seed, 0, 4000000000) / 1024);
        check_real((double)test_between(&seed, 0, 100000) / 100000);
    }
}

static void whole_numbers_are_printf_s(void **state)
{
    uint64_t seed = 9;
    const int64_t values[] = { 0, 9, 10, -1, INT64_MAX, INT64_MIN };
    char want[64];
    char got[DIGITS_SIZE + 1];
    (void)state;

    for (size_t i = 0; i < 10000; i++) {
        int64_t value = i < ARRAY_LEN(values)
                            ? values[i]
                            : (int64_t)test_random(&seed) >> test_between(&seed, 0, 63);
        (void)snprintf(want, sizeof(want), "%" PRId64, value);
        got[digits_of_int(got, value)] = '\0';
        assert_string_equal(got, want);
    }
}

/* As the writers of rows put instants together: the upper digits from the clock. */
static void check_time(struct digits_clock *clock, nsec value, nsec later)
{
    char want[64];
    char got[64];
    struct digits_time from = digits_split(clock, value);
    struct digits_time to = digits_split_later(clock, from, later);
    struct digits_two two = digits_of_two(from.last, to.last);

    if (from.upper->size == 0) {
        assert_true(value < DIGITS_LAST);
        assert_int_equal(from.last, value);
        return;
    }
    (void)snprintf(want, sizeof(want), "%" PRId64, value);
    *digits_put_time(got, from.upper, two.first) = '\0';
    assert_string_equal(got, want);
    (void)snprintf(want, sizeof(want), "%" PRId64, value + later);
    *digits_put_time(got, to.upper, two.second) = '\0';
    assert_string_equal(got, want);
}

static void instants_are_printf_s(void **state)
{
    struct digits_clock clock = { .uppers = { { 0 } } };
    uint64_t seed = 3;
    nsec now = 0;
    (void)state;

    for (int i = 0; i < 200000; i++) {
        now += test_between(&seed, 0, 3000000);
        nsec at = now - test_between(&seed, 0, now < SEC ? now : SEC);
        check_time(&clock, at, test_between(&seed, 0, DIGITS_SPAN - 1));
        check_time(&clock, (nsec)(test_random(&seed) >> test_between(&seed, 2, 63)), 0);
    }
    check_time(&clock, DIGITS_LAST - 1, 1);
    check_time(&clock, DIGITS_LAST, DIGITS_LAST - 1);
    check_time(&clock, DIGITS_LAST, DIGITS_LAST);
}

static void check_two(uint32_t first, uint32_t second)
{
    char want[64];
    char got[64];
    struct digits_two two = digits_of_two(first, second);

    assert_int_equal(two.first, digits_eight(first));
    assert_int_equal(two.second, digits_eight(second));
    (void)snprintf(want, sizeof(want), "%" PRIu32, first);
    *digits_put_int(got, two.first) = '\0';
    assert_string_equal(got, want);
}

/* Every group of four digits in each place. */
static void two_at_once_are_as_one_by_one(void **state)
{
    (void)state;

    for (uint32_t i = 0; i < 10000; i++) {
        check_two(i, 10000 * i);
        check_two(10000 * i, 99999999 - i);
        check_two(10000 * i + 9999 - i, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_are_printf_s),
        cmocka_unit_test(random_reals_are_printf_s),
        cmocka_unit_test(whole_numbers_are_printf_s),
        cmocka_unit_test(instants_are_printf_s),
        cmocka_unit_test(two_at_once_are_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
