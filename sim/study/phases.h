/*
 * phases.h - a partition once more under other phases of its periodic arrivals.
 *
 * Frames of several VMs that are due at the same instant are served in an order that the
 * scenario does not mean: on a real GPU a few microseconds decide, and phases of desktops are
 * anybody's guess. What comes of one choice of phases can be far from what comes of another.
 * So each stream that is in phase with one of another VM is shifted by a draw below its period,
 * some times over, and the least and the most of each latency is kept. All other draws are
 * those of the run.
 */
#ifndef SIM_STUDY_PHASES_H
#define SIM_STUDY_PHASES_H

#include "study/simulate.h"

/* Draws that are enough to see whether phases matter; of a fleet only its first partitions. */
enum { PHASES_DRAWS = 8, PHASES_PARTITIONS_MAX = 16 };

/* Beyond the warm-up no draw is followed for longer: latencies repeat with the period. */
#define PHASES_SPAN_MAX (60 * SEC)

struct phases_options {
    const struct setup *setup;
    uint32_t partition;
    uint64_t replication;
    uint32_t draws; /* > 0. */
    nsec warmup_ns; /* As the run used it. */
    const struct simulate_watch *watch;
};

/* Marks the partition's streams, VM after VM and workload after workload, that are in phase
   with one of another VM: both periodic without jitter, one period a multiple of the other, and
   due at the same instant again and again. Whether there are any. */
bool phases_find(const struct setup *setup, uint32_t partition, bool *ret_marks);

/* Fills unit->phases; NULL if nothing comes in phase. 0, or -1 with *err. */
int phases_run(const struct phases_options *options, struct unit_summary *unit,
               struct arena *results, struct err *err);

#endif
