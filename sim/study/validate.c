#include "study/validate.h"

#include "base/assert.h"
#include "study/replay.h"

#include <math.h>
#include <stdlib.h>

static const char *const metric_names[VALIDATE_METRICS] = {
    "latency_mean",
    "latency_p50",
    "latency_p95",
    "latency_p99",
};

const char *validate_metric_name(enum validate_metric metric)
{
    assert(metric < VALIDATE_METRICS);
    return metric_names[metric];
}

/* ---------------------------------------------------------------- exact statistics */

static int compare_times(const void *a, const void *b)
{
    const nsec *first = a;
    const nsec *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* The type 1 quantile of sorted values. */
static double quantile(const nsec *sorted, uint32_t count, uint32_t p_percent)
{
    uint64_t rank = ((uint64_t)count * p_percent + 99) / 100;

    return (double)sorted[rank > 0 ? rank - 1 : 0];
}

/* Sorts the latencies. */
static void measure(nsec *latencies, uint32_t count, double ret[VALIDATE_METRICS])
{
    wide sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += latencies[i];
    }
    qsort(latencies, count, sizeof(latencies[0]), compare_times);
    ret[VALIDATE_MEAN] = count > 0 ? (double)sum / (double)count : (double)NAN;
    ret[VALIDATE_P50] = count > 0 ? quantile(latencies, count, 50) : (double)NAN;
    ret[VALIDATE_P95] = count > 0 ? quantile(latencies, count, 95) : (double)NAN;
    ret[VALIDATE_P99] = count > 0 ? quantile(latencies, count, 99) : (double)NAN;
}

static void measure_vm(const struct measured_vm *vm, struct validation_row *row)
{
    nsec *latencies = malloc(vm->job_count * sizeof(latencies[0]));

    if (!latencies) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < vm->job_count; i++) {
        latencies[i] = vm->jobs[i].end_ns - vm->jobs[i].arrival_ns;
    }
    measure(latencies, vm->job_count, row->measured_ns);
    free(latencies);
}

/* ---------------------------------------------------------------- all scenarios */

int validate_scenario(const struct measured_scenario *scenario,
                      const struct calibration *calibration, struct validation_row *rows,
                      struct err *err)
{
    struct replay replay;

    if (replay_run(scenario, calibration, &replay, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        const struct measured_vm *vm = &scenario->vms[i];
        rows[i] = (struct validation_row){
            .scenario = scenario->name,
            .mode = scenario->mode,
            .regime = scenario->regime,
            .vm = vm->name,
            .jobs = vm->job_count,
        };
        measure_vm(vm, &rows[i]);
        measure(replay.vms[i].latencies_ns, replay.vms[i].count, rows[i].predicted_ns);
    }
    replay_fini(&replay);
    return 0;
}

int validate(const struct measured_set *set, const struct validate_plan *plan,
             struct arena *arena, struct validation *ret, struct err *err)
{
    struct validation v = { 0 };
    uint32_t vms = 0;

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        vms += set->scenarios[i].vm_count;
    }
    v.rows = arena_take(arena, vms, sizeof(v.rows[0]));
    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        if (plan->half != MEASURED_ALL && plan->half != scenario->half) {
            continue;
        }
        if (validate_scenario(scenario, plan->calibration, &v.rows[v.row_count], err)) {
            return -1;
        }
        v.row_count += scenario->vm_count;
    }
    *ret = v;
    return 0;
}

void validation_join(const struct validation *a, const struct validation *b,
                     struct arena *arena, struct validation *ret)
{
    struct validation v = {
        .rows = arena_take(arena, a->row_count + b->row_count, sizeof(v.rows[0])),
        .row_count = a->row_count + b->row_count,
    };

    for (uint32_t i = 0; i < v.row_count; i++) {
        v.rows[i] = i < a->row_count ? a->rows[i] : b->rows[i - a->row_count];
    }
    *ret = v;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* The middle value, and the type 1 quantile, of sorted values. */
static double middle(const double *sorted, uint32_t count)
{
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0;
}

/* Of the rows that are in the mode or, if regime is not MEASURED_REGIMES, in the regime. */
static struct validation_summary summarise(const struct validation *v, enum measured_mode mode,
                                           enum measured_regime regime,
                                           enum validate_metric metric)
{
    struct validation_summary summary = { 0 };
    double *errors = malloc((v->row_count + 1) * sizeof(errors[0]));

    if (!errors) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        if (regime == MEASURED_REGIMES ? row->mode == mode : row->regime == regime) {
            errors[summary.vms++] =
                fabs(row->predicted_ns[metric] / row->measured_ns[metric] - 1.0) * 100.0;
        }
    }
    qsort(errors, summary.vms, sizeof(errors[0]), compare_doubles);
    if (summary.vms > 0) {
        uint32_t rank = (summary.vms * 95 + 99) / 100;
        summary.median = middle(errors, summary.vms);
        summary.p95 = errors[rank - 1];
        summary.max = errors[summary.vms - 1];
    }
    free(errors);
    return summary;
}

struct validation_summary validation_summarise(const struct validation *v,
                                               enum measured_mode mode,
                                               enum validate_metric metric)
{
    return summarise(v, mode, MEASURED_REGIMES, metric);
}

struct validation_summary validation_summarise_regime(const struct validation *v,
                                                      enum measured_regime regime,
                                                      enum validate_metric metric)
{
    return summarise(v, MEASURED_MODES, regime, metric);
}
