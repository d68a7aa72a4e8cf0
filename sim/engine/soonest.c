#include "engine/soonest.h"

/* Of two sources, the one whose time is less, or the lower index when they are equal; the
   first is always the lower one here, and UINT32_MAX stands for a missing leaf. */
static uint32_t winner(const struct soonest *s, uint32_t first, uint32_t second)
{
    if (second == UINT32_MAX) {
        return first;
    }
    return s->times[second] < s->times[first] ? second : first;
}

void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena)
{
    *soonest = (struct soonest){ .time = INSTANT_NEVER, .count = count };
    soonest->times = arena_take(arena, count, sizeof(soonest->times[0]));
    for (uint32_t i = 0; i < count; i++) {
        soonest->times[i] = INSTANT_NEVER;
    }
    if (count <= SOONEST_SCAN_MAX) {
        return;
    }
    soonest->leaf_base = 1;
    while (soonest->leaf_base < count) {
        soonest->leaf_base *= 2;
    }
    soonest->winners = arena_take(arena, 2 * (size_t)soonest->leaf_base, sizeof(uint32_t));
    for (uint32_t i = 0; i < soonest->leaf_base; i++) {
        soonest->winners[soonest->leaf_base + i] = i < count ? i : UINT32_MAX;
    }
    for (uint32_t node = soonest->leaf_base - 1; node > 0; node--) {
        soonest->winners[node] =
            winner(soonest, soonest->winners[2 * node], soonest->winners[2 * node + 1]);
    }
}

void soonest_set_in_tree(struct soonest *soonest, uint32_t index)
{
    uint32_t *winners = soonest->winners;

    for (uint32_t node = (soonest->leaf_base + index) / 2; node > 0; node /= 2) {
        winners[node] = winner(soonest, winners[2 * node], winners[2 * node + 1]);
    }
    soonest->index = winners[1];
    soonest->time = soonest->times[winners[1]];
}
