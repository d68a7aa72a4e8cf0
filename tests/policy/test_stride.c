/* test_stride.c - the schedule and the bound of stride.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include <stdlib.h>

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "stride");
    golden_workload(&b);
    b.vms[0].weight = 200;
    build_run(&b);
    golden_check(&b, "stride slice 2, weights 2:1:1");
    build_fini(&b);
}

/* For any two VMs that stay ready, over any interval: a slice / weight of the lighter one. The
   one that ran last is ahead by no more than its own slice. */
static void service_by_weight_differs_by_little(void **state)
{
    enum { N = 8 };
    uint64_t seed = 1;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        alone_init(&alone, "stride", N);
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
                assert_true(own - other <= slice / alone.vms[ran].weight * 1.000001);
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

    alone_init(&alone, "stride", 3);
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

/* A blocks after a quarter of each slice and is back at once: it gets its half all the same. */
static void part_of_a_slice_costs_a_part(void **state)
{
    struct alone alone;
    nsec service[2] = { 0 };
    (void)state;

    alone_init(&alone, "stride", 2);
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    alone_ready(&alone, 1, 0);
    for (int step = 0; step < 1000; step++) {
        struct slice slice = alone_pick(&alone, alone.now);
        bool is_a = slice.vm->index == 0;
        nsec ran = is_a ? slice.length_ns / 4 : slice.length_ns;
        alone.now += ran;
        service[slice.vm->index] += ran;
        alone_charge(&alone, slice.vm, ran, !is_a, alone.now);
        if (is_a) {
            alone_ready(&alone, 0, alone.now);
        }
    }
    assert_true(llabs(service[0] - service[1]) <= 2 * alone.policy.quantum_ns);
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(service_by_weight_differs_by_little),
        cmocka_unit_test(sleeping_earns_nothing),
        cmocka_unit_test(part_of_a_slice_costs_a_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
