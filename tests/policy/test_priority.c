/* test_priority.c - strict priorities, and the bound that priority.c states. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

static void check_golden(bool preemptive, const char *schedule)
{
    struct build b;

    build_init(&b, "priority");
    build_param(&b, "preemptive", preemptive);
    golden_workload(&b);
    b.vms[0].priority = 1;
    b.vms[1].priority = 2;
    b.vms[2].priority = 255;
    build_run(&b);
    golden_check(&b, schedule);
    build_fini(&b);
}

static void schedules_are_the_known_ones(void **state)
{
    (void)state;
    check_golden(true, "strict priority C>B>A, preemptive");
    check_golden(false, "strict priority C>B>A, non-preemptive");
}

/* A (1 ms into its slice of 2) is cut by C, and goes on with the rest of its slice before B,
   which waited at the same level. */
static void cut_vm_keeps_its_slice_and_place(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "priority");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 4 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ MSEC / 2, 4 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 1 * MSEC, 3 * MSEC }, 1);
    b.vms[2].priority = 101;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-1 C1-4 A4-5 B5-7 A7-9 B9-11");
    build_fini(&b);
}

/* C cuts A at the very end of its slice: then it is over, and B is next of its level. */
static void slice_that_ends_with_the_cut_is_over(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "priority");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 3 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ MSEC, 2 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 2 * MSEC, MSEC }, 1);
    b.vms[2].priority = 101;
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "A0-2 C2-3 B3-5 A5-6");
    build_fini(&b);
}

/* The highest VM sees a private engine: whatever the others do, its jobs take what they would
   take alone; with non-preemptive priorities they wait for one phase at most. */
static void highest_vm_has_a_private_engine(void **state)
{
    (void)state;

    for (int preemptive = 0; preemptive <= 1; preemptive++) {
        struct build b;
        nsec free_ns = 0; /* When the top VM's engine would be free. */
        build_init(&b, "priority");
        build_param(&b, "preemptive", preemptive);
        b.scenario.duration_ns = 20 * SEC;
        for (uint32_t i = 0; i < 5; i++) {
            uint32_t vm = build_vm(&b, build_letter(i));
            b.vms[vm].priority = 10 * i;
            build_poisson(&b, vm, 10 * MSEC,
                          i < 4 ? build_constant(2 * MSEC) : build_exponential(3 * MSEC));
        }
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            if (job->vm != 4) {
                continue;
            }
            nsec start = job->arrival_ns > free_ns ? job->arrival_ns : free_ns;
            free_ns = start + job->demand_ns;
            if (preemptive) {
                assert_int_equal(job->end_ns, free_ns);
            } else {
                assert_true(job->end_ns >= free_ns && job->slice_wait_ns <= 2 * MSEC);
                free_ns = job->end_ns;
            }
        }
        build_fini(&b);
    }
}

/* B, always busy, is 5 above A: with aging of 10 ms, A has a slice for each 50 ms it waits. */
static void aging_ends_starving(void **state)
{
    (void)state;

    for (int aging = 0; aging <= 1; aging++) {
        struct build b;
        build_init(&b, "priority");
        build_param(&b, "aging", aging ? 10 * MSEC : 0);
        build_closed(&b, build_vm(&b, "A"), build_constant(SEC), 0);
        build_closed(&b, build_vm(&b, "B"), build_constant(SEC), 0);
        b.vms[1].priority = 105;
        b.scenario.duration_ns = 520 * MSEC;
        build_run(&b);
        nsec service = record_service(&b.record, ENGINE_COMPUTE, 0);
        assert_int_equal(service, aging ? 20 * MSEC : 0);
        build_fini(&b);
    }
}

/* Random priorities, everybody always busy: the wait is bounded by the distance to the highest
   priority, and a slice of each other VM. */
static void aging_bounds_the_wait(void **state)
{
    enum { N = 10 };
    uint64_t seed = 31;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        nsec since[N] = { 0 };
        uint32_t highest = 0;
        nsec aging = test_between(&seed, 1, 20 * MSEC);
        alone_init(&alone, "priority", N);
        params_set(&alone.sharing, "aging", aging);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].priority = (uint32_t)test_between(&seed, 0, 255);
            highest = alone.vms[i].priority > highest ? alone.vms[i].priority : highest;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 5000; step++) {
            nsec now = alone.now;
            uint32_t ran = alone_step(&alone);
            nsec distance = (highest - alone.vms[ran].priority) * aging;
            assert_true(now - since[ran] <= distance + (N - 1) * alone.policy.quantum_ns);
            since[ran] = alone.now;
        }
        alone_fini(&alone);
    }
}

/* A, aged above B's fresh jobs, is not cut by them, but by those of C. */
static void aged_vm_is_cut_by_higher_ones_only(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "priority");
    build_param(&b, "aging", 2);
    build_compute(&b)->slice_ns = 10;
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 1, 9 }, 1);
    build_jobs(&b, build_vm(&b, "B"), (const struct build_job[]){ { 0, 7 }, { 9, 2 } }, 2);
    build_jobs(&b, build_vm(&b, "C"), &(const struct build_job){ 11, 3 }, 1);
    b.vms[1].priority = 102;
    b.vms[2].priority = 104;
    build_run(&b);
    /* A waited 6 when it is picked at 7: 3 levels, which is above B, and below C. */
    assert_string_equal(build_schedule(&b, 1), "B0-7 A7-11 C11-14 A14-19 B19-21");
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(cut_vm_keeps_its_slice_and_place),
        cmocka_unit_test(slice_that_ends_with_the_cut_is_over),
        cmocka_unit_test(highest_vm_has_a_private_engine),
        cmocka_unit_test(aging_ends_starving),
        cmocka_unit_test(aging_bounds_the_wait),
        cmocka_unit_test(aged_vm_is_cut_by_higher_ones_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
