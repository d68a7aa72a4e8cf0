/*
 * fleet.h - many GPUs: what each came to in a few numbers, how these spread, which are worst.
 *
 * A scenario is a fleet when it has more than FLEET_VMS VMs on more than FLEET_GPUS GPUs or
 * MIG instances. Of each a record of fixed size is kept, made as soon as its simulation is
 * over; its VMs only count in what those of an entry have in common (groups.h). The worst are
 * shown in full.
 *
 * Worst is where most VMs miss an objective; of equals, where the p99 latency over all jobs is
 * largest (no job at all is worst), then the first.
 */
#ifndef SIM_METRICS_FLEET_H
#define SIM_METRICS_FLEET_H

#include "base/arena.h"
#include "metrics/hist.h"
#include "metrics/summary.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FLEET_VMS = 256,
    FLEET_GPUS = 16,
    FLEET_WORST = 10, /* So many are named. */
};

/* One GPU or MIG instance; NAN and -1: unknown. */
struct fleet_gpu {
    uint32_t vms;
    uint32_t vms_missed; /* VMs that miss an objective. */
    uint64_t arrived;
    uint64_t done;
    uint64_t dropped;
    double utilisation_percent; /* Of the compute engine. */
    double switch_percent;
    double latency_mean_ns; /* Of all its jobs. */
    nsec quantile_ns[QUANTILE_COUNT];
    nsec max_ns;
    double jain_all;     /* As in unit_summary. */
    double jain_windows; /* Mean over the shortest windows. */
};

enum fleet_measure {
    FLEET_UTILISATION,
    FLEET_SWITCHING,
    FLEET_THROUGHPUT, /* Jobs done per second. */
    FLEET_LATENCY_MEAN,
    FLEET_LATENCY_P99,
    FLEET_JAIN,
    FLEET_JAIN_WINDOWS,
    FLEET_MEASURES,
};

/* "utilisation_percent", "latency_p99_ns", ...; by enum fleet_measure. */
extern const char *const fleet_measure_names[FLEET_MEASURES];

enum fleet_point {
    FLEET_LEAST,
    FLEET_P10,
    FLEET_P50,
    FLEET_P90,
    FLEET_P99,
    FLEET_MOST,
    FLEET_POINTS,
};

/* "least", "p10", ...; by enum fleet_point. */
extern const char *const fleet_point_names[FLEET_POINTS];

/* One measure over the GPUs of which it is known. */
struct fleet_spread {
    uint32_t count;
    double mean;                 /* NAN if count is 0, and so the points: */
    double points[FLEET_POINTS]; /* Quantiles of type 1. */
};

/* The GPUs of one entry of the scenario. */
struct fleet_pool {
    const struct gpu_entry *gpu;
    uint32_t first; /* Of setup.partitions. */
    uint32_t count;
    struct fleet_spread spreads[FLEET_MEASURES];
};

struct fleet_summary {
    const struct fleet_gpu *gpus;   /* By partition. */
    const struct fleet_pool *pools; /* By entry of scenario.gpus. */
    uint32_t worst[FLEET_WORST];    /* Partitions, the worst first. */
    uint32_t worst_count;
    uint32_t gpus_missed; /* Where some VM misses an objective. */
};

bool fleet_is(const struct setup *setup);

/* The record of a partition; `latencies` are those of all its jobs. */
void fleet_reduce(const struct unit_summary *unit, const struct hist *latencies,
                  uint32_t vms_missed, struct fleet_gpu *ret);

/* From the records of all partitions, which it borrows; the span is that of the statistics. In
   the arena. */
struct fleet_summary *fleet_summarise(const struct setup *setup, const struct fleet_gpu *gpus,
                                      nsec span_ns, struct arena *arena);

/* The number of a measure for one GPU; NAN: unknown. */
double fleet_value(const struct fleet_gpu *gpu, enum fleet_measure measure, nsec span_ns);

#endif
