#include "study/reduce.h"

static uint32_t pool_size(const struct reducer *r)
{
    return r->groups.first[r->groups.setup->scenario->vm_count];
}

void reducer_init(struct reducer *r, const struct setup *setup, struct arena *arena)
{
    groups_init(&r->groups, setup, arena);
    r->pool = arena_take(arena, pool_size(r), sizeof(r->pool[0]));
    for (uint32_t i = 0; i < pool_size(r); i++) {
        hist_init(&r->pool[i]);
    }
}

void reducer_fini(struct reducer *r)
{
    for (uint32_t i = 0; r->pool && i < pool_size(r); i++) {
        hist_fini(&r->pool[i]);
    }
}

void reducer_add(struct reducer *r, const struct collector *collector,
                 const struct unit_summary *unit, struct fleet_gpu *ret_gpu)
{
    uint32_t missed = groups_add(&r->groups, unit);

    collector_pool(collector, r->groups.first, r->pool);
    if (ret_gpu) {
        struct hist whole;
        hist_init(&whole);
        collector_whole(collector, &whole);
        fleet_reduce(unit, &whole, missed, ret_gpu);
        hist_fini(&whole);
    }
}

void reducer_merge(struct reducer *r, const struct reducer *from)
{
    groups_merge(&r->groups, &from->groups);
    for (uint32_t i = 0; i < pool_size(r); i++) {
        hist_merge(&r->pool[i], &from->pool[i]);
    }
}
