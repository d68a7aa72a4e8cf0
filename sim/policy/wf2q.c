/*
 * wf2q.c - worst-case fair weighted fair queueing: neither behind the fluid ideal nor ahead.
 *
 * Bennett and Zhang, "WF2Q: worst-case fair weighted fair queueing", 1996. Jobs run whole.
 * Among those whose service would have begun in the fluid system (start tag <= virtual time)
 * the one that would end first there (least finish tag) runs. Virtual time is that of WF2Q+ by
 * the same authors (1997): it advances by work / (weights present), and jumps to the least
 * start tag when no job has begun; it keeps the bound, and needs only one pair of tags a VM
 * where the original follows every job through the fluid system. Demands must be known.
 *
 * Bound: while all VMs stay ready, a VM is behind its fluid share by at most one longest job,
 * and ahead by at most one of its own jobs. tests/policy/test_wf2q.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "engine/heap.h"
#include "policy/virtual_time.h"

struct wf2q {
    nsec now;             /* Virtual time. */
    uint32_t carry;       /* Of it. */
    uint32_t weight_sum;  /* Of the VMs present. */
    struct heap *waiting; /* Not begun in the fluid system, by start tag. */
    struct heap *begun;   /* By finish tag. */
    struct wf2q_vm {
        nsec finish; /* Of its last job that was looked at. */
        uint32_t carry;
    } vms[];
};

static size_t wf2q_state_size(uint32_t vm_count)
{
    return sizeof(struct wf2q) + vm_count * sizeof(struct wf2q_vm) + 2 * heap_size(vm_count);
}

static int wf2q_init(struct policy *p, struct err *err)
{
    struct wf2q *s = p->state;

    (void)err;
    s->waiting = (void *)&s->vms[p->vm_count];
    s->begun = (void *)((char *)s->waiting + heap_size(p->vm_count));
    heap_init(s->waiting, p->vm_count);
    heap_init(s->begun, p->vm_count);
    return 0;
}

static void wf2q_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct wf2q *s = p->state;

    (void)now;
    s->weight_sum += vm->weight;
    s->carry = 0;
}

static void wf2q_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct wf2q *s = p->state;

    (void)now;
    s->weight_sum -= vm->weight;
    s->carry = 0;
    if (heap_has(s->waiting, vm->index)) {
        heap_remove(s->waiting, vm->index);
    } else if (heap_has(s->begun, vm->index)) {
        heap_remove(s->begun, vm->index);
    }
}

/* The job at the head of a VM's queue gets its tags, and waits to begin. */
static void tag(struct policy *p, const struct vm *vm, nsec start)
{
    struct wf2q *s = p->state;
    struct wf2q_vm *own = &s->vms[vm->index];
    struct job_view head;
    bool has_work = policy_head(p, vm, &head);

    assert(has_work);
    own->finish = start + virtual_time(head.demand_ns, vm->weight, &own->carry);
    heap_put(s->waiting, vm->index, start);
}

static enum preempt wf2q_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct wf2q *s = p->state;
    nsec finish = s->vms[vm->index].finish;

    (void)now;
    tag(p, vm, finish > s->now ? finish : s->now);
    return PREEMPT_NO;
}

static struct slice wf2q_pick(struct policy *p, nsec now)
{
    struct wf2q *s = p->state;

    (void)now;
    if (s->begun->count == 0 && heap_first_key(s->waiting) > s->now) {
        s->now = heap_first_key(s->waiting);
    }
    while (s->waiting->count > 0 && heap_first_key(s->waiting) <= s->now) {
        uint32_t index = heap_first(s->waiting);
        heap_remove(s->waiting, index);
        heap_put(s->begun, index, s->vms[index].finish);
    }
    uint32_t first = heap_first(s->begun);
    heap_remove(s->begun, first);
    return (struct slice){
        .vm = &p->vms[first], .length_ns = NSEC_MAX, .end_ns = NSEC_MAX, .until = UNTIL_JOB_END
    };
}

static void wf2q_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    struct wf2q *s = p->state;

    (void)now;
    s->now += virtual_time(used->ran_ns, s->weight_sum, &s->carry);
    if (used->still_ready) {
        tag(p, vm, s->vms[vm->index].finish);
    }
}

const struct policy_ops policy_wf2q = {
    .name = "wf2q",
    .summary = "worst-case fair queueing: at most one job from ideal",
    .about =
        "Of the jobs that would have begun if all VMs were served at once by their weight, "
        "the one that would end first runs whole. While all VMs stay ready, none is more "
        "than one job behind or ahead of that ideal. Bennett and Zhang 1996 and 1997 "
        "(WF2Q+); it needs to know demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = wf2q_state_size,
    .init = wf2q_init,
    .join = wf2q_join,
    .leave = wf2q_leave,
    .ready = wf2q_ready,
    .pick = wf2q_pick,
    .charge = wf2q_charge,
};
