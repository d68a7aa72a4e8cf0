#include "study/compare.h"

#include "base/assert.h"
#include "metrics/interval.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *const compare_measure_names[COMPARE_MEASURES] = {
    "latency_mean_ns", "latency_p50_ns", "latency_p99_ns", "throughput_per_s", "share_percent",
};
const char *const compare_whole_names[COMPARE_WHOLES] = { "jain", "used", "switching",
                                                          "lag_max_ns" };

static const double ALPHA = 0.05;

/* ---------------------------------------------------------------- measuring one run */

struct bucket {
    nsec latency_ns;
    uint64_t jobs;
};

static int compare_buckets(const void *a, const void *b)
{
    const struct bucket *first = a;
    const struct bucket *second = b;

    return first->latency_ns < second->latency_ns ? -1 : first->latency_ns > second->latency_ns;
}

/* The latencies of all VMs of an entry, pooled. */
struct pool {
    struct bucket *buckets;
    uint32_t count;
    uint64_t jobs;
    wide latency_sum_ns;
};

static bool is_of(const struct summary *s, const struct vm_summary *vm, const char *entry)
{
    return strcmp(s->setup->scenario->vms[vm->entry].name, entry) == 0;
}

static uint32_t count_buckets(const struct summary *s, const char *entry)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct vm_summary *vm = s->vms[i].vm;
        for (uint32_t w = 0; vm && is_of(s, vm, entry) && w < vm->workload_count; w++) {
            count += vm->workloads[w].distribution.row_count;
        }
    }
    return count;
}

static struct pool make_pool(const struct summary *s, const char *entry, struct arena *arena)
{
    struct pool pool = { 0 };

    pool.buckets = arena_take(arena, count_buckets(s, entry), sizeof(pool.buckets[0]));
    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct vm_summary *vm = s->vms[i].vm;
        for (uint32_t w = 0; vm && is_of(s, vm, entry) && w < vm->workload_count; w++) {
            const struct workload_summary *workload = &vm->workloads[w];
            pool.jobs += workload->done;
            pool.latency_sum_ns += workload->latency_sum_ns;
            for (uint32_t k = 0; k < workload->distribution.row_count; k++) {
                const struct distribution_row *row = &workload->distribution.rows[k];
                pool.buckets[pool.count++] = (struct bucket){ row->latency_ns, row->jobs };
            }
        }
    }
    qsort(pool.buckets, pool.count, sizeof(pool.buckets[0]), compare_buckets);
    return pool;
}

/* Type 1, to the width of a bucket; NAN below 1 / (1 - p) jobs. */
static double pool_quantile(const struct pool *pool, uint32_t p_ppm)
{
    uint64_t rank = (uint64_t)(((wide)pool->jobs * p_ppm + PPM - 1) / PPM);
    uint64_t seen = 0;

    if (pool->jobs * (uint64_t)(PPM - p_ppm) < (uint64_t)PPM) {
        return (double)NAN;
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        seen += pool->buckets[i].jobs;
        if (seen >= rank) {
            return (double)pool->buckets[i].latency_ns;
        }
    }
    return (double)NAN;
}

static double share_percent(const struct summary *s, const char *entry)
{
    double share = 0.0;

    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct vm_summary *vm = s->vms[i].vm;
        share += vm && is_of(s, vm, entry) ? vm->share_percent : 0.0;
    }
    return share;
}

static void measure_entry(const struct summary *s, const char *entry,
                          double values[COMPARE_MEASURES])
{
    struct arena arena;
    nsec span_ns = s->setup->scenario->duration_ns - s->warmup_ns;

    arena_init(&arena);
    struct pool pool = make_pool(s, entry, &arena);
    values[COMPARE_LATENCY_MEAN] =
        pool.jobs > 0 ? (double)pool.latency_sum_ns / (double)pool.jobs : (double)NAN;
    values[COMPARE_LATENCY_P50] = pool_quantile(&pool, 500000);
    values[COMPARE_LATENCY_P99] = pool_quantile(&pool, 990000);
    values[COMPARE_THROUGHPUT] = (double)pool.jobs * (double)SEC / (double)span_ns;
    values[COMPARE_SHARE] = share_percent(s, entry);
    arena_fini(&arena);
}

/* The largest lag of any VM; NAN where there is none. */
static double worst_lag(const struct summary *s)
{
    double worst = (double)NAN;

    for (uint32_t i = 0; i < s->unit_count; i++) {
        const struct unit_summary *unit = &s->units[i];
        for (uint32_t vm = 0; unit->lags && vm < unit->vm_count; vm++) {
            worst = fmax(worst, unit->lags[vm].behind_ns);
        }
    }
    return worst;
}

/* The part of its GPU's SMs that a partition has. */
static double part_of_gpu(const struct summary *s, uint32_t unit)
{
    const struct partition *p = &s->setup->partitions[unit];

    return p->instance
               ? (double)p->device->sms / (double)s->setup->scenario->gpus[p->gpu].device.sms
               : 1.0;
}

/* The units from `first` on that are of the same GPU. */
static uint32_t units_of_gpu(const struct summary *s, uint32_t first)
{
    const struct partition *p = &s->setup->partitions[first];
    uint32_t count = 1;

    while (first + count < s->unit_count && p[count].gpu == p->gpu &&
           p[count].gpu_number == p->gpu_number) {
        count++;
    }
    return count;
}

/* Over all VMs of a GPU that is cut into MIG instances: SM time over weight and presence. NAN
   with fewer than two VMs. */
static double jain_of_instances(const struct summary *s, uint32_t first, uint32_t count)
{
    double sum = 0.0;
    double squares = 0.0;
    uint32_t vms = 0;

    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct vm_summary *vm = s->vms[i].vm;
        uint32_t unit = s->setup->vms[i].partition;
        if (!vm || unit < first || unit >= first + count || vm->present_ns == 0) {
            continue;
        }
        double x = (double)vm->service_ns[ENGINE_COMPUTE] * part_of_gpu(s, unit) /
                   ((double)vm->weight * (double)vm->present_ns);
        sum += x;
        squares += x * x;
        vms++;
    }
    return vms > 1 && squares > 0.0 ? sum * sum / (vms * squares) : (double)NAN;
}

static void measure_whole(const struct summary *s, double values[COMPARE_WHOLES])
{
    double jain = 0.0;
    double busy = 0.0;
    double switching = 0.0;
    double span = 0.0;
    uint32_t with_jain = 0;
    uint32_t count;

    for (uint32_t first = 0; first < s->unit_count; first += count) {
        count = units_of_gpu(s, first);
        bool is_cut = s->setup->partitions[first].instance != NULL;
        double own = is_cut ? jain_of_instances(s, first, count) : s->units[first].jain_all;
        if (!isnan(own)) {
            jain += own;
            with_jain++;
        }
        for (uint32_t i = first; i < first + count; i++) {
            const struct engine_summary *compute = &s->units[i].engines[0];
            double part = part_of_gpu(s, i);
            busy += part * (double)(compute->totals.busy_ns - compute->totals.lost_ns);
            switching += part * (double)compute->totals.switch_ns;
        }
        span += (double)s->units[first].engines[0].span_ns;
    }
    values[COMPARE_JAIN] = with_jain > 0 ? jain / with_jain : (double)NAN;
    values[COMPARE_USED] = busy / span;
    values[COMPARE_SWITCHING] = switching / span;
    values[COMPARE_LAG] = worst_lag(s);
}

/* ---------------------------------------------------------------- all runs */

/* One run: a variant under a replication, and where its values go. */
struct job_list {
    const struct compare_variant *variants;
    uint32_t variant_count;
    const struct compare_options *options;
    const struct comparison *result;
    double
        *entry_values; /* [((entry * variants + variant) * MEASURES + measure) * reps + rep] */
    double *whole_values; /* [(variant * WHOLES + whole) * reps + rep] */
    struct err *errors;   /* [variant * reps + rep] */
    atomic_uint next;
};

static void run_one(struct job_list *list, uint32_t variant, uint32_t rep)
{
    uint32_t reps = list->options->reps;
    struct simulate_options options = {
        .threads = 1,
        .keep_vms = true,
        .replication = rep,
        .watch = list->options->watch,
    };
    struct simulation simulation;

    options.watch.progress = NULL;
    if (simulate(list->variants[variant].setup, &options, &simulation,
                 &list->errors[variant * reps + rep])) {
        return;
    }
    for (uint32_t e = 0; e < list->result->entry_count; e++) {
        double values[COMPARE_MEASURES];
        size_t base = ((size_t)e * list->variant_count + variant) * COMPARE_MEASURES;
        measure_entry(&simulation.summary, list->result->entries[e].name, values);
        for (size_t m = 0; m < COMPARE_MEASURES; m++) {
            list->entry_values[(base + m) * reps + rep] = values[m];
        }
    }
    double wholes[COMPARE_WHOLES];
    measure_whole(&simulation.summary, wholes);
    for (size_t w = 0; w < COMPARE_WHOLES; w++) {
        list->whole_values[((size_t)variant * COMPARE_WHOLES + w) * reps + rep] = wholes[w];
    }
    simulation_fini(&simulation);
}

static void *work(void *argument)
{
    struct job_list *list = argument;
    const struct simulate_watch *watch = &list->options->watch;
    uint32_t reps = list->options->reps;

    for (;;) {
        uint32_t index = atomic_fetch_add(&list->next, 1);
        if (index >= list->variant_count * reps) {
            return NULL;
        }
        run_one(list, index / reps, index % reps);
        if (watch->progress) {
            watch->progress(watch->context, 1.0 / (double)(list->variant_count * reps));
        }
    }
}

static void run_all(struct job_list *list)
{
    uint32_t threads = list->options->threads;
    pthread_t *others = calloc(threads, sizeof(others[0]));
    uint32_t started = 0;

    if (!others) {
        out_of_memory();
    }
    while (started + 1 < threads && pthread_create(&others[started], NULL, work, list) == 0) {
        started++;
    }
    (void)work(list);
    for (uint32_t i = 0; i < started; i++) {
        (void)pthread_join(others[i], NULL);
    }
    free(others);
}

/* ---------------------------------------------------------------- estimates */

/* From the values of one variant and those of the first, replication by replication. */
static struct estimate estimate(const double *values, const double *first, uint32_t reps,
                                double *scratch)
{
    struct interval own = interval_student(values, reps, ALPHA);

    for (uint32_t i = 0; i < reps; i++) {
        scratch[i] = values[i] - first[i];
    }
    struct interval pairs = interval_student(scratch, reps, ALPHA);
    return (struct estimate){
        .mean = own.mean,
        .low = own.low,
        .high = own.high,
        .difference = pairs.mean,
        .difference_low = pairs.low,
        .difference_high = pairs.high,
    };
}

static void estimate_all(const struct job_list *list, struct comparison *result,
                         struct arena *arena)
{
    uint32_t reps = list->options->reps;
    double *scratch = arena_take(arena, reps, sizeof(double));

    for (uint32_t e = 0; e < result->entry_count; e++) {
        for (uint32_t k = 0; k < list->variant_count * COMPARE_MEASURES; k++) {
            size_t entry = (size_t)e * list->variant_count * COMPARE_MEASURES;
            result->entries[e].estimates[k] = estimate(
                &list->entry_values[(entry + k) * reps],
                &list->entry_values[(entry + k % COMPARE_MEASURES) * reps], reps, scratch);
        }
    }
    for (uint32_t k = 0; k < list->variant_count * COMPARE_WHOLES; k++) {
        result->wholes[k] =
            estimate(&list->whole_values[(size_t)k * reps],
                     &list->whole_values[(size_t)(k % COMPARE_WHOLES) * reps], reps, scratch);
    }
}

/* A variant's place before it was sorted, and what it is sorted by. */
struct place_of {
    uint32_t variant;
    double p99_ns;
};

static int compare_places(const void *a, const void *b)
{
    const struct place_of *first = a;
    const struct place_of *second = b;

    /* Who did not finish enough jobs for one comes last. */
    double one = isnan(first->p99_ns) ? HUGE_VAL : first->p99_ns;
    double other = isnan(second->p99_ns) ? HUGE_VAL : second->p99_ns;
    if (one != other) {
        return one < other ? -1 : 1;
    }
    return first->variant < second->variant ? -1 : first->variant > second->variant;
}

/* Brings a block of values, `size` for each variant, into the new order. */
static void reorder(double *values, const struct place_of *order, uint32_t variants,
                    size_t size)
{
    double *old = malloc(variants * size * sizeof(double));

    if (!old) {
        out_of_memory();
    }
    memcpy(old, values, variants * size * sizeof(double));
    for (uint32_t v = 0; v < variants; v++) {
        memcpy(&values[v * size], &old[order[v].variant * size], size * sizeof(double));
    }
    free(old);
}

static void sort_variants(struct job_list *list, struct comparison *result, struct arena *arena)
{
    uint32_t variants = list->variant_count;
    uint32_t reps = list->options->reps;
    struct place_of *order = arena_take(arena, variants, sizeof(order[0]));
    struct compare_variant *sorted = arena_take(arena, variants, sizeof(sorted[0]));

    for (uint32_t v = 0; v < variants && result->entry_count > 0; v++) {
        size_t at = (size_t)v * COMPARE_MEASURES + COMPARE_LATENCY_P99;
        order[v] = (struct place_of){
            .variant = v,
            .p99_ns = interval_student(&list->entry_values[at * reps], reps, ALPHA).mean,
        };
    }
    qsort(order, variants, sizeof(order[0]), compare_places);
    for (uint32_t v = 0; v < variants; v++) {
        sorted[v] = list->variants[order[v].variant];
    }
    for (uint32_t e = 0; e < result->entry_count; e++) {
        size_t size = (size_t)COMPARE_MEASURES * reps;
        reorder(&list->entry_values[e * variants * size], order, variants, size);
    }
    reorder(list->whole_values, order, variants, (size_t)COMPARE_WHOLES * reps);
    list->variants = sorted;
    result->variants = sorted;
}

static void prepare(struct job_list *list, struct comparison *result, struct arena *arena)
{
    const struct setup *first = list->variants[0].setup;
    uint32_t variants = list->variant_count;
    uint32_t reps = list->options->reps;

    result->entry_count = first->scenario->vm_count;
    result->entries = arena_take(arena, result->entry_count, sizeof(result->entries[0]));
    for (uint32_t e = 0; e < result->entry_count; e++) {
        result->entries[e] = (struct compared_entry){
            .name = first->scenario->vms[e].name,
            .vm_count = first->scenario->vms[e].count,
            .estimates =
                arena_take(arena, (size_t)variants * COMPARE_MEASURES, sizeof(struct estimate)),
        };
    }
    result->wholes =
        arena_take(arena, (size_t)variants * COMPARE_WHOLES, sizeof(struct estimate));
    list->entry_values =
        arena_take(arena, (size_t)result->entry_count * variants * COMPARE_MEASURES * reps,
                   sizeof(double));
    list->whole_values =
        arena_take(arena, (size_t)variants * COMPARE_WHOLES * reps, sizeof(double));
    list->errors = arena_take(arena, (size_t)variants * reps, sizeof(struct err));
}

int compare_run(const struct compare_options *options, struct arena *arena,
                struct comparison *ret, struct err *err)
{
    struct comparison result = {
        .variants = options->variants,
        .variant_count = options->variant_count,
        .reps = options->reps,
        .are_policies = options->are_policies,
    };
    struct job_list list = {
        .variants = options->variants,
        .variant_count = options->variant_count,
        .options = options,
        .result = &result,
    };

    prepare(&list, &result, arena);
    run_all(&list);
    for (uint32_t i = 0; i < options->variant_count * options->reps; i++) {
        if (list.errors[i].kind != ERR_NONE) {
            *err = list.errors[i];
            if (options->ret_failed) {
                *options->ret_failed = i / options->reps;
            }
            return -1;
        }
    }
    if (options->are_policies && result.entry_count > 0) {
        sort_variants(&list, &result, arena);
    }
    estimate_all(&list, &result, arena);
    *ret = result;
    return 0;
}
