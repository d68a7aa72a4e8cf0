/* test_fair.c - the schedule and the bound of fair.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include <stdlib.h>

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fair");
    golden_workload(&b);
    b.vms[0].weight = 200;
    build_run(&b);
    golden_check(&b, "sfq slice 2, weights 2:1:1");
    build_fini(&b);
}

/* For any two VMs that stay ready, over any interval: a slice / weight of each. */
static void service_by_weight_differs_by_little(void **state)
{
    enum { N = 8 };
    uint64_t seed = 1;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        alone_init(&alone, "fair", N);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, VM_WEIGHT_MIN, VM_WEIGHT_MAX);
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 2000; step++) {
            uint32_t ran = alone_step(&alone);
            double own = (double)alone.service_ns[ran] / alone.vms[ran].weight;
            for (uint32_t i = 0; i < N; i++) {
                double slice = (double)alone.policy.quantum_ns;
                double other = (double)alone.service_ns[i] / alone.vms[i].weight;
                double room = slice / alone.vms[ran].weight + slice / alone.vms[i].weight;
                assert_true(own - other <= room * 1.000001);
            }
        }
        alone_fini(&alone);
    }
}

/* A VM that slept while the others worked gets no more than they do once it is awake. */
static void sleeping_earns_nothing(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "fair", 3);
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    alone_ready(&alone, 1, 0);
    for (int step = 0; step < 1000; step++) {
        alone_step(&alone);
    }
    alone_ready(&alone, 2, alone.now);
    nsec before = alone.service_ns[0] + alone.service_ns[1];
    for (int step = 0; step < 300; step++) {
        alone_step(&alone);
    }
    nsec others = alone.service_ns[0] + alone.service_ns[1] - before;
    assert_true(llabs(others - 2 * alone.service_ns[2]) <= 2 * alone.policy.quantum_ns);
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(service_by_weight_differs_by_little),
        cmocka_unit_test(sleeping_earns_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
