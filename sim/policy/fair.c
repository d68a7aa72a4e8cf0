/*
 * fair.c - start-time fair queueing: the VM whose next slice starts earliest in virtual time.
 *
 * Goyal, Vin and Cheng, "Start-time fair queueing", 1996. A slice has a start tag, the finish
 * tag of the VM's last one or, for a VM that wakes, at least the virtual time; its finish tag
 * is set when it is over, so the demand need not be known. Virtual time is the start tag of
 * the slice in service, and the greatest finish tag while the engine is idle.
 *
 * Bound: for two VMs that stay ready, service / weight differs by at most one slice / weight of
 * each, on an engine of any speed. tests/policy/test_fair.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/virtual_time.h"

struct fair {
    nsec now;        /* Virtual time. */
    nsec finish_max; /* Greatest finish tag so far. */
    bool running;
    struct heap *ready; /* By start tag. */
    struct fair_vm {
        nsec start;
        nsec finish;
        uint32_t carry;
    } vms[];
};

static size_t fair_state_size(uint32_t vm_count)
{
    return sizeof(struct fair) + vm_count * sizeof(struct fair_vm) + heap_size(vm_count);
}

static int fair_init(struct policy *p, struct err *err)
{
    struct fair *s = p->state;

    (void)err;
    s->ready = (void *)&s->vms[p->vm_count];
    heap_init(s->ready, p->vm_count);
    return 0;
}

static void fair_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct fair *s = p->state;

    (void)now;
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt fair_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct fair *s = p->state;
    struct fair_vm *own = &s->vms[vm->index];

    (void)now;
    if (!s->running && s->ready->count == 0) {
        s->now = s->finish_max;
    }
    own->start = own->finish > s->now ? own->finish : s->now;
    heap_put(s->ready, vm->index, own->start);
    return PREEMPT_NO;
}

static struct slice fair_pick(struct policy *p, nsec now)
{
    struct fair *s = p->state;
    uint32_t index = heap_first(s->ready);

    (void)now;
    heap_remove(s->ready, index);
    s->now = s->vms[index].start;
    s->running = true;
    return (
        struct slice){ .vm = &p->vms[index], .length_ns = p->quantum_ns, .end_ns = NSEC_MAX };
}

static void fair_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    struct fair *s = p->state;
    struct fair_vm *own = &s->vms[vm->index];

    (void)now;
    s->running = false;
    own->finish = own->start + virtual_time(used->ran_ns, vm->weight, &own->carry);
    s->finish_max = own->finish > s->finish_max ? own->finish : s->finish_max;
    if (used->still_ready) {
        own->start = own->finish;
        heap_put(s->ready, vm->index, own->start);
    }
}

const struct policy_ops policy_fair = {
    .name = "fair",
    .summary = "start-time fair queueing: weighted, by virtual time",
    .about = "The VM whose next slice starts earliest in virtual time (service / weight) runs; "
             "one that wakes starts at the present virtual time, so sleeping earns nothing. "
             "For two VMs that stay ready, service / weight differs by at most one slice / "
             "weight of each. Goyal, Vin and Cheng 1996.",
    .work_conserving = true,
    .state_size = fair_state_size,
    .init = fair_init,
    .leave = fair_leave,
    .ready = fair_ready,
    .pick = fair_pick,
    .charge = fair_charge,
};
