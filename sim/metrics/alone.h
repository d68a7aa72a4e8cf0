/*
 * alone.h - what sharing cost each VM against having the GPU to itself.
 *
 * Eyerman and Eeckhout, "System-level performance metrics for multiprogram workloads", IEEE
 * Micro 28 (2008), with the mean latency as the time of a program: the same jobs of a VM take
 * `alone` on the whole GPU and `together` in the mix.
 */
#ifndef SIM_METRICS_ALONE_H
#define SIM_METRICS_ALONE_H

#include <stdint.h>

struct alone_metrics {
    double slowdown_max;
    double unfairness; /* Largest slowdown over the smallest. */
    double stp;        /* Sum of the speeds; n without any cost of sharing. */
    double antt;       /* Mean slowdown; 1 without any cost. */
    double harmonic;   /* Harmonic mean of the speeds: 1 / antt. */
};

/* n > 0 VMs, all times > 0. */
struct alone_metrics alone_compare(const double *together_ns, const double *alone_ns,
                                   uint32_t n);

#endif
