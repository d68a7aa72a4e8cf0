/*
 * gather.h - from the summaries of the partitions to that of the run.
 */
#ifndef SIM_METRICS_GATHER_H
#define SIM_METRICS_GATHER_H

#include "metrics/hist.h"
#include "metrics/summary.h"

#include <stdbool.h>

struct gather_input {
    const struct setup *setup;
    const struct unit_summary *units; /* One for each of setup->partitions, in order. */
    nsec warmup_ns;                   /* As used. */
    bool warmup_short;                /* mser_warmup found the run too short to tell. */
    const struct hist *pool; /* As collector_pool filled it, by gather_entry_first; or NULL. */
};

/* Judges the objectives, writes the warnings. Lives in the arena; borrows its input's arrays
   (not the struct itself, nor the pool). */
void gather_summary(const struct gather_input *input, struct arena *arena, struct summary *ret);

/* Position of each scenario entry's first workload in a pool, and, behind the last, the size
   of the pool. [scenario->vm_count + 1] */
uint32_t *gather_entry_first(const struct scenario *scenario, struct arena *arena);

#endif
