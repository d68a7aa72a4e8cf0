/* test_round_robin.c - equal turns, and the bound that round_robin.c states. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void check_golden(nsec slice_ns, nsec switch_ns, const char *schedule)
{
    struct build b;

    build_init(&b, "round_robin");
    build_compute(&b)->slice_ns = slice_ns;
    build_switch(&b, switch_ns, 0);
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, schedule);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(2 * MSEC, 0, "rr q=2");
    check_golden(1 * MSEC, 0, "rr q=1 (close to ps)");
    check_golden(2 * MSEC, 1 * MSEC, "rr q=2, switch 1 before every change of VM");
}

/* A is alone from 0; its slices are 0-2, 2-4. B comes at 3 and waits for the end of the
   second. */
static void lone_vm_renews_its_slice(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 9 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 3 * MSEC, MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-4 B4-5 A5-10");
    build_fini(&b);
}

/* B and C arrive at the very end of A's slice: both go before A. */
static void expired_vm_goes_behind_those_that_came(void **state)
{
    const struct build_job late = { 2 * MSEC, 3 * MSEC };
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 3 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &late, 1);
    build_jobs(&b, build_vm(&b, "C"), &late, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-2 B2-4 C4-6 A6-7 B7-8 C8-9");
    build_fini(&b);
}

/* n VMs that stay ready; n * (lag behind an equal share) is now - n * service. */
static void lag_stays_below_one_slice(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (uint32_t n = 1; n <= 16; n++) {
        struct alone alone;
        nsec service[16] = { 0 };
        nsec now = 0;
        alone_init(&alone, "round_robin", n);
        for (uint32_t i = 0; i < n; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, VM_WEIGHT_MIN, VM_WEIGHT_MAX);
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(alone_ready(&alone, i, 0), PREEMPT_NO);
        }
        for (int step = 0; step < 500; step++) {
            struct slice slice = alone_pick(&alone, now);
            assert_int_equal(slice.length_ns, 2 * MSEC);
            now += slice.length_ns;
            service[slice.vm->index] += slice.length_ns;
            alone_charge(&alone, slice.vm, slice.length_ns, true, now);
            for (uint32_t i = 0; i < n; i++) {
                assert_true(now - n * service[i] <= (n - 1) * 2 * MSEC);
            }
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(lone_vm_renews_its_slice),
        cmocka_unit_test(expired_vm_goes_behind_those_that_came),
        cmocka_unit_test(lag_stays_below_one_slice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
