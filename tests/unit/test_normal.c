/* test_normal.c - normal numbers many at once are those one by one, and normal. */
#include "engine/normal.h"

#include "support/test.h"

#include <math.h>

static struct rng stream(uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, &(struct rng_name){
                       .seed = seed, .entry = "vm", .workload = "w", .quantity = "demand" });
    return rng;
}

/* From any place in a block, and where the number of a block goes beyond 32 bits. */
static void many_at_once_are_those_one_by_one(void **state)
{
    const uint64_t blocks[] = { 0, UINT64_C(0xfffffffa), UINT64_C(0x123456789abcdef0) };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        for (int skipped = 0; skipped < 4; skipped++) {
            struct rng one = stream(i);
            one.block = blocks[i];
            for (int k = 0; k < skipped; k++) {
                (void)rng_bits(&one);
            }
            struct rng batch = one;
            for (int round = 0; round < 2000; round++) {
                double got[NORMAL_BATCH];
                normal_batch(&batch, got);
                for (int k = 0; k < NORMAL_BATCH; k++) {
                    assert_true(got[k] == normal_draw(&one));
                }
            }
            assert_true(rng_bits(&one) == rng_bits(&batch));
        }
    }
}

/* 5 standard deviations: of the mean 1 / sqrt(n), of the mean square sqrt(2 / n), of the mean
   fourth power sqrt(96 / n). */
static void they_are_normal(void **state)
{
    enum { ROUNDS = 20000 };
    const double n = (double)ROUNDS * NORMAL_BATCH;
    struct rng rng = stream(7);
    double sum = 0;
    double squares = 0;
    double fourths = 0;
    (void)state;

    for (int round = 0; round < ROUNDS; round++) {
        double got[NORMAL_BATCH];
        normal_batch(&rng, got);
        for (int k = 0; k < NORMAL_BATCH; k++) {
            double square = got[k] * got[k];
            sum += got[k];
            squares += square;
            fourths += square * square;
        }
    }
    assert_true(fabs(sum / n) < 5.0 / sqrt(n));
    assert_true(fabs(squares / n - 1.0) < 5.0 * sqrt(2.0 / n));
    assert_true(fabs(fourths / n - 3.0) < 5.0 * sqrt(96.0 / n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once_are_those_one_by_one),
        cmocka_unit_test(they_are_normal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
