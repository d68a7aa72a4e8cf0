/* test_shortest_job.c - the schedule and the bound of shortest_job.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "shortest_job");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "sjf non-preemptive");
    build_fini(&b);
}

static void short_jobs_pass_but_do_not_cut(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "shortest_job");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 9 }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1, 5 }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 2, 3 }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-9 C9-12 B12-17");
    build_fini(&b);
}

/* When a job starts, no shorter one was there: it is shorter than all jobs that came before it
   started and started later. One job a VM, so that all are at the head of their queues. */
static void no_shorter_job_waits(void **state)
{
    uint64_t seed = 11;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct build b;
        build_init(&b, "shortest_job");
        build_switch(&b, 100 * USEC, 30 * USEC);
        for (int i = 0; i < 100; i++) {
            const struct build_job job = { test_between(&seed, 0, 300) * MSEC,
                                           test_between(&seed, 0, 5000) * USEC };
            build_jobs(&b, build_vm(&b, "vm"), &job, 1);
        }
        build_run(&b);
        assert_int_equal(b.record.job_count, 100);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *first = &b.record.jobs[i];
            assert_int_equal(first->run_ns, first->end_ns - first->start_ns);
            for (size_t k = i + 1; k < b.record.job_count; k++) {
                const struct job_end *second = &b.record.jobs[k];
                assert_true(second->arrival_ns > first->start_ns - 100 * USEC ||
                            second->demand_ns >= first->demand_ns);
            }
        }
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(short_jobs_pass_but_do_not_cut),
        cmocka_unit_test(no_shorter_job_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
