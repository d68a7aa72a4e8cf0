/* test_disengaged_fair.c - the rule and the bound of disengaged_fair.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/params.h"
#include "support/test.h"

static const nsec kernels_ns[] = { 3 * MSEC, 1 * MSEC, 1 * MSEC };

static void constant_kernels(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)alone;
    job->demand_ns = kernels_ns[vm % 3];
}

/* A's kernels of 3 against B's and C's of 1: a free run of 15 gives 9, 3 and 3, so A is 6 ahead
   after one, 12 after two, 18 > 15 after three. In the fourth it is denied; B and C share it.
 */
static void vm_that_is_ahead_is_denied(void **state)
{
    struct alone alone;
    nsec expected[4][3] = { { 9, 3, 3 }, { 9, 3, 3 }, { 9, 3, 3 }, { 0, 8, 7 } };
    (void)state;

    alone_init(&alone, "disengaged_fair", 3);
    params_set(&alone.sharing, "free_run", 15 * MSEC);
    params_set(&alone.sharing, "sampling", 9 * MSEC); /* 3 each: it changes no difference. */
    alone.next_job = constant_kernels;
    alone_begin(&alone);
    for (uint32_t i = 0; i < 3; i++) {
        alone_ready(&alone, i, 0);
    }
    for (int run = 0; run < 4; run++) {
        nsec before[3];
        nsec start = alone.now;
        while (alone.now < start + 9 * MSEC) {
            alone_step(&alone);
        }
        for (uint32_t i = 0; i < 3; i++) {
            before[i] = alone.service_ns[i];
            assert_int_equal(before[i] % MSEC, 0);
        }
        while (alone.now < start + 24 * MSEC) {
            alone_step(&alone);
        }
        for (uint32_t i = 0; i < 3; i++) {
            nsec off = alone.service_ns[i] - before[i] - expected[run][i] * MSEC;
            assert_true(off >= -MSEC && off <= MSEC);
        }
    }
    alone_fini(&alone);
}

static void short_kernels(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)alone;
    job->demand_ns = (1 + vm) * 100 * USEC;
}

/* Kernels of constant length: a VM is not ahead of another by more than a free run (else it
   would have been denied) and what it gained since. */
static void estimates_keep_vms_together(void **state)
{
    enum { N = 6 };
    uint64_t seed = 25;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        alone_init(&alone, "disengaged_fair", N);
        alone.next_job = short_kernels;
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, 50, 200);
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        while (alone.now < 5 * SEC) {
            alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                double own = 100. * (double)alone.service_ns[i] / alone.vms[i].weight;
                double gain = (25e6 + 2 * 5e6) * 100 / alone.vms[i].weight;
                for (uint32_t k = 0; k < N; k++) {
                    double other = 100. * (double)alone.service_ns[k] / alone.vms[k].weight;
                    assert_true(own - other <= 25e6 + gain);
                }
            }
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vm_that_is_ahead_is_denied),
        cmocka_unit_test(estimates_keep_vms_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
