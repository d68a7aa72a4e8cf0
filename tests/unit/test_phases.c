/* test_phases.c - arrivals in phase are found, and other phases of them tried. */
#include "study/phases.h"

#include "support/build.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static struct workload *periodic(struct build *b, const char *vm, double period_ns,
                                 nsec demand_ns)
{
    struct workload *w = build_workload(b, build_vm(b, vm));

    w->arrival = (struct arrival){ .kind = ARRIVAL_PERIODIC, .period_ns = period_ns };
    build_phases(w)[0].demand = build_constant(demand_ns);
    return w;
}

static void check_marks(struct build *b, const char *wanted)
{
    bool marks[8] = { false };
    char found[9] = "";

    assert_int_equal(build_setup(b), 0);
    bool any = phases_find(&b->setup, 0, marks);
    for (size_t i = 0; i < strlen(wanted); i++) {
        found[i] = marks[i] ? 'x' : '.';
    }
    assert_string_equal(found, wanted);
    assert_int_equal(any, strchr(wanted, 'x') != NULL);
    build_fini(b);
}

static void frames_that_meet_are_found(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 1e9 / 60, MSEC);
    (void)periodic(&b, "B", 1e9 / 60, MSEC);
    (void)periodic(&b, "C", 1e9 / 30, MSEC);
    check_marks(&b, "xxx");

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 1e9 / 60, MSEC);
    (void)periodic(&b, "B", 1e9 / 61, MSEC);
    check_marks(&b, "..");

    build_init(&b, "round_robin"); /* Two streams of one VM have an order of their own. */
    struct workload *first = periodic(&b, "A", 10e6, MSEC);
    struct workload *second = build_workload(&b, 0);
    second->arrival = first->arrival;
    build_phases(second)[0].demand = build_constant(MSEC);
    check_marks(&b, "..");
}

static void phases_that_were_chosen_are_left(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 10e6, MSEC);
    periodic(&b, "B", 10e6, MSEC)->arrival.offset_ns = 3 * MSEC;
    periodic(&b, "C", 10e6, MSEC)->arrival.offset_ns = 23 * MSEC;
    check_marks(&b, ".xx");

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 10e6, MSEC);
    struct workload *late = periodic(&b, "B", 10e6, MSEC);
    late->arrival.has_jitter = true;
    late->arrival.jitter = (struct amount){ .kind = AMOUNT_CONSTANT, .mean = 1 };
    check_marks(&b, "..");

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 10e6, MSEC);
    (void)periodic(&b, "B", 10e6, MSEC);
    b.vms[1].start_ns = 4 * MSEC;
    check_marks(&b, "..");
}

static void simulate_build(struct build *b, uint32_t draws, struct simulation *ret)
{
    struct simulate_options options = { .threads = 1, .phase_draws = draws };
    struct err err;

    if (!b->setup.scenario) {
        assert_int_equal(build_setup(b), 0);
    }
    if (simulate(&b->setup, &options, ret, &err)) {
        fail_msg("%s", err.text);
    }
}

static void other_phases_spread_latencies(void **state)
{
    struct simulation simulation;
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    (void)periodic(&b, "A", 10e6, 4 * MSEC);
    (void)periodic(&b, "B", 10e6, 4 * MSEC);
    (void)periodic(&b, "C", 7.77e6, MSEC / 10);
    simulate_build(&b, 12, &simulation);
    const struct summary *s = &simulation.summary;
    const struct phase_summary *phases = s->units[0].phases;
    assert_non_null(phases);
    assert_int_equal(phases->draws, 12);
    /* In phase A goes first and B waits for all of it: 4 and 8 ms, but for C's little. */
    assert_true(fabs(s->vms[0].vm->workloads[0].latency_mean_ns - 4e6) < 2e5);
    assert_true(fabs(s->vms[1].vm->workloads[0].latency_mean_ns - 8e6) < 2e5);
    for (uint32_t vm = 0; vm < 2; vm++) {
        const struct phase_spread *spread = summary_phase_spread(&s->vms[vm], 0);
        assert_true(spread->mean_low_ns < 4.5e6); /* Neither in the other's way, */
        assert_true(spread->mean_high_ns > 5e6);  /* or one in the other's. */
        assert_true(spread->mean_high_ns < 8.2e6);
        assert_true(spread->p99_low_ns <= spread->p99_high_ns);
        assert_true((double)spread->p99_high_ns >= spread->mean_high_ns * 0.99);
    }
    bool is_told = false;
    for (uint32_t i = 0; i < s->warning_count; i++) {
        is_told =
            is_told || strstr(s->warnings[i], "B: periodic arrivals come in phase; over 12 "
                                              "other choices of phases the mean latency");
    }
    assert_true(is_told);
    simulation_fini(&simulation);
    build_fini(&b);
}

static void the_run_itself_is_as_without(void **state)
{
    struct simulation with;
    struct simulation without;
    struct simulation again;
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 10e6, 4 * MSEC);
    (void)periodic(&b, "B", 10e6, 4 * MSEC);
    simulate_build(&b, 3, &with);
    simulate_build(&b, 3, &again);
    simulate_build(&b, 0, &without);
    assert_null(without.summary.units[0].phases);
    for (uint32_t vm = 0; vm < 2; vm++) {
        assert_memory_equal(&with.summary.vms[vm].vm->workloads[0].latency_sum_ns,
                            &without.summary.vms[vm].vm->workloads[0].latency_sum_ns,
                            sizeof(wide));
        assert_memory_equal(summary_phase_spread(&with.summary.vms[vm], 0),
                            summary_phase_spread(&again.summary.vms[vm], 0),
                            sizeof(struct phase_spread));
        assert_null(summary_phase_spread(&without.summary.vms[vm], 0));
    }
    simulation_fini(&with);
    simulation_fini(&again);
    simulation_fini(&without);
    build_fini(&b);
}

static void arrivals_that_never_meet_are_run_once(void **state)
{
    struct simulation simulation;
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    (void)periodic(&b, "A", 10e6, 4 * MSEC);
    periodic(&b, "B", 10e6, 4 * MSEC)->arrival.offset_ns = MSEC;
    simulate_build(&b, 3, &simulation);
    assert_null(simulation.summary.units[0].phases);
    simulation_fini(&simulation);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_that_meet_are_found),
        cmocka_unit_test(phases_that_were_chosen_are_left),
        cmocka_unit_test(other_phases_spread_latencies),
        cmocka_unit_test(the_run_itself_is_as_without),
        cmocka_unit_test(arrivals_that_never_meet_are_run_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
