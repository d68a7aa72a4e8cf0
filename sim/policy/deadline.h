/*
 * deadline.h - the order of deadlines, in which jobs without one come last, oldest first.
 */
#ifndef SIM_POLICY_DEADLINE_H
#define SIM_POLICY_DEADLINE_H

#include "policy/policy.h"

/* Later than any deadline of a run. */
#define DEADLINE_NONE (NSEC_MAX / 2)

/* What the head of a VM's queue, which has work, is sorted by. */
static inline int64_t deadline_key(const struct policy *p, const struct vm *vm)
{
    struct job_view head = { .deadline_ns = NSEC_MAX };

    (void)policy_head(p, vm, &head);
    return head.deadline_ns < NSEC_MAX ? head.deadline_ns : DEADLINE_NONE + (int64_t)head.order;
}

#endif
