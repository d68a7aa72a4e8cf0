/*
 * One VM with one queue, against the closed forms of single-server queues: M/G/1 (oracles O01,
 * O02 and O03), D/M/1 (O16), busy periods (O15), a bounded queue (O14), an overhead for every
 * job (O08) and bursty arrivals (O20).
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

enum { NAME_SIZE = 160, RUNS = 8 };

static const double MS_IN_NS = 1e-6;
static const double MEAN_MS = 10; /* Of every demand here, unless a test says otherwise. */

struct law {
    const char *name; /* In the oracles. */
    const char *amount;
};

static const struct law laws[] = {
    { "exp", "{exponential: 10ms}" },
    { "det", "10ms" },
    { "uniform0-2S", "{uniform: [0ms, 20ms]}" },
    { "erlang4", "{gamma: {mean: 10ms, cv: 0.5}}" },
    { "h2-scv4", "{hyperexponential: {mean: 10ms, cv: 2}}" },
    { "h2-scv10", "{hyperexponential: {mean: 10ms, cv: 3.1622776601683795}}" },
    { "lognormal-cv1", "{lognormal: {mean: 10ms, cv: 1}}" },
    { "lognormal-cv2", "{lognormal: {mean: 10ms, cv: 2}}" },
    { "bimodal", "{mixture: [{weight: 90%, of: 3.448276ms}, {weight: 10%, of: 68.965517ms}]}" },
};

/* A VM alone never switches and has nobody to share with, so all of these are one queue. */
static const char *const alone[] = {
    "{mode: exclusive}",
    "{mode: time_sliced, policy: round_robin, slice: 2ms, switch: 0.1ms}",
    "{mode: time_sliced, policy: best_effort, slice: 7ms, switch: 1ms}",
    "{mode: time_sliced, policy: equal_share, slice: 3ms, switch: 0.5ms}",
    "{mode: time_sliced, policy: priority, slice: 2ms, switch: 0.1ms}",
};

/* Runs one VM and leaves its results as LABEL. */
static void run_alone(const char *label, const struct scene *scene, const struct scene_vm *vm)
{
    struct text text;

    text_init(&text);
    scene_put(&text, scene);
    scene_put_vm(&text, vm);
    simulate_run(label, text.bytes, "");
    text_fini(&text);
}

static double column_ms(const struct sheet *vms, const char *column)
{
    return sheet_number(vms, 0, column) * MS_IN_NS;
}

/* ---------------------------------------------------------------------------------- M/G/1 */

static const int quantiles[] = { 50, 90, 95, 99 };

/* Relative tolerance of a quantile of an M/G/1 sojourn: the bucket's width, and four half
   widths for as many independent values as `jobs` correlated ones are worth. */
static double quantile_tolerance(double p, double rho, double jobs)
{
    double independent = jobs * pow((1 - rho) / (1 + rho), 2);
    double half_width = 1.96 * sqrt(p / (1 - p) / independent) / -log(1 - p);
    return 0.004 + 4 * half_width;
}

static void check_quantiles(struct oracle *oracle, const struct sheet *vms,
                            const char *parameters, double rho)
{
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        char quantity[32];
        char column[32];
        snprintf(quantity, sizeof(quantity), "sojourn_p%d", quantiles[i]);
        snprintf(column, sizeof(column), "latency_p%d_ns", quantiles[i]);
        /* The oracle's id follows from its law; any of the three has these parameters. */
        for (const char *const *id = (const char *const[]){ "O01", "O02", "O03", NULL }; *id;
             id++) {
            struct oracle_name name = { *id, parameters, quantity };
            if (oracle_has(oracle, name)) {
                double tolerance = quantile_tolerance(quantiles[i] / 100.0, rho,
                                                      sheet_number(vms, 0, "jobs_done"));
                oracle_check(oracle, name, column_ms(vms, column),
                             tolerance * oracle_value(oracle, name));
            }
        }
    }
}

static void check_mg1(struct oracle *oracle, const struct law *law, double rho,
                      const char *sharing)
{
    const double jobs = 1e6;
    const char *id = strcmp(law->name, "exp") == 0   ? "O01"
                     : strcmp(law->name, "det") == 0 ? "O02"
                                                     : "O03";
    char parameters[NAME_SIZE];
    char arrival[64];
    char label[64];

    snprintf(parameters, sizeof(parameters), "demand=%s;rho=%.1f;order=fifo", law->name, rho);
    snprintf(arrival, sizeof(arrival), "{poisson: %.0f/s}", rho * 1000 / MEAN_MS);
    snprintf(label, sizeof(label), "mg1_%s_%.0f", law->name, rho * 100);
    struct scene scene = { sharing, jobs * MEAN_MS / rho,
                           10 * MEAN_MS * (1 + rho) / pow(1 - rho, 2), 1 };
    struct scene_vm vm = { .name = "vm", .arrival = arrival };
    char job[NAME_SIZE];
    snprintf(job, sizeof(job), "[{compute: %s}]", law->amount);
    vm.job = job;
    run_alone(label, &scene, &vm);

    struct sheet vms = simulate_read(label, "vms.csv");
    double done = sheet_number(&vms, 0, "jobs_done");
    struct oracle_name mean = { id, parameters, "sojourn_mean" };
    double half_width = oracle_half_width(
        oracle_value(
            oracle, (struct oracle_name){ id, parameters, "jobs_for_1pct_ci_of_sojourn_mean" }),
        done);
    double tolerance = 4 * half_width * oracle_value(oracle, mean);
    oracle_check(oracle, mean, column_ms(&vms, "latency_mean_ns"), tolerance);
    oracle_check(oracle, (struct oracle_name){ id, parameters, "wait_mean" },
                 column_ms(&vms, "queue_wait_mean_ns") + column_ms(&vms, "slice_wait_mean_ns"),
                 tolerance);
    check_quantiles(oracle, &vms, parameters, rho);
    sheet_fini(&vms);
}

static void mg1_queues_have_their_means_and_quantiles(void **state)
{
    static const double loads[] = { 0.3, 0.5, 0.7, 0.8 };
    struct oracle oracle;
    uint32_t run = 0;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        for (size_t k = 0; k < ARRAY_LEN(loads); k++) {
            check_mg1(&oracle, &laws[i], loads[k], alone[run++ % ARRAY_LEN(alone)]);
        }
    }
    oracle_fini(&oracle);
}

/* ---------------------------------------------------------------------------------- D/M/1 */

static void check_dm1(struct oracle *oracle, int per_second, int mean_ms)
{
    char parameters[NAME_SIZE];
    char arrival[64];
    char job[64];
    char deadline[64];
    struct estimate mean = { 0 };
    struct estimate late = { 0 };
    struct estimate p95 = { 0 };

    snprintf(parameters, sizeof(parameters), "period_ms=%.13f;mean_demand_ms=%d",
             1000.0 / per_second, mean_ms);
    snprintf(arrival, sizeof(arrival), "{periodic: %d/s}", per_second);
    snprintf(job, sizeof(job), "[{compute: {exponential: %dms}}]", mean_ms);
    snprintf(deadline, sizeof(deadline), "%.6fms", 1000.0 / per_second);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct scene scene = { alone[seed % ARRAY_LEN(alone)], 300e3 * 1000 / per_second, 20e3,
                               seed };
        struct scene_vm vm = {
            .name = "vm", .arrival = arrival, .job = job, .deadline = deadline
        };
        run_alone("dm1", &scene, &vm);
        struct sheet vms = simulate_read("dm1", "vms.csv");
        estimate_add(&mean, column_ms(&vms, "latency_mean_ns"));
        estimate_add(&p95, column_ms(&vms, "latency_p95_ns"));
        estimate_add(&late, sheet_number(&vms, 0, "deadline_missed") /
                                sheet_number(&vms, 0, "jobs_done"));
        sheet_fini(&vms);
    }
    oracle_check(oracle, (struct oracle_name){ "O16", parameters, "sojourn_mean" },
                 estimate_mean(&mean), 4 * estimate_half_width(&mean));
    oracle_check(oracle, (struct oracle_name){ "O16", parameters, "prob_frame_late" },
                 estimate_mean(&late), 4 * estimate_half_width(&late));
    oracle_check(oracle, (struct oracle_name){ "O16", parameters, "sojourn_p95" },
                 estimate_mean(&p95),
                 4 * estimate_half_width(&p95) + 0.004 * estimate_mean(&p95));
}

static void frames_of_random_length_have_the_latencies_of_dm1(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    check_dm1(&oracle, 60, 8);
    check_dm1(&oracle, 60, 12);
    check_dm1(&oracle, 30, 20);
    oracle_fini(&oracle);
}

/* --------------------------------------------------------------------------- busy periods */

/* Lengths of the busy periods, of the gaps between them, and how many there were. */
static void measure_busy_periods(const char *label, struct estimate *busy,
                                 struct estimate *idle)
{
    struct sheet slices = simulate_read(label, "slices.csv");
    double end_ns = 0;

    for (uint32_t row = 0; row < slices.row_count; row++) {
        double start_ns = sheet_number(&slices, row, "run_start_ns");
        estimate_add(idle, (start_ns - end_ns) * MS_IN_NS);
        end_ns = sheet_number(&slices, row, "run_end_ns");
        estimate_add(busy, (end_ns - start_ns) * MS_IN_NS);
    }
    sheet_fini(&slices);
}

static void check_busy_periods(struct oracle *oracle, const struct law *law, double rho)
{
    const double jobs = 2e5;
    char parameters[NAME_SIZE];
    char arrival[64];
    char job[NAME_SIZE];
    struct estimate busy = { 0 };
    struct estimate idle = { 0 };
    struct text text;

    snprintf(parameters, sizeof(parameters), "demand=%s;rho=%.1f", law->name, rho);
    snprintf(arrival, sizeof(arrival), "{poisson: %.0f/s}", rho * 1000 / MEAN_MS);
    snprintf(job, sizeof(job), "[{compute: %s}]", law->amount);
    struct scene scene = { alone[1], jobs * MEAN_MS / rho, 0, 7 };
    text_init(&text);
    scene_put(&text, &scene);
    scene_put_vm(&text, &(struct scene_vm){ .name = "vm", .arrival = arrival, .job = job });
    simulate_run("busy", text.bytes, "--slices");
    text_fini(&text);
    measure_busy_periods("busy", &busy, &idle);

    double n = busy.count;
    double sd_ms =
        oracle_value(oracle, (struct oracle_name){ "O15", parameters, "busy_period_sd" });
    double idle_ms = MEAN_MS / rho;
    oracle_check(oracle, (struct oracle_name){ "O15", parameters, "busy_period_mean" },
                 estimate_mean(&busy), 4 * 1.96 * sd_ms / sqrt(n));
    oracle_check(oracle, (struct oracle_name){ "O15", parameters, "idle_period_mean" },
                 estimate_mean(&idle), 4 * 1.96 * idle_ms / sqrt(n));
    double cycle_sd_ms = sqrt(sd_ms * sd_ms + idle_ms * idle_ms);
    double cycle_ms = 1000 / oracle_value(oracle, (struct oracle_name){ "O15", parameters,
                                                                        "busy_periods_per_s" });
    oracle_check(oracle, (struct oracle_name){ "O15", parameters, "busy_periods_per_s" },
                 n / scene.duration_ms * 1000,
                 4 * 1.96 * (cycle_sd_ms / cycle_ms) / sqrt(n) * 1000 / cycle_ms);
}

static void busy_periods_have_their_mean_length(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        char parameters[NAME_SIZE];
        snprintf(parameters, sizeof(parameters), "demand=%s;rho=0.5", laws[i].name);
        if (oracle_has(&oracle, (struct oracle_name){ "O15", parameters, "busy_period_sd" })) {
            check_busy_periods(&oracle, &laws[i], 0.3);
            check_busy_periods(&oracle, &laws[i], 0.5);
            check_busy_periods(&oracle, &laws[i], 0.7);
        }
    }
    oracle_fini(&oracle);
}

/* ---------------------------------------------------------------------- a bounded queue */

static void check_bounded(struct oracle *oracle, const char *load, int room)
{
    char parameters[NAME_SIZE];
    char arrival[64];
    char queue[64];
    struct estimate loss = { 0 };
    struct estimate mean = { 0 };
    struct estimate throughput = { 0 };

    snprintf(parameters, sizeof(parameters), "rho_offered=%s;room=%d", load, room);
    snprintf(arrival, sizeof(arrival), "{poisson: %.0f/s}", strtod(load, NULL) * 100);
    snprintf(queue, sizeof(queue), "{limit: %d, when_full: drop_new}", room);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct scene scene = { alone[seed % ARRAY_LEN(alone)], 2e6, 1e4, seed };
        struct scene_vm vm = { .name = "vm",
                               .arrival = arrival,
                               .job = "[{compute: {exponential: 10ms}}]",
                               .queue = queue };
        run_alone("bounded", &scene, &vm);
        struct sheet vms = simulate_read("bounded", "vms.csv");
        estimate_add(&loss, sheet_number(&vms, 0, "jobs_dropped") /
                                sheet_number(&vms, 0, "jobs_arrived"));
        estimate_add(&mean, column_ms(&vms, "latency_mean_ns"));
        estimate_add(&throughput, sheet_number(&vms, 0, "jobs_done") / (2e6 - 1e4));
        sheet_fini(&vms);
    }
    oracle_check(oracle, (struct oracle_name){ "O14", parameters, "loss_prob" },
                 estimate_mean(&loss), 4 * estimate_half_width(&loss));
    oracle_check(oracle, (struct oracle_name){ "O14", parameters, "sojourn_mean_accepted" },
                 estimate_mean(&mean), 4 * estimate_half_width(&mean));
    oracle_check(oracle, (struct oracle_name){ "O14", parameters, "throughput" },
                 estimate_mean(&throughput), 4 * estimate_half_width(&throughput));
}

static void a_bounded_queue_loses_what_it_must(void **state)
{
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    check_bounded(&oracle, "0.5", 1);
    check_bounded(&oracle, "0.8", 2);
    check_bounded(&oracle, "1.2", 5);
    oracle_fini(&oracle);
}

/* ------------------------------------------------------------------ overhead and bursts */

static void an_overhead_for_every_job_lengthens_its_service(void **state)
{
    static const char *const overheads[] = { "0.2", "2.0", "8.0" };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(overheads); i++) {
        char parameters[NAME_SIZE];
        char job[NAME_SIZE];
        struct estimate wait = { 0 };
        snprintf(parameters, sizeof(parameters), "demand=exp;rho=0.3;overhead_ms=%s",
                 overheads[i]);
        snprintf(job, sizeof(job), "[{compute: %sms}, {compute: {exponential: 10ms}}]",
                 overheads[i]);
        for (uint64_t seed = 1; seed <= RUNS; seed++) {
            struct scene scene = { alone[seed % ARRAY_LEN(alone)], 1e7, 1e3, seed };
            struct scene_vm vm = { .name = "vm", .arrival = "{poisson: 30/s}", .job = job };
            run_alone("overhead", &scene, &vm);
            struct sheet vms = simulate_read("overhead", "vms.csv");
            estimate_add(&wait,
                         column_ms(&vms, "latency_mean_ns") - column_ms(&vms, "run_mean_ns"));
            sheet_fini(&vms);
        }
        oracle_check(&oracle, (struct oracle_name){ "O08", parameters, "wait_mean" },
                     estimate_mean(&wait), 4 * estimate_half_width(&wait));
    }
    oracle_fini(&oracle);
}

struct burst {
    const char *parameters;
    const char *arrival;
};

static void bursty_arrivals_have_the_mean_of_mmpp(void **state)
{
    static const struct burst bursts[] = {
        { "lambda_per_ms=0.15/0.01;leave_rate_per_ms=0.01/0.01",
          "{mmpp: {rates: [150/s, 10/s], stay: [{exponential: 100ms}, {exponential: "
          "100ms}]}}" },
        { "lambda_per_ms=0.08/0.08;leave_rate_per_ms=0.01/0.01",
          "{mmpp: {rates: [80/s, 80/s], stay: [{exponential: 100ms}, {exponential: 100ms}]}}" },
        { "lambda_per_ms=0.3/0.02;leave_rate_per_ms=0.01/0.0025",
          "{mmpp: {rates: [300/s, 20/s], stay: [{exponential: 100ms}, {exponential: "
          "400ms}]}}" },
    };
    struct oracle oracle;
    (void)state;

    oracle_init(&oracle);
    for (size_t i = 0; i < ARRAY_LEN(bursts); i++) {
        struct estimate mean = { 0 };
        for (uint64_t seed = 1; seed <= RUNS; seed++) {
            struct scene scene = { alone[seed % ARRAY_LEN(alone)], 1e7, 5e4, seed };
            struct scene_vm vm = { .name = "vm",
                                   .arrival = bursts[i].arrival,
                                   .job = "[{compute: {exponential: 10ms}}]" };
            run_alone("bursts", &scene, &vm);
            struct sheet vms = simulate_read("bursts", "vms.csv");
            estimate_add(&mean, column_ms(&vms, "latency_mean_ns"));
            sheet_fini(&vms);
        }
        oracle_check(&oracle,
                     (struct oracle_name){ "O20", bursts[i].parameters, "sojourn_mean" },
                     estimate_mean(&mean), 4 * estimate_half_width(&mean));
    }
    oracle_fini(&oracle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mg1_queues_have_their_means_and_quantiles),
        cmocka_unit_test(frames_of_random_length_have_the_latencies_of_dm1),
        cmocka_unit_test(busy_periods_have_their_mean_length),
        cmocka_unit_test(a_bounded_queue_loses_what_it_must),
        cmocka_unit_test(an_overhead_for_every_job_lengthens_its_service),
        cmocka_unit_test(bursty_arrivals_have_the_mean_of_mmpp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
