/*
 * soonest.h - the least of a fixed number of times, each of which may change.
 *
 * One time per source (the next arrival of a workload, say), INSTANT_NEVER for none. A
 * tournament tree keeps the least: a change costs the logarithm of the number, without
 * branches that depend on the data (docs/performance.md has what else was tried). Equal times
 * go to the lowest index.
 */
#ifndef SIM_ENGINE_SOONEST_H
#define SIM_ENGINE_SOONEST_H

#include "base/arena.h"
#include "base/units.h"
#include "engine/moment.h"

#include <stdint.h>

/* A tree in two arrays: the root is [1], the leaves begin at leaf_base. */
struct soonest {
    nsec *times;
    uint32_t *indices;  /* Of the source that has the time. */
    uint32_t leaf_base; /* A power of two. */
};

/* All times are INSTANT_NEVER. Memory comes from the arena. A count of 0 is allowed. */
void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena);

static inline nsec soonest_time(const struct soonest *soonest)
{
    return soonest->times[1];
}

/* The source with the least time; meaningless while that is INSTANT_NEVER. */
static inline uint32_t soonest_index(const struct soonest *soonest)
{
    return soonest->indices[1];
}

static inline void soonest_set(struct soonest *soonest, uint32_t index, nsec time)
{
    nsec *times = soonest->times;
    uint32_t *indices = soonest->indices;
    uint32_t at = soonest->leaf_base + index;

    /* The winner climbs in registers: nothing waits for what was just written. */
    for (times[at] = time; at > 1; times[at] = time, indices[at] = index) {
        uint32_t rival = at ^ 1;
        /* All ones if the rival wins; at the left, also if it is as early. A compiler would
           make a branch of a comparison here, which would often be foretold wrongly. */
        uint64_t mask = -(uint64_t)(times[rival] < time + (nsec)(at & 1));
        time ^= (time ^ times[rival]) & (nsec)mask;
        index ^= (index ^ indices[rival]) & (uint32_t)mask;
        at /= 2;
    }
}

#endif
