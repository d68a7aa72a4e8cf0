#include "engine/soonest.h"

void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena)
{
    soonest->leaf_base = 1;
    while (soonest->leaf_base < count) {
        soonest->leaf_base *= 2;
    }
    soonest->nodes =
        arena_take(arena, 2 * (size_t)soonest->leaf_base, sizeof(soonest->nodes[0]));
    for (uint32_t i = 0; i < 2 * soonest->leaf_base; i++) {
        soonest->nodes[i] = (struct soonest_node){ .time = INSTANT_NEVER };
    }
    for (uint32_t i = 0; i < soonest->leaf_base; i++) {
        soonest->nodes[soonest->leaf_base + i].index = i;
    }
}
