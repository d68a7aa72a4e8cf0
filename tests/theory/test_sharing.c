/*
 * Several VMs on one engine, against closed forms: processor sharing (oracle O04), strict
 * priorities (O06), vacations (O08), closed loops (O12) and weighted sharing of two VMs (O18).
 *
 * Unless an oracle says how many jobs its tolerance needs, each is run with RUNS seeds, and
 * the mean must be within four half widths of its 95 % interval.
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

enum { NAME_SIZE = 200, RUNS = 8, VMS_MAX = 8 };

static const double MS_IN_NS = 1e-6;

/* The VMs of a test and how they share. */
struct group {
    const char *sharing;
    double duration_ms;
    double warmup_ms;
    uint32_t vm_count;
    struct scene_vm vms[VMS_MAX];
};

static struct sheet run_group(const struct group *group, uint64_t seed)
{
    struct scene scene = { group->sharing, group->duration_ms, group->warmup_ms, seed };
    struct text text;

    text_init(&text);
    scene_put(&text, &scene);
    for (uint32_t i = 0; i < group->vm_count; i++) {
        scene_put_vm(&text, &group->vms[i]);
    }
    simulate_run("group", text.bytes, "");
    text_fini(&text);
    return simulate_read("group", "vms.csv");
}

/* What the jobs of some rows have in common. */
struct totals {
    double jobs;
    double mean_ms;
};

/* Of all rows whose VM's name begins so. */
static struct totals totals_of(const struct sheet *vms, const char *prefix)
{
    struct totals totals = { 0 };
    double sum_ms = 0;

    for (uint32_t row = 0; row < vms->row_count; row++) {
        double jobs = sheet_number(vms, row, "jobs_done");
        bool ours = strncmp(sheet_cell(vms, row, "vm"), prefix, strlen(prefix)) == 0;
        if (ours && jobs > 0) {
            totals.jobs += jobs;
            sum_ms += jobs * sheet_number(vms, row, "latency_mean_ns") * MS_IN_NS;
        }
    }
    totals.mean_ms = sum_ms / totals.jobs;
    return totals;
}

/* Mean latency of the VMs whose names begin so, over RUNS seeds. */
static struct estimate measure_mean(const struct group *group, const char *prefix)
{
    struct estimate mean = { 0 };

    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct sheet vms = run_group(group, seed);
        estimate_add(&mean, totals_of(&vms, prefix).mean_ms);
        sheet_fini(&vms);
    }
    return mean;
}

/* ----------------------------------------------------------------------- blind policies */

/* With exponential demands of one mean, a policy that wastes nothing and does not know sizes
   gives the mean latency of M/M/1, whatever its slices, weights or order. */
static void every_blind_policy_has_the_mean_of_mm1(void **state)
{
    static const char *const sharings[] = {
        "{mode: exclusive, switch: 0ms}",
        "{mode: time_sliced, policy: round_robin, slice: 0.7ms, switch: 0ms}",
        "{mode: time_sliced, policy: round_robin, slice: 25ms, switch: 0ms}",
        "{mode: time_sliced, policy: best_effort, slice: 2ms, switch: 0ms}",
        "{mode: time_sliced, policy: weighted_round_robin, slice: 3ms, switch: 0ms}",
        "{mode: time_sliced, policy: priority, slice: 2ms, switch: 0ms}",
        ("{mode: time_sliced, policy: {name: priority, preemptive: false}, slice: 2ms, "
         "switch: 0ms}"),
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(sharings); i++) {
        struct group group = { sharings[i],
                               2e7,
                               1e3,
                               2,
                               {
                                   { .name = "a",
                                     .count = 3,
                                     .weight = "300",
                                     .priority = "7",
                                     .arrival = "{poisson: 10/s}",
                                     .job = "[{compute: {exponential: 10ms}}]" },
                                   { .name = "b",
                                     .weight = "100",
                                     .priority = "9",
                                     .arrival = "{poisson: 20/s}",
                                     .job = "[{compute: {exponential: 10ms}}]" },
                               } };
        struct sheet vms = run_group(&group, 1 + i);
        struct totals all = totals_of(&vms, "");
        sheet_fini(&vms);
        struct oracle_name name = { "O04", "demand=exp;rho=0.5;order=ps", "sojourn_mean" };
        double needed = oracle_value(
            &oracle,
            (struct oracle_name){ "O21", "order=any work-conserving, no size knowledge;rho=0.5",
                                  "jobs_for_1pct_ci_of_time_average_number" });
        oracle_check(&oracle, name, all.mean_ms,
                     4 * oracle_half_width(needed, all.jobs) * oracle_value(&oracle, name));
    }
    oracle_fini(&oracle);
}

/* ------------------------------------------------------------------- processor sharing */

/* Two thousand VMs share one Poisson stream, so that no VM has two jobs at once, and slices
   are a fiftieth of a job: that is processor sharing, within 1 %. */
static void many_vms_and_short_slices_are_processor_sharing(void **state)
{
    static const char *const laws[][2] = {
        { "det", "[{compute: 10ms}]" },
        { "h2-scv4", "[{compute: {hyperexponential: {mean: 10ms, cv: 2}}}]" },
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        char parameters[NAME_SIZE];
        snprintf(parameters, sizeof(parameters), "demand=%s;rho=0.5;order=ps", laws[i][0]);
        struct group group = {
            "{mode: time_sliced, policy: round_robin, slice: 0.2ms, switch: 0ms}",
            2e7,
            1e3,
            1,
            { { .name = "vm",
                .count = 2000,
                .arrival = "{poisson: 0.025/s}",
                .job = laws[i][1] } }
        };
        struct sheet vms = run_group(&group, 3);
        struct totals all = totals_of(&vms, "");
        double slowdowns = 0;
        for (uint32_t row = 0; row < vms.row_count; row++) {
            slowdowns +=
                sheet_number(&vms, row, "jobs_done") * sheet_number(&vms, row, "slowdown_mean");
        }
        sheet_fini(&vms);
        struct oracle_name mean = { "O04", parameters, "sojourn_mean" };
        struct oracle_name slowdown = { "O04", parameters, "slowdown_mean" };
        oracle_check(&oracle, mean, all.mean_ms, 0.01 * oracle_value(&oracle, mean));
        /* Jobs much shorter than a slice are slowed down more than under true sharing. */
        if (strcmp(laws[i][0], "det") == 0) {
            oracle_check(&oracle, slowdown, slowdowns / all.jobs,
                         0.01 * oracle_value(&oracle, slowdown));
        }
    }
    oracle_fini(&oracle);
}

/* --------------------------------------------------------------------------- priorities */

struct classes {
    const char *parameters; /* The lambda and mean demand of three classes. */
    const char *arrivals[3];
    const char *means[3];
};

static void check_priorities(struct oracle *oracle, const struct classes *classes,
                             const char *law, bool preemptive)
{
    char sharing[NAME_SIZE];
    char jobs[3][NAME_SIZE];
    static const char *const priorities[] = { "30", "20", "10" };
    static const char *const names[] = { "class1", "class2", "class3" };

    snprintf(sharing, sizeof(sharing),
             "{mode: time_sliced, policy: {name: priority, preemptive: %s}, slice: 1s, "
             "switch: 0ms}",
             preemptive ? "true" : "false");
    struct group group = { sharing, 2e6, 2e4, 3, { { .name = NULL } } };
    for (uint32_t i = 0; i < 3; i++) {
        const char *form =
            strcmp(law, "exp") == 0 ? "[{compute: {exponential: %s}}]" : "[{compute: %s}]";
        snprintf(jobs[i], sizeof(jobs[i]), form, classes->means[i]);
        /* The lowest class comes first, so that order cannot stand in for priority. */
        group.vms[2 - i] = (struct scene_vm){ .name = names[i],
                                              .priority = priorities[i],
                                              .arrival = classes->arrivals[i],
                                              .job = jobs[i] };
    }
    struct estimate means[3] = { { 0 } };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct sheet vms = run_group(&group, seed);
        for (uint32_t i = 0; i < 3; i++) {
            estimate_add(&means[i], totals_of(&vms, names[i]).mean_ms);
        }
        sheet_fini(&vms);
    }
    for (uint32_t i = 0; i < 3; i++) {
        char parameters[NAME_SIZE];
        char quantity[64];
        snprintf(parameters, sizeof(parameters), "demand=%s;%s;order=strict-priority, %s", law,
                 classes->parameters, preemptive ? "preemptive-resume" : "non-preemptive");
        snprintf(quantity, sizeof(quantity), "sojourn_mean_%s", names[i]);
        oracle_check(oracle, (struct oracle_name){ "O06", parameters, quantity },
                     estimate_mean(&means[i]), 4 * estimate_half_width(&means[i]));
    }
}

static void strict_priorities_have_their_means(void **state)
{
    static const struct classes classes[] = {
        { "lambda_per_ms=0.03/0.03/0.02;mean_demand_ms=10/10/10",
          { "{poisson: 30/s}", "{poisson: 30/s}", "{poisson: 20/s}" },
          { "10ms", "10ms", "10ms" } },
        { "lambda_per_ms=0.15/0.03/0.004;mean_demand_ms=2/10/50",
          { "{poisson: 150/s}", "{poisson: 30/s}", "{poisson: 4/s}" },
          { "2ms", "10ms", "50ms" } },
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        for (int preemptive = 0; preemptive < 2; preemptive++) {
            check_priorities(&oracle, &classes[i], "exp", preemptive);
            check_priorities(&oracle, &classes[i], "det", preemptive);
        }
    }
    oracle_fini(&oracle);
}

/* A VM of low priority that always has one more job of constant length: a server that takes
   a vacation whenever it finds its queue empty. */
static void a_background_vm_is_a_vacation(void **state)
{
    static const char *const vacations[] = { "2.0", "8.0" };
    static const char *const loads[][2] = { { "0.3", "{poisson: 30/s}" },
                                            { "0.7", "{poisson: 70/s}" } };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(vacations) * ARRAY_LEN(loads); i++) {
        const char *const *load = loads[i % ARRAY_LEN(loads)];
        const char *vacation = vacations[i / ARRAY_LEN(loads)];
        char parameters[NAME_SIZE];
        char job[64];
        snprintf(parameters, sizeof(parameters), "demand=exp;rho=%s;vacation_ms=%s", load[0],
                 vacation);
        snprintf(job, sizeof(job), "[{compute: %sms}]", vacation);
        struct group group = {
            "{mode: time_sliced, policy: {name: priority, preemptive: false}, slice: 1s, "
            "switch: 0ms}",
            1e6,
            1e4,
            2,
            {
                { .name = "background",
                  .priority = "1",
                  .arrival = "{closed: {think: 0s}}",
                  .job = job },
                { .name = "vm",
                  .priority = "2",
                  .arrival = load[1],
                  .job = "[{compute: {exponential: 10ms}}]" },
            }
        };
        struct estimate mean = measure_mean(&group, "vm");
        oracle_check(&oracle, (struct oracle_name){ "O08", parameters, "wait_mean" },
                     estimate_mean(&mean) - 10, 4 * estimate_half_width(&mean));
    }
    oracle_fini(&oracle);
}

/* ------------------------------------------------------------------------- closed loops */

static void check_closed(struct oracle *oracle, uint32_t vms, int think_ms, const char *sharing)
{
    char parameters[NAME_SIZE];
    char arrival[64];
    struct estimate response = { 0 };
    struct estimate throughput = { 0 };

    snprintf(parameters, sizeof(parameters),
             "vms=%" PRIu32 ";think_ms=%d;demand=exp (fifo) or any law (ps);jobs_per_vm=1", vms,
             think_ms);
    snprintf(arrival, sizeof(arrival),
             think_ms > 0 ? "{closed: {think: {exponential: %dms}}}" : "{closed: {think: %ds}}",
             think_ms);
    struct group group = { sharing,
                           5e5,
                           1e4,
                           1,
                           {
                               { .name = "vm",
                                 .count = vms,
                                 .arrival = arrival,
                                 .job = "[{compute: {exponential: 10ms}}]" },
                           } };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct sheet sheet = run_group(&group, seed);
        struct totals all = totals_of(&sheet, "");
        estimate_add(&response, all.mean_ms);
        estimate_add(&throughput, all.jobs / (group.duration_ms - group.warmup_ms));
        sheet_fini(&sheet);
    }
    /* Jobs that are under way at the end are missing from the throughput. */
    double cut = vms / (group.duration_ms - group.warmup_ms);
    oracle_check(oracle, (struct oracle_name){ "O12", parameters, "response_mean" },
                 estimate_mean(&response), 4 * estimate_half_width(&response));
    oracle_check(oracle, (struct oracle_name){ "O12", parameters, "throughput" },
                 estimate_mean(&throughput), 4 * estimate_half_width(&throughput) + cut);
}

static void closed_loops_have_the_answers_of_mva(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    check_closed(&oracle, 1, 20,
                 "{mode: time_sliced, policy: round_robin, slice: 2ms, switch: 0.1ms}");
    check_closed(&oracle, 2, 0,
                 "{mode: time_sliced, policy: round_robin, slice: 2ms, switch: 0ms}");
    check_closed(&oracle, 4, 50,
                 "{mode: time_sliced, policy: best_effort, slice: 3ms, switch: 0ms}");
    check_closed(&oracle, 8, 100,
                 "{mode: time_sliced, policy: round_robin, slice: 1ms, switch: 0ms}");
    check_closed(&oracle, 8, 50, "{mode: exclusive, switch: 0ms}");
    check_closed(&oracle, 16, 100,
                 "{mode: time_sliced, policy: weighted_round_robin, slice: 5ms, switch: 0ms}");
    oracle_fini(&oracle);
}

/* Two kinds of VMs in closed loops under short slices. */
static void two_kinds_of_closed_loops_have_the_answers_of_mva(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    const double slice_ms = 0.1;
    struct group group = {
        "{mode: time_sliced, policy: round_robin, slice: 0.1ms, switch: 0ms}",
        4e5,
        1e4,
        2,
        {
            { .name = "one",
              .count = 4,
              .arrival = "{closed: {think: {exponential: 20ms}}}",
              .job = "[{compute: {exponential: 2ms}}]" },
            { .name = "two",
              .count = 2,
              .arrival = "{closed: {think: {exponential: 100ms}}}",
              .job = "[{compute: {uniform: [0ms, 40ms]}}]" },
        }
    };
    const char *parameters = "vms=4/2;mean_demand_ms=2/20;think_ms=20/100";
    struct estimate one = measure_mean(&group, "one");
    struct estimate two = measure_mean(&group, "two");
    oracle_check(&oracle, (struct oracle_name){ "O12", parameters, "response_mean_class1" },
                 estimate_mean(&one), 4 * estimate_half_width(&one) + slice_ms);
    oracle_check(&oracle, (struct oracle_name){ "O12", parameters, "response_mean_class2" },
                 estimate_mean(&two), 4 * estimate_half_width(&two) + slice_ms);
    oracle_fini(&oracle);
}

/* ------------------------------------------------------------------ weighted sharing */

struct pair {
    const char *parameters;
    const char *arrivals[2];
    const char *jobs[2];
    const char *weights[2];
};

static void two_weighted_vms_share_as_gps(void **state)
{
    static const char ten[] = "[{compute: {exponential: 10ms}}]";
    static const struct pair pairs[] = {
        { "lambda_per_ms=0.04/0.04;mean_demand_ms=10/10;weight=2/1",
          { "{poisson: 40/s}", "{poisson: 40/s}" },
          { ten, ten },
          { "200", "100" } },
        { "lambda_per_ms=0.02/0.06;mean_demand_ms=10/10;weight=3/1",
          { "{poisson: 20/s}", "{poisson: 60/s}" },
          { ten, ten },
          { "300", "100" } },
        { "lambda_per_ms=0.2/0.015;mean_demand_ms=2/20;weight=4/1",
          { "{poisson: 200/s}", "{poisson: 15/s}" },
          { "[{compute: {exponential: 2ms}}]", "[{compute: {exponential: 20ms}}]" },
          { "400", "100" } },
    };
    const double slice_ms = 0.2; /* Of weight 100; a VM lags by one slice of the other. */
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        const struct pair *pair = &pairs[i];
        struct group group = {
            "{mode: time_sliced, policy: weighted_round_robin, slice: 0.2ms, switch: 0ms}",
            1e6,
            1e4,
            2,
            {
                { .name = "one",
                  .weight = pair->weights[0],
                  .arrival = pair->arrivals[0],
                  .job = pair->jobs[0] },
                { .name = "two",
                  .weight = pair->weights[1],
                  .arrival = pair->arrivals[1],
                  .job = pair->jobs[1] },
            }
        };
        struct estimate one = measure_mean(&group, "one");
        struct estimate two = measure_mean(&group, "two");
        oracle_check(&oracle,
                     (struct oracle_name){ "O18", pair->parameters, "sojourn_mean_vm1" },
                     estimate_mean(&one), 4 * estimate_half_width(&one) + slice_ms);
        oracle_check(&oracle,
                     (struct oracle_name){ "O18", pair->parameters, "sojourn_mean_vm2" },
                     estimate_mean(&two), 4 * estimate_half_width(&two) + 4 * slice_ms);
    }
    oracle_fini(&oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_blind_policy_has_the_mean_of_mm1),
        cmocka_unit_test(many_vms_and_short_slices_are_processor_sharing),
        cmocka_unit_test(strict_priorities_have_their_means),
        cmocka_unit_test(a_background_vm_is_a_vacation),
        cmocka_unit_test(closed_loops_have_the_answers_of_mva),
        cmocka_unit_test(two_kinds_of_closed_loops_have_the_answers_of_mva),
        cmocka_unit_test(two_weighted_vms_share_as_gps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
