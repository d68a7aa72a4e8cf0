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

struct soonest_node {
    nsec time;
    uint32_t index; /* Of the source that has it. */
};

struct soonest {
    struct soonest_node *nodes; /* [1] is the root; the leaves begin at leaf_base. */
    uint32_t leaf_base;         /* A power of two. */
};

/* All times are INSTANT_NEVER. Memory comes from the arena. A count of 0 is allowed. */
void soonest_init(struct soonest *soonest, uint32_t count, struct arena *arena);

static inline nsec soonest_time(const struct soonest *soonest)
{
    return soonest->nodes[1].time;
}

/* The source with the least time; meaningless while that is INSTANT_NEVER. */
static inline uint32_t soonest_index(const struct soonest *soonest)
{
    return soonest->nodes[1].index;
}

static inline void soonest_set(struct soonest *soonest, uint32_t index, nsec time)
{
    struct soonest_node *nodes = soonest->nodes;
    uint32_t at = soonest->leaf_base + index;
    struct soonest_node winner = { time, index };

    /* The winner climbs in registers: nothing waits for what was just written. */
    for (nodes[at].time = time; at > 1; at /= 2) {
        const struct soonest_node *rival = &nodes[at ^ 1];
        /* All ones if the rival wins; at the left, also if it is as early. A compiler would
           make a branch of a comparison here, which would often be foretold wrongly. */
        uint64_t mask = -(uint64_t)(rival->time < winner.time + (nsec)(at & 1));
        winner.time ^= (winner.time ^ rival->time) & (nsec)mask;
        winner.index ^= (winner.index ^ rival->index) & (uint32_t)mask;
        nodes[at / 2] = winner;
    }
}

#endif
