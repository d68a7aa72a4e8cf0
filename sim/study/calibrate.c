#include "study/calibrate.h"

#include "base/assert.h"
#include "study/loss.h"
#include "study/replay.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_KEYS = 8, FOLDS = 5, TURNS_MAX = 400, TURNS_AGAIN = 30, MANY = 40, SAMPLE = 4 };

/* Loss of a VM that one step from the start is worth. */
#define PRIOR 0.05

/* Parameters that are fitted together, and what depends on them. */
struct group {
    enum measured_mode mode;
    bool (*uses)(const struct measured_scenario *scenario);
    int key_count;
    struct {
        enum calibration_key key;
        double step; /* Of the first simplex. */
    } keys[GROUP_KEYS];
};

static bool has_kernel(const struct measured_scenario *scenario, const char *kernel)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (strcmp(scenario->vms[i].kernel, kernel) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_small(const struct measured_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (replay_is_small(scenario->vms[i].blocks)) {
            return true;
        }
    }
    return false;
}

static bool uses_plain(const struct measured_scenario *scenario)
{
    return !has_kernel(scenario, "stream") && !has_small(scenario);
}

static bool uses_stream(const struct measured_scenario *scenario)
{
    return has_kernel(scenario, "stream");
}

static bool uses_burn(const struct measured_scenario *scenario)
{
    return !has_kernel(scenario, "stream");
}

static bool uses_any(const struct measured_scenario *scenario)
{
    (void)scenario;
    return true;
}

static bool uses_host(const struct measured_scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        if (replay_is_paced(&scenario->vms[i])) {
            return true;
        }
    }
    return false;
}

static bool uses_gpu(const struct measured_scenario *scenario)
{
    return !uses_host(scenario);
}

static const struct group groups[] = {
    { MEASURED_TIME_SLICED,
      uses_plain,
      5,
      { { CALIBRATION_PREEMPT, 8000.0 },
        { CALIBRATION_IDLE, 4000.0 },
        { CALIBRATION_RESTORE, 4000.0 },
        { CALIBRATION_LAUNCH, 3000.0 },
        { CALIBRATION_DEMAND, 0.001 } } },
    { MEASURED_TIME_SLICED,
      uses_stream,
      2,
      { { CALIBRATION_PREEMPT_STREAM, 15000.0 }, { CALIBRATION_DEMAND_STREAM, 0.003 } } },
    { MEASURED_TIME_SLICED, has_small, 1, { { CALIBRATION_DEMAND_SMALL, 0.01 } } },
    { MEASURED_COPY,
      uses_any,
      4,
      { { CALIBRATION_COPY_IN, 0.02 },
        { CALIBRATION_COPY_OUT, 0.02 },
        { CALIBRATION_DUPLEX_IN, 0.05 },
        { CALIBRATION_DUPLEX_OUT, 0.05 } } },
    { MEASURED_MPS,
      uses_burn,
      6,
      { { CALIBRATION_MPS_DEMAND, 0.002 },
        { CALIBRATION_MPS_LAUNCH, 1000.0 },
        { CALIBRATION_MPS_OPEN_LAUNCH, 5000.0 },
        { CALIBRATION_MPS_LEAK, 0.01 },
        { CALIBRATION_MPS_ALONE, 0.01 },
        { CALIBRATION_MPS_JITTER, 50000.0 } } },
    { MEASURED_MPS,
      uses_stream,
      6,
      { { CALIBRATION_MPS_STREAM, 0.01 },
        { CALIBRATION_MPS_LATENCY, 0.05 },
        { CALIBRATION_MPS_LATENCY_STEP, 0.01 },
        { CALIBRATION_MPS_BANDWIDTH, 0.05 },
        { CALIBRATION_MPS_BEND, 0.3 },
        { CALIBRATION_MPS_TAIL, 0.05 } } },
    { MEASURED_APP, uses_host, 1, { { CALIBRATION_APP_GPU, 100000.0 } } },
    { MEASURED_APP,
      uses_gpu,
      2,
      { { CALIBRATION_PREEMPT_APP, 20000.0 }, { CALIBRATION_DEMAND_APP, 0.01 } } },
};

/* ---------------------------------------------------------------- how far off */

struct fit {
    const struct measured_set *set;
    const struct calibrate_options *options;
    const struct group *group;
    int left_out;   /* Fold; -1: none. */
    bool is_sample; /* Only one scenario of so many is used. */
    struct calibration calibration;
    const struct calibration *start;
    struct loss *loss;
    bool *used; /* By scenario; room for it. */
    struct err *err;
    bool failed;
};

/* The scenarios that a group is fitted to, dealt to folds in turn. */
static bool is_used(const struct fit *fit, uint32_t index)
{
    const struct measured_scenario *scenario = &fit->set->scenarios[index];
    int half = fit->options->half;

    return scenario->mode == fit->group->mode &&
           (half == MEASURED_ALL || scenario->half == half) && fit->group->uses(scenario) &&
           (fit->left_out < 0 || index % FOLDS != (uint32_t)fit->left_out) &&
           (!fit->is_sample || index % SAMPLE == 0);
}

/* Finds out which they are. How many. */
static uint32_t choose(const struct fit *fit)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < fit->set->scenario_count; i++) {
        fit->used[i] = is_used(fit, i);
        count += fit->used[i];
    }
    return count;
}

/* Outside its bounds a parameter costs more the further out it is, and is taken at the edge. */
static double set_key(struct fit *fit, enum calibration_key key, double value)
{
    const struct calibration_field *field = &calibration_fields[key];
    double *at = &fit->calibration.values[key];

    *at = value < field->min ? field->min : value > field->max ? field->max : value;
    return fabs(value - *at) / (1.0 + fabs(*at));
}

static double loss_at(const gsl_vector *point, void *context)
{
    struct fit *fit = context;
    double outside = 0.0;
    double far = 0.0;
    double total = 0.0;
    double *values = fit->calibration.values;

    for (int i = 0; i < fit->group->key_count; i++) {
        enum calibration_key key = fit->group->keys[i].key;
        double step = fit->group->keys[i].step;
        outside += set_key(fit, key, gsl_vector_get(point, (size_t)i) * step);
        double steps = (values[key] - fit->start->values[key]) / step;
        far += steps * steps;
    }
    double least = values[CALIBRATION_PREEMPT] < values[CALIBRATION_IDLE]
                       ? values[CALIBRATION_PREEMPT]
                       : values[CALIBRATION_IDLE];
    if (values[CALIBRATION_RESTORE] > least) {
        outside += values[CALIBRATION_RESTORE] / (1.0 + least);
        values[CALIBRATION_RESTORE] = least;
    }
    /* What the scenarios say little of stays near where it began: the fewer VMs, the nearer. */
    if (!fit->failed && loss_of(fit->loss, fit->used, &fit->calibration, &total, fit->err)) {
        fit->failed = true;
    }
    return total + 100.0 * outside + PRIOR * far / (1.0 + loss_weight(fit->loss, fit->used));
}

/* ---------------------------------------------------------------- the search */

/* Moves the group's parameters to the nearest least loss, in at most `turns` steps. Points are
   in units of the first steps. The loss. */
static double search(struct fit *fit, double spread, int turns)
{
    size_t count = (size_t)fit->group->key_count;
    gsl_vector *point = gsl_vector_alloc(count);
    gsl_vector *steps = gsl_vector_alloc(count);
    gsl_multimin_fminimizer *minimizer =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, count);
    gsl_multimin_function loss = { .f = loss_at, .n = count, .params = fit };

    for (size_t i = 0; i < count; i++) {
        gsl_vector_set(point, i,
                       fit->calibration.values[fit->group->keys[i].key] /
                           fit->group->keys[i].step);
    }
    gsl_vector_set_all(steps, spread);
    gsl_multimin_fminimizer_set(minimizer, &loss, point, steps);
    for (int turn = 0; turn < turns && !fit->failed; turn++) {
        if (gsl_multimin_fminimizer_iterate(minimizer) ||
            gsl_multimin_fminimizer_size(minimizer) < 0.01) {
            break;
        }
    }
    double least = loss_at(gsl_multimin_fminimizer_x(minimizer), fit);
    gsl_multimin_fminimizer_free(minimizer);
    gsl_vector_free(steps);
    gsl_vector_free(point);
    return least;
}

/* The delete-a-group jackknife: how the optimum moves when a fifth of the scenarios is left
   out; 2.776 is Student's t of four degrees of freedom. Each search begins where the search for
   the optimum found the least loss of what is not left out. */
static void find_intervals(const struct fit *whole, struct calibrate_value *values)
{
    const struct group *group = whole->group;
    double sum[GROUP_KEYS] = { 0.0 };
    double squares[GROUP_KEYS] = { 0.0 };
    double starts[FOLDS][CALIBRATION_KEYS];

    for (int fold = 0; fold < FOLDS; fold++) {
        struct fit fit = *whole;
        fit.left_out = fold;
        (void)choose(&fit);
        memcpy(starts[fold], loss_best(fit.loss, fit.used), sizeof(starts[fold]));
    }
    for (int fold = 0; fold < FOLDS; fold++) {
        struct fit fit = *whole;
        fit.left_out = fold;
        if (choose(&fit) == 0) {
            return;
        }
        memcpy(fit.calibration.values, starts[fold], sizeof(starts[fold]));
        (void)search(&fit, 0.3, TURNS_AGAIN);
        for (int i = 0; i < group->key_count; i++) {
            double moved = fit.calibration.values[group->keys[i].key] -
                           whole->calibration.values[group->keys[i].key];
            sum[i] += moved;
            squares[i] += moved * moved;
        }
    }
    for (int i = 0; i < group->key_count; i++) {
        enum calibration_key key = group->keys[i].key;
        double variance = (squares[i] - sum[i] * sum[i] / FOLDS) * (FOLDS - 1) / FOLDS;
        double half = 2.776 * sqrt(variance > 0.0 ? variance : 0.0);
        values[key].low = whole->calibration.values[key] - half;
        values[key].high = whole->calibration.values[key] + half;
    }
}

/* Finds the least of the losses that searches in several directions come to. A few of many
   scenarios show the way just as well, and then one search has to do. */
static void search_far(struct fit *fit, uint32_t scenarios)
{
    static const double spreads[] = { 1.0, -1.0, 3.0 };
    struct calibration start = fit->calibration;
    struct calibration best = start;
    double least = 0.0;

    fit->is_sample = scenarios >= MANY;
    (void)choose(fit);
    for (size_t i = 0; i < (fit->is_sample ? 1 : ARRAY_LEN(spreads)) && !fit->failed; i++) {
        fit->calibration = start;
        double loss = search(fit, spreads[i], TURNS_MAX);
        if (i == 0 || loss < least) {
            least = loss;
            best = fit->calibration;
        }
    }
    fit->calibration = best;
    fit->is_sample = false;
}

static int fit_group(struct fit *fit, struct calibrate_result *result)
{
    uint32_t scenarios = choose(fit);

    if (scenarios == 0) {
        return 0;
    }
    search_far(fit, scenarios);
    (void)choose(fit);
    loss_forget(fit->loss);
    /* A fresh search escapes a simplex that has collapsed. */
    (void)search(fit, 0.3, TURNS_MAX);
    for (int i = 0; i < fit->group->key_count && !fit->failed; i++) {
        struct calibrate_value *value = &result->values[fit->group->keys[i].key];
        value->origin = CALIBRATE_FITTED;
        value->scenarios = scenarios;
    }
    if (fit->options->with_intervals && scenarios >= FOLDS && !fit->failed) {
        find_intervals(fit, result->values);
    }
    return fit->failed ? -1 : 0;
}

/* ---------------------------------------------------------------- what is read */

static int compare_doubles(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* The middle one of the gaps between a job's end and the next one's arrival. */
static double vm_gap(const struct measured_vm *vm)
{
    double *gaps = malloc(vm->job_count * sizeof(gaps[0]));
    uint32_t count = vm->job_count - 1;

    if (!gaps) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < count; i++) {
        gaps[i] = (double)(vm->jobs[i + 1].arrival_ns - vm->jobs[i].end_ns - vm->think_ns);
    }
    qsort(gaps, count, sizeof(gaps[0]), compare_doubles);
    double middle = gaps[count / 2];
    free(gaps);
    return middle > 0.0 ? middle : 0.0;
}

static bool is_read(const struct measured_scenario *scenario, const struct measured_vm *vm,
                    enum measured_mode mode)
{
    bool is_copy = strcmp(vm->kernel, "copy") == 0 || strcmp(vm->kernel, "pipeline") == 0;

    return scenario->mode == mode && vm->is_closed && vm->job_count > 1 &&
           is_copy == (mode == MEASURED_COPY);
}

/* A gap is the middle one of those of the VMs. */
static void read_gap(const struct fit *fit, enum measured_mode mode, enum calibration_key key,
                     struct calibrate_result *result)
{
    const struct measured_set *set = fit->set;
    double *gaps = NULL;
    uint32_t count = 0;
    uint32_t scenarios = 0;

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        if (fit->options->half != MEASURED_ALL && scenario->half != fit->options->half) {
            continue;
        }
        uint32_t before = count;
        gaps = realloc(gaps, (count + scenario->vm_count) * sizeof(gaps[0]));
        if (!gaps) {
            out_of_memory();
        }
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            if (is_read(scenario, &scenario->vms[vm], mode)) {
                gaps[count++] = vm_gap(&scenario->vms[vm]);
            }
        }
        scenarios += count > before;
    }
    if (count > 0) {
        qsort(gaps, count, sizeof(gaps[0]), compare_doubles);
        result->calibration.values[key] = gaps[count / 2];
        result->values[key].origin = CALIBRATE_READ;
        result->values[key].scenarios = scenarios;
        if (fit->options->with_intervals && count >= 8) { /* Order statistics, 95 %. */
            double reach = 0.98 * sqrt((double)count);
            result->values[key].low = gaps[(uint32_t)((double)count / 2.0 - reach)];
            result->values[key].high = gaps[(uint32_t)((double)count / 2.0 + reach)];
        }
    }
    free(gaps);
}

int calibrate(const struct measured_set *set, const struct calibration *start,
              const struct calibrate_options *options, struct calibrate_result *ret,
              struct err *err)
{
    struct calibrate_result result = { .calibration = *start };
    struct fit fit = {
        .set = set, .options = options, .left_out = -1, .start = start, .err = err
    };
    int status = 0;

    for (int key = 0; key < CALIBRATION_KEYS; key++) {
        result.values[key].low = result.values[key].high = (double)NAN;
    }
    fit.used = calloc(set->scenario_count + 1, sizeof(fit.used[0]));
    if (!fit.used) {
        out_of_memory();
    }
    fit.loss = loss_create(set, options->threads > 0 ? options->threads : 1);
    read_gap(&fit, MEASURED_TIME_SLICED, CALIBRATION_GAP, &result);
    read_gap(&fit, MEASURED_MPS, CALIBRATION_MPS_GAP, &result);
    read_gap(&fit, MEASURED_COPY, CALIBRATION_COPY_GAP, &result);
    read_gap(&fit, MEASURED_APP, CALIBRATION_APP_GAP, &result);
    fit.calibration = result.calibration;
    for (size_t i = 0; i < ARRAY_LEN(groups) && status == 0; i++) {
        fit.group = &groups[i];
        status = fit_group(&fit, &result);
    }
    loss_free(fit.loss);
    free(fit.used);
    result.calibration = fit.calibration;
    if (status == 0) {
        *ret = result;
    }
    return status;
}
