/*
 * borrowed_virtual_time.c - fair by virtual time; real-time VMs may borrow from the future.
 *
 * Duda and Cheriton, "Borrowed-virtual-time scheduling", 1999, once a scheduler of Xen. A VM's
 * actual virtual time advances by service / weight; its effective one is less by a warp if it
 * is a real-time VM. The least effective time runs, and goes on until it is ahead of another by
 * more than the switch allowance C / weight. A VM that wakes starts no further back than the
 * least actual time of those with work. (The limits on how long a VM may stay warped are left
 * out: a warp is a constant advance here, so it cannot starve others.)
 *
 * A VM that wakes is placed when the running one can be asked how far it has come: at the next
 * preemption point.
 *
 * Bound: for two VMs of one warp that stay ready, service / weight differs by at most the
 * allowance and a charging unit / weight of the one ahead.
 * tests/policy/test_borrowed_virtual_time.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/rotation.h"
#include "policy/virtual_time.h"

struct bvt_params {
    nsec allowance_ns; /* 0: the slice. */
    nsec warp_ns;
    nsec unit_ns;
};

static const struct field fields[] = {
    { .name = "allowance",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bvt_params, allowance_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = 0,
      .absent = "the slice",
      .doc = "How much service a VM of weight 100 may get ahead of another before it makes "
             "way." },
    { .name = "warp",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bvt_params, warp_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = 0,
      .doc = "How far VMs with schedule: {real_time: yes} are put ahead, in virtual time." },
    { .name = "unit",
      .kind = FIELD_TIME,
      .offset = offsetof(struct bvt_params, unit_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 1,
      .doc = "The charging unit: a VM makes way only after a multiple of it." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct bvt_params) };

struct bvt {
    nsec allowance_ns;
    nsec floor;                /* Least actual time of those with work; never decreases. */
    uint32_t last;             /* The VM that was picked last; VM_NONE: none. */
    struct rotation fresh;     /* VMs that woke and have no place yet. */
    struct heap *by_effective; /* VMs that wait and have a place. */
    struct heap *by_actual;    /* The same VMs; the same heap if nobody is warped. */
    struct bvt_vm {
        nsec actual;
        nsec warp;
        uint32_t carry;
    } vms[];
};

static size_t bvt_state_size(uint32_t vm_count)
{
    return sizeof(struct bvt) + vm_count * sizeof(struct bvt_vm) + 2 * heap_size(vm_count) +
           rotation_ring_size(vm_count);
}

static int bvt_init(struct policy *p, struct err *err)
{
    const struct bvt_params *own = p->params;
    struct bvt *s = p->state;

    (void)err;
    s->allowance_ns = own->allowance_ns > 0 ? own->allowance_ns : p->quantum_ns;
    s->last = VM_NONE;
    struct heap *second = (void *)((char *)&s->vms[p->vm_count] + heap_size(p->vm_count));
    s->by_effective = (void *)&s->vms[p->vm_count];
    s->by_actual = s->by_effective;
    for (uint32_t i = 0; i < p->vm_count; i++) {
        s->vms[i].warp = p->vms[i].schedule.real_time ? own->warp_ns : 0;
        s->by_actual = s->vms[i].warp > 0 ? second : s->by_actual;
    }
    heap_init(s->by_effective, p->vm_count);
    heap_init(s->by_actual, p->vm_count);
    rotation_init(&s->fresh, (char *)second + heap_size(p->vm_count), p->vm_count);
    return 0;
}

static void put(struct bvt *s, uint32_t index)
{
    heap_put(s->by_effective, index, s->vms[index].actual - s->vms[index].warp);
    if (s->by_actual != s->by_effective) {
        heap_put(s->by_actual, index, s->vms[index].actual);
    }
}

static void take(struct bvt *s, uint32_t index)
{
    heap_remove(s->by_effective, index);
    if (s->by_actual != s->by_effective) {
        heap_remove(s->by_actual, index);
    }
}

static void bvt_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct bvt *s = p->state;

    (void)now;
    rotation_remove(&s->fresh, vm->index);
    if (heap_has(s->by_effective, vm->index)) {
        take(s, vm->index);
    }
}

static enum preempt bvt_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct bvt *s = p->state;

    (void)now;
    rotation_put_last(&s->fresh, vm->index);
    return PREEMPT_ASK;
}

/* Gives the VMs that woke their places. */
static void place_fresh(struct bvt *s)
{
    if (s->by_actual->count > 0 && heap_first_key(s->by_actual) > s->floor) {
        s->floor = heap_first_key(s->by_actual);
    }
    while (!rotation_is_empty(&s->fresh)) {
        uint32_t index = rotation_take_first(&s->fresh);
        struct bvt_vm *own = &s->vms[index];
        own->actual = own->actual > s->floor ? own->actual : s->floor;
        put(s, index);
    }
}

static nsec allowance(const struct policy *p, uint32_t index)
{
    const struct bvt *s = p->state;

    return (nsec)((wide)s->allowance_ns * VM_WEIGHT_ONE / p->vms[index].weight);
}

/* Who runs: the last VM until another one is far enough behind it. */
static uint32_t choose(const struct policy *p)
{
    const struct bvt *s = p->state;
    uint32_t first = heap_first(s->by_effective);

    if (s->last == VM_NONE || !heap_has(s->by_effective, s->last)) {
        return first;
    }
    nsec ahead = heap_key(s->by_effective, s->last) - heap_first_key(s->by_effective);
    return ahead < allowance(p, s->last) ? s->last : first;
}

static struct slice bvt_pick(struct policy *p, nsec now)
{
    nsec unit_ns = ((const struct bvt_params *)p->params)->unit_ns;
    struct bvt *s = p->state;
    struct slice slice = { .length_ns = NSEC_MAX, .end_ns = NSEC_MAX };

    (void)now;
    place_fresh(s);
    uint32_t index = choose(p);
    nsec effective = heap_key(s->by_effective, index);
    take(s, index);
    if (s->by_effective->count > 0) {
        nsec room = heap_first_key(s->by_effective) + allowance(p, index) - effective;
        wide length = (wide)room * p->vms[index].weight / VM_WEIGHT_ONE;
        nsec units = (nsec)((length + unit_ns - 1) / unit_ns);
        slice.length_ns = (units > 0 ? units : 1) * unit_ns;
    }
    s->last = index;
    slice.vm = &p->vms[index];
    return slice;
}

static void bvt_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                       nsec now)
{
    struct bvt *s = p->state;
    struct bvt_vm *own = &s->vms[vm->index];

    (void)now;
    own->actual += virtual_time(used->ran_ns, vm->weight, &own->carry);
    if (used->still_ready) {
        put(s, vm->index);
    }
}

const struct policy_ops policy_borrowed_virtual_time = {
    .name = "borrowed_virtual_time",
    .summary = "fair by virtual time; real-time VMs run ahead by a warp",
    .about =
        "The VM with the least virtual time runs until it is ahead of another by more than "
        "a switch allowance; real-time VMs are put ahead by a warp. For two VMs of one "
        "warp that stay ready, service / weight differs by at most the allowance / weight "
        "of the one ahead. Duda and Cheriton 1999, once a scheduler of Xen.",
    .params = &params,
    .work_conserving = true,
    .state_size = bvt_state_size,
    .init = bvt_init,
    .leave = bvt_leave,
    .ready = bvt_ready,
    .pick = bvt_pick,
    .charge = bvt_charge,
};
