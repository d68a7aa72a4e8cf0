/* test_virtual_clock.c - the schedule and the bound of virtual_clock.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

/* Unit jobs that are all there at 0 are stamped with the finish times of the fluid system, so
   the order is that of weighted fair queueing. */
static void schedule_is_the_known_one(void **state)
{
    static const struct build_job jobs[4] = {
        { 0, MSEC }, { 0, MSEC }, { 0, MSEC }, { 0, MSEC }
    };
    struct build b;
    (void)state;

    build_init(&b, "virtual_clock");
    build_jobs(&b, build_vm(&b, "A"), jobs, 4);
    build_jobs(&b, build_vm(&b, "B"), jobs, 2);
    build_jobs(&b, build_vm(&b, "C"), jobs, 2);
    b.vms[0].weight = 200;
    build_run(&b);
    golden_check(&b, "wfq unit jobs, weights 2:1:1");
    build_fini(&b);
}

/* Whatever the others submit (E far too much), a job ends at most one longest demand after the
   end that a private engine of its VM's rate would give it. */
static void jobs_end_by_their_stamps(void **state)
{
    enum { N = 5 };
    uint64_t seed = 5;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct build b;
        double clocks[N] = { 0 };
        double sum = 0;
        nsec longest = 0;
        build_init(&b, "virtual_clock");
        b.scenario.seed = (uint64_t)round + 1;
        b.scenario.duration_ns = 20 * SEC;
        for (uint32_t i = 0; i < N; i++) {
            uint32_t vm = build_vm(&b, &"ABCDE"[i]);
            b.vms[vm].weight = (uint32_t)test_between(&seed, 50, 1000);
            sum += b.vms[vm].weight;
            build_poisson(&b, vm, i < N - 1 ? 60 * MSEC : 5 * MSEC,
                          build_exponential(6 * MSEC));
        }
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            nsec demand = b.record.jobs[i].demand_ns;
            longest = demand > longest ? demand : longest;
        }
        assert_true(b.record.job_count > 1000);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            double *clock = &clocks[job->vm];
            *clock = *clock > (double)job->arrival_ns ? *clock : (double)job->arrival_ns;
            *clock += (double)job->demand_ns * sum / b.vms[job->vm].weight;
            assert_true((double)job->end_ns <= *clock + (double)longest + 1000);
        }
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(jobs_end_by_their_stamps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
