/*
 * grants.h - how much of the engine a VM may count on, from the keys of its `schedule:`.
 *
 * A VM's share is what its schedule says (budget / period, or minimum); the VMs that say
 * nothing divide by weight what the others present leave. A period that is not given is 100 ms.
 * Shares are in parts per billion.
 */
#ifndef SIM_POLICY_GRANTS_H
#define SIM_POLICY_GRANTS_H

#include "policy/policy.h"

#define GRANTS_WHOLE  INT64_C(1000000000) /* The whole engine, in parts per billion. */
#define GRANTS_PERIOD (100 * MSEC)        /* Of VMs that give none. */

enum grants_key { GRANTS_BUDGET, GRANTS_MINIMUM };

/* The VMs present, as far as their shares go. */
struct grants {
    enum grants_key key;
    int64_t given_ppb;   /* Sum of the shares that are given. */
    uint64_t weight_sum; /* Of the VMs that give none. */
};

/* A VM starts or stops. */
void grants_join(struct grants *grants, const struct vm *vm);
void grants_leave(struct grants *grants, const struct vm *vm);

/* The share of a VM that is present. */
int64_t grants_share_ppb(const struct grants *grants, const struct vm *vm);

/* Its period, and its budget in it, which is at least 1 ns. */
nsec grants_period_ns(const struct vm *vm);
nsec grants_budget_ns(const struct grants *grants, const struct vm *vm);

/* Whether the shares that are given can all be kept: 0, or -1 with *err when a budget is above
   its period, when the shares of VMs present at one time add up to more than the engine, or
   when they leave nothing for a VM that gives none. */
int grants_check(const struct policy *p, enum grants_key key, struct err *err);

/* For policy_ops.entitled_ppm. */
uint32_t grants_entitled_ppm(const struct policy *p, const struct vm *vm, const bool *present,
                             enum grants_key key);

#endif
