/*
 * simulate.h - one simulation of a whole scenario: every partition, on as many threads as
 * asked for, and what it meant.
 *
 * Partitions are independent, so threads take them one after the other from a common counter
 * and put each result in its place: the outcome is the same bytes for any number of threads.
 *
 * Of a fleet (metrics/fleet.h) a partition is reduced to a record of fixed size when it is
 * over, so that memory hardly grows with the number of GPUs; the worst are then simulated once
 * more and kept in full. With `metrics: [vms]`, [lag] or [alone] every VM is kept.
 */
#ifndef SIM_STUDY_SIMULATE_H
#define SIM_STUDY_SIMULATE_H

#include "base/arena.h"
#include "base/err.h"
#include "metrics/summary.h"
#include "run/probe.h"
#include "run/setup.h"

#include <stdbool.h>
#include <stdint.h>

/* Further listeners of a partition, as those that write jobs.csv. The function is called by
   one thread for one partition, before its run, and fills at most SIMULATE_LISTENERS_MAX
   probes; it returns their number. The other function, if it is not NULL, is called by the
   same thread when that run is over, unless it failed. */
enum { SIMULATE_LISTENERS_MAX = 4 };

struct simulate_listeners {
    uint32_t (*add)(void *context, uint32_t partition, struct probe *ret_probes);
    void (*over)(void *context, uint32_t partition);
    void *context;
};

/* What the caller wants to hear and say while it takes time. Called by any of the threads. */
struct simulate_watch {
    /* A share of the work, in all 1.0, has just been done; NULL: not wanted. */
    void (*progress)(void *context, double done);
    /* Whether to stop early, which makes simulate fail with ERR_RUN; NULL: never. */
    bool (*stop)(void *context);
    void *context;
};

struct simulate_options {
    uint32_t threads;     /* >= 1. */
    bool keep_vms;        /* Of a fleet too, as `metrics: [vms]` asks for. */
    bool no_skip;         /* Step through rounds in which nothing happens (run_options.skip). */
    bool no_plain;        /* The general way for all GPUs (run_options.no_plain). */
    uint64_t replication; /* Of the seed; 0 for a plain run. */
    uint32_t phase_draws; /* As phases.h draws them; 0: none. */
    struct simulate_listeners listeners; /* add may be NULL. */
    struct simulate_watch watch;
};

struct simulation {
    struct summary summary; /* Lives in the arenas, and borrows the setup. */
    uint64_t event_count;
    struct arena *arenas; /* Owned; one for each thread. */
    uint32_t arena_count;
};

/* 0 and *ret, or -1 with *err (of the first partition that failed) and an empty *ret. */
int simulate(const struct setup *setup, const struct simulate_options *options,
             struct simulation *ret, struct err *err);

/* Frees what simulate made; accepts a zeroed simulation. */
void simulation_fini(struct simulation *simulation);

#endif
