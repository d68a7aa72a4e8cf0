/*
 * fairness.h - Jain's index of one partition over windows of growing length.
 *
 * x is a VM's compute service in a window divided by its weight; the index is
 * (sum x)^2 / (n sum x^2), over the n VMs that had compute work during the whole window: a VM
 * that asked for nothing was not treated unfairly. A window with fewer than two such VMs has
 * no index. (Jain, Chiu and Hawe, DEC-TR-301, 1984.)
 *
 * Windows of window_ns * 2^k for every k up to the run's length are followed at once, at a
 * cost of two base windows' work for each. The first starts at the first multiple of window_ns
 * in [start_ns, end_ns]; the windows of one length follow each other without gaps.
 */
#ifndef SIM_METRICS_FAIRNESS_H
#define SIM_METRICS_FAIRNESS_H

#include "base/arena.h"
#include "base/units.h"
#include "run/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct fairness_config {
    uint32_t vm_count;
    const uint32_t *weights; /* [vm_count], each > 0; read by fairness_init only. */
    nsec window_ns;          /* > 0 */
    nsec start_ns;           /* End of warm-up. */
    nsec end_ns;             /* Of the run; >= start_ns. */
    uint32_t windows_max;    /* Most windows to keep one by one; 0: none. */
};

/* The windows of one length. */
struct fairness_level {
    nsec window_ns;
    nsec start_ns;   /* Of the window under way. */
    nsec *service;   /* [vm_count] at start_ns. */
    uint64_t judged; /* Windows that had an index. */
    double jain_sum;
    double jain_min;
};

/* One window that was kept. */
struct fairness_window {
    nsec start_ns;
    nsec end_ns;
    double jain; /* NAN: none. */
};

struct fairness {
    uint32_t vm_count;
    const double *inverse_weights;
    nsec window_ns;
    nsec next_ns; /* End of the base window under way; NSEC_MAX after the last. */
    nsec first_ns;
    uint64_t count; /* Base windows that are over. */
    bool started;
    struct fairness_level *levels;
    uint32_t level_count;
    uint32_t kept_level;             /* Shortest of which there are windows_max at most. */
    struct fairness_window *windows; /* The kept ones, in order. */
    uint32_t window_count;
    uint32_t window_size;
    nsec *window_service; /* [window * vm_count + vm]: service in that window. */
};

/* Everything lives in the arena. */
void fairness_init(struct fairness *f, const struct fairness_config *config,
                   struct arena *arena);

/* At every multiple of window_ns, and harmlessly at other times: what the run tells of compute
   at a border. */
void fairness_border(struct fairness *f, const struct border *border);

/* At the end of the run, after fairness_border: keeps the last, shorter window too. */
void fairness_finish(struct fairness *f, const struct border *border);

/* Jain's index of x[0..n-1]; NAN if n < 2 or all are 0. */
double fairness_jain(const double *x, uint32_t n);

#endif
