/* test_reset_preempt.c - the schedules and the bound of reset_preempt.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void check_golden(nsec kernel_ns, const char *schedule)
{
    struct build b;

    build_init(&b, "reset_preempt");
    golden_workload(&b);
    build_phases((struct workload *)&b.vms[0].workloads[0].workload)[0].kernel_ns = kernel_ns;
    b.vms[2].schedule.real_time = true;
    build_run(&b);
    golden_check(&b, schedule);
    assert_int_equal(b.record.totals[ENGINE_COMPUTE].lost_ns, kernel_ns > MSEC ? 2 * MSEC : 0);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(6 * MSEC, "reef-like, C real-time, A in kernels of 6 ms");
    check_golden(1 * MSEC, "reef-like, C real-time, A in kernels of 1 ms");
}

/* If no VM says real_time, the highest priority is; if all have the same, none is. */
static void classes_follow_the_priority(void **state)
{
    struct build b;
    (void)state;

    for (uint32_t priority = 100; priority <= 101; priority++) {
        build_init(&b, "reset_preempt");
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 6 }, 1);
        build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 2, 3 }, 1);
        b.vms[1].priority = priority;
        build_run(&b);
        assert_string_equal(build_schedule(&b, 1),
                            priority == 100 ? "A0-6 B6-9" : "A0-2 B2-5 A5-11");
        build_fini(&b);
    }
}

/* The real-time VM's jobs take their demand, one switch, and what is before them of its own;
   the others lose less than a kernel each time. */
static void real_time_vm_waits_for_a_switch(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct build b;
        const nsec cost = 100 * USEC;
        nsec free_ns = 0;
        uint32_t real_jobs = 0;
        build_init(&b, "reset_preempt");
        build_switch(&b, cost, 0);
        b.scenario.seed = seed;
        b.scenario.duration_ns = 10 * SEC;
        for (uint32_t i = 0; i < 4; i++) {
            struct workload *workload =
                build_poisson(&b, build_vm(&b, build_letter(i)), (i + 1) * 20 * MSEC,
                              build_exponential(6 * MSEC));
            build_phases(workload)[0].kernel_ns = 2 * MSEC;
        }
        b.vms[3].schedule.real_time = true;
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            if (job->vm == 3) {
                nsec start = job->arrival_ns > free_ns ? job->arrival_ns : free_ns;
                free_ns = job->end_ns;
                /* A switch that had begun for another VM completes first. */
                assert_true(job->end_ns <= start + 2 * cost + job->demand_ns);
                real_jobs++;
            }
        }
        assert_true(real_jobs > 50);
        assert_true(b.record.totals[ENGINE_COMPUTE].lost_ns > 0);
        assert_true(b.record.totals[ENGINE_COMPUTE].lost_ns < real_jobs * 2 * MSEC);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(classes_follow_the_priority),
        cmocka_unit_test(real_time_vm_waits_for_a_switch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
