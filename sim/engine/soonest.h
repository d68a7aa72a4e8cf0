/*
 * soonest.h - the least of a fixed number of times, each of which may change.
 *
 * One time per source (the next arrival of a workload, say), INSTANT_NEVER for none. The least
 * is kept; equal times go to the lowest index. Up to SOONEST_SCAN_MAX sources a change rescans
 * the array, which is quicker than any tree there (docs/performance.md); beyond, a tournament
 * tree makes a change cost the logarithm of the number.
 */
#ifndef SIM_ENGINE_SOONEST_H
#define SIM_ENGINE_SOONEST_H

#include "base/arena.h"
#include "base/units.h"
#include "engine/moment.h"

#include <stdint.h>

enum { SOONEST_SCAN_MAX = 64 };

struct soonest {
    nsec time;      /* The least time; INSTANT_NEVER if there is none. */
    uint32_t index; /* Of the source that has it; 0 if there is none. */
    uint32_t count;
    nsec *times;        /* [count]; read freely, change through soonest_set. */
    uint32_t *winners;  /* Tree: [1] is the root's winner; NULL when scanning. */
    uint32_t leaf_base; /* Of the tree: index of the first leaf. */
};

/* All times are INSTANT_NEVER. Memory comes from the arena. */
void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena);

/* Changes a time by the tree; use soonest_set. */
void soonest_set_in_tree(struct soonest *soonest, uint32_t index);

static inline void soonest_set(struct soonest *soonest, uint32_t index, nsec time)
{
    nsec *times = soonest->times;

    times[index] = time;
    if (soonest->winners) {
        soonest_set_in_tree(soonest, index);
        return;
    }
    uint32_t best = 0;
    nsec least = times[0];
    for (uint32_t i = 1; i < soonest->count; i++) {
        best = times[i] < least ? i : best;
        least = times[i] < least ? times[i] : least;
    }
    soonest->index = best;
    soonest->time = least;
}

#endif
