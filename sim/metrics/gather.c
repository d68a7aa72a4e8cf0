#include "metrics/gather.h"

#include "base/assert.h"
#include "metrics/collect.h"
#include "metrics/slo.h"
#include "metrics/warnings.h"

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
}

uint32_t *gather_entry_first(const struct scenario *scenario, struct arena *arena)
{
    uint32_t *first = arena_take(arena, scenario->vm_count + 1, sizeof(*first));

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        first[e + 1] = first[e] + scenario->vms[e].workload_count;
    }
    return first;
}

static void set_pools(struct summary *s, const struct hist *pool, struct arena *arena)
{
    const struct scenario *scenario = s->setup->scenario;
    const uint32_t *first = gather_entry_first(scenario, arena);
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

void gather_summary(const struct gather_input *input, struct arena *arena, struct summary *ret)
{
    *ret = (struct summary){
        .setup = input->setup,
        .warmup_ns = input->warmup_ns,
        .units = input->units,
        .unit_count = input->setup->partition_count,
    };
    set_vms(ret, arena);
    if (input->pool) {
        set_pools(ret, input->pool, arena);
    }
    slo_judge(ret, arena);
    warnings_write(ret, input->warmup_short, arena);
}
