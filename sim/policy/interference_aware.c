/*
 * interference_aware.c - kernels of others run only while the real-time VMs are idle.
 *
 * Orion (Strati, Ma and Klimovic, "Interference-aware, fine-grained GPU sharing for ML
 * applications", 2024) on an engine that serves one VM at a time: a real-time VM launches at
 * once; kernels of the others are launched one by one, in turn, and only while no real-time VM
 * has work. Orion also runs a compute-bound kernel beside a memory-bound one, which is only
 * possible where VMs run at the same time. The real-time VMs are those of policy/classes.h;
 * among them jobs are first come, first served.
 *
 * Bound: a job of the only real-time VM waits for one kernel of one other VM at most, and a
 * switch. tests/policy/test_interference_aware.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/classes.h"
#include "policy/rotation.h"

struct orion {
    bool *real_time;         /* By VM. */
    struct rotation others;  /* VMs with work that are not. */
    struct heap *real_ready; /* Those that are, by the order of their jobs. */
};

static size_t orion_state_size(uint32_t vm_count)
{
    return sizeof(struct orion) + heap_size(vm_count) + rotation_ring_size(vm_count) +
           vm_count * sizeof(bool);
}

static int orion_init(struct policy *p, struct err *err)
{
    struct orion *s = p->state;
    char *ring = (char *)(s + 1) + heap_size(p->vm_count);

    (void)err;
    s->real_ready = (void *)(s + 1);
    heap_init(s->real_ready, p->vm_count);
    rotation_init(&s->others, ring, p->vm_count);
    s->real_time = (void *)(ring + rotation_ring_size(p->vm_count));
    classes_find(p, s->real_time);
    return 0;
}

static void put(struct policy *p, const struct vm *vm)
{
    struct orion *s = p->state;
    struct job_view head = { 0 };

    if (s->real_time[vm->index]) {
        (void)policy_head(p, vm, &head);
        heap_put(s->real_ready, vm->index, (int64_t)head.order);
    } else {
        rotation_put_last(&s->others, vm->index);
    }
}

static void orion_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct orion *s = p->state;

    (void)now;
    if (heap_has(s->real_ready, vm->index)) {
        heap_remove(s->real_ready, vm->index);
    }
    rotation_remove(&s->others, vm->index);
}

static enum preempt orion_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    put(p, vm);
    return PREEMPT_NO;
}

static struct slice orion_pick(struct policy *p, nsec now)
{
    struct orion *s = p->state;
    struct slice slice = { .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_KERNEL_END };

    (void)now;
    if (s->real_ready->count > 0) {
        slice.vm = &p->vms[heap_first(s->real_ready)];
        slice.until = UNTIL_JOB_END;
        heap_remove(s->real_ready, slice.vm->index);
    } else {
        slice.vm = &p->vms[rotation_take_first(&s->others)];
    }
    return slice;
}

static void orion_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                         nsec now)
{
    (void)now;
    if (used->still_ready) {
        put(p, vm);
    }
}

const struct policy_ops policy_interference_aware = {
    .name = "interference_aware",
    .summary = "others' kernels run only while real-time VMs are idle",
    .about =
        "Jobs of real-time VMs (schedule.real_time, else the highest priority) go first; "
        "the others run one kernel at a time, in turn, while no real-time VM has work. The "
        "only real-time VM waits for one kernel at most. The rule of Orion (2024) where "
        "one VM runs at a time.",
    .work_conserving = true,
    .state_size = orion_state_size,
    .init = orion_init,
    .leave = orion_leave,
    .ready = orion_ready,
    .pick = orion_pick,
    .charge = orion_charge,
};
