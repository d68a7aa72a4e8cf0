/*
 * tally.h - what a collector counts. Internal to metrics/.
 */
#ifndef SIM_METRICS_TALLY_H
#define SIM_METRICS_TALLY_H

#include "metrics/batch.h"
#include "metrics/collect.h"

/* Times between successive ends of a workload's jobs. */
struct frames {
    struct hist gaps;
    nsec last_end_ns; /* -1: none yet. */
    nsec gap_sum_ns;
    uint64_t count;
};

/* Sums over finished jobs. Host time is what of the latency is left. */
struct sums {
    wide latency_ns;
    wide queue_wait_ns;
    wide slice_wait_ns;
    wide run_ns;
    wide switch_ns;
};

/* The same in 64 bits, of the last jobs. It is added to the sums and emptied before its
   latency, which is the largest, goes beyond RECENT_MAX and a single job: so none overflows. */
struct recent {
    nsec latency_ns;
    nsec queue_wait_ns;
    nsec slice_wait_ns;
    nsec run_ns;
    nsec switch_ns;
};

#define RECENT_MAX (INT64_C(1) << 62)

/* One workload of one VM. What every finished job touches comes first. */
struct tally {
    _Alignas(64) struct recent recent;
    double slowdown_sum;
    struct frames *frames; /* NULL: not of interest. */
    struct hist latency;
    struct batches batches;
    struct sums sums;
    uint64_t late;
    uint64_t unrated; /* Jobs without work, which have no slowdown. */
    uint64_t dropped;
    uint64_t unfinished;
    uint64_t expired;       /* Unfinished, and past the deadline. */
    wide left_demand_ns;    /* Of unfinished jobs. */
    nsec service_before_ns; /* Up to the end of warm-up, and of the run; -1: not told. */
    nsec service_after_ns;
};

/* Moves what is recent into the sums, and returns them. */
const struct sums *tally_sums(struct tally *t);

/* All counters at one end of the span. */
struct snapshot {
    nsec *service_ns; /* [ENGINE_COUNT * vm_count] */
    struct engine_totals engines[ENGINE_COUNT];
};

struct collector {
    /* The last latency is noted in its histogram, but not counted yet. */
    struct hist *pending;
    uint32_t pending_bucket;
    nsec warmup_ns;
    struct tally *tallies; /* VM after VM. */
    uint32_t *first_tally; /* [vm_count + 1] */
    nsec duration_ns;
    struct fairness *fairness; /* In results. */
    struct snapshot before;
    struct snapshot after;
    bool *backlogged; /* [vm_count] During the whole span. */
    bool is_over;
    struct stay *stays;
    uint32_t stay_count;
    /* Of many workloads: the last job waits to be counted, while the one before it is. */
    struct job_end waiting[2];
    uint32_t newest;
    struct probe *probe; /* Where the run looks; borrowed. */
    struct hist nobody;  /* Pending when there is none. */
    struct collector_config config;
    struct arena *results;
    struct arena arena; /* Owned. */
};

#endif
