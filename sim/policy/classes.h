/*
 * classes.h - which VMs are the real-time ones, for policies that know two classes.
 *
 * Those whose `schedule:` says real_time; if none does, those of the highest priority, unless
 * all have the same.
 */
#ifndef SIM_POLICY_CLASSES_H
#define SIM_POLICY_CLASSES_H

#include "policy/policy.h"

/* Fills ret[p->vm_count]. */
void classes_find(const struct policy *p, bool *ret);

#endif
