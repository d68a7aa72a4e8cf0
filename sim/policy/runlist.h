/*
 * runlist.h - turns as the runlist of a real GPU takes them: best_effort's when_alone:
 * hardware.
 *
 * A VM's turn lasts one slice. What the GPU's host interface sees of queued work decides what
 * comes next (the evidence is in docs/physics-time-slicing.md):
 *
 *   T2 renewal   a VM alone at the end of its slice starts a fresh one if a further job of it
 *                is queued; otherwise its slice stays expired, and an arrival cuts it at once;
 *   T3 doorbell  a job that reaches a VM which runs its only job while nobody else is ready,
 *                or whose slice has expired, starts a fresh slice at that instant;
 *   T4 return    a VM that comes back to an engine on which nobody else was since starts a
 *                fresh slice, without a switch;
 *   T5 snapshot  what is queued is looked up at switch-in, and when a job begins. If no further
 *                job is queued, and another VM is ready, that one is next: the job that runs is
 *                the last one of the turn, whatever arrives later. If nobody is ready, whoever
 *                comes first decides: a further job, or another VM;
 *   T6 look      so who is next is settled by then, and who becomes ready later is not asked.
 *                Only while a further job is queued nobody is settled: then who is ready at the
 *                end of the slice counts;
 *   T7 fences    a phase that waits for one on another engine (a kernel for its copy) was put
 *                to the GPU with it, and is looked at from then on: if it is ready in time, it
 * is as if it had been so then; T8 ring      next is, of those that are looked at, the one that
 * is nearest behind the VM in a ring. Its order is settled when the processes start: the seed
 * shuffles it.
 *
 * With hardware_first_come next is whoever became ready first, in place of T6 to T8.
 */
#ifndef SIM_POLICY_RUNLIST_H
#define SIM_POLICY_RUNLIST_H

#include "policy/policy.h"

size_t runlist_state_size(uint32_t vm_count);

/* The calls of policy_ops, on zeroed state of that size. */
void runlist_init(struct policy *p);
void runlist_leave(struct policy *p, const struct vm *vm);
void runlist_arrived(struct policy *p, const struct vm *vm, const struct job_view *job,
                     nsec now);
enum preempt runlist_ready(struct policy *p, const struct vm *vm);
struct slice runlist_pick(struct policy *p, nsec now);
void runlist_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now);

#endif
