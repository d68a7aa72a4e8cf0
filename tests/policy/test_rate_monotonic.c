/* test_rate_monotonic.c - the rule and the bound of rate_monotonic.c. */
#include "support/build.h"
#include "support/test.h"

#include <math.h>

/* C (10 ms) before B (20 ms) before A (100 ms, as it gives none); A is cut and goes on with the
   rest of its slice. */
static void shorter_periods_go_first(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "rate_monotonic");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 4 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1 * MSEC, 3 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 2 * MSEC, 3 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "D"), &(const struct build_job){ 2 * MSEC, 3 * MSEC }, 1);
    b.vms[1].schedule.period_ns = 20 * MSEC;
    b.vms[2].schedule.period_ns = 10 * MSEC;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC),
                        "A0-1 B1-2 C2-5 B5-7 A7-8 D8-10 A10-12 D12-13");
    build_fini(&b);
}

/* Random periodic jobs at the bound of Liu and Layland: none is late. */
static void deadlines_are_met_up_to_the_bound(void **state)
{
    enum { N = 5 };
    uint64_t seed = 14;
    (void)state;

    for (int round = 0; round < 40; round++) {
        struct build b;
        double bound = N * (pow(2, 1.0 / N) - 1);
        double load = 0;
        build_init(&b, "rate_monotonic");
        b.scenario.duration_ns = 10 * SEC;
        for (uint32_t i = 0; i < N; i++) {
            nsec period = test_between(&seed, 5, 60) * MSEC;
            double part = i < N - 1 ? (double)test_between(&seed, 2, 17) / 100 : bound - load;
            uint32_t vm = build_vm(&b, build_letter(i));
            struct workload *workload = build_workload(&b, vm);
            b.vms[vm].schedule.period_ns = period;
            workload->arrival =
                (struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = (double)period };
            workload->deadline_ns = period;
            build_phases(workload)[0].demand = build_constant((nsec)(part * (double)period));
            load += part;
        }
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            nsec deadline = b.vms[job->vm].workloads[0].workload.deadline_ns;
            assert_true(job->end_ns <= job->arrival_ns + deadline);
        }
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shorter_periods_go_first),
        cmocka_unit_test(deadlines_are_met_up_to_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
