/* test_exact.c - elementary functions within the bounds that exact.h states. */
#include "engine/exact.h"

#include "engine/exact_powers.h"
#include "engine/exact_table.h"
#include "support/test.h"

#include <math.h>

/* A double whose logarithm is spread evenly over that of the normal numbers. */
static double any_normal(uint64_t *seed)
{
    double mantissa = 1.0 + (double)(test_random(seed) >> 12) * 0x1p-52;
    return ldexp(mantissa, (int)test_between(seed, -1022, 1023));
}

static void check_log(double x)
{
    long double want = logl((long double)x);
    long double bound = 1e-15L * fmaxl(1.0L, fabsl(want));

    assert_true(fabsl((long double)exact_log(x) - want) < bound);
}

static void log_is_within_its_bound(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (int i = 0; i < 200000; i++) {
        check_log(any_normal(&seed));
        check_log(1.0 + (double)test_between(&seed, -1000000, 1000000) * 1e-12);
    }
    assert_true(exact_log(1.0) == 0.0);
}

/* Both ends and the middle of every part of [1, 2): one wrong digit of the table fails. */
static void log_is_right_in_every_row_of_the_table(void **state)
{
    (void)state;
    for (int part = 0; part < EXACT_LOG_PARTS; part++) {
        double low = 1.0 + (double)part / EXACT_LOG_PARTS;
        double middle = low + 0.5 / EXACT_LOG_PARTS;
        double high = low + 1.0 / EXACT_LOG_PARTS - 0x1p-52;
        long double off = (long double)exact_log_table[part].log +
                          logl((long double)exact_log_table[part].reciprocal);
        assert_true(fabsl(off) < 0x1p-54L);
        assert_true(fabs(exact_log_table[part].reciprocal * middle - 1.0) < 0x1p-52);
        check_log(low);
        check_log(middle);
        check_log(high);
    }
}

/* A draw from just below 1 must give no negative duration. */
static void log_of_less_than_one_is_negative(void **state)
{
    (void)state;
    for (int k = 1; k < 200000; k++) {
        assert_true(exact_log(1.0 - k * 0x1p-53) < 0.0);
    }
}

static void exp_is_within_its_bound(void **state)
{
    (void)state;
    for (double x = -700.0; x <= 700.0; x += 0.003717) {
        long double want = expl((long double)x);
        assert_true(fabsl((long double)exact_exp(x) - want) < 3e-16L * want);
    }
    assert_true(exact_exp(0.0) == 1.0);
    assert_true(exact_exp(-5000.0) == 0.0);
}

/* Both ends and the middle of what each row of the table is for. */
static void exp_is_right_in_every_row_of_the_table(void **state)
{
    (void)state;
    for (int row = 0; row < EXACT_EXP_PARTS; row++) {
        assert_true(fabsl((long double)exact_exp_table[row] -
                          exp2l((long double)row / EXACT_EXP_PARTS)) <= 0x1p-53L);
        for (int part = -1; part <= 1; part++) {
            double x = ((double)row + 0.4999 * part) / EXACT_EXP_PARTS * 0.6931471805599453;
            long double want = expl((long double)x);
            assert_true(fabsl((long double)exact_exp(x) - want) < 3e-16L * want);
        }
    }
}

static void pow_is_within_its_bound(void **state)
{
    uint64_t seed = 2;
    int count = 0;
    (void)state;

    while (count < 100000) {
        double x = any_normal(&seed);
        double y = (double)test_between(&seed, -20000, 20000) / 1000.0;
        long double log_of_it = (long double)y * logl((long double)x);
        if (fabsl(log_of_it) > 700.0L) {
            continue;
        }
        long double want = powl((long double)x, (long double)y);
        assert_true(fabsl((long double)exact_pow(x, y) - want) < 1e-12L * want);
        count++;
    }
}

static void sine_is_within_its_bound(void **state)
{
    const long double turn = 6.283185307179586476925286766559L;
    (void)state;

    for (double turns = -3.0; turns <= 3.0; turns += 0.0000317) {
        long double want = sinl(turn * (long double)turns);
        assert_true(fabsl((long double)exact_sin_turns(turns) - want) < 1e-14L);
    }
    assert_true(exact_sin_turns(0.0) == 0.0);
    assert_true(exact_sin_turns(0.25) == 1.0);
    assert_true(exact_sin_turns(1e15 + 0.25) == 1.0);
    assert_true(exact_sin_turns(0.5) == 0.0);
    assert_true(exact_sin_turns(0.75) == -1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_within_its_bound),
        cmocka_unit_test(log_is_right_in_every_row_of_the_table),
        cmocka_unit_test(log_of_less_than_one_is_negative),
        cmocka_unit_test(exp_is_within_its_bound),
        cmocka_unit_test(exp_is_right_in_every_row_of_the_table),
        cmocka_unit_test(pow_is_within_its_bound),
        cmocka_unit_test(sine_is_within_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
