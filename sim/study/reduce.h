/*
 * reduce.h - what a thread keeps of the many partitions that it simulates, one after the other.
 *
 * For scenarios of so many VMs that not everything is kept of each (collector_limit): what the
 * VMs of each entry have in common, and their latencies together. Which thread had which
 * partition does not matter: reducers merge to the same in any order.
 */
#ifndef SIM_STUDY_REDUCE_H
#define SIM_STUDY_REDUCE_H

#include "base/arena.h"
#include "metrics/collect.h"
#include "metrics/fleet.h"
#include "metrics/groups.h"
#include "metrics/hist.h"

struct reducer {
    struct groups groups; /* In the arena. */
    struct hist *pool;    /* As collector_pool fills it; the histograms are owned. */
};

void reducer_init(struct reducer *r, const struct setup *setup, struct arena *arena);

/* Accepts a zeroed one. */
void reducer_fini(struct reducer *r);

/* Adds a partition that is over, and fills its record; NULL: it is of no fleet. */
void reducer_add(struct reducer *r, const struct collector *collector,
                 const struct unit_summary *unit, struct fleet_gpu *ret_gpu);

void reducer_merge(struct reducer *r, const struct reducer *from);

#endif
