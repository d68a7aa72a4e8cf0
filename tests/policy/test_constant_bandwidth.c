/* test_constant_bandwidth.c - the schedule and the bound of constant_bandwidth.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

#include <string.h>

static void give(struct build *b, uint32_t vm, nsec budget_ms, nsec period_ms)
{
    b->vms[vm].schedule.budget_ns = budget_ms * MSEC;
    b->vms[vm].schedule.period_ns = period_ms * MSEC;
}

static void schedule_is_the_known_one(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "constant_bandwidth");
    golden_workload(&b);
    give(&b, 0, 2, 6);
    give(&b, 1, 1, 4);
    give(&b, 2, 2, 6);
    build_run(&b);
    golden_check(&b, "cbs Q/P A 2/6, B 1/4, C 2/6");
    build_fini(&b);
}

/* Hard: A has 2 of each 6, also when nobody else wants the engine. */
static void hard_servers_sleep(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "constant_bandwidth");
    build_param(&b, "enforcement", 1);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 5 * MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 1 * MSEC, 2 * MSEC }, 1);
    give(&b, 0, 2, 6);
    give(&b, 1, 1, 4);
    build_run(&b);
    /* B's deadline of 5 is before A's of 6: it takes over, and sleeps from 2 to 5. */
    assert_string_equal(build_schedule(&b, MSEC), "A0-1 B1-2 A2-3 B5-6 A6-8 A12-13");
    build_fini(&b);
}

/* Infeasible or senseless reservations are refused, with what was found. */
static void reservations_must_fit(void **state)
{
    static const struct {
        nsec budgets[2];
        nsec periods[2];
        const char *want;
    } cases[] = {
        { { 60, 50 }, { 100, 100 }, "110 %; it must be at most 100 %" },
        { { 30, 0 }, { 20, 0 }, "VM A is 30 ms; it must be at most its period, 20 ms" },
        { { 100, 0 }, { 0, 0 }, "leaves nothing for those that give none" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct build b;
        build_init(&b, "constant_bandwidth");
        for (uint32_t vm = 0; vm < 2; vm++) {
            build_vm(&b, build_letter(vm));
            give(&b, vm, cases[i].budgets[vm], cases[i].periods[vm]);
        }
        assert_int_equal(build_setup(&b), 0);
        b.options.setup = &b.setup;
        assert_null(run_create(&b.options, &b.err));
        assert_int_equal(b.err.kind, ERR_SCENARIO);
        if (!strstr(b.err.text, cases[i].want)) {
            fail_msg("%s", b.err.text);
        }
        /* One after the other, they fit. */
        b.vms[0].stop_ns = 10 * MSEC;
        b.vms[1].start_ns = 10 * MSEC;
        if (i != 1) {
            b.setup = (struct setup){ 0 };
            build_start(&b);
        }
        build_fini(&b);
    }
}

/* Random shares that add up to the whole engine: each VM, which always has work, gets its
   budget in each of its periods; the deadlines of EDF see to it. */
static void budget_is_kept_in_each_period(void **state)
{
    enum { N = 6 };
    uint64_t seed = 15;
    (void)state;

    for (int round = 0; round < 20; round++) {
        struct alone alone;
        nsec last[N] = { 0 };
        nsec ends[N];
        int64_t left = 1000;
        alone_init(&alone, "constant_bandwidth", N);
        params_set(&alone.sharing, "enforcement", round % 2);
        for (uint32_t i = 0; i < N; i++) {
            int64_t share = i < N - 1 ? test_between(&seed, 10, 199) : left;
            nsec period = test_between(&seed, 5, 50) * MSEC;
            alone.vms[i].schedule.period_ns = ends[i] = period;
            alone.vms[i].schedule.budget_ns = period / 1000 * share;
            left -= share;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        while (alone.now < 5 * SEC) {
            nsec before[N];
            memcpy(before, alone.service_ns, sizeof(before));
            nsec was = alone.now;
            uint32_t ran = alone_step(&alone);
            for (uint32_t i = 0; i < N; i++) {
                while (ends[i] <= alone.now) { /* A period ended in this stay. */
                    nsec by_then = before[i] + (i == ran ? ends[i] - was : 0);
                    assert_true(by_then >= last[i] + alone.vms[i].schedule.budget_ns);
                    last[i] += alone.vms[i].schedule.budget_ns;
                    ends[i] += alone.vms[i].schedule.period_ns;
                }
            }
        }
        alone_fini(&alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(hard_servers_sleep),
        cmocka_unit_test(reservations_must_fit),
        cmocka_unit_test(budget_is_kept_in_each_period),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
