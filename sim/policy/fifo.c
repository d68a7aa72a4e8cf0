/*
 * fifo.c - first come, first served over all VMs; a job's phase is never cut.
 *
 * The policy of `mode: exclusive` and of the copy, encode and decode engines. It gives no
 * fairness: a VM gets service in proportion to the demand that it submits. Bound: with jobs of
 * one phase and one workload a VM, jobs start in the order of their arrival.
 * tests/policy/test_fifo.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "engine/heap.h"

/* A heap of the ready VMs, by the place of their oldest phase. */
static void fifo_queue(struct policy *p, const struct vm *vm)
{
    struct job_view head;
    bool has_work = policy_head(p, vm, &head);

    assert(has_work);
    heap_put(p->state, vm->index, (int64_t)head.order);
}

static int fifo_init(struct policy *p, struct err *err)
{
    (void)err;
    heap_init(p->state, p->vm_count);
    return 0;
}

static void fifo_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    if (heap_has(p->state, vm->index)) {
        heap_remove(p->state, vm->index);
    }
}

static enum preempt fifo_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    fifo_queue(p, vm);
    return PREEMPT_NO;
}

static struct slice fifo_pick(struct policy *p, nsec now)
{
    (void)now;
    return (struct slice){ .vm = &p->vms[heap_first(p->state)],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void fifo_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    if (used->still_ready) {
        fifo_queue(p, vm);
    } else {
        fifo_leave(p, vm, now);
    }
}

const struct policy_ops policy_fifo = {
    .name = "fifo",
    .summary = "first come, first served; jobs are never cut",
    .about = "Jobs run to completion in the order in which they came, whatever VM they belong "
             "to. It keeps no share: a VM gets what it submits, and a short job "
             "waits for every long one before it. Exclusive mode and the copy and video "
             "engines use it.",
    .work_conserving = true,
    .state_size = heap_size,
    .init = fifo_init,
    .leave = fifo_leave,
    .ready = fifo_ready,
    .pick = fifo_pick,
    .charge = fifo_charge,
};
