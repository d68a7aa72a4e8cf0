/* test_credit.c - the schedule and the bound of credit.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "credit");
    build_param(&b, "boost", false);
    build_param(&b, "bound", false);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t vm = build_vm(&b, build_letter(i));
        b.vms[vm].weight = i == 0 ? 512 : 256;
        build_closed(&b, vm, build_constant(SEC), 0);
    }
    build_run(&b);
    golden_check(&b, "xen credit weights 512:256:256, all backlogged");
    build_fini(&b);
}

/* B wakes with credits: boosted, it cuts A at once, but not before A ran for the ratelimit of
   1 ms since it was picked; without the boost it waits for the end of A's slice at 60. */
static void waking_vm_is_boosted(void **state)
{
    static const struct {
        bool boost;
        nsec wakes_us;
        const char *schedule;
    } cases[] = {
        { true, 35000, "A0-35 B35-36 A36-70" },
        { true, 30500, "A0-31 B31-32 A32-70" },
        { false, 35000, "A0-60 B60-61 A61-70" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct build b;
        build_init(&b, "credit");
        build_param(&b, "boost", cases[i].boost);
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 69 * MSEC }, 1);
        build_jobs(&b, build_vm(&b, "B"),
                   &(const struct build_job){ cases[i].wakes_us * USEC, MSEC }, 1);
        build_run(&b);
        assert_string_equal(build_schedule(&b, MSEC), cases[i].schedule);
        build_fini(&b);
    }
}

/* Always busy VMs of random weights: over ten seconds each has its share within two slices of
   each other VM. */
static void shares_are_right_in_the_long_run(void **state)
{
    enum { N = 5 };
    uint64_t seed = 22;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        double sum = 0;
        alone_init(&alone, "credit", N);
        params_set(&alone.sharing, "bound", false);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, 50, 500);
            sum += alone.vms[i].weight;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        while (alone.now < 20 * SEC) {
            alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                double fluid = (double)alone.now * alone.vms[i].weight / sum;
                double off = (double)alone.service_ns[i] - fluid;
                assert_true(off <= N * 60e6 && -off <= N * 60e6);
            }
        }
        alone_fini(&alone);
    }
}

/* A cap holds, also when nobody else wants the engine. */
static void cap_parks_a_vm(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "credit", 2);
    alone.vms[0].schedule.maximum_ppm = 200000;
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    while (alone.now < 3 * SEC) {
        alone_step(&alone);
    }
    assert_true(alone.service_ns[0] <= 600 * MSEC + 6 * MSEC);
    assert_true(alone.service_ns[0] >= 600 * MSEC - 6 * MSEC);
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(waking_vm_is_boosted),
        cmocka_unit_test(shares_are_right_in_the_long_run),
        cmocka_unit_test(cap_parks_a_vm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
