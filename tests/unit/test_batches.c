/* test_batches.c - numbers drawn many at once are those drawn one by one, and follow their law.
 */
#include "engine/exact.h"
#include "engine/exponential.h"
#include "engine/normal.h"
#include "support/test.h"

#include <math.h>

enum { BATCH = 16 };

_Static_assert((int)BATCH == (int)EXPONENTIAL_BATCH && (int)BATCH == (int)NORMAL_BATCH, "");

static double exponential_one(struct rng *rng)
{
    return -exact_log(rng_uniform(rng));
}

static const struct kind {
    void (*many)(struct rng *rng, double ret[]);
    double (*one)(struct rng *rng);
} kinds[] = {
    { exponential_batch, exponential_one },
    { exponential_batch_any, exponential_one },
    { normal_batch, normal_draw },
};

static struct rng stream(uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, &(struct rng_name){
                       .seed = seed, .entry = "vm", .workload = "w", .quantity = "demand" });
    return rng;
}

static void compare(const struct kind *kind, const struct rng *from)
{
    struct rng one = *from;
    struct rng batch = *from;

    for (int round = 0; round < 2000; round++) {
        double got[BATCH];
        kind->many(&batch, got);
        for (int k = 0; k < BATCH; k++) {
            assert_true(got[k] == kind->one(&one));
        }
    }
    assert_true(rng_bits(&one) == rng_bits(&batch));
}

/* From any place in a block, and where the number of a block goes beyond 32 bits. */
static void many_at_once_are_those_one_by_one(void **state)
{
    const uint64_t blocks[] = { 0, UINT64_C(0xfffffffa), UINT64_C(0x123456789abcdef0) };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        struct rng from = stream(i);
        from.block = blocks[i];
        for (int skipped = 0; skipped < 4; skipped++) {
            for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++) {
                compare(&kinds[kind], &from);
            }
            (void)rng_bits(&from);
        }
    }
}

/* Means of the first so many powers, over many draws. */
static double means(const struct kind *kind, double *ret_means, int powers)
{
    enum { ROUNDS = 20000 };
    struct rng rng = stream(7);
    const double n = (double)ROUNDS * BATCH;

    for (int round = 0; round < ROUNDS; round++) {
        double got[BATCH];
        kind->many(&rng, got);
        for (int k = 0; k < BATCH; k++) {
            double power = 1.0;
            for (int i = 0; i < powers; i++) {
                power *= got[k];
                ret_means[i] += power / n;
            }
        }
    }
    return n;
}

/* 5 standard deviations: of the mean 1 / sqrt(n), of the mean square sqrt(20 / n). */
static void exponential_ones_are(void **state)
{
    double found[2] = { 0 };
    double n = means(&kinds[0], found, 2);
    (void)state;

    assert_true(fabs(found[0] - 1.0) < 5.0 / sqrt(n));
    assert_true(fabs(found[1] - 2.0) < 5.0 * sqrt(20.0 / n));
}

/* The same: 1 / sqrt(n), sqrt(2 / n), and of the mean fourth power sqrt(96 / n). */
static void normal_ones_are(void **state)
{
    double found[4] = { 0 };
    double n = means(&kinds[2], found, 4);
    (void)state;

    assert_true(fabs(found[0]) < 5.0 / sqrt(n));
    assert_true(fabs(found[1] - 1.0) < 5.0 * sqrt(2.0 / n));
    assert_true(fabs(found[3] - 3.0) < 5.0 * sqrt(96.0 / n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once_are_those_one_by_one),
        cmocka_unit_test(exponential_ones_are),
        cmocka_unit_test(normal_ones_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
