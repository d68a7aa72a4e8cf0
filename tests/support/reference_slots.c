#include "support/reference_world.h"

#include <stddef.h>

static uint32_t owner_of_slot(const struct world *w)
{
    uint32_t position = 0;

    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        if (w->present[vm] && position++ == w->rotation.slot) {
            return vm;
        }
    }
    return NOBODY;
}

/* A slot begins, or the rotation anew. Nobody present: the clock of equal_share stands. */
static void turn_rotation(struct world *w)
{
    struct rotation *r = &w->rotation;
    uint32_t present = 0;

    for (uint32_t vm = 0; vm < w->setup->vm_count; vm++) {
        present += w->present[vm];
    }
    uint32_t slots = w->setup->policy == REFERENCE_FIXED_SHARE ? w->setup->slots : present;
    if (!r->ended && r->end_ns != INT64_MAX) {
        return;
    }
    r->slot = r->restart || r->slot + 1 >= slots ? 0 : r->slot + 1;
    r->end_ns = slots > 0 ? w->now + w->setup->slice_ns : INT64_MAX;
    r->owner = owner_of_slot(w);
    r->idles = false;
    r->restart = false;
    r->ended = false;
}

void world_choose_strict(struct world *w)
{
    struct engine *e = &w->engines[REFERENCE_COMPUTE];

    turn_rotation(w);
    uint32_t owner = w->rotation.owner;
    if (e->state != FREE || owner == NOBODY || !world_head_of(w, owner, REFERENCE_COMPUTE)) {
        return;
    }
    if (e->last != NOBODY && e->last != owner) {
        int64_t cost_ns = world_head_of(w, e->last, REFERENCE_COMPUTE) ? w->setup->preempt_ns
                                                                       : w->setup->idle_ns;
        if (w->now + cost_ns > w->rotation.end_ns) {
            w->rotation.idles = true;
        }
    }
    if (!w->rotation.idles) {
        world_dispatch(w, REFERENCE_COMPUTE, owner);
    }
}
