#include "study/loss.h"

#include "base/assert.h"
#include "study/replay.h"
#include "study/validate.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MOST = 64 };

/* Two orders of the ring find what eight do: what they differ by is no bias. MPS is fitted to
   scenarios that hardly depend on chance (group.c). */
enum { RINGS = 2 };

struct loss {
    const struct measured_set *set;
    uint32_t threads;
    struct validation_row *rows; /* Of all VMs of the set. */
    uint32_t *first_row;         /* By scenario. */
    double *weights;             /* By scenario: of all of its VMs. */
    struct err *errors;          /* By scenario. */
    struct task *tasks;          /* The scenarios, those first that take longest. */
    uint32_t part;               /* VMs that are left out; */
    uint32_t parts;              /* 0: none. */

    /* The evaluation that is going on. */
    const bool *used;
    const struct calibration *calibration;
    double *sums;     /* By scenario, weighted. */
    atomic_uint next; /* The next task. */

    /* What is remembered. */
    uint32_t count;
    uint32_t capacity;
    double (*values)[CALIBRATION_KEYS];
    double *all_sums; /* [count][scenario_count] */
};

struct task {
    uint32_t scenario;
    uint64_t work; /* More takes longer. */
};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (!memory) {
        out_of_memory();
    }
    return memory;
}

static double vm_weight(const struct measured_scenario *scenario)
{
    bool is_chance =
        scenario->mode == MEASURED_TIME_SLICED && scenario->regime != MEASURED_CLOSED;

    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        is_chance = is_chance || replay_is_paced(&scenario->vms[i]);
    }
    return is_chance ? 0.15 : 1.0;
}

static bool is_left_out(const struct loss *loss, uint32_t row)
{
    return loss->parts > 0 && row % loss->parts == loss->part;
}

void loss_leave_out(struct loss *loss, uint32_t part, uint32_t parts)
{
    loss->part = part;
    loss->parts = parts;
    for (uint32_t i = 0; i < loss->set->scenario_count; i++) {
        const struct measured_scenario *scenario = &loss->set->scenarios[i];
        loss->weights[i] = 0.0;
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            if (!is_left_out(loss, loss->first_row[i] + vm)) {
                loss->weights[i] += vm_weight(scenario);
            }
        }
    }
    loss_forget(loss);
}

static int compare_tasks(const void *a, const void *b)
{
    const struct task *first = a;
    const struct task *second = b;

    if (first->work != second->work) {
        return first->work > second->work ? -1 : 1;
    }
    return first->scenario < second->scenario ? -1 : 1;
}

/* So that no thread is left with a long one at the end. Copies take turns of microseconds. */
static void order_tasks(struct loss *loss)
{
    for (uint32_t i = 0; i < loss->set->scenario_count; i++) {
        const struct measured_scenario *scenario = &loss->set->scenarios[i];
        loss->tasks[i] = (struct task){ .scenario = i };
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            loss->tasks[i].work += scenario->vms[vm].job_count;
        }
        loss->tasks[i].work *= scenario->mode == MEASURED_COPY ? 100 : 1;
    }
    qsort(loss->tasks, loss->set->scenario_count, sizeof(loss->tasks[0]), compare_tasks);
}

struct loss *loss_create(const struct measured_set *set, uint32_t threads)
{
    struct loss *loss = take(1, sizeof(*loss));
    uint32_t scenarios = set->scenario_count;
    uint32_t vms = 0;

    assert(threads > 0);
    loss->set = set;
    loss->threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    loss->first_row = take(scenarios, sizeof(loss->first_row[0]));
    loss->weights = take(scenarios, sizeof(loss->weights[0]));
    loss->sums = take(scenarios, sizeof(loss->sums[0]));
    loss->errors = take(scenarios, sizeof(loss->errors[0]));
    loss->tasks = take(scenarios, sizeof(loss->tasks[0]));
    order_tasks(loss);
    for (uint32_t i = 0; i < scenarios; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        loss->first_row[i] = vms;
        vms += scenario->vm_count;
    }
    loss_leave_out(loss, 0, 0);
    loss->rows = take(vms, sizeof(loss->rows[0]));
    for (uint32_t i = 0; i < scenarios; i++) {
        validate_measured(&set->scenarios[i], &loss->rows[loss->first_row[i]]);
    }
    return loss;
}

void loss_free(struct loss *loss)
{
    free(loss->rows);
    free(loss->first_row);
    free(loss->weights);
    free(loss->sums);
    free(loss->errors);
    free(loss->tasks);
    free(loss->values);
    free(loss->all_sums);
    free(loss);
}

/* ---------------------------------------------------------------- one evaluation */

/* What is further off than 3 % is not for these numbers to explain, and hardly moves them. */
static double row_loss(const struct validation_row *row)
{
    double loss = 0.0;

    for (int m = 0; m < VALIDATE_METRICS; m++) {
        double error = fabs(row->predicted_ns[m] / row->measured_ns[m] - 1.0) * 100.0;
        error = error <= 3.0 ? error : 3.0 + (error - 3.0) * 0.001;
        loss += m == VALIDATE_MEAN ? 2.0 * error : error;
    }
    return loss;
}

static void replay_one(struct loss *loss, uint32_t index)
{
    const struct measured_scenario *scenario = &loss->set->scenarios[index];
    struct validation_row *rows = &loss->rows[loss->first_row[index]];
    uint32_t runs = scenario->mode == MEASURED_MPS ? 1 : RINGS;
    double sum = 0.0;

    loss->errors[index].kind = ERR_NONE;
    if (validate_predicted(scenario, loss->calibration, runs, rows, &loss->errors[index])) {
        return;
    }
    for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
        if (!is_left_out(loss, loss->first_row[index] + vm)) {
            sum += row_loss(&rows[vm]);
        }
    }
    loss->sums[index] = sum * vm_weight(scenario);
}

static void *work(void *context)
{
    struct loss *loss = context;
    uint32_t index;

    while ((index = atomic_fetch_add(&loss->next, 1)) < loss->set->scenario_count) {
        uint32_t scenario = loss->tasks[index].scenario;
        if (loss->used[scenario]) {
            replay_one(loss, scenario);
        }
    }
    return NULL;
}

static void replay_all(struct loss *loss)
{
    pthread_t threads[THREADS_MOST];
    uint32_t started = 1; /* This one; what cannot be started is done by the others. */

    atomic_store(&loss->next, 0);
    while (started < loss->threads &&
           pthread_create(&threads[started], NULL, work, loss) == 0) {
        started++;
    }
    (void)work(loss);
    for (uint32_t i = 1; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

double loss_weight(const struct loss *loss, const bool *used)
{
    double weight = 0.0;

    for (uint32_t i = 0; i < loss->set->scenario_count; i++) {
        weight += used[i] ? loss->weights[i] : 0.0;
    }
    return weight;
}

static double mean_of(const struct loss *loss, const bool *used, const double *sums)
{
    double weight = loss_weight(loss, used);
    double sum = 0.0;

    for (uint32_t i = 0; i < loss->set->scenario_count; i++) {
        sum += used[i] ? sums[i] : 0.0;
    }
    return weight > 0.0 ? sum / weight : 0.0;
}

static void remember(struct loss *loss)
{
    size_t size = loss->set->scenario_count * sizeof(loss->sums[0]);

    if (loss->count == loss->capacity) {
        loss->capacity = loss->capacity > 0 ? 2 * loss->capacity : 256;
        loss->values = realloc(loss->values, loss->capacity * sizeof(loss->values[0]));
        loss->all_sums = realloc(loss->all_sums, loss->capacity * size + 1);
        if (!loss->values || !loss->all_sums) {
            out_of_memory();
        }
    }
    memcpy(loss->values[loss->count], loss->calibration->values, sizeof(loss->values[0]));
    memcpy(loss->all_sums + (size_t)loss->count * loss->set->scenario_count, loss->sums, size);
    loss->count++;
}

int loss_of(struct loss *loss, const bool *used, const struct calibration *calibration,
            double *ret, struct err *err)
{
    loss->used = used;
    loss->calibration = calibration;
    replay_all(loss);
    for (uint32_t i = 0; i < loss->set->scenario_count; i++) {
        if (used[i] && loss->errors[i].kind != ERR_NONE) {
            *err = loss->errors[i];
            return -1;
        }
    }
    *ret = mean_of(loss, used, loss->sums);
    remember(loss);
    return 0;
}

/* ---------------------------------------------------------------- what is remembered */

void loss_forget(struct loss *loss)
{
    loss->count = 0;
}

const double *loss_best(const struct loss *loss, const bool *used)
{
    const double *best = NULL;
    double least = 0.0;

    for (uint32_t i = 0; i < loss->count; i++) {
        double mean =
            mean_of(loss, used, loss->all_sums + (size_t)i * loss->set->scenario_count);
        if (!best || mean < least) {
            best = loss->values[i];
            least = mean;
        }
    }
    return best;
}
