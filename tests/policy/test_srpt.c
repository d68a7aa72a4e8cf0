/* test_srpt.c - the schedule of srpt.c, and that no policy has a lower mean latency. */
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "srpt");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "srpt");
    build_fini(&b);
}

/* B would take over if A's job were looked at as it was when A was picked: 6 left. But A has
   only 2 left by then. */
static void running_job_counts_with_what_it_has_left(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "srpt");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 6 }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 4, 3 }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "A0-6 B6-9");
    build_fini(&b);
}

/* The running VM goes before one that has as much left: no needless switch. */
static void ties_stay_with_the_running_vm(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "srpt");
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 4, 2 }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 6 }, 1);
    build_run(&b);
    assert_string_equal(build_schedule(&b, 1), "B0-6 A6-8");
    build_fini(&b);
}

/* Sum of latencies of jobs that each have a VM of their own. */
static nsec latency_sum(const char *policy, uint64_t seed)
{
    enum { JOBS = 12 };
    struct build b;
    nsec sum = 0;

    build_init(&b, policy);
    for (uint32_t i = 0; i < JOBS; i++) {
        const struct build_job job = { test_between(&seed, 0, 30) * MSEC,
                                       test_between(&seed, 1, 12) * MSEC };
        uint32_t vm = build_vm(&b, "vm");
        b.vms[vm].priority = (uint32_t)test_between(&seed, 0, 255);
        build_jobs(&b, vm, &job, 1);
    }
    b.scenario.duration_ns = 100 * SEC;
    build_run(&b);
    for (size_t i = 0; i < b.record.job_count; i++) {
        sum += b.record.jobs[i].end_ns - b.record.jobs[i].arrival_ns;
    }
    sum = b.record.job_count == JOBS ? sum : NSEC_MAX;
    build_fini(&b);
    return sum;
}

static void no_policy_has_a_lower_mean_latency(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        nsec least = latency_sum("srpt", seed);
        for (size_t i = 0; i < policy_registry_count; i++) {
            assert_true(latency_sum(policy_registry[i]->name, seed) >= least);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(running_job_counts_with_what_it_has_left),
        cmocka_unit_test(ties_stay_with_the_running_vm),
        cmocka_unit_test(no_policy_has_a_lower_mean_latency),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
