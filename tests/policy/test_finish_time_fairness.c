/* test_finish_time_fairness.c - the schedule and the rule of finish_time_fairness.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "finish_time_fairness");
    golden_workload(&b);
    build_run(&b);
    golden_check(&b, "themis-like, lease 2");
    build_fini(&b);
}

enum { N = 8 };

static void random_jobs(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, 1, 100 * MSEC);
}

static double rho(const struct job_view *head, nsec now)
{
    return (double)(now - head->arrival_ns + head->remaining_ns) / (double)head->demand_ns;
}

/* The lease goes to the largest rho, and lasts one slice at most. */
static void worst_off_gets_the_lease(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "finish_time_fairness", N);
    alone.next_job = random_jobs;
    alone_begin(&alone);
    for (uint32_t i = 0; i < N; i++) {
        alone_ready(&alone, i, 0);
    }
    for (int step = 0; step < 20000; step++) {
        struct job_view heads[N];
        nsec now = alone.now;
        for (uint32_t i = 0; i < N; i++) {
            heads[i] = alone.host.heads[i];
        }
        uint32_t ran = alone_step(&alone);
        for (uint32_t i = 0; i < N; i++) {
            assert_true(rho(&heads[i], now) <= rho(&heads[ran], now) * 1.000001);
        }
        assert_true(alone.now - now <= alone.policy.quantum_ns);
    }
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(worst_off_gets_the_lease),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
