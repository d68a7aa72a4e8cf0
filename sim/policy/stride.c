/*
 * stride.c - stride scheduling: the deterministic lottery.
 *
 * Waldspurger and Weihl, "Stride scheduling", 1995. Each VM has a pass, which advances by its
 * stride (inverse to its weight) for a slice, or by the part of it that was used; the least
 * pass runs. The global pass advances at the pace of all ready VMs together, and a VM that
 * wakes does not start behind it. (The original also keeps a VM's debt across its sleep; ours
 * keeps its pass if that is ahead.)
 *
 * Bound: for two VMs that stay ready, service / weight differs by at most one slice / weight of
 * the lighter one. tests/policy/test_stride.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/virtual_time.h"

struct stride {
    nsec pass;           /* The global one. */
    uint32_t carry;      /* Of the global pass. */
    uint32_t weight_sum; /* Of the VMs with work. */
    struct heap *ready;  /* By pass. */
    struct stride_vm {
        nsec pass;
        uint32_t carry;
        bool has_work;
    } vms[];
};

static size_t stride_state_size(uint32_t vm_count)
{
    return sizeof(struct stride) + vm_count * sizeof(struct stride_vm) + heap_size(vm_count);
}

static int stride_init(struct policy *p, struct err *err)
{
    struct stride *s = p->state;

    (void)err;
    s->ready = (void *)&s->vms[p->vm_count];
    heap_init(s->ready, p->vm_count);
    return 0;
}

static void set_work(struct stride *s, const struct vm *vm, bool has_work)
{
    struct stride_vm *own = &s->vms[vm->index];

    if (own->has_work != has_work) {
        s->weight_sum += has_work ? vm->weight : 0;
        s->weight_sum -= has_work ? 0 : vm->weight;
        s->carry = 0;
        own->has_work = has_work;
    }
}

static void stride_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct stride *s = p->state;

    (void)now;
    set_work(s, vm, false);
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt stride_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct stride *s = p->state;
    struct stride_vm *own = &s->vms[vm->index];

    (void)now;
    set_work(s, vm, true);
    own->pass = own->pass > s->pass ? own->pass : s->pass;
    heap_put(s->ready, vm->index, own->pass);
    return PREEMPT_NO;
}

static struct slice stride_pick(struct policy *p, nsec now)
{
    struct stride *s = p->state;
    uint32_t index = heap_first(s->ready);

    (void)now;
    heap_remove(s->ready, index);
    return (
        struct slice){ .vm = &p->vms[index], .length_ns = p->quantum_ns, .end_ns = NSEC_MAX };
}

static void stride_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                          nsec now)
{
    struct stride *s = p->state;
    struct stride_vm *own = &s->vms[vm->index];

    (void)now;
    own->pass += virtual_time(used->ran_ns, vm->weight, &own->carry);
    s->pass += virtual_time(used->ran_ns, s->weight_sum, &s->carry);
    set_work(s, vm, used->still_ready);
    if (used->still_ready) {
        heap_put(s->ready, vm->index, own->pass);
    }
}

const struct policy_ops policy_stride = {
    .name = "stride",
    .summary = "stride scheduling: a deterministic lottery by weight",
    .about = "Each VM has a pass that advances by service / weight, and the least pass runs; a "
             "VM that wakes starts no further back than the average of the others. For two VMs "
             "that stay ready, service / weight differs by at most one slice / weight of the "
             "lighter one. Waldspurger and Weihl 1995.",
    .work_conserving = true,
    .state_size = stride_state_size,
    .init = stride_init,
    .leave = stride_leave,
    .ready = stride_ready,
    .pick = stride_pick,
    .charge = stride_charge,
};
