/*
 * runlist.h - turns as the runlist of a real GPU takes them: best_effort's when_alone:
 * hardware.
 *
 * Ready VMs take turns of one slice in the order in which they became ready, as in turns.h.
 * What differs is what the GPU's host interface sees of queued work (the evidence is in
 * docs/physics-time-slicing.md):
 *
 *   T2 renewal   a VM alone at the end of its slice starts a fresh one if a further job of it
 *                is queued; otherwise its slice stays expired, and an arrival cuts it at once;
 *   T3 doorbell  a job that reaches a VM which runs its only job while nobody else is ready,
 *                or whose slice has expired, starts a fresh slice at that instant;
 *   T4 return    a VM that comes back to an engine on which nobody else was since starts a
 *                fresh slice, without a switch;
 *   T5 snapshot  what is queued is looked up at switch-in. A job that arrives later is not
 *                seen while another VM waits: after the last one seen the VM makes way as if
 *                it were dry, and goes behind those who wait.
 */
#ifndef SIM_POLICY_RUNLIST_H
#define SIM_POLICY_RUNLIST_H

#include "policy/policy.h"

size_t runlist_state_size(uint32_t vm_count);

/* The calls of policy_ops, on zeroed state of that size. */
void runlist_init(struct policy *p);
void runlist_leave(struct policy *p, const struct vm *vm);
void runlist_arrived(struct policy *p, const struct vm *vm, nsec now);
enum preempt runlist_ready(struct policy *p, const struct vm *vm);
struct slice runlist_pick(struct policy *p, nsec now);
void runlist_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);

#endif
