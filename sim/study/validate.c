#include "study/validate.h"

#include "base/assert.h"
#include "metrics/batch.h"
#include "metrics/interval.h"
#include "study/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const metric_names[VALIDATE_METRICS] = {
    "latency_mean",
    "latency_p50",
    "latency_p95",
    "latency_p99",
};

/* Of the quantiles. */
static const uint32_t metric_percents[VALIDATE_METRICS] = { 0, 50, 95, 99 };

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
static nsec quantile(const nsec *sorted, uint32_t count, uint32_t p_percent)
{
    uint64_t rank = ((uint64_t)count * p_percent + 99) / 100;

    return sorted[rank > 0 ? rank - 1 : 0];
}

/* Of sorted latencies. */
static void measure(const nsec *sorted, uint32_t count, double ret[VALIDATE_METRICS])
{
    wide sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += sorted[i];
    }
    ret[VALIDATE_MEAN] = count > 0 ? (double)sum / (double)count : (double)NAN;
    for (int m = VALIDATE_MEAN + 1; m < VALIDATE_METRICS; m++) {
        ret[m] = count > 0 ? (double)quantile(sorted, count, metric_percents[m]) : (double)NAN;
    }
}

static nsec latency_of(const struct measured_job *job)
{
    return job->end_ns - job->arrival_ns;
}

/* In a new array, sorted. */
static nsec *sorted_latencies(const struct measured_vm *vm)
{
    nsec *latencies = malloc(vm->job_count * sizeof(latencies[0]));

    if (!latencies) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < vm->job_count; i++) {
        latencies[i] = latency_of(&vm->jobs[i]);
    }
    qsort(latencies, vm->job_count, sizeof(latencies[0]), compare_times);
    return latencies;
}

/* ---------------------------------------------------------------- detail */

/* Batch means of latencies, less those of the job of the same number if there are `others`. */
static struct batch_answer answer_of(const struct measured_job *jobs,
                                     const struct measured_job *others, uint32_t count)
{
    struct batches batches;
    wide total = 0;

    batches_init(&batches);
    for (uint32_t i = 0; i < count; i++) {
        total += latency_of(&jobs[i]) - (others ? latency_of(&others[i]) : 0);
        if (batches_count(&batches)) {
            batches_close(&batches, total);
        }
    }
    return batches_answer(&batches);
}

static void interval_of_mean(struct validation_detail *d)
{
    const struct measured_vm *vm = d->measured;
    uint32_t both = d->predicted_count < vm->job_count ? d->predicted_count : vm->job_count;
    struct batch_answer own = answer_of(vm->jobs, NULL, vm->job_count);
    struct batch_answer pairs = answer_of(d->predicted, vm->jobs, both);

    d->low_ns[VALIDATE_MEAN] = own.low;
    d->high_ns[VALIDATE_MEAN] = own.high;
    d->error_low_ns[VALIDATE_MEAN] = pairs.low;
    d->error_high_ns[VALIDATE_MEAN] = pairs.high;
}

static void interval_of_quantiles(const nsec *sorted, const double *predicted_ns,
                                  struct validation_detail *d)
{
    uint32_t count = d->measured->job_count;

    for (int m = VALIDATE_MEAN + 1; m < VALIDATE_METRICS; m++) {
        struct rank_interval ranks =
            interval_ranks(count, metric_percents[m] * (uint32_t)(PPM / 100), 0.05);
        bool is_there = ranks.low > 0 && ranks.high > 0;
        d->low_ns[m] = is_there ? (double)sorted[ranks.low - 1] : (double)NAN;
        d->high_ns[m] = is_there ? (double)sorted[ranks.high - 1] : (double)NAN;
        d->error_low_ns[m] = predicted_ns[m] - d->high_ns[m];
        d->error_high_ns[m] = predicted_ns[m] - d->low_ns[m];
    }
}

/* Of the first run. */
static struct measured_job *jobs_of(const struct replay_vm *vm, struct arena *arena)
{
    struct measured_job *jobs = arena_take(arena, vm->first_count, sizeof(jobs[0]));

    for (uint32_t i = 0; i < vm->first_count; i++) {
        jobs[i] = (struct measured_job){
            .arrival_ns = vm->arrivals_ns[i],
            .start_ns = vm->starts_ns[i],
            .end_ns = vm->arrivals_ns[i] + vm->latencies_ns[i],
        };
    }
    return jobs;
}

/* What a row is made of. */
struct row_source {
    const struct measured_vm *vm;
    const struct replay_vm *replay; /* Its latencies are put in order. */
    const nsec *sorted;             /* What was measured. */
    const struct measured_job *predicted;
};

static struct validation_detail *
detail_of(const struct row_source *from, const struct validation_row *row, struct arena *arena)
{
    struct validation_detail *d = arena_take(arena, 1, sizeof(*d));

    d->measured = from->vm;
    d->predicted = from->predicted;
    d->predicted_count = from->replay->first_count;
    for (int m = 0; m < VALIDATE_METRICS; m++) {
        d->predicted_low_ns[m] = row->predicted_ns[m];
        d->predicted_high_ns[m] = row->predicted_ns[m];
    }
    interval_of_mean(d);
    interval_of_quantiles(from->sorted, row->predicted_ns, d);
    for (uint32_t p = 1; p <= VALIDATE_QUANTILES && from->replay->count > 0; p++) {
        d->measured_quantiles_ns[p - 1] = quantile(from->sorted, from->vm->job_count, p);
        d->predicted_quantiles_ns[p - 1] =
            quantile(from->replay->latencies_ns, from->replay->count, p);
    }
    return d;
}

/* ---------------------------------------------------------------- all scenarios */

/* What becomes of the predictions of a scenario when submissions are a little late. */
static int perturb(const struct measured_scenario *scenario,
                   const struct calibration *calibration,
                   struct validation_detail *const *details, struct err *err)
{
    for (uint64_t draw = 1; draw <= VALIDATE_DRAWS; draw++) {
        struct replay replay;
        if (replay_run_perturbed(scenario, calibration, draw, &replay, err)) {
            return -1;
        }
        for (uint32_t i = 0; i < scenario->vm_count; i++) {
            struct replay_vm *vm = &replay.vms[i];
            double predicted_ns[VALIDATE_METRICS];
            qsort(vm->latencies_ns, vm->count, sizeof(nsec), compare_times);
            measure(vm->latencies_ns, vm->count, predicted_ns);
            for (int m = 0; m < VALIDATE_METRICS; m++) {
                struct validation_detail *d = details[i];
                d->predicted_low_ns[m] = fmin(d->predicted_low_ns[m], predicted_ns[m]);
                d->predicted_high_ns[m] = fmax(d->predicted_high_ns[m], predicted_ns[m]);
            }
        }
        replay_fini(&replay);
    }
    return 0;
}

/* What was measured of VM i, in order, and the row that says so. */
static nsec *start_row(const struct measured_scenario *scenario, uint32_t i,
                       struct validation_row *row)
{
    const struct measured_vm *vm = &scenario->vms[i];
    nsec *sorted = sorted_latencies(vm);

    *row = (struct validation_row){
        .scenario = scenario->name,
        .mode = scenario->mode,
        .regime = scenario->regime,
        .vm = vm->name,
        .jobs = vm->job_count,
    };
    measure(sorted, vm->job_count, row->measured_ns);
    return sorted;
}

static void predict_row(struct replay_vm *replay, struct validation_row *row)
{
    qsort(replay->latencies_ns, replay->count, sizeof(nsec), compare_times);
    measure(replay->latencies_ns, replay->count, row->predicted_ns);
}

void validate_measured(const struct measured_scenario *scenario, struct validation_row *rows)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        free(start_row(scenario, i, &rows[i]));
    }
}

int validate_predicted(const struct measured_scenario *scenario,
                       const struct calibration *calibration, uint32_t runs,
                       struct validation_row *rows, struct err *err)
{
    struct replay replay;

    if (replay_run_pooled(scenario, calibration, runs, &replay, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        predict_row(&replay.vms[i], &rows[i]);
    }
    replay_fini(&replay);
    return 0;
}

/* The row of VM i; with its detail if there is an arena to put it. Returns that, or NULL. */
static struct validation_detail *fill_row(const struct measured_scenario *scenario, uint32_t i,
                                          struct replay_vm *replay, struct arena *arena,
                                          struct validation_row *row)
{
    const struct measured_job *predicted = arena ? jobs_of(replay, arena) : NULL;
    nsec *sorted = start_row(scenario, i, row);
    struct row_source source = { &scenario->vms[i], replay, sorted, predicted };

    predict_row(replay, row);
    struct validation_detail *detail = arena ? detail_of(&source, row, arena) : NULL;
    row->detail = detail;
    free(sorted);
    return detail;
}

static int fill_rows(const struct measured_scenario *scenario,
                     const struct calibration *calibration, struct arena *arena,
                     struct validation_row *rows, struct err *err)
{
    struct replay replay;
    struct validation_detail **details =
        arena ? arena_take(arena, scenario->vm_count, sizeof(details[0])) : NULL;

    if (replay_run_pooled(scenario, calibration, REPLAY_RUNS, &replay, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        struct validation_detail *detail =
            fill_row(scenario, i, &replay.vms[i], arena, &rows[i]);
        if (details) {
            details[i] = detail;
        }
    }
    replay_fini(&replay);
    return details ? perturb(scenario, calibration, details, err) : 0;
}

static void refuse(const struct measured_scenario *scenario, const struct err *err,
                   struct validation_refusal *ret)
{
    ret->scenario = scenario;
    (void)err_at(&ret->reason, scenario->place, "%s cannot be predicted: %s", scenario->name,
                 err->text);
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
    v.refused = arena_take(arena, set->scenario_count, sizeof(v.refused[0]));
    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        if (plan->half != MEASURED_ALL && plan->half != scenario->half) {
            continue;
        }
        if (fill_rows(scenario, plan->calibration, plan->with_detail ? arena : NULL,
                      &v.rows[v.row_count], err) == 0) {
            v.row_count += scenario->vm_count;
        } else if (err->kind == ERR_SCENARIO) {
            refuse(scenario, err, &v.refused[v.refused_count++]);
        } else {
            return -1;
        }
    }
    if (v.row_count == 0 && v.refused_count > 0) {
        *err = v.refused[0].reason;
        return -1;
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
        .refused = arena_take(arena, a->refused_count + b->refused_count, sizeof(v.refused[0])),
        .refused_count = a->refused_count + b->refused_count,
    };

    for (uint32_t i = 0; i < v.row_count; i++) {
        v.rows[i] = i < a->row_count ? a->rows[i] : b->rows[i - a->row_count];
    }
    for (uint32_t i = 0; i < v.refused_count; i++) {
        v.refused[i] = i < a->refused_count ? a->refused[i] : b->refused[i - a->refused_count];
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

/* Of absolute errors, which are sorted and freed. */
static struct validation_summary summary_of(double *errors, uint32_t count)
{
    struct validation_summary summary = { .vms = count };

    qsort(errors, count, sizeof(errors[0]), compare_doubles);
    if (count > 0) {
        uint32_t rank = (count * 95 + 99) / 100;
        summary.median = middle(errors, count);
        summary.p95 = errors[rank - 1];
        summary.max = errors[count - 1];
    }
    free(errors);
    return summary;
}

static double *errors_for(const struct validation *v)
{
    double *errors = malloc((v->row_count + 1) * sizeof(errors[0]));

    if (!errors) {
        out_of_memory();
    }
    return errors;
}

static double error_percent(double value, double of)
{
    return fabs(value / of - 1.0) * 100.0;
}

/* Of the rows that are in the mode or, if regime is not MEASURED_REGIMES, in the regime. */
static struct validation_summary summarise(const struct validation *v, enum measured_mode mode,
                                           enum measured_regime regime,
                                           enum validate_metric metric)
{
    double *errors = errors_for(v);
    uint32_t count = 0;

    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        if (regime == MEASURED_REGIMES ? row->mode == mode : row->regime == regime) {
            errors[count++] =
                error_percent(row->predicted_ns[metric], row->measured_ns[metric]);
        }
    }
    return summary_of(errors, count);
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

/* Whether `name` is `of`, measured once more: X_r2 of X. */
static bool is_repeat(const char *name, const char *of)
{
    size_t size = strlen(of);

    if (strncmp(name, of, size) != 0) {
        return false;
    }
    const char *end = name + size;
    return end[0] == '_' && end[1] == 'r' && end[2] >= '2' && end[2] <= '9' && end[3] == '\0';
}

struct validation_summary validation_repeats(const struct validation *v,
                                             enum measured_regime regime,
                                             enum validate_metric metric)
{
    double *errors = errors_for(v);
    uint32_t count = 0;

    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        for (uint32_t k = 0; k < v->row_count && row->regime == regime; k++) {
            const struct validation_row *of = &v->rows[k];
            if (is_repeat(row->scenario, of->scenario) && strcmp(row->vm, of->vm) == 0) {
                errors[count++] =
                    error_percent(row->measured_ns[metric], of->measured_ns[metric]);
                break;
            }
        }
    }
    return summary_of(errors, count);
}

struct validation_summary validation_spreads(const struct validation *v,
                                             enum measured_regime regime,
                                             enum validate_metric metric)
{
    double *spreads = errors_for(v);
    uint32_t count = 0;

    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        if (row->regime == regime) {
            spreads[count++] = 100.0 *
                               (row->detail->predicted_high_ns[metric] -
                                row->detail->predicted_low_ns[metric]) /
                               row->predicted_ns[metric];
        }
    }
    return summary_of(spreads, count);
}
