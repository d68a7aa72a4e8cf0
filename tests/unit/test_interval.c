/* test_interval.c - intervals, batch means and MSER-5 against hand-computed numbers. */
#include "metrics/interval.h"

#include "base/units.h"
#include "metrics/batch.h"
#include "metrics/mser.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_near(double got, double want)
{
    if (!(fabs(got - want) <= 5.001e-5)) {
        fail_msg("got %.9g, want %.9g", got, want);
    }
}

static void student_interval_of_replications(void **state)
{
    (void)state;
    const double values[] = { 20, 24, 19, 25, 22 };
    const double differences[] = { 2, 1, 2, 3, 1 };
    struct interval i = interval_student(values, 5, 0.05);

    check_near(i.mean, 22);
    check_near(i.high - i.mean, 3.1656);
    check_near(i.mean - i.low, 3.1656);
    i = interval_student(differences, 5, 0.05);
    check_near(i.mean, 1.8);
    check_near(i.high - i.mean, 1.0389);
    i = interval_student(values, 1, 0.05);
    check_near(i.mean, 20);
    assert_true(isnan(i.low) && isnan(i.high));
}

static void student_interval_narrows_as_published(void **state)
{
    (void)state;
    const double values[] = { 10, 12, 11, 13, 9, 11, 12, 10, 11, 11, 10, 12 };
    const double widths[] = { .1785, .1349, .1116, .0995, .0856, .0751, .0700, .0652 };

    for (uint32_t r = 5; r <= 12; r++) {
        struct interval i = interval_student(values, r, 0.05);
        check_near((i.high - i.mean) / i.mean, widths[r - 5]);
    }
}

static void batch_means_and_their_correlation(void **state)
{
    (void)state;
    const double values[] = { 10, 12, 11, 13, 9, 11, 12, 10 };
    struct interval i = interval_student(values, 8, 0.05);

    check_near(i.mean, 11);
    check_near(i.high - i.mean, 1.0946);
    check_near(sqrt(i.variance), 1.3093);
    check_near(interval_lag1(values, 8), -0.5);
    check_near(interval_von_neumann(values, 8), 2.8333);
    assert_true(interval_is_independent(values, 8));
}

static void a_trend_is_not_independent(void **state)
{
    (void)state;
    double rising[16];
    double equal[16];
    double zigzag[16];

    for (int i = 0; i < 16; i++) {
        rising[i] = i;
        equal[i] = 3;
        zigzag[i] = i % 2;
    }
    assert_false(interval_is_independent(rising, 16));
    assert_true(interval_is_independent(equal, 16));
    assert_true(interval_is_independent(zigzag, 16));
    check_near(interval_trend(rising, 16), 1);
    check_near(interval_trend(equal, 16), 0);
    check_near(interval_lag1(equal, 16), 0);
    /* 64 pairs of unlike values; a 1 comes before a later 0 in 28 of them. */
    check_near(interval_trend(zigzag, 16), (36 - 28) / 120.0);
}

static void ranks_of_quantile_intervals(void **state)
{
    (void)state;
    const struct {
        uint64_t n;
        uint32_t p_ppm;
        uint64_t low, high;
        double coverage;
    } rows[] = {
        { 100, 500000, 40, 61, .9648 },    { 100, 900000, 84, 96, .9557 },
        { 1000, 990000, 983, 997, .9761 }, { 10000, 990000, 9880, 9920, .9558 },
        { 300, 990000, 293, 0, NAN },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rank_interval r = interval_ranks(rows[i].n, rows[i].p_ppm, 0.05);
        assert_int_equal(r.low, rows[i].low);
        assert_int_equal(r.high, rows[i].high);
        if (!isnan(rows[i].coverage)) {
            check_near(r.coverage, rows[i].coverage);
        }
    }
}

static void ranks_at_the_ends(void **state)
{
    (void)state;
    struct rank_interval r = interval_ranks(3, 500000, 0.05);
    assert_int_equal(r.low, 0);
    assert_int_equal(r.high, 0);
    r = interval_ranks(1, 990000, 0.05);
    assert_int_equal(r.low, 1);
    assert_int_equal(r.high, 0);
    r = interval_ranks(1, 10000, 0.05);
    assert_int_equal(r.low, 0);
    assert_int_equal(r.high, 1);
}

/* The approximation for many values agrees with the exact ranks just below its threshold. */
static void ranks_of_many_values(void **state)
{
    (void)state;
    static const uint32_t ps[] = { 500000, 900000, 990000 };

    for (size_t i = 0; i < ARRAY_LEN(ps); i++) {
        struct rank_interval exact = interval_ranks(100000, ps[i], 0.05);
        struct rank_interval normal = interval_ranks(100001, ps[i], 0.05);
        assert_true(normal.low + 2 >= exact.low && normal.low <= exact.low + 3);
        assert_true(normal.high + 2 >= exact.high && normal.high <= exact.high + 3);
    }
    struct rank_interval r = interval_ranks(UINT64_C(1) << 40, 500000, 0.05);
    assert_true(r.low < UINT64_C(1) << 39 && r.high > UINT64_C(1) << 39);
}

/* A sequence and the sum of its values so far. */
struct sequence {
    struct batches batches;
    wide total;
};

static void sequence_add(struct sequence *s, nsec value)
{
    s->total += value;
    if (batches_count(&s->batches)) {
        batches_close(&s->batches, s->total);
    }
}

static struct sequence sequence_empty(void)
{
    struct sequence s = { .total = 0 };

    batches_init(&s.batches);
    return s;
}

static void batches_double_and_stay_exact(void **state)
{
    (void)state;
    struct sequence b;
    double means[BATCH_MAX];

    b = sequence_empty();
    for (nsec i = 0; i < 32 * 4; i++) {
        sequence_add(&b, i);
    }
    assert_int_equal(b.batches.length, 8);
    assert_int_equal(batches_means(&b.batches, means), 16);
    check_near(means[0], 3.5);
    check_near(means[15], 123.5);
    sequence_add(&b, 1);
    assert_int_equal(batches_means(&b.batches, means), 16);
    /* A sum of 2^62 a value does not overflow. */
    b = sequence_empty();
    for (int i = 0; i < 1000; i++) {
        sequence_add(&b, INT64_C(1) << 62);
    }
    assert_int_equal(b.batches.length, 32);
    assert_int_equal(batches_means(&b.batches, means), 31);
    assert_true(means[30] == 0x1p62);
}

static void batches_say_nothing_of_few_or_growing(void **state)
{
    (void)state;
    struct sequence few;
    struct sequence growing;
    struct sequence steady;

    few = sequence_empty();
    growing = sequence_empty();
    steady = sequence_empty();
    for (int i = 0; i < 1000; i++) {
        if (i < 9) {
            sequence_add(&few, 100 + i * 7 % 5);
        }
        sequence_add(&growing, 1000 * i);
        sequence_add(&steady, 1000 + i * 7919 % 1000);
    }
    assert_true(isnan(batches_answer(&few.batches).low));
    assert_true(isnan(batches_answer(&growing.batches).low));
    struct batch_answer a = batches_answer(&steady.batches);
    assert_true(a.low < 1499.5 && 1499.5 < a.high && a.high - a.low < 100);
    assert_true(a.spread > 0);
}

static void mser_drops_what_is_unlike_the_rest(void **state)
{
    (void)state;
    const double z[] = { 50, 30, 12, 10, 11, 9, 10, 11, 9, 10 };
    uint32_t drop = 0;

    assert_false(mser_truncate(z, 10, &drop));
    assert_int_equal(drop, 3);
    const double equal[] = { 7, 7, 7, 7, 7, 7 };
    assert_false(mser_truncate(equal, 6, &drop));
    assert_int_equal(drop, 0);
    const double falling[] = { 90, 80, 70, 60, 50, 40, 30, 20, 10, 0 };
    assert_true(mser_truncate(falling, 10, &drop));
    assert_int_equal(drop, 4);
}

/* The published example, five jobs a group, one job every 100 ns. */
static void warmup_ends_after_the_last_dropped_arrival(void **state)
{
    (void)state;
    static const nsec z[] = { 50, 30, 12, 10, 11, 9, 10, 11, 9, 10 };
    static struct mser m;
    struct probe probe = mser_probe(&m);
    bool too_short = true;

    mser_init(&m);
    assert_int_equal(mser_warmup(&m, &too_short), 0);
    assert_true(too_short);
    for (int i = 0; i < 50; i++) {
        struct job_end job = { .arrival_ns = 100 * i, .end_ns = 100 * i + z[i / 5] };
        probe.finished(probe.context, &job);
    }
    mser_add(&m, 5000, 100000); /* An incomplete group does not count. */
    assert_int_equal(mser_warmup(&m, &too_short), 1401);
    assert_false(too_short);
}

static void warmup_of_long_runs_joins_groups(void **state)
{
    (void)state;
    static struct mser m;
    bool too_short = true;

    mser_init(&m);
    for (nsec i = 0; i < 100000; i++) {
        mser_add(&m, 10 * i, i < 1600 ? 5000 : 1000 + i * 7919 % 100);
    }
    assert_int_equal(m.length, 40);
    assert_int_equal(m.count, 2500);
    assert_int_equal(mser_warmup(&m, &too_short), 15991);
    assert_false(too_short);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_interval_of_replications),
        cmocka_unit_test(student_interval_narrows_as_published),
        cmocka_unit_test(batch_means_and_their_correlation),
        cmocka_unit_test(a_trend_is_not_independent),
        cmocka_unit_test(ranks_of_quantile_intervals),
        cmocka_unit_test(ranks_at_the_ends),
        cmocka_unit_test(ranks_of_many_values),
        cmocka_unit_test(batches_double_and_stay_exact),
        cmocka_unit_test(batches_say_nothing_of_few_or_growing),
        cmocka_unit_test(mser_drops_what_is_unlike_the_rest),
        cmocka_unit_test(warmup_ends_after_the_last_dropped_arrival),
        cmocka_unit_test(warmup_of_long_runs_joins_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
