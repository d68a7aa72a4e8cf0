/*
 * checked.h - a policy behind a policy that checks how it is called and what it answers.
 *
 * The order of calls is that of policy/policy.h: join, ready, pick, charge, leave. A breach by
 * either side, the run or the policy, fails the test that runs.
 */
#ifndef TESTS_SUPPORT_CHECKED_H
#define TESTS_SUPPORT_CHECKED_H

#include "support/build.h"

struct checked {
    struct policy_ops ops; /* What the engine gets; first, so that it leads back here. */
    const struct policy_ops *inner;
    struct arena *arena;            /* For its state. */
    nsec charged_ns[BUILD_VMS_MAX]; /* By VM. */
    uint64_t picks;
};

/* Puts the compute engine's policy, chosen before, behind a check. */
void checked_wrap(struct checked *checked, struct build *b);

/* After build_run: what the policy was charged with is what the VMs were served. */
void checked_accounts(const struct checked *checked, const struct build *b);

#endif
