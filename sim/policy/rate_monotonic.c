/*
 * rate_monotonic.c - fixed priorities by period: the shorter, the higher.
 *
 * Liu and Layland 1973, as for edf. The period is `schedule: {period: ...}`, 100 ms if it is
 * not given; VMs of one period take turns of one slice. A VM that is cut keeps its place and
 * the rest of its slice. Budgets are not enforced: a VM that asks for more than it said takes
 * it from those of longer periods.
 *
 * Bound: n VMs with one job each a period, which ends with it, miss no deadline if their
 * demands add up to at most n (2^(1/n) - 1) of the engine (69 % for many), switches aside.
 * tests/policy/test_rate_monotonic.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/grants.h"

#include <stdlib.h>

enum { PLACE_BITS = 40 }; /* A key is rank of the period, then place among those of it. */

struct monotonic {
    uint32_t running;   /* VM_NONE: none. */
    bool cut;           /* It was asked to make way. */
    int64_t next_place; /* Counts up. */
    struct heap *ready; /* By key. */
    struct monotonic_vm {
        int64_t rank; /* Shifted. */
        int64_t key;  /* While it waits or runs. */
        nsec rest_ns; /* Of its slice; 0: a fresh one. */
    } vms[];
};

struct by_period {
    nsec period_ns;
    uint32_t vm;
};

static size_t monotonic_state_size(uint32_t vm_count)
{
    return sizeof(struct monotonic) +
           vm_count * (sizeof(struct monotonic_vm) + sizeof(struct by_period)) +
           heap_size(vm_count);
}

static int compare(const void *a, const void *b)
{
    const struct by_period *first = a;
    const struct by_period *second = b;

    if (first->period_ns != second->period_ns) {
        return first->period_ns < second->period_ns ? -1 : 1;
    }
    return first->vm < second->vm ? -1 : first->vm > second->vm;
}

static int monotonic_init(struct policy *p, struct err *err)
{
    struct monotonic *s = p->state;
    struct by_period *order = (void *)&s->vms[p->vm_count];
    int64_t rank = 0;

    (void)err;
    s->running = VM_NONE;
    s->ready = (void *)&order[p->vm_count];
    heap_init(s->ready, p->vm_count);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        order[i] = (struct by_period){ grants_period_ns(&p->vms[i]), i };
    }
    qsort(order, p->vm_count, sizeof(order[0]), compare);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        rank += i > 0 && order[i].period_ns != order[i - 1].period_ns;
        s->vms[order[i].vm].rank = rank << PLACE_BITS;
    }
    return 0;
}

static void monotonic_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct monotonic *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static void put_last(struct monotonic *s, uint32_t index)
{
    struct monotonic_vm *own = &s->vms[index];

    own->rest_ns = 0;
    own->key = own->rank + s->next_place++;
    heap_put(s->ready, index, own->key);
}

static enum preempt monotonic_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct monotonic *s = p->state;

    (void)now;
    put_last(s, vm->index);
    if (s->running == VM_NONE || s->vms[vm->index].rank >= s->vms[s->running].rank) {
        return PREEMPT_NO;
    }
    s->cut = true;
    return PREEMPT_ASK;
}

static struct slice monotonic_pick(struct policy *p, nsec now)
{
    struct monotonic *s = p->state;
    uint32_t index = heap_first(s->ready);
    struct monotonic_vm *own = &s->vms[index];

    (void)now;
    heap_remove(s->ready, index);
    s->running = index;
    s->cut = false;
    own->rest_ns = own->rest_ns > 0 ? own->rest_ns : p->quantum_ns;
    return (
        struct slice){ .vm = &p->vms[index], .length_ns = own->rest_ns, .end_ns = NSEC_MAX };
}

static void monotonic_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                             nsec now)
{
    struct monotonic *s = p->state;
    struct monotonic_vm *own = &s->vms[vm->index];

    (void)now;
    own->rest_ns -= used->ran_ns;
    s->running = VM_NONE;
    if (!used->still_ready) {
        return;
    }
    if (s->cut && own->rest_ns > 0) {
        heap_put(s->ready, vm->index, own->key);
    } else {
        put_last(s, vm->index);
    }
}

const struct policy_ops policy_rate_monotonic = {
    .name = "rate_monotonic",
    .summary = "fixed priorities by period: the shorter, the higher",
    .about =
        "The VM with the shortest schedule.period that has work runs; VMs of one period "
        "(100 ms if none is given) take turns. Periodic jobs miss no deadline if n of them "
        "ask for at most n (2^(1/n) - 1) of the engine. Liu and Layland 1973.",
    .work_conserving = true,
    .state_size = monotonic_state_size,
    .init = monotonic_init,
    .leave = monotonic_leave,
    .ready = monotonic_ready,
    .pick = monotonic_pick,
    .charge = monotonic_charge,
};
