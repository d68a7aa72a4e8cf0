/* test_quota_window.c - the schedule and the bounds of quota_window.c. */
#include "support/alone.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/params.h"
#include "support/test.h"

#include <string.h>

static void schedule_is_the_known_one(void **state)
{
    static const uint32_t minima_ppm[] = { 500000, 300000, 200000 };
    struct build b;
    (void)state;

    build_init(&b, "quota_window");
    build_param(&b, "quota", 100 * MSEC);
    build_param(&b, "window", SEC);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t vm = build_vm(&b, build_letter(i));
        b.vms[vm].schedule.minimum_ppm = minima_ppm[i];
        build_closed(&b, vm, build_constant(HOUR), 0);
    }
    b.scenario.duration_ns = 2 * SEC;
    build_run(&b);
    golden_check(&b, "gemini quota 100, window 1000, min .5 .3 .2, all backlogged");
    build_fini(&b);
}

/* A lone VM with a maximum of 30 % has 300 ms of each second. */
static void maximum_is_kept(void **state)
{
    struct alone alone;
    (void)state;

    alone_init(&alone, "quota_window", 1);
    params_set(&alone.sharing, "window", SEC);
    alone.vms[0].schedule.maximum_ppm = 300000;
    alone_begin(&alone);
    alone_ready(&alone, 0, 0);
    nsec last = 0;
    for (nsec end = SEC; end <= 10 * SEC; end += SEC) {
        while (alone.now < end) {
            alone_step(&alone);
        }
        assert_true(alone.service_ns[0] - last <= 320 * MSEC);
        assert_true(alone.service_ns[0] - last >= 280 * MSEC);
        last = alone.service_ns[0];
    }
    alone_fini(&alone);
}

/* Random minima that fill the engine: over each window a VM has its minimum less a quota. */
static void minimum_is_kept_within_a_quota(void **state)
{
    enum { N = 5 };
    uint64_t seed = 27;
    (void)state;

    for (int round = 0; round < 10; round++) {
        struct alone alone;
        nsec last[N] = { 0 };
        uint32_t left = PPM;
        alone_init(&alone, "quota_window", N);
        params_set(&alone.sharing, "quota", 50 * MSEC);
        params_set(&alone.sharing, "window", 2 * SEC);
        for (uint32_t i = 0; i < N; i++) {
            uint32_t minimum = i < N - 1 ? (uint32_t)test_between(&seed, 1, 20) * 10000 : left;
            alone.vms[i].schedule.minimum_ppm = minimum;
            left -= minimum;
        }
        alone_begin(&alone);
        for (uint32_t i = 0; i < N; i++) {
            alone_ready(&alone, i, 0);
        }
        for (nsec end = 2 * SEC; end <= 20 * SEC; end += 2 * SEC) {
            while (alone.now < end) {
                alone_step(&alone);
            }
            for (uint32_t i = 0; i < N; i++) {
                nsec least = 2 * (SEC / PPM) * alone.vms[i].schedule.minimum_ppm;
                assert_true(alone.service_ns[i] - last[i] >= least - 100 * MSEC);
                last[i] = alone.service_ns[i];
            }
        }
        alone_fini(&alone);
    }
}

static void minima_must_fit(void **state)
{
    static const struct {
        uint32_t minimum_ppm;
        uint32_t maximum_ppm;
        const char *want;
    } cases[] = {
        { 600000, 1000000, "adds up to 120 %; it must be at most 100 %" },
        { 400000, 300000, "minimum of 40 % and a maximum of 30 %" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct build b;
        build_init(&b, "quota_window");
        for (uint32_t vm = 0; vm < 2; vm++) {
            build_vm(&b, build_letter(vm));
            b.vms[vm].schedule.minimum_ppm = cases[i].minimum_ppm;
            b.vms[vm].schedule.maximum_ppm = cases[i].maximum_ppm;
        }
        assert_int_equal(build_setup(&b), 0);
        b.options.setup = &b.setup;
        assert_null(run_create(&b.options, &b.err));
        assert_int_equal(b.err.kind, ERR_SCENARIO);
        assert_non_null(strstr(b.err.text, cases[i].want));
        build_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_is_the_known_one),
        cmocka_unit_test(maximum_is_kept),
        cmocka_unit_test(minimum_is_kept_within_a_quota),
        cmocka_unit_test(minima_must_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
