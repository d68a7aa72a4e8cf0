/* test_las.c - the schedule and the bound of las.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "las");
    build_compute(&b)->slice_ns = 1 * MSEC;
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "las by job, quantum 1");
    build_fini(&b);
}

/* A new job takes over in the middle of a slice; A's second job starts from nothing. */
static void new_jobs_go_first(void **state)
{
    const struct build_job a[] = { { 0, 5 }, { 0, 2 } };
    struct build b;
    (void)state;

    build_init(&b, "las");
    build_compute(&b)->slice_ns = 4;
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1, 6 }, 1);
    build_run(&b);
    /* B takes over at 1 (A has 1), has 4 at 5, A 1: A to its end at 9; then A's second with 0.
     */
    assert_string_equal(build_schedule(&b, 1), "A0-1 B1-5 A5-9 A9-11 B11-13");
    build_fini(&b);
}

static void random_jobs(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, 1, 40 * MSEC);
}

/* The job that runs has had no more than any other. */
static void job_that_runs_has_had_least(void **state)
{
    enum { N = 8 };
    struct alone alone;
    nsec attained[N] = { 0 };
    (void)state;

    alone_init(&alone, "las", N);
    alone.next_job = random_jobs;
    alone_begin(&alone);
    for (uint32_t i = 0; i < N; i++) {
        alone_ready(&alone, i, 0);
    }
    for (int step = 0; step < 20000; step++) {
        uint64_t order[N];
        nsec before[N];
        for (uint32_t i = 0; i < N; i++) {
            order[i] = alone.host.heads[i].order;
            before[i] = alone.service_ns[i];
        }
        uint32_t ran = alone_step(&alone);
        for (uint32_t i = 0; i < N; i++) {
            assert_true(attained[ran] <= attained[i]);
        }
        attained[ran] += alone.service_ns[ran] - before[ran];
        if (alone.host.heads[ran].order != order[ran]) {
            attained[ran] = 0;
        }
    }
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(new_jobs_go_first),
        cmocka_unit_test(job_that_runs_has_had_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
