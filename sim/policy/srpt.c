/*
 * srpt.c - shortest remaining processing time first, preemptive.
 *
 * Schrage, "A proof of the optimality of the shortest remaining processing time discipline",
 * 1968. Only the job at the head of each VM's queue competes. An oracle: remaining demands
 * must be known.
 *
 * Bound: with one job a VM under way, at no time has any other policy finished more jobs, so
 * the mean latency is the least there can be; long jobs may starve. tests/policy/test_srpt.c
 * checks it against every other policy.
 */
#include "policy/policy.h"

#include "engine/heap.h"

struct srpt {
    uint32_t last;      /* The VM that was picked last; VM_NONE: none. */
    bool running;       /* It has not been charged yet. */
    nsec remaining_ns;  /* Of its job, when it was picked. */
    struct heap *ready; /* By remaining demand. */
};

static size_t srpt_state_size(uint32_t vm_count)
{
    return sizeof(struct srpt) + heap_size(vm_count);
}

static int srpt_init(struct policy *p, struct err *err)
{
    struct srpt *s = p->state;

    (void)err;
    s->last = VM_NONE;
    s->ready = (void *)(s + 1);
    heap_init(s->ready, p->vm_count);
    return 0;
}

static nsec put(struct policy *p, const struct vm *vm)
{
    struct srpt *s = p->state;
    struct job_view head = { 0 };

    (void)policy_head(p, vm, &head);
    heap_put(s->ready, vm->index, head.remaining_ns);
    return head.remaining_ns;
}

static void srpt_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct srpt *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

/* The running job has less left than when it was picked: if that much would not lose, it stays;
   else the choice is made with what it has left by then. */
static enum preempt srpt_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct srpt *s = p->state;

    (void)now;
    return put(p, vm) < s->remaining_ns && s->running ? PREEMPT_ASK : PREEMPT_NO;
}

static struct slice srpt_pick(struct policy *p, nsec now)
{
    struct srpt *s = p->state;
    uint32_t index = heap_first_keeping(s->ready, s->last);

    (void)now;
    s->last = index;
    s->running = true;
    s->remaining_ns = heap_key(s->ready, index);
    heap_remove(s->ready, index);
    return (struct slice){
        .vm = &p->vms[index], .length_ns = NSEC_MAX, .end_ns = NSEC_MAX, .until = UNTIL_JOB_END
    };
}

static void srpt_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    (void)now;
    ((struct srpt *)p->state)->running = false;
    if (used->still_ready) {
        (void)put(p, vm);
    }
}

const struct policy_ops policy_srpt = {
    .name = "srpt",
    .summary = "shortest remaining time first: the least mean latency",
    .about =
        "The job with the least work left runs, and a shorter one that arrives takes over. "
        "No policy has a lower mean latency, but long jobs may starve. Schrage 1968; an "
        "oracle, which knows demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = srpt_state_size,
    .init = srpt_init,
    .leave = srpt_leave,
    .ready = srpt_ready,
    .pick = srpt_pick,
    .charge = srpt_charge,
};
