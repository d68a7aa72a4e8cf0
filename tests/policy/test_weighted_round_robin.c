/* test_weighted_round_robin.c - turns by weight, and the bound of weighted_round_robin.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "weighted_round_robin");
    build_compute(&b)->slice_ns = 1 * MSEC;
    golden_workload(&b);
    b.vms[0].weight = 200;
    build_run(&b);
    golden_check(&b, "wrr weights 2:1:1, unit 1");
    build_fini(&b);
}

/* A weight so small that its part of the slice rounds to nothing still gets its turn. */
static void least_slice_is_one_nanosecond(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "weighted_round_robin", 1);
    alone.policy.quantum_ns = 99;
    alone.vms[0].weight = 1;
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    assert_int_equal(alone_pick(&alone, 0).length_ns, 1);
    alone_fini(&alone);
}

/* A VM that stays ready waits for at most one slice of each other VM, and its slice is that of
   its weight. */
static void wait_is_one_slice_of_each_other(void **state)
{
    enum { N = 12 };
    uint64_t seed = 2;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        nsec quanta[N];
        nsec waits_from[N] = { 0 };
        nsec sum = 0;
        nsec now = 0;
        alone_init(&alone, "weighted_round_robin", N);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, VM_WEIGHT_MIN, VM_WEIGHT_MAX);
            quanta[i] = alone.policy.quantum_ns * alone.vms[i].weight / VM_WEIGHT_ONE;
            sum += quanta[i];
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 1000; step++) {
            struct slice slice = alone_pick(&alone, now);
            uint32_t i = slice.vm->index;
            assert_int_equal(slice.length_ns, quanta[i]);
            assert_true(now - waits_from[i] <= sum - quanta[i]);
            now += slice.length_ns;
            waits_from[i] = now;
            alone_charge(&alone, slice.vm, slice.length_ns, true, now);
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(least_slice_is_one_nanosecond),
        cmocka_unit_test(wait_is_one_slice_of_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
