#include "metrics/fleet.h"

#include <math.h>
#include <stdlib.h>

const char *const fleet_measure_names[FLEET_MEASURES] = {
    [FLEET_UTILISATION] = "utilisation_percent", [FLEET_SWITCHING] = "switch_percent",
    [FLEET_THROUGHPUT] = "jobs_per_second",      [FLEET_LATENCY_MEAN] = "latency_mean_ns",
    [FLEET_LATENCY_P99] = "latency_p99_ns",      [FLEET_JAIN] = "jain_all",
    [FLEET_JAIN_WINDOWS] = "jain_windows",
};

const char *const fleet_point_names[FLEET_POINTS] = { "least", "p10", "p50",
                                                      "p90",   "p99", "most" };

/* Parts per million of the points between the least and the most. */
static const uint32_t point_ppm[FLEET_POINTS] = { 0, 100000, 500000, 900000, 990000, 1000000 };

bool fleet_is(const struct setup *setup)
{
    return setup->vm_count > FLEET_VMS && setup->partition_count > FLEET_GPUS;
}

void fleet_reduce(const struct unit_summary *unit, const struct hist *latencies,
                  uint32_t vms_missed, struct fleet_gpu *ret)
{
    const struct engine_summary *compute = &unit->engines[0];
    const struct fairness_level *windows = unit->fairness->levels;
    bool is_judged = unit->fairness->level_count > 0 && windows->judged > 0;
    wide latency_sum_ns = 0;

    *ret = (struct fleet_gpu){
        .vms = unit->vm_count,
        .vms_missed = vms_missed,
        .done = hist_total(latencies),
        .utilisation_percent = compute->utilisation_percent,
        .switch_percent = 100 * (double)compute->totals.switch_ns / (double)compute->span_ns,
        .max_ns = latencies->max_ns,
        .jain_all = unit->jain_all,
        .jain_windows = is_judged ? windows->jain_sum / (double)windows->judged : NAN,
    };
    for (uint32_t i = 0; i < unit->vm_count; i++) {
        for (uint32_t w = 0; w < unit->vms[i].workload_count; w++) {
            ret->arrived += unit->vms[i].workloads[w].arrived;
            ret->dropped += unit->vms[i].workloads[w].dropped;
            latency_sum_ns += unit->vms[i].workloads[w].latency_sum_ns;
        }
    }
    ret->latency_mean_ns = ret->done ? (double)latency_sum_ns / (double)ret->done : NAN;
    if (ret->done > 0) {
        hist_quantiles(latencies, quantile_ppm, QUANTILE_COUNT, ret->quantile_ns);
    }
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        bool is_known = ret->done * (uint64_t)(PPM - quantile_ppm[q]) >= (uint64_t)PPM;
        ret->quantile_ns[q] = is_known ? ret->quantile_ns[q] : -1;
    }
}

double fleet_value(const struct fleet_gpu *gpu, enum fleet_measure measure, nsec span_ns)
{
    nsec p99_ns = gpu->quantile_ns[QUANTILE_P99];

    switch (measure) {
    case FLEET_UTILISATION:
        return gpu->utilisation_percent;
    case FLEET_SWITCHING:
        return gpu->switch_percent;
    case FLEET_THROUGHPUT:
        return (double)gpu->done * (double)SEC / (double)span_ns;
    case FLEET_LATENCY_MEAN:
        return gpu->latency_mean_ns;
    case FLEET_LATENCY_P99:
        return p99_ns >= 0 ? (double)p99_ns : NAN;
    case FLEET_JAIN:
        return gpu->jain_all;
    default:
        return gpu->jain_windows;
    }
}

/* ------------------------------------------------------------ spread */

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Sorts the values. */
static struct fleet_spread spread_of(double *values, uint32_t count)
{
    struct fleet_spread s = { .count = count, .mean = NAN };
    double sum = 0;

    qsort(values, count, sizeof(*values), compare_values);
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i];
    }
    if (count > 0) {
        s.mean = sum / count;
    }
    for (int p = 0; p < FLEET_POINTS; p++) {
        uint64_t rank =
            point_ppm[p] > 0 && count > 0 ? hist_quantile_rank(count, point_ppm[p]) : 1;
        s.points[p] = count > 0 ? values[rank - 1] : NAN;
    }
    return s;
}

static void spread_pool(struct fleet_pool *pool, const struct fleet_gpu *gpus, nsec span_ns,
                        double *values)
{
    for (int m = 0; m < FLEET_MEASURES; m++) {
        uint32_t known = 0;
        for (uint32_t i = 0; i < pool->count; i++) {
            double value = fleet_value(&gpus[pool->first + i], (enum fleet_measure)m, span_ns);
            if (!isnan(value)) {
                values[known++] = value;
            }
        }
        pool->spreads[m] = spread_of(values, known);
    }
}

static const struct fleet_pool *make_pools(const struct setup *setup,
                                           const struct fleet_gpu *gpus, nsec span_ns,
                                           struct arena *arena)
{
    const struct scenario *scenario = setup->scenario;
    struct fleet_pool *pools = arena_take(arena, scenario->gpu_count, sizeof(*pools));
    double *values = arena_take(arena, setup->partition_count, sizeof(*values));

    for (uint32_t i = 0; i < setup->partition_count; i++) {
        struct fleet_pool *pool = &pools[setup->partitions[i].gpu];
        pool->first = pool->count == 0 ? i : pool->first;
        pool->count++;
    }
    for (uint32_t g = 0; g < scenario->gpu_count; g++) {
        pools[g].gpu = &scenario->gpus[g];
        spread_pool(&pools[g], gpus, span_ns, values);
    }
    return pools;
}

/* ------------------------------------------------------------ the worst */

/* Where jobs are too few for a p99, the largest stands for it. */
static nsec badness(const struct fleet_gpu *gpu)
{
    nsec p99_ns = gpu->quantile_ns[QUANTILE_P99];

    if (gpu->done == 0) {
        return NSEC_MAX;
    }
    return p99_ns >= 0 ? p99_ns : gpu->max_ns;
}

static bool is_worse(const struct fleet_gpu *a, const struct fleet_gpu *b)
{
    if (a->vms_missed != b->vms_missed) {
        return a->vms_missed > b->vms_missed;
    }
    return badness(a) > badness(b);
}

/* GPUs that nobody asked anything of are not in question. */
static void find_worst(struct fleet_summary *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (f->gpus[i].arrived == 0) {
            continue;
        }
        uint32_t at = f->worst_count;
        while (at > 0 && is_worse(&f->gpus[i], &f->gpus[f->worst[at - 1]])) {
            at--;
        }
        if (at == FLEET_WORST) {
            continue;
        }
        f->worst_count += f->worst_count < FLEET_WORST;
        for (uint32_t k = f->worst_count - 1; k > at; k--) {
            f->worst[k] = f->worst[k - 1];
        }
        f->worst[at] = i;
    }
}

struct fleet_summary *fleet_summarise(const struct setup *setup, const struct fleet_gpu *gpus,
                                      nsec span_ns, struct arena *arena)
{
    struct fleet_summary *f = arena_take(arena, 1, sizeof(*f));

    f->gpus = gpus;
    f->pools = make_pools(setup, gpus, span_ns, arena);
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        f->gpus_missed += gpus[i].vms_missed > 0;
    }
    find_worst(f, setup->partition_count);
    return f;
}
