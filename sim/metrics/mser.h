/*
 * mser.h - how much of a run's beginning is warm-up, found from the run itself.
 *
 * MSER-5 (White, "An effective truncation heuristic for bias reduction in simulation output",
 * Simulation 69 (1997)): the latencies, in the order in which jobs end, are averaged in groups
 * of 5; those groups are dropped whose dropping makes the standard error of the mean of the
 * rest smallest. At most MSER_GROUPS means are kept: when there are as many, neighbours are
 * joined and groups hold twice as many jobs.
 */
#ifndef SIM_METRICS_MSER_H
#define SIM_METRICS_MSER_H

#include "base/units.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

enum { MSER_GROUPS = 4096, MSER_FIRST_LENGTH = 5 };

/* Which of z[0..k-1] to drop: the first *ret_drop. True if the least error lies at the end of
   the allowed range, floor(k / 2) - 1: the sequence is too short to tell. k >= 2. */
bool mser_truncate(const double *z, uint32_t k, uint32_t *ret_drop);

/* Records one unit's latencies in the first pass of `warmup: auto`. */
struct mser {
    wide sum;        /* Of the group under way. */
    nsec last_ns;    /* Latest arrival in it. */
    uint64_t left;   /* Jobs that it still lacks. */
    uint64_t length; /* Jobs of a group. */
    uint32_t count;  /* Full groups. */
    struct {
        double mean_ns;
        nsec last_ns; /* Latest arrival among its jobs. */
    } groups[MSER_GROUPS];
};

void mser_init(struct mser *m);
void mser_add(struct mser *m, nsec arrival_ns, nsec latency_ns);

/* A probe that records every finished job in *m, which it borrows. */
struct probe mser_probe(struct mser *m);

/* The instant at which warm-up ends: the first nanosecond after the last arrival of a dropped
   job; 0 if nothing is to be dropped. *ret_short: the sequence is too short to tell, either
   by mser_truncate or because there are fewer than 10 groups (then nothing is dropped). */
nsec mser_warmup(const struct mser *m, bool *ret_short);

#endif
