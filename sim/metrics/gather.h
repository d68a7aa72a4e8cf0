/*
 * gather.h - from the summaries of the partitions to that of the run.
 */
#ifndef SIM_METRICS_GATHER_H
#define SIM_METRICS_GATHER_H

#include "metrics/fleet.h"
#include "metrics/groups.h"
#include "metrics/hist.h"
#include "metrics/summary.h"

#include <stdbool.h>

struct gather_input {
    const struct setup *setup;
    const struct unit_summary *units; /* One for each of setup->partitions, in order; those of
                                         fleet->worst, if the VMs were not kept. */
    nsec warmup_ns;                   /* As used. */
    bool warmup_short;                /* mser_warmup found the run too short to tell. */
    const struct hist *pool; /* As collector_pool filled it, by groups_first; NULL: each VM has
                                its distribution. */
    const struct fleet_summary *fleet; /* NULL: this is no fleet. */
    const struct groups *groups;       /* Every partition added; NULL: from the units. */
    bool without_vms;                  /* Only with a fleet, and then with pool and groups. */
};

/* Judges the objectives, writes the warnings. Lives in the arena; borrows its input's arrays
   (not the struct itself, nor the pool). */
void gather_summary(const struct gather_input *input, struct arena *arena, struct summary *ret);

#endif
