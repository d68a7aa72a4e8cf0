/* test_borrowed_virtual_time.c - the schedules and the bound of borrowed_virtual_time.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

static void check_golden(nsec warp_ns, const char *schedule)
{
    struct build b;

    build_init(&b, "borrowed_virtual_time");
    build_param(&b, "warp", warp_ns);
    build_param(&b, "unit", MSEC);
    golden_workload(&b);
    b.vms[0].weight = 200;
    b.vms[2].schedule.real_time = true;
    build_run(&b);
    golden_check(&b, schedule);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(0, "bvt C=2, weights 2:1:1, no warp");
    check_golden(4 * MSEC, "bvt C=2, weights 2:1:1, warp 4 for C");
}

/* For two VMs that stay ready, service / weight differs by the allowance / weight of the one
   that is ahead at most; a warp puts real-time VMs that much further ahead. */
static void service_by_weight_differs_by_the_allowance(void **state)
{
    enum { N = 6 };
    uint64_t seed = 7;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        nsec warp = round % 2 ? 30 * MSEC : 0;
        alone_init(&alone, "borrowed_virtual_time", N);
        params_set(&alone.sharing, "warp", warp);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, VM_WEIGHT_MIN, VM_WEIGHT_MAX);
            alone.vms[i].schedule.real_time = i % 2;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 1000; step++) {
            uint32_t ran = alone_step(&alone);
            double own = 100 * (double)alone.service_ns[ran] / alone.vms[ran].weight;
            double room = 100 * (double)alone.policy.quantum_ns / alone.vms[ran].weight;
            for (uint32_t i = 0; i < N; i++) {
                double other = 100 * (double)alone.service_ns[i] / alone.vms[i].weight;
                double warps = (double)warp * ((int)(ran % 2) - (int)(i % 2));
                assert_true(own - other <= room + warps + 200);
            }
        }
        alone_fini(&alone);
    }
}

/* All others dry: whoever comes back does not bring the past with it. */
static void sleeping_earns_nothing(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "borrowed_virtual_time", 2);
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    struct slice slice = alone_pick(&alone, 0);
    alone_charge(&alone, slice.vm, SEC, false, SEC);
    alone_ready(&alone, 1, SEC);
    slice = alone_pick(&alone, SEC);
    assert_int_equal(slice.vm->index, 1);
    alone_charge(&alone, slice.vm, MSEC, true, SEC + MSEC);
    assert_int_equal(alone_ready(&alone, 0, SEC + MSEC), PREEMPT_ASK);
    slice = alone_pick(&alone, SEC + MSEC);
    assert_int_equal(slice.vm->index, 1);
    assert_true(slice.length_ns > SEC / 2 && slice.length_ns < 2 * SEC);
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(service_by_weight_differs_by_the_allowance),
        cmocka_unit_test(sleeping_earns_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
