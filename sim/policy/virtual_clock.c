/*
 * virtual_clock.c - jobs in the order in which a private engine of the VM's rate would end
 * them.
 *
 * Zhang, "VirtualClock", 1990. A VM's rate is its weight's share among the VMs present. Each
 * job is stamped with the later of its VM's last stamp and the time at which it became ready,
 * plus its demand at that rate; the least stamp runs, whole. A VM that used idle time of others
 * is ahead of its clock, and pays for it later. The demand must be known: an oracle.
 *
 * Bound: a job ends at most one longest demand after its stamp, whatever the others submit.
 * tests/policy/test_virtual_clock.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "engine/heap.h"

#define STAMP_MAX (NSEC_MAX / 2) /* Later than any run. */

struct virtual_clock {
    uint64_t weight_sum; /* Of the VMs present. */
    struct heap *ready;  /* By the stamp of the head. */
    nsec stamps[];       /* By VM: its clock. */
};

static size_t virtual_clock_state_size(uint32_t vm_count)
{
    return sizeof(struct virtual_clock) + vm_count * sizeof(nsec) + heap_size(vm_count);
}

static int virtual_clock_init(struct policy *p, struct err *err)
{
    struct virtual_clock *s = p->state;

    (void)err;
    s->ready = (void *)&s->stamps[p->vm_count];
    heap_init(s->ready, p->vm_count);
    return 0;
}

static void virtual_clock_join(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    ((struct virtual_clock *)p->state)->weight_sum += vm->weight;
}

static void virtual_clock_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct virtual_clock *s = p->state;

    (void)now;
    s->weight_sum -= vm->weight;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

/* Stamps the job at the head of a VM's queue. */
static void stamp(struct policy *p, const struct vm *vm)
{
    struct virtual_clock *s = p->state;
    struct job_view head;
    bool has_work = policy_head(p, vm, &head);

    assert(has_work);
    nsec *own = &s->stamps[vm->index];
    nsec from = head.ready_ns > *own ? head.ready_ns : *own;
    wide to = from + (wide)head.demand_ns * (nsec)s->weight_sum / vm->weight;
    *own = to < STAMP_MAX ? (nsec)to : STAMP_MAX;
    heap_put(s->ready, vm->index, *own);
}

static enum preempt virtual_clock_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    stamp(p, vm);
    return PREEMPT_NO;
}

static struct slice virtual_clock_pick(struct policy *p, nsec now)
{
    struct virtual_clock *s = p->state;
    uint32_t index = heap_first(s->ready);

    (void)now;
    heap_remove(s->ready, index);
    return (struct slice){
        .vm = &p->vms[index], .length_ns = NSEC_MAX, .end_ns = NSEC_MAX, .until = UNTIL_JOB_END
    };
}

static void virtual_clock_charge(struct policy *p, const struct vm *vm,
                                 const struct usage *used, nsec now)
{
    (void)now;
    if (used->still_ready) {
        stamp(p, vm);
    }
}

const struct policy_ops policy_virtual_clock = {
    .name = "virtual_clock",
    .summary = "jobs as private engines of each VM's rate would end them",
    .about =
        "Each job is stamped with the time at which an engine of the VM's own rate, its "
        "weight's share, would end it; the least stamp runs whole. A job ends at most one "
        "longest job after its stamp, whatever others submit. Zhang 1990; it needs to know "
        "demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = virtual_clock_state_size,
    .init = virtual_clock_init,
    .join = virtual_clock_join,
    .leave = virtual_clock_leave,
    .ready = virtual_clock_ready,
    .pick = virtual_clock_pick,
    .charge = virtual_clock_charge,
};
