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

static void judge_vm(struct slo_result *r, const struct vm_summary *vm)
{
    struct slo_value v = slo_check(r->slo, vm);

    r->vms_count++;
    r->vms_met += v.met;
    if (!r->vm || is_worse(r->slo, v.value, r->value)) {
        r->vm = vm;
        r->workload = v.workload;
        r->value = v.value;
    }
}

void slo_judge(struct summary *s, struct arena *arena)
{
    const struct scenario *scenario = s->setup->scenario;

    s->slos = arena_take(arena, scenario->slo_count, sizeof(*s->slos));
    for (uint32_t i = 0; i < scenario->slo_count; i++) {
        struct slo_result *r = &s->slos[i];
        *r = (struct slo_result){ .slo = &scenario->slos[i], .value = NAN };
        for (uint32_t v = 0; v < s->setup->vm_count; v++) {
            const struct vm_entry *entry = &scenario->vms[s->setup->vms[v].entry];
            if (s->vms[v].vm && strcmp(entry->name, r->slo->vm) == 0) {
                judge_vm(r, s->vms[v].vm);
            }
        }
        r->met = r->vms_count > 0 && r->vms_met == r->vms_count;
    }
}
