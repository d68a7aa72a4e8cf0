/* test_fifo.c - phases start in the order in which they became ready, and are never cut. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "fifo");
    build_fini(&b);
}

/* A's second job came after B's: A waits for it although it has the engine. With in_flight 2
   both of A's jobs are in its queue. */
static void order_is_that_of_phases_not_of_vms(void **state)
{
    const struct build_job a[] = { { 0, 5 * MSEC }, { 2 * MSEC, 2 * MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_jobs(&b, build_vm(&b, "A"), a, 2)->in_flight = 2;
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1 * MSEC, 3 * MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-5 B5-8 A8-10");
    build_fini(&b);
}

/* With one job under way, A's second one becomes ready when its first ends: behind B. */
static void queued_jobs_become_ready_late(void **state)
{
    const struct build_job a[] = { { 0, 5 * MSEC }, { 1 * MSEC, 2 * MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 2 * MSEC, 3 * MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-5 B5-8 A8-10");
    build_fini(&b);
}

/* Random jobs: starts are in the order of becoming ready, and each phase is one piece. */
static void no_job_overtakes(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_switch(&b, 100 * USEC, 30 * USEC);
    b.scenario.duration_ns = 20 * SEC;
    for (int i = 0; i < 8; i++) {
        uint32_t vm = build_vm(&b, "ABCDEFGH" + i);
        build_poisson(&b, vm, 20 * MSEC, build_exponential(2 * MSEC))->in_flight = 1024;
    }
    build_run(&b);
    assert_true(b.record.job_count > 5000);
    for (size_t i = 1; i < b.record.job_count; i++) {
        assert_true(b.record.jobs[i - 1].arrival_ns <= b.record.jobs[i].arrival_ns);
        assert_true(b.record.jobs[i - 1].end_ns <= b.record.jobs[i].start_ns);
        assert_int_equal(b.record.jobs[i].start_ns + b.record.jobs[i].run_ns,
                         b.record.jobs[i].end_ns);
    }
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(order_is_that_of_phases_not_of_vms),
        cmocka_unit_test(queued_jobs_become_ready_late),
        cmocka_unit_test(no_job_overtakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
