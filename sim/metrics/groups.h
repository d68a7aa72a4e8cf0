/*
 * groups.h - what the VMs of a scenario entry have in common: workload by workload.
 *
 * VMs are added partition by partition. All is sums of integers and extremes, where equals give
 * way to the lower VM; so groups that several threads filled merge to the same in any order.
 * What is said of so many VMs - warnings, objectives, deadlines, the rows of a fleet - is said
 * from here, and nothing of a single VM need be kept for it.
 */
#ifndef SIM_METRICS_GROUPS_H
#define SIM_METRICS_GROUPS_H

#include "base/arena.h"
#include "metrics/summary.h"

#include <stdbool.h>
#include <stdint.h>

/* A VM that stands out. */
struct group_vm {
    uint32_t id; /* Among all VMs; UINT32_MAX: none yet. */
    nsec p95_ns; /* Of its first workload; NSEC_MAX: no job finished. */
};

/* One workload of an entry, over the VMs that were not refused. */
struct group {
    uint32_t vms;
    uint64_t arrived;
    uint64_t done;
    uint64_t dropped;
    uint64_t unfinished;
    wide latency_sum_ns;
    wide queue_wait_sum_ns;
    wide slice_wait_sum_ns;
    wide run_sum_ns;
    wide switch_sum_ns;
    wide host_sum_ns;
    wide slowdown_sum_ppm; /* Of `rated` jobs. */
    uint64_t rated;
    nsec max_ns;
    wide service_ns;
    bool service_is_known;
    wide compute_ns;       /* Compute service of the VMs, all workloads together. */
    uint64_t entitled_ppm; /* Sum over the VMs. */
    struct group_vm best;  /* By p95. */
    struct group_vm worst;

    uint64_t deadline_arrived; /* Jobs of those VMs that have deadlines. */
    uint64_t deadline_missed;
    double missed_most;  /* Largest share that a VM missed. */
    double frames_least; /* Frames per second; INFINITY: none. */
    double low_least;    /* 1 % low; likewise. */

    uint32_t vms_overloaded;
    double load_most;  /* Percent; 0: not known of any. */
    bool load_of_unit; /* It is that of the whole partition. */
    uint32_t vms_without_jobs;
    uint32_t vms_dropping;
    uint64_t dropping_arrived;
    uint32_t vms_few; /* Too few jobs for a p99. */
    uint64_t fewest;
    uint32_t vms_without_interval;

    uint32_t vms_in_phase; /* Those that other phases change. */
    uint32_t phase_draws;
    struct phase_spread phases; /* Over all of these. */
};

enum {
    GROUP_P99_JOBS = 100,          /* With fewer there is no p99. */
    GROUP_PHASES_MEAN_PERCENT = 3, /* Phases that change less than both do not matter. */
    GROUP_PHASES_P99_PERCENT = 5,
};

/* Whether other phases change the mean or p99 by more than that; not if nothing is known. */
bool phases_decide(const struct phase_spread *s);

struct groups {
    const struct setup *setup;
    const uint32_t *first;   /* Position of each entry's first workload; [entries + 1]. */
    struct group *groups;    /* [first[entries]] */
    struct slo_result *slos; /* [scenario->slo_count] */
};

void groups_init(struct groups *g, const struct setup *setup, struct arena *arena);

/* Adds every VM of a partition; how many of them miss an objective. */
uint32_t groups_add(struct groups *g, const struct unit_summary *unit);

void groups_merge(struct groups *g, const struct groups *from);

/* Position of each scenario entry's first workload, and, behind the last, the number of all.
   [scenario->vm_count + 1] */
uint32_t *groups_first(const struct scenario *scenario, struct arena *arena);

#endif
