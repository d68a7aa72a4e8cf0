/*
 * alone.h - each VM of a partition once more, alone on it, under the same draws.
 */
#ifndef SIM_STUDY_ALONE_H
#define SIM_STUDY_ALONE_H

#include "study/simulate.h"

struct alone_options {
    const struct setup *setup;
    uint32_t partition;
    uint64_t replication;
    nsec warmup_ns; /* As the shared run used it. */
    const struct simulate_watch *watch;
};

/* Runs every VM of the partition without the others: its jobs in order of arrival, without
   turns or switches, and under MPS with every SM. Fills unit->alone, from the latencies that
   are in the unit. 0, or -1 with *err. */
int alone_run(const struct alone_options *options, struct unit_summary *unit,
              struct arena *results, struct err *err);

#endif
