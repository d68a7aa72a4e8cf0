/* test_token_bucket.c - the schedule and the bound of token_bucket.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "token_bucket");
    build_param(&b, "burst", 2 * MSEC);
    build_param(&b, "tick", MSEC);
    golden_workload(&b);
    for (uint32_t i = 0; i < 3; i++) {
        b.vms[i].schedule.budget_ns = 1 * MSEC;
        b.vms[i].schedule.period_ns = 3 * MSEC;
    }
    build_run(&b);
    golden_check(&b, "token bucket rate 1/3 each, bucket 2 ms, fifo among those with tokens");
    build_fini(&b);
}

/* A VM alone: a job of demand d takes max(d, (d - burst) / rate), within a tick. */
static void lone_job_takes_what_its_rate_says(void **state)
{
    (void)state;

    for (nsec demand = 5 * MSEC; demand <= 40 * MSEC; demand += 7 * MSEC) {
        struct build b;
        build_init(&b, "token_bucket");
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, demand }, 1);
        b.vms[0].schedule.maximum_ppm = 250000;
        build_run(&b);
        nsec limited = (demand - 10 * MSEC) * 4;
        nsec want = demand > limited ? demand : limited;
        nsec end = build_job_of(&b, 0, 0)->end_ns;
        assert_true(end >= want && end <= want + 8 * MSEC);
        build_fini(&b);
    }
}

/* Random limits that together are more than the engine: no VM ever has more than burst, rate *
   t and a tick, from any time on. */
static void nobody_gets_more_than_burst_and_rate(void **state)
{
    enum { N = 4, SPANS = 2000 };
    uint64_t seed = 26;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        nsec times[SPANS];
        nsec services[SPANS][N];
        alone_init(&alone, "token_bucket", N);
        params_set(&alone.sharing, "poll", round % 2 ? 10 * MSEC : 1);
        for (uint32_t i = 0; i < N; i++) {
            alone.vms[i].schedule.maximum_ppm = (uint32_t)test_between(&seed, 10000, 500000);
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (int step = 0; step < SPANS; step++) {
            alone_step(&alone);
            times[step] = alone.now;
            for (uint32_t i = 0; i < N; i++) {
                services[step][i] = alone.service_ns[i];
            }
        }
        for (int from = 0; from < SPANS; from += 7) {
            for (int to = from + 1; to < SPANS; to += 1 + to / 8) {
                for (uint32_t i = 0; i < N; i++) {
                    double got = (double)(services[to][i] - services[from][i]);
                    double rate = alone.vms[i].schedule.maximum_ppm / 1e6;
                    double most = 12e6 + rate * (double)(times[to] - times[from]);
                    assert_true(got <= most + 1000);
                }
            }
        }
        alone_fini(&alone);
    }
}

/* With feedback the use of a VM that always has work comes to its limit, although its kernels
   of 20 ms run over each time. */
static void feedback_steers_to_the_limit(void **state)
{
    (void)state;

    for (uint32_t percent = 10; percent <= 70; percent += 20) {
        struct build b;
        build_init(&b, "token_bucket");
        build_param(&b, "feedback", 120 * MSEC);
        build_param(&b, "poll", 10 * MSEC);
        b.gpus[0].device.preemption = PREEMPTION_KERNEL;
        build_closed(&b, build_vm(&b, "A"), build_constant(20 * MSEC), 0);
        b.vms[0].schedule.maximum_ppm = percent * 10000;
        b.scenario.duration_ns = 20 * SEC;
        build_run(&b);
        nsec service = record_service(&b.record, ENGINE_COMPUTE, 0);
        nsec want = percent * b.scenario.duration_ns / 100;
        assert_true(service > want * 8 / 10 && service < want * 12 / 10);
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(lone_job_takes_what_its_rate_says),
        cmocka_unit_test(nobody_gets_more_than_burst_and_rate),
        cmocka_unit_test(feedback_steers_to_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
