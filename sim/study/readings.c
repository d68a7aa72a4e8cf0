#include "study/readings.h"

#include "base/assert.h"
#include "study/rebuild.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_LEAST = 6 };    /* For an interval of 95 %. */
enum { LAUNCHES_LEAST = 40 }; /* For their 95 % quantile. */

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

static bool is_in(const struct measured_scenario *scenario, int half)
{
    return half == MEASURED_ALL || scenario->half == half;
}

static bool is_read(const struct measured_scenario *scenario, const struct measured_vm *vm,
                    enum measured_mode mode)
{
    bool is_copy = strcmp(vm->kernel, "copy") == 0 || strcmp(vm->kernel, "pipeline") == 0;

    return scenario->mode == mode && vm->is_closed && vm->job_count > 1 &&
           is_copy == (mode == MEASURED_COPY);
}

/* What a middle value is of. */
struct found {
    enum calibration_key key;
    uint32_t scenarios;
};

/* The middle one of the values, and the order statistics around it: of 95 %. */
static void put_middle(double *values, uint32_t count, const struct found *found,
                       struct calibrate_result *result)
{
    struct calibrate_value *value = &result->values[found->key];

    if (count == 0) {
        return;
    }
    qsort(values, count, sizeof(values[0]), compare_doubles);
    result->calibration.values[found->key] = values[count / 2];
    value->origin = CALIBRATE_READ;
    value->scenarios = found->scenarios;
    if (count >= VALUES_LEAST) {
        double reach = 0.98 * sqrt((double)count);
        value->low = values[(uint32_t)((double)count / 2.0 - reach)];
        value->high = values[(uint32_t)((double)count / 2.0 + reach)];
    }
}

struct gap_key {
    enum measured_mode mode;
    enum calibration_key key;
};

static const struct gap_key gap_keys[] = {
    { MEASURED_TIME_SLICED, CALIBRATION_GAP },
    { MEASURED_MPS, CALIBRATION_MPS_GAP },
    { MEASURED_COPY, CALIBRATION_COPY_GAP },
    { MEASURED_APP, CALIBRATION_APP_GAP },
};

static void read_gap(const struct measured_set *set, int half, const struct gap_key *of,
                     struct calibrate_result *result)
{
    double *gaps = NULL;
    uint32_t count = 0;
    uint32_t scenarios = 0;

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        if (!is_in(scenario, half)) {
            continue;
        }
        uint32_t before = count;
        gaps = realloc(gaps, (count + scenario->vm_count) * sizeof(gaps[0]));
        if (!gaps) {
            out_of_memory();
        }
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            if (is_read(scenario, &scenario->vms[vm], of->mode)) {
                gaps[count++] = vm_gap(&scenario->vms[vm]);
            }
        }
        scenarios += count > before;
    }
    put_middle(gaps, count, &(struct found){ of->key, scenarios }, result);
    free(gaps);
}

/* ---------------------------------------------------------------- between queued jobs */

/* A job that was there so long before the last one's end was queued behind it. */
#define QUEUED_NS (100 * USEC)

/* A start so long after the last end is that after a switch. */
#define QUEUED_GAP_MAX (20 * USEC)

enum { QUEUED_LEAST = 20 };

/* From the end of a VM's job to the start of the next, which was queued behind it. NAN: there
   are too few. */
static double vm_queued(const struct measured_vm *vm)
{
    double *gaps = malloc(vm->job_count * sizeof(gaps[0]));
    uint32_t count = 0;

    if (!gaps) {
        out_of_memory();
    }
    for (uint32_t i = 1; i < vm->job_count; i++) {
        nsec end_ns = vm->jobs[i - 1].end_ns;
        nsec gap_ns = vm->jobs[i].start_ns - end_ns;
        if (vm->jobs[i].arrival_ns < end_ns - QUEUED_NS && gap_ns >= 0 &&
            gap_ns < QUEUED_GAP_MAX) {
            gaps[count++] = (double)gap_ns;
        }
    }
    qsort(gaps, count, sizeof(gaps[0]), compare_doubles);
    double middle = count >= QUEUED_LEAST ? gaps[count / 2] : (double)NAN;
    free(gaps);
    return middle;
}

static void read_queued(const struct measured_set *set, int half,
                        struct calibrate_result *result)
{
    double *values = NULL;
    uint32_t count = 0;
    struct found found = { CALIBRATION_JOB, 0 };

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        uint32_t before = count;
        values = realloc(values, (count + scenario->vm_count + 1) * sizeof(values[0]));
        if (!values) {
            out_of_memory();
        }
        for (uint32_t vm = 0; vm < scenario->vm_count && is_in(scenario, half); vm++) {
            double queued = scenario->mode == MEASURED_TIME_SLICED
                                ? vm_queued(&scenario->vms[vm])
                                : (double)NAN;
            if (!isnan(queued)) {
                values[count++] = queued;
            }
        }
        found.scenarios += count > before;
    }
    put_middle(values, count, &found, result);
    free(values);
}

/* ---------------------------------------------------------------- slices */

/* A kernel sees its stay a little short, and never too long but for a tick: the slice is what
   the longest tenth of the first stays reaches, between the middle one and the longest. */
static void read_slice(const struct measured_set *set, struct calibrate_result *result)
{
    struct calibrate_value *value = &result->values[CALIBRATION_SLICE];
    uint32_t room = 0;
    uint32_t count = 0;
    uint32_t files = 0;

    for (uint32_t i = 0; i < set->slices_count; i++) {
        room += set->slices[i].stay_count;
    }
    double *stays = calloc(room + 1, sizeof(stays[0]));
    if (!stays) {
        out_of_memory();
    }
    for (uint32_t i = 0; i < set->slices_count; i++) {
        uint32_t more = slices_first_stays(&set->slices[i], stays + count);
        count += more;
        files += more > 0;
    }
    if (count > 0) {
        qsort(stays, count, sizeof(stays[0]), compare_doubles);
        result->calibration.values[CALIBRATION_SLICE] = stays[(count - 1) - (count - 1) / 10];
        value->origin = CALIBRATE_READ;
        value->scenarios = files;
        value->low = stays[count / 2];
        value->high = stays[count - 1];
    }
    free(stays);
}

/* ---------------------------------------------------------------- launches */

struct launch {
    const struct measured_vm *vm;
    const struct measured_job *job;
};

static int compare_launches(const void *a, const void *b)
{
    nsec first = ((const struct launch *)a)->job->arrival_ns;
    nsec second = ((const struct launch *)b)->job->arrival_ns;

    return first < second ? -1 : first > second;
}

/* Appends what launches took that found the GPU idle, and their own VM on it last. */
static uint32_t add_launches(const struct measured_scenario *scenario, double *values)
{
    struct launch *launches = NULL;
    uint32_t count = 0;
    uint32_t added = 0;
    const struct measured_vm *last = NULL;
    nsec idle_since_ns = 0;

    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        const struct measured_vm *vm = &scenario->vms[i];
        launches = realloc(launches, (count + vm->job_count) * sizeof(launches[0]));
        if (!launches) {
            out_of_memory();
        }
        for (uint32_t k = 0; k < vm->job_count; k++) {
            launches[count++] = (struct launch){ vm, &vm->jobs[k] };
        }
    }
    qsort(launches, count, sizeof(launches[0]), compare_launches);
    for (uint32_t i = 0; i < count; i++) {
        const struct measured_job *job = launches[i].job;
        if (launches[i].vm == last && !last->is_closed && job->arrival_ns > idle_since_ns) {
            values[added++] = (double)(job->start_ns - job->arrival_ns);
        }
        if (job->end_ns > idle_since_ns) {
            idle_since_ns = job->end_ns;
            last = launches[i].vm;
        }
    }
    free(launches);
    return added;
}

/* The mean of the exponential time by which some take longer: so much that the 95 % quantile is
   as far above the middle one as measured. */
static void read_launches(const struct measured_set *set, int half,
                          struct calibrate_result *result)
{
    double *values = NULL;
    uint32_t count = 0;
    uint32_t scenarios = 0;

    for (uint32_t i = 0; i < set->scenario_count; i++) {
        const struct measured_scenario *scenario = &set->scenarios[i];
        if (scenario->mode != MEASURED_TIME_SLICED || !is_in(scenario, half)) {
            continue;
        }
        uint32_t jobs = 0;
        for (uint32_t vm = 0; vm < scenario->vm_count; vm++) {
            jobs += scenario->vms[vm].job_count;
        }
        values = realloc(values, (count + jobs) * sizeof(values[0]));
        if (!values) {
            out_of_memory();
        }
        uint32_t added = add_launches(scenario, values + count);
        scenarios += added > 0;
        count += added;
    }
    if (count >= LAUNCHES_LEAST) {
        qsort(values, count, sizeof(values[0]), compare_doubles);
        double slow = values[count / 20 * 19] - values[count / 2];
        double *tail = &result->calibration.values[CALIBRATION_LAUNCH_TAIL];
        *tail = slow > 0.0 ? slow / log(20.0 * REBUILD_TAIL_PART) : 0.0;
        result->values[CALIBRATION_LAUNCH_TAIL].origin = CALIBRATE_READ;
        result->values[CALIBRATION_LAUNCH_TAIL].scenarios = scenarios;
    }
    free(values);
}

void readings_take(const struct measured_set *set, int half, struct calibrate_result *result)
{
    for (size_t i = 0; i < ARRAY_LEN(gap_keys); i++) {
        read_gap(set, half, &gap_keys[i], result);
    }
    read_queued(set, half, result);
    read_slice(set, result);
    read_launches(set, half, result);
}
