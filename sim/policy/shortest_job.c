/*
 * shortest_job.c - the shortest job first, never cut.
 *
 * The classic batch policy (SJF). Only the job at the head of each VM's queue competes. An
 * oracle: demands must be known.
 *
 * Bound: when a job starts, no shorter one waits at the head of a VM's queue; a short job waits
 * for one longer job at most. tests/policy/test_shortest_job.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"

static size_t shortest_job_state_size(uint32_t vm_count)
{
    return heap_size(vm_count);
}

static int shortest_job_init(struct policy *p, struct err *err)
{
    (void)err;
    heap_init(p->state, p->vm_count);
    return 0;
}

static void put(struct policy *p, const struct vm *vm)
{
    struct job_view head = { 0 };

    (void)policy_head(p, vm, &head);
    heap_put(p->state, vm->index, head.demand_ns);
}

static void shortest_job_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    if (heap_has(p->state, vm->index)) {
        heap_remove(p->state, vm->index);
    }
}

static enum preempt shortest_job_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    put(p, vm);
    return PREEMPT_NO;
}

static struct slice shortest_job_pick(struct policy *p, nsec now)
{
    uint32_t index = heap_first(p->state);

    (void)now;
    heap_remove(p->state, index);
    return (struct slice){
        .vm = &p->vms[index], .length_ns = NSEC_MAX, .end_ns = NSEC_MAX, .until = UNTIL_JOB_END
    };
}

static void shortest_job_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                                nsec now)
{
    (void)now;
    if (used->still_ready) {
        put(p, vm);
    }
}

const struct policy_ops policy_shortest_job = {
    .name = "shortest_job",
    .summary = "the shortest job first, never cut",
    .about =
        "Of the jobs at the heads of the VMs' queues the shortest runs whole. A short job "
        "waits for one longer job at most; long ones may starve. The classic batch policy; "
        "an oracle, which knows demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = shortest_job_state_size,
    .init = shortest_job_init,
    .leave = shortest_job_leave,
    .ready = shortest_job_ready,
    .pick = shortest_job_pick,
    .charge = shortest_job_charge,
};
