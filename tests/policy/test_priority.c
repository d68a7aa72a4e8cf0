/* test_priority.c - strict priorities, and the bound that priority.c states. */
#include "support/build.h"
#include "support/golden.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_the_known_ones),
        cmocka_unit_test(cut_vm_keeps_its_slice_and_place),
        cmocka_unit_test(slice_that_ends_with_the_cut_is_over),
        cmocka_unit_test(highest_vm_has_a_private_engine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
