/* test_edf.c - the schedule and the bound of edf.c. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static struct workload *put(struct build *b, uint32_t vm, nsec arrival, nsec demand,
                            nsec deadline)
{
    const struct build_job job = { arrival * MSEC, demand * MSEC };
    struct workload *workload = build_jobs(b, vm, &job, 1);

    workload->deadline_ns = deadline < 0 ? NSEC_MAX : (deadline - arrival) * MSEC;
    return workload;
}

/* A's two jobs have deadlines of their own, and so workloads of their own; within the VM they
   are first come, first served. */
static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "edf");
    uint32_t a = build_vm(&b, "A");
    put(&b, a, 0, 6, 20);
    put(&b, a, 10, 2, 14);
    put(&b, build_vm(&b, "B"), 1, 3, 8);
    put(&b, build_vm(&b, "C"), 2, 4, 8);
    build_run(&b);
    golden_check(&b, "edf preemptive, deadlines a1=20 a2=14 b1=8 c1=8");
    build_fini(&b);
}

static void jobs_without_deadline_come_last_and_in_order(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "edf");
    put(&b, build_vm(&b, "A"), 1, 2, -1);
    put(&b, build_vm(&b, "B"), 0, 2, -1);
    put(&b, build_vm(&b, "C"), 1, 2, 900);
    build_run(&b);
    assert_string_equal(build_schedule(&b, MSEC), "B0-1 C1-3 B3-4 A4-6");
    build_fini(&b);
}

/* Periodic jobs with deadlines at the end of their periods that ask for the whole engine at
   most: none is late. With a little more, some are. */
static void feasible_deadlines_are_met(void **state)
{
    uint64_t seed = 13;
    (void)state;

    for (int round = 0; round < 40; round++) {
        struct build b;
        bool overloaded = round % 4 == 3;
        double load = 0;
        size_t late = 0;
        build_init(&b, "edf");
        b.scenario.duration_ns = 10 * SEC;
        for (uint32_t i = 0; i < 5; i++) {
            nsec period = test_between(&seed, 5, 60) * MSEC;
            double part = i < 4 ? (double)test_between(&seed, 5, 24) / 100 : 1 - load;
            nsec demand = (nsec)(part * (double)period) + (overloaded ? MSEC : 0);
            struct workload *workload = build_workload(&b, build_vm(&b, build_letter(i)));
            workload->arrival =
                (struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = (double)period };
            workload->deadline_ns = period;
            build_phases(workload)[0].demand = build_constant(demand);
            load += part;
        }
        build_run(&b);
        for (size_t i = 0; i < b.record.job_count; i++) {
            const struct job_end *job = &b.record.jobs[i];
            nsec deadline = b.vms[job->vm].workloads[0].workload.deadline_ns;
            late += job->end_ns > job->arrival_ns + deadline;
        }
        assert_true(overloaded ? late > 0 : late == 0);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(jobs_without_deadline_come_last_and_in_order),
        cmocka_unit_test(feasible_deadlines_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
