#include "metrics/gather.h"

#include "base/assert.h"
#include "metrics/collect.h"
#include "metrics/warnings.h"

#include <math.h>

static void set_vms(struct summary *s, struct arena *arena)
{
    s->vms = arena_take(arena, s->setup->vm_count, sizeof(*s->vms));
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct unit_summary *unit = &s->units[u];
        for (uint32_t i = 0; i < unit->vm_count; i++) {
            assert(unit->vms[i].id < s->setup->vm_count);
            s->vms[unit->vms[i].id] = (struct summary_vm){ &unit->vms[i], unit };
        }
    }
    s->rows = s->vms;
    s->row_count = s->setup->vm_count;
}

static void set_pools(struct summary *s, const struct hist *pool, struct arena *arena)
{
    const struct scenario *scenario = s->setup->scenario;
    const uint32_t *first = s->groups->first;
    struct pooled_distribution *pools =
        arena_take(arena, first[scenario->vm_count], sizeof(*pools));

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        const struct vm_entry *entry = &scenario->vms[e];
        for (uint32_t w = 0; w < entry->workload_count; w++) {
            pools[s->pool_count++] = (struct pooled_distribution){
                .vm = entry->name,
                .workload = entry->workloads[w].workload.name,
                .distribution = collector_distribution(&pool[first[e] + w], arena),
            };
        }
    }
    s->pools = pools;
}

static void set_groups(struct summary *s, const struct gather_input *input, struct arena *arena)
{
    s->groups = input->groups;
    if (!s->groups) {
        struct groups *own = arena_take(arena, 1, sizeof(*own));
        groups_init(own, s->setup, arena);
        for (uint32_t u = 0; u < s->unit_count; u++) {
            (void)groups_add(own, &s->units[u]);
        }
        s->groups = own;
    }
    s->slos = s->groups->slos;
}

/* ------------------------------------------------------------ entries as rows */

/* A group as if it was one VM's workload. There is no interval: whose would it be? */
static void row_of_group(const struct group *g, const struct hist *latency, struct arena *arena,
                         struct workload_summary *ret)
{
    *ret = (struct workload_summary){
        .arrived = g->arrived,
        .done = g->done,
        .dropped = g->dropped,
        .unfinished = g->unfinished,
        .latency_sum_ns = g->latency_sum_ns,
        .queue_wait_sum_ns = g->queue_wait_sum_ns,
        .slice_wait_sum_ns = g->slice_wait_sum_ns,
        .run_sum_ns = g->run_sum_ns,
        .switch_sum_ns = g->switch_sum_ns,
        .host_sum_ns = g->host_sum_ns,
        .latency_mean_ns = g->done ? (double)g->latency_sum_ns / (double)g->done : NAN,
        .mean_low_ns = NAN,
        .mean_high_ns = NAN,
        .p99_low_ns = -1,
        .p99_high_ns = -1,
        .max_ns = g->max_ns,
        .slowdown_mean =
            g->rated ? (double)g->slowdown_sum_ppm / (double)PPM / (double)g->rated : NAN,
        .service_ns =
            g->service_is_known && g->service_ns <= NSEC_MAX ? (nsec)g->service_ns : -1,
        .trend = NAN,
        .deadline_missed = g->deadline_missed,
        .frames_per_second = isinf(g->frames_least) ? NAN : g->frames_least,
        .frames_low_1_percent = isinf(g->low_least) ? NAN : g->low_least,
        .distribution = collector_distribution(latency, arena),
    };
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        ret->quantile_ns[q] = g->done ? hist_quantile(latency, quantile_ppm[q]) : -1;
        ret->has_quantile[q] = g->done * (uint64_t)(PPM - quantile_ppm[q]) >= (uint64_t)PPM;
    }
}

static void row_of_entry(const struct summary *s, uint32_t entry_index, const struct hist *pool,
                         struct arena *arena, struct vm_summary *ret)
{
    const struct vm_entry *entry = &s->setup->scenario->vms[entry_index];
    const struct group *groups = &s->groups->groups[s->groups->first[entry_index]];
    double span = (double)(s->setup->scenario->duration_ns - s->warmup_ns);
    double vms = entry->workload_count > 0 ? groups->vms : 0;

    ret->name = entry->name;
    ret->entry = entry_index;
    ret->weight = entry->weight;
    ret->share_percent = vms > 0 ? 100 * (double)groups->compute_ns / span / vms : NAN;
    ret->entitled_percent =
        vms > 0 ? 100 * (double)groups->entitled_ppm / (double)PPM / vms : NAN;
    ret->workloads = arena_take(arena, entry->workload_count, sizeof(*ret->workloads));
    ret->workload_count = entry->workload_count;
    for (uint32_t w = 0; w < entry->workload_count; w++) {
        struct workload_summary *row = &ret->workloads[w];
        row_of_group(&groups[w], &pool[s->groups->first[entry_index] + w], arena, row);
        row->name = entry->workloads[w].workload.name;
        row->is_open = entry->workloads[w].workload.arrival.kind != ARRIVAL_CLOSED;
        row->has_deadline = entry->workloads[w].workload.deadline_ns != NSEC_MAX;
    }
}

static void set_entry_rows(struct summary *s, const struct hist *pool, struct arena *arena)
{
    const struct scenario *scenario = s->setup->scenario;
    struct vm_summary *vms = arena_take(arena, scenario->vm_count, sizeof(*vms));
    struct unit_summary *units = arena_take(arena, scenario->vm_count, sizeof(*units));
    struct summary_vm *rows = arena_take(arena, scenario->vm_count, sizeof(*rows));

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        row_of_entry(s, e, pool, arena, &vms[e]);
        units[e].gpu = scenario->vms[e].gpu ? scenario->vms[e].gpu : "";
        units[e].vms = &vms[e];
        rows[e] = (struct summary_vm){ &vms[e], &units[e] };
    }
    s->rows = rows;
    s->row_count = scenario->vm_count;
}

void gather_summary(const struct gather_input *input, struct arena *arena, struct summary *ret)
{
    *ret = (struct summary){
        .setup = input->setup,
        .warmup_ns = input->warmup_ns,
        .units = input->units,
        .unit_count =
            input->without_vms ? input->fleet->worst_count : input->setup->partition_count,
        .fleet = input->fleet,
    };
    set_groups(ret, input, arena);
    if (input->without_vms) {
        set_entry_rows(ret, input->pool, arena);
    } else {
        set_vms(ret, arena);
        if (input->pool) {
            set_pools(ret, input->pool, arena);
        }
    }
    warnings_write(ret, input->warmup_short, arena);
}
