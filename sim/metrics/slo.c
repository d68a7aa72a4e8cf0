#include "metrics/slo.h"

#include <math.h>
#include <string.h>

const char *slo_metric_name(enum slo_metric metric)
{
    static const char *const names[] = {
        [SLO_LATENCY_MEAN] = "latency_mean",
        [SLO_LATENCY_P50] = "latency_p50",
        [SLO_LATENCY_P90] = "latency_p90",
        [SLO_LATENCY_P95] = "latency_p95",
        [SLO_LATENCY_P99] = "latency_p99",
        [SLO_LATENCY_MAX] = "latency_max",
        [SLO_THROUGHPUT] = "throughput",
        [SLO_DEADLINE_MISSED] = "deadline_missed",
        [SLO_SHARE] = "share",
    };
    return names[metric];
}

static double known(nsec value)
{
    return value < 0 ? NAN : (double)value;
}

/* NAN if the workload has no such number. */
static double workload_value(enum slo_metric metric, const struct workload_summary *w)
{
    switch (metric) {
    case SLO_LATENCY_MEAN:
        return w->latency_mean_ns;
    case SLO_LATENCY_P50:
        return known(w->quantile_ns[QUANTILE_P50]);
    case SLO_LATENCY_P90:
        return known(w->quantile_ns[QUANTILE_P90]);
    case SLO_LATENCY_P95:
        return known(w->quantile_ns[QUANTILE_P95]);
    case SLO_LATENCY_P99:
        return known(w->quantile_ns[QUANTILE_P99]);
    case SLO_LATENCY_MAX:
        return known(w->max_ns);
    default:
        return w->arrived ? (double)w->deadline_missed / (double)w->arrived : 0;
    }
}

static double throughput(const struct vm_summary *vm)
{
    uint64_t done = 0;

    for (uint32_t w = 0; w < vm->workload_count; w++) {
        done += vm->workloads[w].done;
    }
    return vm->present_ns ? (double)done * (double)SEC / (double)vm->present_ns : NAN;
}

/* Whether value a keeps an objective less well than b; no value is worst. */
static bool is_worse(const struct slo_entry *slo, double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) && !isnan(b);
    }
    return slo->is_max ? a > b : a < b;
}

static bool is_met(const struct slo_entry *slo, double value)
{
    return slo->is_max ? value <= slo->value : value >= slo->value;
}

struct slo_value slo_check(const struct slo_entry *slo, const struct vm_summary *vm)
{
    struct slo_value worst = { .value = NAN };
    bool found = false;

    if (slo->metric == SLO_THROUGHPUT || slo->metric == SLO_SHARE) {
        worst.value = slo->metric == SLO_SHARE ? vm->share_percent / 100 : throughput(vm);
        worst.met = is_met(slo, worst.value);
        return worst;
    }
    for (uint32_t w = 0; w < vm->workload_count; w++) {
        const struct workload_summary *workload = &vm->workloads[w];
        double value = workload_value(slo->metric, workload);
        if (slo->metric == SLO_DEADLINE_MISSED && !workload->has_deadline) {
            continue;
        }
        if (!found || is_worse(slo, value, worst.value)) {
            worst = (struct slo_value){ value, workload->name, is_met(slo, value) };
            found = true;
        }
    }
    return worst;
}

struct slo_result *slo_create(const struct scenario *scenario, struct arena *arena)
{
    struct slo_result *slos = arena_take(arena, scenario->slo_count, sizeof(*slos));

    for (uint32_t i = 0; i < scenario->slo_count; i++) {
        slos[i] = (struct slo_result){
            .slo = &scenario->slos[i],
            .vm_id = UINT32_MAX,
            .value = NAN,
        };
    }
    return slos;
}

/* Takes over the worse VM of two. */
static void offer(struct slo_result *r, const struct slo_result *other)
{
    bool is_first = r->vm_id == UINT32_MAX;
    bool is_equal = !is_worse(r->slo, r->value, other->value) && other->vm_id < r->vm_id;

    if (is_first || is_worse(r->slo, other->value, r->value) || is_equal) {
        r->vm = other->vm;
        r->vm_id = other->vm_id;
        r->workload = other->workload;
        r->value = other->value;
    }
}

bool slo_add(struct slo_result *slos, const struct scenario *scenario,
             const struct vm_summary *vm)
{
    bool met_all = true;

    for (uint32_t i = 0; i < scenario->slo_count; i++) {
        struct slo_result *r = &slos[i];
        if (strcmp(scenario->vms[vm->entry].name, r->slo->vm) != 0) {
            continue;
        }
        struct slo_value v = slo_check(r->slo, vm);
        offer(r,
              &(struct slo_result){
                  .vm = vm->name, .vm_id = vm->id, .workload = v.workload, .value = v.value });
        r->vms_count++;
        r->vms_met += v.met;
        r->met = r->vms_met == r->vms_count;
        met_all = met_all && v.met;
    }
    return met_all;
}

void slo_merge(struct slo_result *slos, const struct slo_result *from,
               const struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->slo_count; i++) {
        if (from[i].vms_count > 0) {
            offer(&slos[i], &from[i]);
            slos[i].vms_count += from[i].vms_count;
            slos[i].vms_met += from[i].vms_met;
            slos[i].met = slos[i].vms_met == slos[i].vms_count;
        }
    }
}
