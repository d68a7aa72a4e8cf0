/* test_deficit_round_robin.c - the schedule and the bounds of deficit_round_robin.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    const struct build_job a[] = { { 0, 3 * MSEC }, { 0, 3 * MSEC } };
    const struct build_job b_[] = { { 0, 1 * MSEC }, { 0, 1 * MSEC }, { 0, 1 * MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "deficit_round_robin");
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), b_, 3);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 0, 4 * MSEC }, 1);
    build_run(&b);
    golden_check(&b, "drr quantum 2");
    build_fini(&b);
}

enum { N = 8, LONGEST = 20 };

static void random_jobs(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, 0, LONGEST * MSEC);
}

/* For two VMs that stay ready, service in units of their quanta differs by less than one
   quantum plus two longest demands. */
static void service_by_quantum_differs_by_little(void **state)
{
    uint64_t seed = 4;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        double quanta[N];
        alone_init(&alone, "deficit_round_robin", N);
        alone.next_job = random_jobs;
        alone.seed = (uint64_t)round;
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, 10, 1000);
            quanta[i] = (double)alone.policy.quantum_ns * alone.vms[i].weight / 100;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 3000; step++) {
            uint32_t ran = alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                double ahead = (double)alone.service_ns[ran] / quanta[ran] -
                               (double)alone.service_ns[i] / quanta[i];
                double room = 1 + LONGEST * (double)MSEC * (1 / quanta[ran] + 1 / quanta[i]);
                assert_true(ahead <= room);
            }
        }
        alone_fini(&alone);
    }
}

static void hour_or_ten(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)alone;
    job->demand_ns = vm == 0 ? HOUR : 10 * SEC;
}

/* Jobs that need millions of visits: shares are the same, and it does not take for ever. */
static void long_jobs_cost_no_more_decisions(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "deficit_round_robin", 2);
    alone.policy.quantum_ns = 1000;
    alone.next_job = hour_or_ten;
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    alone_ready(&alone, 1, 0);
    for (int step = 0; step < 360; step++) {
        assert_int_equal(alone_step(&alone), step == 359 ? 0 : 1);
    }
    alone_fini(&alone);
}

/* A ran dry with 1 of its deficit of 2 left. That is gone: its next job, of 3, needs two
   visits, the first of them at 2, and B runs between. */
static void deficit_is_lost_when_a_vm_runs_dry(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "deficit_round_robin");
    build_jobs(&b, build_vm(&b, "A"),
               (const struct build_job[]){ { 0, MSEC }, { 1500 * USEC, 3 * MSEC } }, 2);
    build_closed(&b, build_vm(&b, "B"), build_constant(MSEC), 0);
    build_run(&b);
    assert_int_equal(build_job_of(&b, 0, 1)->start_ns, 3 * MSEC);
    build_fini(&b);
}

/* A's job of 6 needs three visits, B's of 4 two: B is first. */
static void rounds_are_skipped_up_to_the_first_job(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "deficit_round_robin");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 6 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 4 * MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "B0-4 A4-10");
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(service_by_quantum_differs_by_little),
        cmocka_unit_test(long_jobs_cost_no_more_decisions),
        cmocka_unit_test(deficit_is_lost_when_a_vm_runs_dry),
        cmocka_unit_test(rounds_are_skipped_up_to_the_first_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
