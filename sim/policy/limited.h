/*
 * limited.h - a policy whose VMs, or some of them, have a limiter of their own beneath it.
 *
 * To the run it is a policy; the policy that it stands in for sees as ready only those VMs that
 * have work and whose limiter lets them run. A VM that has used up what it may looks dry to
 * that policy, and ready again when its limiter opens, as the launches of a container arrive at
 * the hardware only when its library lets them through. A limiter opens by itself, between the
 * events that a policy is told of: limited_next_ns says when, and limited_open has it happen.
 *
 * Engines none of whose VMs has a limiter do not have one of these.
 */
#ifndef SIM_POLICY_LIMITED_H
#define SIM_POLICY_LIMITED_H

#include "base/arena.h"
#include "policy/limiter.h"
#include "policy/policy.h"

struct limited;

/* Puts limiters (by VM) beneath a policy that is set up but for its init: *p is the whole from
   then on. Lives in the arena; borrows the limiters' parameters. */
struct limited *limited_wrap(struct policy *p, const struct limiter_config *limiters,
                             struct arena *arena);

/* When the next limiter may open; NSEC_MAX: none is waited for. */
nsec limited_next_ns(const struct limited *limited);

/* Has the next limiter that is due by now open, if it does: then true, with its VM, which is
   ready from now on, and what to do about the VM that runs. false: no more now. */
bool limited_open(struct limited *limited, nsec now, uint32_t *ret_vm,
                  enum preempt *ret_verdict);

#endif
