/* test_alone_run.c - metrics: alone: each VM once more without the others. */
#include "study/simulate.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static void simulate_build(struct build *b, struct simulation *ret)
{
    const struct simulate_options options = { .threads = 1 };
    struct err err;

    assert_int_equal(build_setup(b), 0);
    if (simulate(&b->setup, &options, ret, &err)) {
        fail_msg("%s", err.text);
    }
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fabs(b))) {
        fail_msg("%.17g is not %.17g", a, b);
    }
}

/* Together A ends at 12 and 16, B at 9, C at 11; alone each takes its demand. */
static void numbers_are_the_known_ones(void **state)
{
    static const double together_ns[] = { 9e6, 8e6, 9e6 };
    static const double alone_ns[] = { 4e6, 3e6, 4e6 };
    struct simulation simulation;
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    golden_workload(&b);
    b.scenario.metrics = METRIC_ALONE;
    simulate_build(&b, &simulation);
    const struct alone_summary *alone = simulation.summary.units[0].alone;
    for (int i = 0; i < 3; i++) {
        assert_near(alone->together_ns[i], together_ns[i]);
        assert_near(alone->alone_ns[i], alone_ns[i]);
    }
    assert_int_equal(alone->compared_count, 3);
    assert_near(alone->metrics.stp, 4.0 / 9 + 3.0 / 8 + 4.0 / 9);
    assert_near(alone->metrics.antt, (9.0 / 4 + 8.0 / 3 + 9.0 / 4) / 3);
    assert_near(alone->metrics.slowdown_max, 8.0 / 3);
    assert_near(alone->metrics.unfairness, 8.0 / 3 / (9.0 / 4));
    simulation_fini(&simulation);
    build_fini(&b);
}

static void random_vms(struct build *b, const char *policy, uint32_t first, uint32_t count)
{
    static const char *const names[] = { "A", "B", "C", "D" };

    build_init(b, policy);
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t vm = build_vm(b, names[i]);
        b->vms[vm].count = i == 1 ? 2 : 1;
        build_poisson(b, vm, (40 + 10 * i) * MSEC, build_exponential((2 + i) * MSEC));
    }
    b->scenario.duration_ns = 5 * SEC;
    b->scenario.warmup_ns = SEC;
    b->scenario.metrics = METRIC_ALONE;
}

/* A VM alone is what a scenario without the others gives, under any policy. */
static void draws_are_the_same(void **state)
{
    static const char *const policies[] = { "round_robin", "fixed_share", "fifo", "lottery" };
    (void)state;

    for (size_t p = 0; p < ARRAY_LEN(policies); p++) {
        struct simulation all;
        struct build b;
        random_vms(&b, policies[p], 0, 4);
        build_switch(&b, 100 * USEC, 30 * USEC);
        simulate_build(&b, &all);
        for (uint32_t i = 0; i < 4; i++) {
            struct simulation one;
            struct build c;
            random_vms(&c, "fifo", i, 1);
            simulate_build(&c, &one);
            /* B is two VMs; a fifo of both would not be either alone. */
            uint32_t index = i + (i > 1);
            if (i != 1) {
                assert_near(all.summary.units[0].alone->alone_ns[index],
                            one.summary.units[0].vms[0].workloads[0].latency_mean_ns);
            }
            simulation_fini(&one);
            build_fini(&c);
        }
        simulation_fini(&all);
        build_fini(&b);
    }
}

static void one_vm_loses_nothing(void **state)
{
    struct simulation simulation;
    struct build b;
    (void)state;

    random_vms(&b, "best_effort", 0, 1);
    build_switch(&b, 100 * USEC, 30 * USEC);
    build_vm(&b, "idle");
    simulate_build(&b, &simulation);
    const struct alone_summary *alone = simulation.summary.units[0].alone;
    assert_int_equal(alone->compared_count, 1);
    assert_near(alone->metrics.stp, 1);
    assert_near(alone->metrics.slowdown_max, 1);
    assert_true(isnan(alone->alone_ns[1]));
    simulation_fini(&simulation);
    build_fini(&b);
}

static void it_is_not_there_unasked(void **state)
{
    struct simulation simulation;
    struct build b;
    (void)state;

    random_vms(&b, "fifo", 0, 2);
    b.scenario.metrics = 0;
    simulate_build(&b, &simulation);
    assert_null(simulation.summary.units[0].alone);
    assert_null(simulation.summary.units[0].lags);
    simulation_fini(&simulation);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_known_ones),
        cmocka_unit_test(draws_are_the_same),
        cmocka_unit_test(one_vm_loses_nothing),
        cmocka_unit_test(it_is_not_there_unasked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
