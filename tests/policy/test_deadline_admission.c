/* test_deadline_admission.c - the schedule and the bound of deadline_admission.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void put(struct build *b, uint32_t vm, nsec arrival, nsec demand, nsec deadline)
{
    const struct build_job job = { arrival * MSEC, demand * MSEC };

    build_jobs(b, vm, &job, 1)->deadline_ns = (deadline - arrival) * MSEC;
}

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "deadline_admission");
    uint32_t a = build_vm(&b, "A");
    put(&b, a, 0, 6, 20);
    put(&b, a, 10, 2, 14);
    put(&b, build_vm(&b, "B"), 1, 3, 8);
    put(&b, build_vm(&b, "C"), 2, 4, 12);
    build_run(&b);
    golden_check(&b, "clockwork-like, deadlines a1=20 b1=8 c1=12 a2=14");
    assert_int_equal(b.record.left_count, 1);
    assert_int_equal(b.record.left[0].vm, 1);
    assert_true(b.record.left[0].dropped);
    build_fini(&b);
}

/* A job that would end exactly at its deadline runs. */
static void last_moment_is_in_time(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "deadline_admission");
    put(&b, build_vm(&b, "A"), 0, 6, 6);
    put(&b, build_vm(&b, "B"), 0, 4, 10);
    put(&b, build_vm(&b, "C"), 0, 4, 13);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-6 B6-10");
    build_fini(&b);
}

/* Under overload, with switches that fit into the margin: nothing that started was late, the
   rest was dropped, and jobs without a deadline are never dropped. */
static void no_job_ends_late(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct build b;
        size_t late = 0;
        build_init(&b, "deadline_admission");
        build_param(&b, "margin", MSEC);
        build_switch(&b, MSEC, 100 * USEC);
        b.scenario.seed = seed;
        b.scenario.duration_ns = 10 * SEC;
        for (uint32_t i = 0; i < 6; i++) {
            struct workload *workload = build_poisson(&b, build_vm(&b, build_letter(i)),
                                                      20 * MSEC, build_exponential(5 * MSEC));
            workload->deadline_ns = i < 5 ? (30 + 10 * i) * MSEC : NSEC_MAX;
        }
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            nsec deadline = b.vms[job->vm].workloads[0].workload.deadline_ns;
            late += deadline != NSEC_MAX && job->end_ns > job->arrival_ns + deadline;
        }
        assert_int_equal(late, 0);
        size_t dropped = 0;
        for (size_t i = 0; i < b.record.left_count; i++) {
            dropped += b.record.left[i].dropped;
            assert_true(!b.record.left[i].dropped || b.record.left[i].vm < 5);
        }
        assert_true(dropped > 100);
        build_fini(&b);
    }
}

/* Refusing its job would only bring its next one, at the same instant. */
static void a_client_that_does_not_think_is_late(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "deadline_admission");
    b.scenario.duration_ns = 18 * MSEC;
    build_closed(&b, build_vm(&b, "A"), build_constant(6 * MSEC), 0)->deadline_ns = 5 * MSEC;
    build_closed(&b, build_vm(&b, "B"), build_constant(4 * MSEC), MSEC)->deadline_ns = MSEC;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-6 A6-12 A12-18");
    size_t dropped[2] = { 0, 0 };
    for (size_t i = 0; i < b.record.left_count; i++) {
        dropped[b.record.left[i].vm] += b.record.left[i].dropped;
    }
    assert_int_equal(dropped[0], 0);
    assert_true(dropped[1] > 0);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(last_moment_is_in_time),
        cmocka_unit_test(no_job_ends_late),
        cmocka_unit_test(a_client_that_does_not_think_is_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
