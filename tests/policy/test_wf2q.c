/* test_wf2q.c - the schedule and the bound of wf2q.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    static const struct build_job jobs[4] = {
        { 0, MSEC }, { 0, MSEC }, { 0, MSEC }, { 0, MSEC }
    };
    struct build b;
    (void)state;

    build_init(&b, "wf2q");
    build_jobs(&b, build_vm(&b, "A"), jobs, 4);
    build_jobs(&b, build_vm(&b, "B"), jobs, 2);
    build_jobs(&b, build_vm(&b, "C"), jobs, 2);
    b.vms[0].weight = 200;
    build_run(&b);
    golden_check(&b, "wf2q unit jobs, weights 2:1:1");
    build_fini(&b);
}

enum { N = 8, LONGEST = 10 };

static void random_jobs(struct alone *alone, uint32_t vm, struct job_view *job)
{
    (void)vm;
    job->demand_ns = test_between(&alone->seed, 1, LONGEST * MSEC);
}

/* While all stay ready, a VM is behind its fluid share by at most the longest job, and ahead by
   at most a job of its own. */
static void service_keeps_to_the_fluid_share(void **state)
{
    uint64_t seed = 6;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        double sum = 0;
        alone_init(&alone, "wf2q", N);
        alone.next_job = random_jobs;
        alone.seed = (uint64_t)round;
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].weight = (uint32_t)test_between(&seed, 10, 1000);
            sum += alone.vms[i].weight;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < 3000; step++) {
            alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                double fluid = (double)alone.now * alone.vms[i].weight / sum;
                double ahead = (double)alone.service_ns[i] - fluid;
                double longest = LONGEST * (double)MSEC + 1000;
                assert_true(ahead <= longest && -ahead <= longest);
            }
        }
        alone_fini(&alone);
    }
}

/* A VM that slept starts at the present virtual time: it makes up for nothing. */
static void sleeping_earns_nothing(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "wf2q", 3);
    alone.next_job = random_jobs;
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    alone_ready(&alone, 1, 0);
    for (int step = 0; step < 1000; step++) {
        alone_step(&alone);
    }
    nsec woke = alone.now;
    alone_ready(&alone, 2, woke);
    for (int step = 0; step < 1000; step++) {
        alone_step(&alone);
    }
    assert_true(alone.service_ns[2] <= (alone.now - woke) / 3 + 2 * LONGEST * MSEC);
    assert_true(alone.service_ns[2] >= (alone.now - woke) / 3 - 2 * LONGEST * MSEC);
    alone_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(service_keeps_to_the_fluid_share),
        cmocka_unit_test(sleeping_earns_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
