/*
 * summary.h - what a run meant: plain numbers, ready to be written.
 *
 * A job counts if it arrived in the span [warmup, duration). Sums are exact integers; doubles
 * are derived from them. Unknown, or more than the sample supports, is NAN in a double and -1
 * in an integer. Everything lives in the arenas of those who made it.
 */
#ifndef SIM_METRICS_SUMMARY_H
#define SIM_METRICS_SUMMARY_H

#include "base/units.h"
#include "metrics/alone.h"
#include "metrics/fairness.h"
#include "metrics/lag.h"
#include "model/device.h"
#include "run/probe.h"
#include "run/setup.h"

#include <stdbool.h>
#include <stdint.h>

enum quantile { QUANTILE_P50, QUANTILE_P90, QUANTILE_P95, QUANTILE_P99, QUANTILE_COUNT };

/* Their parts per million, by enum quantile. */
extern const uint32_t quantile_ppm[QUANTILE_COUNT];

/* One non-empty bucket of a distribution of latencies. */
struct distribution_row {
    nsec latency_ns; /* Its largest latency; of the last bucket, the largest that occurred. */
    uint64_t jobs;
};

struct distribution {
    struct distribution_row *rows; /* By rising latency; NULL if it was not kept. */
    uint32_t row_count;
};

struct workload_summary {
    const char *name;
    bool is_open;     /* Jobs arrive whether or not earlier ones have ended. */
    uint64_t arrived; /* done + dropped + unfinished */
    uint64_t done;
    uint64_t dropped;
    uint64_t unfinished; /* Those lost to faults included. */
    wide latency_sum_ns; /* Of the jobs done: the sum of the next five. */
    wide queue_wait_sum_ns;
    wide slice_wait_sum_ns;
    wide run_sum_ns;
    wide switch_sum_ns;
    wide host_sum_ns;
    double latency_mean_ns;
    double mean_low_ns, mean_high_ns;  /* 95 % interval, from batch means. */
    nsec quantile_ns[QUANTILE_COUNT];  /* Type 1; the largest below 1 / (1 - p) jobs. */
    bool has_quantile[QUANTILE_COUNT]; /* Whether there were 1 / (1 - p) jobs. */
    nsec p99_low_ns, p99_high_ns;      /* 95 % interval. */
    nsec max_ns;
    double slowdown_mean;
    nsec service_ns; /* On engines within the span, unfinished jobs included. */
    wide offered_ns; /* GPU time that the jobs which count asked for, dropped ones left out. */
    double trend;    /* Kendall's tau of the batch means; NAN with fewer than 10. */
    bool has_deadline;
    uint64_t deadline_missed;    /* Ended late, dropped, or unfinished past the deadline. */
    double frames_per_second;    /* Of the span from the first counted frame to the last. */
    double frames_low_1_percent; /* Frames per second of the p99 frame time. */
    struct distribution distribution;
};

struct vm_summary {
    const char *name;
    uint32_t id;    /* Among all VMs of the scenario. */
    uint32_t entry; /* Of the scenario's vms. */
    uint32_t weight;
    nsec present_ns; /* Of the span. */
    nsec service_ns[ENGINE_COUNT];
    double share_percent;    /* Compute service over the span's length. */
    double entitled_percent; /* Likewise. */
    struct workload_summary *workloads;
    uint32_t workload_count;
};

/* busy + switch + idle = the span, exactly. */
struct engine_summary {
    enum engine_kind kind;
    nsec span_ns;
    nsec idle_ns;
    double utilisation_percent;  /* (busy - lost) / span */
    struct engine_totals totals; /* Within the span. */
};

/* Each VM of a partition against itself alone on it, under the same draws. */
struct alone_summary {
    const double *together_ns; /* Mean latency of its jobs, by VM; NAN: no job finished, */
    const double *alone_ns;    /* together or alone; such VMs are not compared. */
    uint32_t compared_count;
    struct alone_metrics metrics; /* Unless that is 0. */
};

/* What becomes of a workload when arrivals that come in phase get other phases. */
struct phase_spread {
    double mean_low_ns; /* The least and the most of the mean latency over the draws. */
    double mean_high_ns;
    nsec p99_low_ns;
    nsec p99_high_ns;
};

struct phase_summary {
    uint32_t draws;
    const struct phase_spread *spreads; /* VM after VM, workload after workload; all 0 where
                                           in some draw no job finished. */
};

/* How warm a GPU got and how often it failed, within the span. */
struct warmth_row {
    nsec now;
    double temperature; /* Degrees Celsius, at that instant. */
    double watts;       /* In the interval that ended then. */
    double clock;
};

struct health_summary {
    bool has_heat;
    double temperature_mean; /* Over the ends of intervals. */
    double temperature_max;
    double joules;
    double clock_mean;       /* Over time; 1: full. */
    nsec throttled_ns;       /* Below full clock. */
    nsec watched_ns;         /* Intervals that were looked at. */
    struct warmth_row *rows; /* Some of the intervals, evenly. */
    uint32_t row_count;
    bool has_faults;
    uint64_t faults[FAULT_COUNT];
    double expected_per_year[FAULT_COUNT];
    uint64_t corrupted; /* Silent errors while a job ran: its result may be wrong. */
    uint64_t lost;      /* Jobs lost to detected errors and resets. */
    nsec away_ns;
};

/* One partition. */
struct unit_summary {
    const char *gpu;
    uint32_t partition; /* Of setup->partitions. */
    nsec start_ns;      /* The span. */
    nsec end_ns;
    struct vm_summary *vms;
    uint32_t vm_count;
    struct engine_summary *engines; /* compute, and the others that served anything. */
    uint32_t engine_count;
    double jain_backlogged;    /* Over the VMs with compute work during the whole span. */
    uint32_t backlogged_count; /* How many. */
    double jain_all; /* Over all VMs present in it: service / (weight * time present). */
    const struct fairness *fairness;     /* Windows. */
    const struct lag_extremes *lags;     /* By VM; NULL: not requested. */
    const struct alone_summary *alone;   /* NULL: not requested. */
    const struct health_summary *health; /* NULL: neither heat nor faults are looked at. */
    const struct phase_summary *phases;  /* NULL: not asked for, or nothing comes in phase. */
    struct stay *stays;                  /* The first after warm-up, in order of end. */
    uint32_t stay_count;
};

struct groups;
struct fleet_summary;

/* How one service level objective was met: by the VM that comes off worst. */
struct slo_result {
    const struct slo_entry *slo;
    const char *vm;       /* NULL: every VM that it is about was refused. */
    uint32_t vm_id;       /* Likewise UINT32_MAX. */
    const char *workload; /* Of that VM; NULL: it is about the VM as a whole. */
    double value;         /* In the unit of slo->value; NAN: no job finished. */
    uint32_t vms_count;   /* VMs that it is about, refused ones left out. */
    uint32_t vms_met;
    bool met; /* By all of them, and there is at least one. */
};

struct summary_vm {
    const struct vm_summary *vm; /* NULL: the VM was refused. */
    const struct unit_summary *unit;
};

/* The latencies of all VMs of a scenario entry, where there are too many to keep each. */
struct pooled_distribution {
    const char *vm; /* The entry's name. */
    const char *workload;
    struct distribution distribution;
};

/* What other phases make of a VM's workload; NULL: none were tried, or the VM was refused. */
const struct phase_spread *summary_phase_spread(const struct summary_vm *v, uint32_t workload);

/* A whole run: all partitions. Of a fleet (fleet.h) only the worst partitions are kept, and no
   VM by itself, unless the scenario asks for them. */
struct summary {
    const struct setup *setup;
    nsec warmup_ns;                   /* As used. */
    const struct unit_summary *units; /* [unit_count], in the order of setup->partitions; of a
                                         fleet, the worst first. */
    uint32_t unit_count;
    struct summary_vm *vms;        /* [setup->vm_count], in scenario order; NULL: they were
                                      not kept. */
    const struct summary_vm *rows; /* [row_count] What vms.csv has: each of vms; if these
                                      were not kept, each entry as if it was one VM. */
    uint32_t row_count;
    const struct groups *groups;             /* What the VMs of each entry have in common. */
    const struct fleet_summary *fleet;       /* NULL: this is no fleet. */
    const struct pooled_distribution *pools; /* Of fleets; else none. */
    uint32_t pool_count;
    struct slo_result *slos;     /* [scenario->slo_count] */
    const char *const *warnings; /* Whole sentences without the full stop. */
    uint32_t warning_count;
};

#endif
