/*
 * collect.h - listens to the run of one partition and keeps what the results need.
 *
 * Memory is constant in simulated time: counters and sums, a histogram, and a few means for
 * each workload; windows and the first slices for the partition. The work for a job is a
 * handful of additions; for a border, a few instructions for each VM.
 */
#ifndef SIM_METRICS_COLLECT_H
#define SIM_METRICS_COLLECT_H

#include "base/arena.h"
#include "base/units.h"
#include "metrics/hist.h"
#include "metrics/summary.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct collector_workload {
    const char *name;
    nsec deadline_ns; /* After arrival; NSEC_MAX: none. */
    bool is_open;     /* Not closed: arrivals do not wait for earlier jobs. */
    bool has_frames;  /* Whether the times between its ends are of interest. */
};

struct collector_vm {
    const char *name;
    uint32_t id;    /* Among all VMs of the scenario. */
    uint32_t entry; /* Of the scenario's vms. */
    uint32_t weight;
    uint32_t entitled_ppm; /* Of the span, of the compute engine. */
    nsec start_ns;         /* When it is present; stop_ns may be NSEC_MAX. */
    nsec stop_ns;
    const struct collector_workload *workloads;
    uint32_t workload_count;
};

struct collector_config {
    const char *gpu;                /* The partition's name. */
    uint32_t partition;             /* Its position in the setup. */
    const struct collector_vm *vms; /* By index within the partition. Borrowed, names too. */
    uint32_t vm_count;
    nsec warmup_ns;
    nsec duration_ns;
    nsec window_ns;       /* Shortest window; the run's border_ns must divide it. */
    uint32_t windows_max; /* Most windows kept one by one. */
    uint32_t stays_max;   /* Most slices kept. */
    bool keep_distribution;
    bool without_p99_interval; /* It takes a 50th of a short run, and a fleet shows none. */
};

/* How much to keep of a partition of a scenario that has so many VMs and partitions: all that
   design promises up to a few hundred VMs; of a fleet, less of each partition, so that the
   results still fit a disk. Fills the last three fields of *config. */
void collector_limit(struct collector_config *config, uint32_t vms_in_all, uint32_t partition);

struct collector;

/* Results are made in `results`, which must outlive them. */
struct collector *collector_create(const struct collector_config *config,
                                   struct arena *results);
void collector_free(struct collector *c);

/* Fills *ret, which must stay where it is while the run lives: when enough slices are kept,
   the collector clears its own pointer there. */
void collector_listen(struct collector *c, struct probe *ret);

/* After run_finish. The summary borrows the config's names and lives in `results`; the
   collector may be freed. */
void collector_summarise(struct collector *c, struct unit_summary *ret);

/* After run_finish. Adds every workload's latencies to pool[entry_first[entry] + workload]: for
   fleets, whose distributions are kept for each scenario entry only. Sums are integers: any
   order will do. */
void collector_pool(const struct collector *c, const uint32_t *entry_first, struct hist *pool);

/* After run_finish. Adds the latencies of all jobs of the partition to *ret. */
void collector_whole(const struct collector *c, struct hist *ret);

/* The non-empty buckets of a histogram. */
struct distribution collector_distribution(const struct hist *h, struct arena *arena);

#endif
