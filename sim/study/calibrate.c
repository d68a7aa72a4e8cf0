#include "study/calibrate.h"

#include "base/assert.h"
#include "study/group.h"
#include "study/loss.h"
#include "study/readings.h"
#include "study/replay.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, TURNS_MAX = 400, TURNS_AGAIN = 15, MANY = 40, AGAIN_MAX = 4, SAMPLE = 4 };

/* Loss of a VM that one step from the start is worth. */
#define PRIOR 0.05

/* A search of many scenarios that brought less than this part of the loss in so many turns is
   over; a fresh one follows. */
#define STALL_TURNS 15
#define STALL_GAIN  0.005

/* ---------------------------------------------------------------- how far off */

struct fit {
    const struct measured_set *set;
    const struct calibrate_options *options;
    const struct group *group;
    int left_out;    /* Fold; -1: none. */
    bool is_sample;  /* Only one scenario of so many is used. */
    bool is_patient; /* Searches on after a stall. */
    struct calibration calibration;
    const struct calibration *start;
    struct loss *loss;
    bool *used;     /* By scenario; room for it. */
    bool *unusable; /* By scenario: the model has no place for it. */
    struct err *err;
    bool failed;
};

/* The scenarios that a group is fitted to, dealt to folds in turn. */
static bool is_used(const struct fit *fit, uint32_t index)
{
    const struct measured_scenario *scenario = &fit->set->scenarios[index];
    int half = fit->options->half;

    return scenario->mode == fit->group->mode && !fit->unusable[index] &&
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

static bool has_stalled(double least, double *before)
{
    bool has_stalled = *before - least < STALL_GAIN * least;

    *before = least;
    return has_stalled;
}

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
    double before = HUGE_VAL;
    for (int turn = 0; turn < turns && !fit->failed; turn++) {
        if (gsl_multimin_fminimizer_iterate(minimizer) ||
            gsl_multimin_fminimizer_size(minimizer) < 0.01 ||
            (!fit->is_patient && turn % STALL_TURNS == 0 &&
             has_stalled(gsl_multimin_fminimizer_minimum(minimizer), &before))) {
            break;
        }
    }
    double least = loss_at(gsl_multimin_fminimizer_x(minimizer), fit);
    gsl_multimin_fminimizer_free(minimizer);
    gsl_vector_free(steps);
    gsl_vector_free(point);
    return least;
}

/* The delete-a-group jackknife: how the optimum moves when a part of what was measured is left
   out: a fifth of the scenarios or, where they are few, of the VMs. */
struct jackknife {
    int folds;
    double moved[FOLDS][GROUP_KEYS];
};

/* Student's t of 97.5 %, by degrees of freedom. */
static const double student[FOLDS] = { 0.0, 12.706, 4.303, 3.182, 2.776 };

static void put_intervals(const struct fit *whole, const struct jackknife *jackknife,
                          struct calibrate_value *values)
{
    int folds = jackknife->folds;

    for (int i = 0; i < whole->group->key_count; i++) {
        enum calibration_key key = whole->group->keys[i].key;
        const struct calibration_field *field = &calibration_fields[key];
        double value = whole->calibration.values[key];
        double sum = 0.0;
        double squares = 0.0;
        for (int fold = 0; fold < folds; fold++) {
            double moved = jackknife->moved[fold][i];
            sum += moved;
            squares += moved * moved;
        }
        double variance = (squares - sum * sum / folds) * (folds - 1) / folds;
        double half = student[folds - 1] * sqrt(variance > 0.0 ? variance : 0.0);
        values[key].low = fmax(value - half, field->min);
        values[key].high = fmin(value + half, field->max);
    }
}

static void note_moved(const struct fit *whole, const struct fit *fit, double *moved)
{
    for (int i = 0; i < whole->group->key_count; i++) {
        enum calibration_key key = whole->group->keys[i].key;
        moved[i] = fit->calibration.values[key] - whole->calibration.values[key];
    }
}

/* Each search begins where the search for the optimum found the least loss of what is not left
   out. False: a part is all there is. */
static bool leave_out_scenarios(const struct fit *whole, struct jackknife *jackknife)
{
    double starts[FOLDS][CALIBRATION_KEYS];

    for (int fold = 0; fold < FOLDS; fold++) {
        struct fit fit = *whole;
        fit.left_out = fold;
        if (choose(&fit) == 0) {
            return false;
        }
        memcpy(starts[fold], loss_best(fit.loss, fit.used), sizeof(starts[fold]));
    }
    for (int fold = 0; fold < FOLDS; fold++) {
        struct fit fit = *whole;
        fit.left_out = fold;
        (void)choose(&fit);
        memcpy(fit.calibration.values, starts[fold], sizeof(starts[fold]));
        (void)search(&fit, 0.3, TURNS_AGAIN);
        note_moved(whole, &fit, jackknife->moved[fold]);
    }
    return true;
}

static void leave_out_vms(const struct fit *whole, struct jackknife *jackknife)
{
    (void)choose(whole);
    for (int fold = 0; fold < jackknife->folds; fold++) {
        struct fit fit = *whole;
        loss_leave_out(fit.loss, (uint32_t)fold, (uint32_t)jackknife->folds);
        (void)search(&fit, 0.3, TURNS_AGAIN);
        note_moved(whole, &fit, jackknife->moved[fold]);
    }
    loss_leave_out(whole->loss, 0, 0);
}

static uint32_t count_vms(const struct fit *fit)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < fit->set->scenario_count; i++) {
        count += fit->used[i] ? fit->set->scenarios[i].vm_count : 0;
    }
    return count;
}

static void find_intervals(const struct fit *whole, uint32_t scenarios,
                           struct calibrate_value *values)
{
    struct jackknife jackknife = { .folds = FOLDS };

    if (scenarios < FOLDS) {
        uint32_t vms = count_vms(whole);
        jackknife.folds = vms < FOLDS ? (int)vms : FOLDS;
        if (jackknife.folds < 2) {
            return;
        }
        leave_out_vms(whole, &jackknife);
    } else if (!leave_out_scenarios(whole, &jackknife)) {
        return;
    }
    put_intervals(whole, &jackknife, values);
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
    fit->is_patient = !fit->is_sample;
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

/* A fresh search escapes a simplex that has collapsed; as long as it brings something. */
static void search_near(struct fit *fit)
{
    double before = HUGE_VAL;

    for (int i = 0; i < AGAIN_MAX && !fit->failed; i++) {
        double least = search(fit, 0.3, TURNS_MAX);
        if (before - least < STALL_GAIN * least) {
            break;
        }
        before = least;
    }
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
    search_near(fit);
    fit->is_patient = false;
    for (int i = 0; i < fit->group->key_count && !fit->failed; i++) {
        struct calibrate_value *value = &result->values[fit->group->keys[i].key];
        value->origin = CALIBRATE_FITTED;
        value->scenarios = scenarios;
    }
    if (fit->options->with_intervals && !fit->failed) {
        find_intervals(fit, scenarios, result->values);
    }
    return fit->failed ? -1 : 0;
}

/* ---------------------------------------------------------------- all of it */

/* Finds the scenarios that cannot be replayed. */
static int look_for_unusable(struct fit *fit)
{
    for (uint32_t i = 0; i < fit->set->scenario_count; i++) {
        const struct measured_scenario *scenario = &fit->set->scenarios[i];
        struct replay replay;
        if (replay_run(scenario, &fit->calibration, &replay, fit->err) == 0) {
            replay_fini(&replay);
        } else if (fit->err->kind == ERR_SCENARIO) {
            fit->unusable[i] = true;
        } else {
            return -1;
        }
    }
    return 0;
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
    fit.unusable = calloc(set->scenario_count + 1, sizeof(fit.unusable[0]));
    if (!fit.used || !fit.unusable) {
        out_of_memory();
    }
    fit.loss = loss_create(set, options->threads > 0 ? options->threads : 1);
    readings_take(set, options->half, &result);
    for (int key = 0; key < CALIBRATION_KEYS && !options->with_intervals; key++) {
        result.values[key].low = result.values[key].high = (double)NAN;
    }
    fit.calibration = result.calibration;
    status = look_for_unusable(&fit);
    for (size_t i = 0; i < group_count && status == 0; i++) {
        fit.group = &groups[i];
        status = fit_group(&fit, &result);
    }
    loss_free(fit.loss);
    free(fit.used);
    free(fit.unusable);
    result.calibration = fit.calibration;
    if (status == 0) {
        *ret = result;
    }
    return status;
}
