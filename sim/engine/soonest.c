#include "engine/soonest.h"

void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena)
{
    soonest->leaf_base = 1;
    while (soonest->leaf_base < count) {
        soonest->leaf_base *= 2;
    }
    uint32_t nodes = 2 * soonest->leaf_base;
    soonest->times = arena_take(arena, nodes, sizeof(soonest->times[0]));
    soonest->indices = arena_take(arena, nodes, sizeof(soonest->indices[0]));
    for (uint32_t i = 0; i < nodes; i++) {
        soonest->times[i] = INSTANT_NEVER;
        soonest->indices[i] = i >= soonest->leaf_base ? i - soonest->leaf_base : 0;
    }
}
