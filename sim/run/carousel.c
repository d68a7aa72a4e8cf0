#include "run/carousel.h"

void carousel_init(struct carousel *c, uint32_t vm_count, nsec run_ns, nsec span_ns,
                   struct arena *arena)
{
    *c = (struct carousel){ .run_ns = run_ns, .span_ns = span_ns };
    c->laps_most = NSEC_MAX / 4 / vm_count / span_ns;
    c->seats = arena_take(arena, vm_count, sizeof(c->seats[0]));
    c->first_turns = arena_take(arena, vm_count, sizeof(c->first_turns[0]));
    void *ring = arena_take(arena, 1, rotation_ring_size(vm_count));
    rotation_init(&c->fresh, ring, vm_count);
}
