/* test_interference_aware.c - the rule and the bound of interference_aware.c. */
#include "support/build.h"
#include "support/test.h"

/* B's kernels of 2 and A's of 3 take turns; C, real-time, goes next whenever it has work. */
static void kernels_run_while_the_real_time_vm_is_idle(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "interference_aware");
    build_phases(build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 9 }, 1))[0]
        .kernel_ns = 3;
    build_phases(build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 4 }, 1))[0]
        .kernel_ns = 2;
    build_jobs(&b, build_vm(&b, "C"), (const struct build_job[]){ { 4, 5 }, { 20, 1 } }, 2);
    b.vms[2].schedule.real_time = true;
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-3 B3-5 C5-10 A10-13 B13-15 A15-18 C20-21");
    build_fini(&b);
}

/* On a device that can be interrupted at any instant too, the real-time VM waits for the kernel
   that runs: one at most, and a switch. */
static void real_time_vm_waits_for_one_kernel(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct build b;
        const nsec cost = 100 * USEC;
        nsec free_ns = 0;
        nsec longest = 0;
        build_init(&b, "interference_aware");
        build_switch(&b, cost, 0);
        b.scenario.seed = seed;
        b.scenario.duration_ns = 10 * SEC;
        for (uint32_t i = 0; i < 4; i++) {
            struct workload *workload = build_poisson(&b, build_vm(&b, build_letter(i)),
                                                      30 * MSEC, build_exponential(8 * MSEC));
            build_phases(workload)[0].kernel_ns = 2 * MSEC;
        }
        b.vms[3].priority = 200;
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            if (job->vm == 3) {
                nsec start = job->arrival_ns > free_ns ? job->arrival_ns : free_ns;
                nsec wait = job->end_ns - job->demand_ns - start;
                free_ns = job->end_ns;
                longest = wait > longest ? wait : longest;
            }
        }
        assert_true(longest > 1 * MSEC && longest <= 2 * MSEC + 2 * cost);
        build_fini(&b);
    }
}

/* All priorities are the same, and no VM says real_time: none is, and kernels take turns. */
static void nobody_is_real_time_among_equals(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "interference_aware");
    for (uint32_t i = 0; i < 2; i++) {
        build_phases(build_jobs(&b, build_vm(&b, build_letter(i)),
                                &(const struct build_job){ 0, 4 }, 1))[0]
            .kernel_ns = 2;
    }
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-2 B2-4 A4-6 B6-8");
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_run_while_the_real_time_vm_is_idle),
        cmocka_unit_test(real_time_vm_waits_for_one_kernel),
        cmocka_unit_test(nobody_is_real_time_among_equals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
