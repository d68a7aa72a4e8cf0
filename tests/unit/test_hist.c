/* test_hist.c - log-bucket histograms: bounds of the error, quantiles, merging. */
#include "metrics/hist.h"

#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* A duration whose logarithm is spread evenly over 1 ns .. 2^62 ns. */
static nsec any_duration(uint64_t *seed)
{
    uint64_t bits = next(seed);
    return (nsec)((bits >> 2 | UINT64_C(1) << 61) >> (next(seed) % 62));
}

static int compare(const void *a, const void *b)
{
    nsec x = *(const nsec *)a;
    nsec y = *(const nsec *)b;
    return (x > y) - (x < y);
}

static void add_all(struct hist *h, const nsec *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hist_add(h, values[i]);
    }
}

static void buckets_cover_all_durations_without_gap(void **state)
{
    (void)state;
    assert_int_equal(hist_low(0), 0);
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        assert_int_equal(hist_bucket(hist_low(b)), b);
        assert_int_equal(hist_bucket(hist_high(b)), b);
        if (b + 1 < HIST_BUCKETS) {
            assert_int_equal(hist_high(b) + 1, hist_low(b + 1));
        }
    }
    assert_true(hist_high(HIST_BUCKETS - 1) == NSEC_MAX);
}

static void small_durations_are_exact(void **state)
{
    (void)state;
    for (nsec value = 0; value < 256; value++) {
        assert_int_equal(hist_low(hist_bucket(value)), value);
        assert_int_equal(hist_high(hist_bucket(value)), value);
    }
}

/* Three values, so that the middle one is not returned exactly as least or largest. */
static void one_duration_is_off_by_a_256th_at_most(void **state)
{
    (void)state;
    uint64_t seed = 7;

    for (int i = 0; i < 20000; i++) {
        nsec value = any_duration(&seed);
        struct hist h;
        hist_init(&h);
        hist_add(&h, 0);
        hist_add(&h, value);
        hist_add(&h, NSEC_MAX);
        nsec got = hist_at_rank(&h, 2);
        nsec off = got > value ? got - value : value - got;
        assert_true(off <= value / 256);
        hist_fini(&h);
    }
}

static void quantiles_are_of_type_1(void **state)
{
    (void)state;
    const nsec values[] = { 40, 4, 5, 6, 15, 7, 8, 9, 12, 10 };
    struct hist h;

    hist_init(&h);
    add_all(&h, values, ARRAY_LEN(values));
    assert_int_equal(hist_quantile(&h, 500000), 8);
    assert_int_equal(hist_quantile(&h, 900000), 15);
    assert_int_equal(hist_quantile(&h, 950000), 40);
    assert_int_equal(hist_quantile(&h, 990000), 40);
    assert_int_equal(hist_quantile(&h, PPM), 40);
    assert_int_equal(hist_quantile(&h, 1), 4);
    /* 0.95 * 20 is not a whole number in binary floating point. */
    assert_int_equal(hist_quantile_rank(20, 950000), 19);
    assert_int_equal(hist_quantile_rank(UINT64_C(1) << 60, 500000), UINT64_C(1) << 59);
    hist_fini(&h);
}

static void quantiles_of_many_are_close(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static const uint32_t ps[] = { 1000, 100000, 500000, 900000, 950000, 990000, 999000 };
    nsec *values = malloc(COUNT * sizeof(*values));
    uint64_t seed = 3;
    struct hist h;

    assert_non_null(values);
    hist_init(&h);
    for (int i = 0; i < COUNT; i++) {
        values[i] = any_duration(&seed);
    }
    add_all(&h, values, COUNT);
    qsort(values, COUNT, sizeof(*values), compare);
    nsec together[ARRAY_LEN(ps)];
    hist_quantiles(&h, ps, ARRAY_LEN(ps), together);
    for (size_t i = 0; i < ARRAY_LEN(ps); i++) {
        nsec exact = values[hist_quantile_rank(COUNT, ps[i]) - 1];
        nsec off = hist_quantile(&h, ps[i]) - exact;
        assert_true((off < 0 ? -off : off) <= exact / 256);
        assert_int_equal(together[i], hist_quantile(&h, ps[i]));
        assert_int_equal(together[i], hist_at_rank(&h, hist_quantile_rank(COUNT, ps[i])));
    }
    assert_int_equal(h.min_ns, values[0]);
    assert_int_equal(h.max_ns, values[COUNT - 1]);
    assert_int_equal(hist_total(&h), COUNT);
    hist_fini(&h);
    free(values);
}

static void merging_counts_the_same_in_any_order(void **state)
{
    (void)state;
    uint64_t seed = 11;
    struct hist whole;
    struct hist part[3];
    struct hist forward;
    struct hist backward;

    hist_init(&whole);
    hist_init(&forward);
    hist_init(&backward);
    for (int i = 0; i < 3; i++) {
        hist_init(&part[i]);
    }
    for (int i = 0; i < 3000; i++) {
        nsec value = any_duration(&seed);
        hist_add(&whole, value);
        hist_add(&part[i % 3], value);
    }
    for (int i = 0; i < 3; i++) {
        hist_merge(&forward, &part[i]);
        hist_merge(&backward, &part[2 - i]);
    }
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        assert_int_equal(hist_count(&forward, b), hist_count(&whole, b));
        assert_int_equal(hist_count(&backward, b), hist_count(&whole, b));
    }
    assert_int_equal(forward.min_ns, whole.min_ns);
    assert_int_equal(forward.max_ns, whole.max_ns);
    hist_fini(&whole);
    hist_fini(&forward);
    hist_fini(&backward);
    for (int i = 0; i < 3; i++) {
        hist_fini(&part[i]);
    }
}

static void a_bucket_may_count_beyond_32_bits(void **state)
{
    (void)state;
    struct hist h;
    struct hist sum;

    hist_init(&h);
    hist_init(&sum);
    hist_add(&h, 5);
    h.counts[5] = UINT32_MAX;
    hist_add(&h, 5);
    assert_int_equal(hist_count(&h, 5), UINT64_C(1) << 32);
    hist_add(&h, 5000); /* Growing keeps the carry. */
    assert_int_equal(hist_count(&h, 5), UINT64_C(1) << 32);
    assert_int_equal(hist_total(&h), (UINT64_C(1) << 32) + 1);
    hist_merge(&sum, &h);
    hist_merge(&sum, &h);
    assert_int_equal(hist_count(&sum, 5), UINT64_C(2) << 32);
    assert_int_equal(hist_quantile(&sum, 999999), 5);
    hist_fini(&h);
    hist_fini(&sum);
}

/* Two counts that fit 32 bits, whose sum does not; the bucket beside them is merged as well. */
static void merging_may_carry(void **state)
{
    (void)state;
    struct hist h;
    struct hist sum;

    hist_init(&h);
    hist_init(&sum);
    hist_add(&h, 5);
    hist_add(&h, 6);
    h.counts[5] = UINT32_MAX;
    hist_merge(&sum, &h);
    assert_null(sum.carries);
    assert_int_equal(hist_count(&sum, 5), UINT32_MAX);
    hist_merge(&sum, &h);
    assert_int_equal(hist_count(&sum, 5), UINT64_C(2) * UINT32_MAX);
    assert_int_equal(hist_count(&sum, 6), 2);
    assert_int_equal(hist_total(&sum), UINT64_C(2) * UINT32_MAX + 2);
    hist_fini(&h);
    hist_fini(&sum);
}

static void memory_covers_only_what_occurred(void **state)
{
    (void)state;
    struct hist h;

    hist_init(&h);
    for (nsec value = MSEC; value < SEC; value += 7 * MSEC / 5) {
        hist_add(&h, value);
    }
    assert_true(h.size <= 11 * HIST_OCTAVE);
    hist_fini(&h);
}

static void variance_is_that_of_the_counts(void **state)
{
    (void)state;
    const nsec values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    struct hist h;

    hist_init(&h);
    assert_true(hist_variance(&h) == 0);
    hist_add(&h, MSEC);
    assert_true(hist_variance(&h) == 0);
    hist_fini(&h);
    add_all(&h, values, ARRAY_LEN(values));
    assert_true(hist_variance(&h) > 3.9999999 && hist_variance(&h) < 4.0000001);
    hist_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_cover_all_durations_without_gap),
        cmocka_unit_test(small_durations_are_exact),
        cmocka_unit_test(one_duration_is_off_by_a_256th_at_most),
        cmocka_unit_test(quantiles_are_of_type_1),
        cmocka_unit_test(quantiles_of_many_are_close),
        cmocka_unit_test(merging_counts_the_same_in_any_order),
        cmocka_unit_test(a_bucket_may_count_beyond_32_bits),
        cmocka_unit_test(merging_may_carry),
        cmocka_unit_test(memory_covers_only_what_occurred),
        cmocka_unit_test(variance_is_that_of_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
