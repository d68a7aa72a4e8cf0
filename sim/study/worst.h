/*
 * worst.h - the predictions that are furthest off, and the moment to look at in each.
 */
#ifndef SIM_STUDY_WORST_H
#define SIM_STUDY_WORST_H

#include "study/validate.h"

/* One scenario. */
struct worst_case {
    uint32_t first; /* Row of its first VM. */
    uint32_t vm_count;
    uint32_t row; /* Of the VM whose mean is furthest off. */
    /* Some latencies long, about the job of that VM whose latency is furthest off. */
    nsec from_ns;
    nsec to_ns;
};

/* Of each regime the scenario with the VM whose mean latency is furthest off, in percent; the
   furthest first, at most `max` of them. The validation has details. Returns how many. */
uint32_t worst_cases(const struct validation *v, struct worst_case *ret, uint32_t max);

#endif
