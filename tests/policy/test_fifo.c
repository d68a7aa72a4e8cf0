/* test_fifo.c - jobs start in the order in which they came, and are never cut. */
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
static void order_is_that_of_jobs_not_of_vms(void **state)
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

/* A's second job came before B's, though it had to wait for A's first one to end. */
static void queued_jobs_keep_their_place(void **state)
{
    const struct build_job a[] = { { 0, 5 * MSEC }, { 1 * MSEC, 2 * MSEC } };
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_jobs(&b, build_vm(&b, "A"), a, 2);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 2 * MSEC, 3 * MSEC }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-5 A5-7 B7-10");
    build_fini(&b);
}

/* Whole jobs are served by their arrival: A's, which was on the host until 3, goes before B's
   second one of 2. */
static void jobs_keep_their_place_over_their_phases(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    struct workload *a =
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 0 }, 1);
    build_phases(a)[0] = (struct phase){ .kind = PHASE_HOST, .demand = build_constant(3) };
    build_phase(&b, a, PHASE_COMPUTE, build_constant(4));
    build_jobs(&b, build_vm(&b, "B"), (const struct build_job[]){ { 0, 5 }, { 2, 6 } }, 2);
    build_run(&b);
    assert_int_equal(build_job_of(&b, 1, 0)->end_ns, 5);
    assert_int_equal(build_job_of(&b, 0, 0)->end_ns, 9);
    assert_int_equal(build_job_of(&b, 1, 1)->end_ns, 15);
    build_fini(&b);
}

/* On the copy engine what counts is when a phase gets there: B's second copy, at 5, comes
   after A's, which is there at 3. */
static void other_engines_serve_phases_as_they_come(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    struct workload *a =
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 1, 0 }, 1);
    build_phases(a)[0] = (struct phase){ .kind = PHASE_HOST, .demand = build_constant(2) };
    build_phase(&b, a, PHASE_COPY_IN, build_constant(4));
    struct workload *other =
        build_jobs(&b, build_vm(&b, "B"), (const struct build_job[]){ { 0, 5 }, { 0, 6 } }, 2);
    build_phases(other)[0].kind = PHASE_COPY_IN;
    build_run(&b);
    assert_int_equal(build_job_of(&b, 1, 0)->end_ns, 5);
    assert_int_equal(build_job_of(&b, 0, 0)->end_ns, 9);
    assert_int_equal(build_job_of(&b, 1, 1)->end_ns, 15);
    build_fini(&b);
}

/* Random jobs: they start in the order of their arrival, and each is one piece. */
static void no_job_overtakes(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_switch(&b, 100 * USEC, 30 * USEC);
    b.scenario.duration_ns = 20 * SEC;
    for (int i = 0; i < 8; i++) {
        uint32_t vm = build_vm(&b, build_letter((uint32_t)i));
        build_poisson(&b, vm, 20 * MSEC, build_exponential(2 * MSEC));
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
        cmocka_unit_test(order_is_that_of_jobs_not_of_vms),
        cmocka_unit_test(queued_jobs_keep_their_place),
        cmocka_unit_test(jobs_keep_their_place_over_their_phases),
        cmocka_unit_test(other_engines_serve_phases_as_they_come),
        cmocka_unit_test(no_job_overtakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
