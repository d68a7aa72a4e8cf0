/* test_mlfq.c - the schedule and the bound of mlfq.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "mlfq");
    build_compute(&b)->slice_ns = 1 * MSEC;
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "mlfq quanta 1,2,4");
    build_fini(&b);
}

/* A is on the second level (quantum 4) when B comes; it goes on with the rest of its quantum,
   before C, which came to that level later. */
static void cut_job_keeps_its_place_and_quantum(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "mlfq");
    build_compute(&b)->slice_ns = 2;
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 10 }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 3, 1 }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 3, 3 }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-3 B3-4 C4-6 A6-9 C9-10 A10-14");
    build_fini(&b);
}

/* Long jobs of B, always fresh at the top, starve A; a boost brings A back. */
static void boost_ends_starving(void **state)
{
    (void)state;

    for (int boosts = 0; boosts <= 1; boosts++) {
        struct build b;
        build_init(&b, "mlfq");
        build_param(&b, "boost", boosts ? 50 * MSEC : 0);
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 20 * MSEC }, 1);
        build_closed(&b, build_vm(&b, "B"), build_constant(2 * MSEC), 0);
        build_run(&b);
        assert_int_equal(b.record.jobs[b.record.job_count - 1].vm, 1);
        nsec service = record_service(&b.record, ENGINE_COMPUTE, 0);
        assert_int_equal(service, boosts ? 20 * MSEC : 2 * MSEC);
        build_fini(&b);
    }
}

/* A job that fits into a slice waits only for first slices, of its own VM's and other jobs:
   with one job a VM that is at most one slice each. */
static void short_jobs_wait_for_the_highest_level_only(void **state)
{
    enum { N = 8 };
    uint64_t seed = 12;
    (void)state;

    for (int round = 0; round < 50; round++) {
        struct build b;
        build_init(&b, "mlfq");
        build_param(&b, "levels", test_between(&seed, 2, 6));
        for (uint32_t i = 0; i < N; i++) {
            const struct build_job job = { test_between(&seed, 0, 100) * MSEC,
                                           i < N / 2 ? test_between(&seed, 1, 2 * MSEC)
                                                     : test_between(&seed, 20, 60) * MSEC };
            build_jobs(&b, build_vm(&b, build_letter(i)), &job, 1);
        }
        build_run(&b);
        for (uint32_t i = 0; i < N / 2; i++) {
            assert_true(build_job_of(&b, i, 0)->slice_wait_ns <= (N - 1) * 2 * MSEC);
        }
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(cut_job_keeps_its_place_and_quantum),
        cmocka_unit_test(boost_ends_starving),
        cmocka_unit_test(short_jobs_wait_for_the_highest_level_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
