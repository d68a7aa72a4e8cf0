/*
 * run.h - the simulation of one partition: who runs when.
 *
 * A run holds everything that changes while simulated time passes; several runs may be
 * advanced in turn in one process, or by several threads, and none knows of the others. What
 * happens is told to probes (probe.h). Nothing is allocated in the loop, except when a queue
 * of jobs outgrows its ring, which then doubles.
 *
 * Equal times: what ends, then what arrives, then slice ends, then timers (VMs start and stop,
 * windows close), then choices; within a class by VM index, then workload index
 * (engine/moment.h).
 */
#ifndef SIM_RUN_RUN_H
#define SIM_RUN_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "run/probe.h"
#include "run/setup.h"

#include <stdbool.h>

struct run;

struct run_options {
    const struct setup *setup;
    uint32_t partition;
    uint64_t replication; /* Of the seed: 0 for a plain run. */
    /* By how much the arrivals of each workload of the partition are later than it says, VM
       after VM; NULL: by nothing. Borrowed by run_create only. */
    const nsec *shifts_ns;
    nsec border_ns;       /* Distance of the borders told to probes; 0: none. */
    nsec warmup_ns;       /* A border too, if > 0. */
    struct probe *probes; /* probe_count of them; borrowed while the run lives. */
    uint32_t probe_count;
    bool skip; /* Rounds of slices in which nothing happens are skipped by arithmetic, while no
                  probe listens to stays; nothing else can tell. */
    bool no_plain; /* Not the shorter way, where it could be taken (run/plain.h). */
};

/* A run at time 0. NULL with *err if a policy refuses its parameters. */
struct run *run_create(const struct run_options *options, struct err *err);

/* Advances to just before what happens after `until`, or to the end of the run. 0, or -1 with
 *err when a policy's decision is invalid or a policy fails; the run is then over. */
int run_advance(struct run *run, nsec until, struct err *err);

/* Tells probes the last border and the jobs that did not finish. After run_advance to the
   scenario's duration. */
void run_finish(struct run *run);

/* Events handled so far, as a measure of work. */
uint64_t run_event_count(const struct run *run);

void run_free(struct run *run);

#endif
