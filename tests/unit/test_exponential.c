#include "engine/exact.h"
#include "engine/exponential.h"
#include "support/test.h"

#include <math.h>

static struct rng stream(uint64_t seed)
{
    struct rng rng;

    rng_init(&rng, &(struct rng_name){
                       .seed = seed, .entry = "vm", .workload = "w", .quantity = "arrival" });
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
            struct rng any = one;
            for (int round = 0; round < 2000; round++) {
                double got[EXPONENTIAL_BATCH];
                double other[EXPONENTIAL_BATCH];
                exponential_batch(&batch, got);
                exponential_batch_any(&any, other);
                for (int k = 0; k < EXPONENTIAL_BATCH; k++) {
                    double want = -exact_log(rng_uniform(&one));
                    assert_true(got[k] == want && other[k] == want);
                }
            }
            assert_true(rng_bits(&one) == rng_bits(&batch));
        }
    }
}

/* 5 standard deviations: of the mean 1 / sqrt(n), of the mean square sqrt(20 / n). */
static void they_are_exponential(void **state)
{
    enum { ROUNDS = 20000 };
    const double n = (double)ROUNDS * EXPONENTIAL_BATCH;
    struct rng rng = stream(7);
    double sum = 0;
    double squares = 0;
    (void)state;

    for (int round = 0; round < ROUNDS; round++) {
        double got[EXPONENTIAL_BATCH];
        exponential_batch(&rng, got);
        for (int k = 0; k < EXPONENTIAL_BATCH; k++) {
            assert_true(got[k] > 0.0);
            sum += got[k];
            squares += got[k] * got[k];
        }
    }
    assert_true(fabs(sum / n - 1.0) < 5.0 / sqrt(n));
    assert_true(fabs(squares / n - 2.0) < 5.0 * sqrt(20.0 / n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once_are_those_one_by_one),
        cmocka_unit_test(they_are_exponential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
