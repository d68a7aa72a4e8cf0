/*
 * edf.c - earliest deadline first, preemptive.
 *
 * Liu and Layland, "Scheduling algorithms for multiprogramming in a hard-real-time
 * environment", 1973. The deadline is that of the job at the head of a VM's queue; jobs without
 * one run after all others, first come, first served.
 *
 * Bound: if any order meets all deadlines, this one does (switches aside); so periodic jobs
 * with deadlines at the end of their periods miss none if their demands add up to at most the
 * whole engine. Under overload one miss may lead to others. tests/policy/test_edf.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/deadline.h"

struct edf {
    uint32_t last;      /* The VM that was picked last; VM_NONE: none. */
    bool running;       /* It has not been charged yet. */
    int64_t key;        /* Its deadline. */
    struct heap *ready; /* By deadline. */
};

static size_t edf_state_size(uint32_t vm_count)
{
    return sizeof(struct edf) + heap_size(vm_count);
}

static int edf_init(struct policy *p, struct err *err)
{
    struct edf *s = p->state;

    (void)err;
    s->last = VM_NONE;
    s->ready = (void *)(s + 1);
    heap_init(s->ready, p->vm_count);
    return 0;
}

static void edf_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct edf *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt edf_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct edf *s = p->state;
    int64_t key = deadline_key(p, vm);

    (void)now;
    heap_put(s->ready, vm->index, key);
    return s->running && key < s->key ? PREEMPT_ASK : PREEMPT_NO;
}

static struct slice edf_pick(struct policy *p, nsec now)
{
    struct edf *s = p->state;

    (void)now;
    s->last = heap_first_keeping(s->ready, s->last);
    s->key = heap_first_key(s->ready);
    s->running = true;
    heap_remove(s->ready, s->last);
    return (struct slice){ .vm = &p->vms[s->last],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void edf_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                       nsec now)
{
    struct edf *s = p->state;

    (void)now;
    s->running = false;
    if (used->still_ready) {
        heap_put(s->ready, vm->index, deadline_key(p, vm));
    }
}

const struct policy_ops policy_edf = {
    .name = "edf",
    .summary = "earliest deadline first, preemptive",
    .about = "The job with the earliest deadline runs; jobs without one come last, oldest "
             "first. If any order meets all deadlines, this one does; under overload one miss "
             "may lead to others. Liu and Layland 1973.",
    .work_conserving = true,
    .state_size = edf_state_size,
    .init = edf_init,
    .leave = edf_leave,
    .ready = edf_ready,
    .pick = edf_pick,
    .charge = edf_charge,
};
