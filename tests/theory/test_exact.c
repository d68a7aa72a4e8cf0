/*
 * Deterministic oracles, to the nanosecond: strict slots (O10), round robin under backlog
 * (O11) and closed loops of constant lengths (O12).
 */
#include "support/oracle.h"
#include "support/scene.h"
#include "support/simulate.h"

#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NAME_SIZE = 200 };

static const double MS_IN_NS = 1e-6;
static const double TICK_MS = 1.01e-6; /* One nanosecond, and a little for the arithmetic. */

static void run_one(const char *label, const struct scene *scene, const struct scene_vm *vm)
{
    struct text text;

    text_init(&text);
    scene_put(&text, scene);
    scene_put_vm(&text, vm);
    simulate_run(label, text.bytes, "--jobs");
    text_fini(&text);
}

/* ---------------------------------------------------------------------------- strict slots */

struct slot {
    const char *cycle_ms;
    const char *slot_ms;
};

static const char *const slot_demands[] = { "0.5", "1", "2", "5", "10", "30" };

/* Latencies of jobs that arrive in four phases of the cycle, far apart. */
static void check_slot(struct oracle *oracle, const struct slot *slot, const char *demand_ms)
{
    static const char *const phases[] = { "0", "0.25", "0.5", "0.75" };
    double cycle_ms = strtod(slot->cycle_ms, NULL);
    int64_t cycle_ns = llround(cycle_ms * 1e6);
    int64_t demand_ns = llround(strtod(demand_ms, NULL) * 1e6);
    char sharing[NAME_SIZE];
    struct text trace;

    text_init(&trace);
    text_put(&trace, "arrival_ns,demand_ns\n");
    for (int i = 0; i < 4; i++) {
        text_printf(&trace, "%" PRId64 ",%" PRId64 "\n",
                    (100 * i + 1) * cycle_ns + i * cycle_ns / 4, demand_ns);
    }
    simulate_write("slot.csv", trace.bytes);
    text_fini(&trace);
    snprintf(sharing, sizeof(sharing),
             "{mode: time_sliced, policy: {name: fixed_share, slots: %.0f}, slice: %sms, "
             "switch: 0.1ms}",
             cycle_ms / strtod(slot->slot_ms, NULL), slot->slot_ms);
    struct scene scene = { sharing, 500 * cycle_ms, 0, 1 };
    struct scene_vm vm = { .name = "vm",
                           .arrival = "{trace: {file: slot.csv, demand: demand_ns}}",
                           .job = "[{compute: trace}]" };
    run_one("slot", &scene, &vm);

    struct sheet jobs = simulate_read("slot", "jobs.csv");
    assert_int_equal(jobs.row_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        char parameters[NAME_SIZE];
        snprintf(parameters, sizeof(parameters),
                 "cycle_ms=%s;slot_ms=%s;demand_ms=%s;load=single job;phase=%s*cycle",
                 slot->cycle_ms, slot->slot_ms, demand_ms, phases[i]);
        oracle_check(oracle, (struct oracle_name){ "O10", parameters, "latency" },
                     (sheet_number(&jobs, i, "end_ns") - sheet_number(&jobs, i, "arrival_ns")) *
                         MS_IN_NS,
                     TICK_MS);
    }
    sheet_fini(&jobs);
}

/* Mean and extremes over a thousand phases, evenly spread. */
static void check_slot_phases(struct oracle *oracle, const struct slot *slot,
                              const char *demand_ms)
{
    enum { PHASES = 1000 };
    double cycle_ms = strtod(slot->cycle_ms, NULL);
    double slot_ms = strtod(slot->slot_ms, NULL);
    double gap_ms = (100 + 1.0 / PHASES) * cycle_ms;
    char sharing[NAME_SIZE];
    char arrival[NAME_SIZE];
    char job[NAME_SIZE];
    char parameters[NAME_SIZE];

    snprintf(sharing, sizeof(sharing),
             "{mode: time_sliced, policy: {name: fixed_share, slots: %.0f}, slice: %sms, "
             "switch: 0ms}",
             cycle_ms / slot_ms, slot->slot_ms);
    snprintf(arrival, sizeof(arrival), "{periodic: %.6fms, offset: %.6fms}", gap_ms,
             cycle_ms / PHASES / 2);
    snprintf(job, sizeof(job), "[{compute: %sms}]", demand_ms);
    struct scene scene = { sharing, gap_ms * PHASES - gap_ms / 2, 0, 1 };
    run_one("phases", &scene,
            &(struct scene_vm){ .name = "vm", .arrival = arrival, .job = job });
    struct sheet vms = simulate_read("phases", "vms.csv");
    assert_true(sheet_number(&vms, 0, "jobs_done") == PHASES);
    snprintf(parameters, sizeof(parameters),
             "cycle_ms=%s;slot_ms=%s;demand_ms=%s;load=single job, uniform phase;"
             "order=tdma preemptive",
             slot->cycle_ms, slot->slot_ms, demand_ms);
    double step_ms = cycle_ms / PHASES;
    oracle_check(oracle, (struct oracle_name){ "O10", parameters, "latency_mean" },
                 sheet_number(&vms, 0, "latency_mean_ns") * MS_IN_NS, step_ms);
    oracle_check(oracle, (struct oracle_name){ "O10", parameters, "latency_max" },
                 sheet_number(&vms, 0, "latency_max_ns") * MS_IN_NS, step_ms);
    sheet_fini(&vms);
}

static void a_fixed_share_has_the_latency_of_its_slots(void **state)
{
    static const struct slot slots[] = {
        { "4", "1" }, { "8", "2" }, { "12", "4" }, { "16", "4" }, { "8.388608", "2.097152" },
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
        for (size_t k = 0; k < ARRAY_LEN(slot_demands); k++) {
            check_slot(&oracle, &slots[i], slot_demands[k]);
            check_slot_phases(&oracle, &slots[i], slot_demands[k]);
        }
    }
    oracle_fini(&oracle);
}

/* ----------------------------------------------------------------------------- round robin */

struct cost {
    const char *slice_ms;
    const char *switch_ms;
};

static const struct cost costs[] = {
    { "1", "0" },           { "1", "0.1" }, { "2", "0" },           { "2", "0.2" },
    { "2.097152", "0.15" }, { "8", "0.2" }, { "2.097152", "0.26" },
};
static const uint32_t crowds[] = { 1, 2, 3, 4, 8 };

static void put_cost(char sharing[NAME_SIZE], const struct cost *cost)
{
    snprintf(sharing, NAME_SIZE,
             "{mode: time_sliced, policy: round_robin, slice: %sms, switch: %sms}",
             cost->slice_ms, cost->switch_ms);
}

/* Jobs that never end: each share is right up to the round that the end cuts. */
static void check_backlog(struct oracle *oracle, uint32_t vm_count, const struct cost *cost)
{
    const double duration_ms = 20000;
    double round_ms = vm_count * (strtod(cost->slice_ms, NULL) + strtod(cost->switch_ms, NULL));
    char sharing[NAME_SIZE];
    char parameters[NAME_SIZE];

    put_cost(sharing, cost);
    snprintf(parameters, sizeof(parameters),
             "vms=%" PRIu32 ";backlog=infinite;slice_ms=%s;switch_ms=%s", vm_count,
             cost->slice_ms, cost->switch_ms);
    struct scene scene = { sharing, duration_ms, 0, 1 };
    run_one("backlog", &scene,
            &(struct scene_vm){ .name = "vm",
                                .count = vm_count,
                                .arrival = "{closed: {think: 0s}}",
                                .job = "[{compute: 3600s}]" });
    struct sheet vms = simulate_read("backlog", "vms.csv");
    for (uint32_t row = 0; row < vm_count; row++) {
        oracle_check(oracle, (struct oracle_name){ "O11", parameters, "share_each" },
                     sheet_number(&vms, row, "share_percent") / 100, round_ms / duration_ms);
    }
    sheet_fini(&vms);
    struct sheet engines = simulate_read("backlog", "engines.csv");
    oracle_check(oracle, (struct oracle_name){ "O11", parameters, "overhead_fraction" },
                 sheet_number(&engines, 0, "switch_ns") * MS_IN_NS / duration_ms,
                 round_ms / duration_ms);
    sheet_fini(&engines);
}

/* Closed loops without thinking: a VM yields when its job ends, and all latencies are one. */
static void check_loops(struct oracle *oracle, uint32_t vm_count, const struct cost *cost)
{
    static const char *const demands[] = { "1", "5", "20" };

    for (size_t i = 0; i < ARRAY_LEN(demands); i++) {
        char sharing[NAME_SIZE];
        char parameters[NAME_SIZE];
        char job[NAME_SIZE];
        put_cost(sharing, cost);
        snprintf(job, sizeof(job), "[{compute: %sms}]", demands[i]);
        snprintf(parameters, sizeof(parameters),
                 "vms=%" PRIu32 ";backlog=closed loop, no think time, VM yields when its job "
                 "ends;slice_ms=%s;switch_ms=%s;demand_ms=%s",
                 vm_count, cost->slice_ms, cost->switch_ms, demands[i]);
        struct scene scene = { sharing, 20000, 2000, 1 };
        run_one("loops", &scene,
                &(struct scene_vm){ .name = "vm",
                                    .count = vm_count,
                                    .arrival = "{closed: {think: 0s}}",
                                    .job = job });
        struct sheet vms = simulate_read("loops", "vms.csv");
        for (uint32_t row = 0; row < vm_count; row++) {
            struct oracle_name latency = { "O11", parameters, "latency" };
            oracle_check(oracle, latency, sheet_number(&vms, row, "latency_max_ns") * MS_IN_NS,
                         TICK_MS);
            oracle_check(oracle, latency, sheet_number(&vms, row, "latency_mean_ns") * MS_IN_NS,
                         TICK_MS);
            oracle_check(oracle, (struct oracle_name){ "O11", parameters, "throughput_each" },
                         sheet_number(&vms, row, "jobs_done") / 18000, 2.0 / 18000);
        }
        sheet_fini(&vms);
    }
}

static void round_robin_has_its_shares_and_latencies(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(crowds); i++) {
        for (size_t k = 0; k < ARRAY_LEN(costs); k++) {
            check_backlog(&oracle, crowds[i], &costs[k]);
            check_loops(&oracle, crowds[i], &costs[k]);
        }
    }
    oracle_fini(&oracle);
}

static void weighted_round_robin_has_its_shares(void **state)
{
    static const char *const switches[] = { "0", "0.2" };
    const double duration_ms = 20000;
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
        char sharing[NAME_SIZE];
        char parameters[NAME_SIZE];
        struct text text;
        snprintf(sharing, sizeof(sharing),
                 "{mode: time_sliced, policy: weighted_round_robin, slice: 2ms, switch: %sms}",
                 switches[i]);
        snprintf(parameters, sizeof(parameters), "weights=1/2/5;switch_ms=%s", switches[i]);
        text_init(&text);
        scene_put(&text, &(struct scene){ sharing, duration_ms, 0, 1 });
        for (uint32_t k = 0; k < 3; k++) {
            static const char *const names[] = { "one", "two", "five" };
            static const char *const weights[] = { "100", "200", "500" };
            scene_put_vm(&text, &(struct scene_vm){ .name = names[k],
                                                    .weight = weights[k],
                                                    .arrival = "{closed: {think: 0s}}",
                                                    .job = "[{compute: 3600s}]" });
        }
        simulate_run("weighted", text.bytes, "");
        text_fini(&text);
        struct sheet vms = simulate_read("weighted", "vms.csv");
        for (uint32_t k = 0; k < 3; k++) {
            char quantity[32];
            snprintf(quantity, sizeof(quantity), "share_vm%" PRIu32, k + 1);
            oracle_check(&oracle, (struct oracle_name){ "O11", parameters, quantity },
                         sheet_number(&vms, k, "share_percent") / 100, 17.0 / duration_ms);
        }
        sheet_fini(&vms);
    }
    oracle_fini(&oracle);
}

static void a_short_and_a_long_loop_take_turns(void **state)
{
    static const struct cost unequal[] = {
        { "2", "0" }, { "2", "0.2" }, { "8", "0.2" }, { "2.097152", "0.15" }
    };
    const double duration_ms = 20000;
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(unequal); i++) {
        char sharing[NAME_SIZE];
        char parameters[NAME_SIZE];
        struct text text;
        put_cost(sharing, &unequal[i]);
        snprintf(parameters, sizeof(parameters), "demand_ms=1/20;slice_ms=%s;switch_ms=%s",
                 unequal[i].slice_ms, unequal[i].switch_ms);
        text_init(&text);
        scene_put(&text, &(struct scene){ sharing, duration_ms, 0, 1 });
        scene_put_vm(&text, &(struct scene_vm){ .name = "a",
                                                .job = "[{compute: 1ms}]",
                                                .arrival = "{closed: {think: 0s}}" });
        scene_put_vm(&text, &(struct scene_vm){ .name = "b",
                                                .job = "[{compute: 20ms}]",
                                                .arrival = "{closed: {think: 0s}}" });
        simulate_run("unequal", text.bytes, "");
        text_fini(&text);
        struct sheet vms = simulate_read("unequal", "vms.csv");
        oracle_check(&oracle, (struct oracle_name){ "O11", parameters, "share_vm1" },
                     sheet_number(&vms, 0, "share_percent") / 100, 40 / duration_ms);
        oracle_check(&oracle, (struct oracle_name){ "O11", parameters, "share_vm2" },
                     sheet_number(&vms, 1, "share_percent") / 100, 40 / duration_ms);
        oracle_check(&oracle, (struct oracle_name){ "O11", parameters, "throughput_vm1" },
                     sheet_number(&vms, 0, "jobs_done") / duration_ms, 40 / duration_ms);
        sheet_fini(&vms);
    }
    oracle_fini(&oracle);
}

/* ---------------------------------------------------------------------------- closed loops */

static void constant_closed_loops_have_constant_latencies(void **state)
{
    static const int loops[][3] = { { 1, 10, 50 }, { 4, 10, 50 },  { 6, 10, 50 }, { 7, 10, 50 },
                                    { 8, 10, 50 }, { 16, 10, 50 }, { 3, 5, 0 } };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(loops); i++) {
        char parameters[NAME_SIZE];
        char arrival[64];
        char job[64];
        snprintf(parameters, sizeof(parameters),
                 "vms=%d;demand_ms=%d;think_ms=%d;demand=det;order=fifo", loops[i][0],
                 loops[i][1], loops[i][2]);
        snprintf(arrival, sizeof(arrival), "{closed: {think: %dms}}", loops[i][2]);
        snprintf(job, sizeof(job), "[{compute: %dms}]", loops[i][1]);
        struct scene scene = { "{mode: exclusive, switch: 0ms}", 20000, 2000, 1 };
        run_one(
            "closed", &scene,
            &(struct scene_vm){
                .name = "vm", .count = (uint32_t)loops[i][0], .arrival = arrival, .job = job });
        struct sheet vms = simulate_read("closed", "vms.csv");
        double jobs = 0;
        for (uint32_t row = 0; row < vms.row_count; row++) {
            struct oracle_name latency = { "O12", parameters, "latency" };
            jobs += sheet_number(&vms, row, "jobs_done");
            oracle_check(&oracle, latency, sheet_number(&vms, row, "latency_max_ns") * MS_IN_NS,
                         TICK_MS);
            oracle_check(&oracle, latency,
                         sheet_number(&vms, row, "latency_mean_ns") * MS_IN_NS, TICK_MS);
        }
        oracle_check(&oracle, (struct oracle_name){ "O12", parameters, "throughput" },
                     jobs / 18000, 2.0 * loops[i][0] / 18000);
        sheet_fini(&vms);
    }
    oracle_fini(&oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_share_has_the_latency_of_its_slots),
        cmocka_unit_test(round_robin_has_its_shares_and_latencies),
        cmocka_unit_test(weighted_round_robin_has_its_shares),
        cmocka_unit_test(a_short_and_a_long_loop_take_turns),
        cmocka_unit_test(constant_closed_loops_have_constant_latencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
