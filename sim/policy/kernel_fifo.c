/*
 * kernel_fifo.c - one queue of kernels, none of which is ever interrupted.
 *
 * GPUs before Pascal without MPS: each context has one kernel in the queue of the hardware and
 * comes behind the others with its next one. A phase without kernels of known length counts as
 * one kernel. Shares follow the length of kernels, so long kernels win.
 *
 * Bound: a VM's next kernel waits for at most one kernel of each other VM.
 * tests/policy/test_kernel_fifo.c checks it.
 */
#include "policy/policy.h"

#include "policy/rotation.h"

static size_t kernel_fifo_state_size(uint32_t vm_count)
{
    return sizeof(struct rotation) + rotation_ring_size(vm_count);
}

static int kernel_fifo_init(struct policy *p, struct err *err)
{
    struct rotation *queue = p->state;

    (void)err;
    rotation_init(queue, queue + 1, p->vm_count);
    return 0;
}

static void kernel_fifo_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    rotation_remove(p->state, vm->index);
}

static enum preempt kernel_fifo_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    rotation_put_last(p->state, vm->index);
    return PREEMPT_NO;
}

static struct slice kernel_fifo_pick(struct policy *p, nsec now)
{
    (void)now;
    return (struct slice){ .vm = &p->vms[rotation_take_first(p->state)],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_KERNEL_END };
}

static void kernel_fifo_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                               nsec now)
{
    (void)now;
    if (used->still_ready) {
        rotation_put_last(p->state, vm->index);
    }
}

const struct policy_ops policy_kernel_fifo = {
    .name = "kernel_fifo",
    .summary = "one queue of kernels, none interrupted (before Pascal)",
    .about =
        "Each VM has one kernel in the queue of the hardware and comes behind the others "
        "with its next one; kernels are never interrupted. A kernel waits for at most one "
        "kernel of each other VM, so long kernels win. What GPUs before Pascal do with the "
        "contexts of several processes.",
    .work_conserving = true,
    .state_size = kernel_fifo_state_size,
    .init = kernel_fifo_init,
    .leave = kernel_fifo_leave,
    .ready = kernel_fifo_ready,
    .pick = kernel_fifo_pick,
    .charge = kernel_fifo_charge,
};
