#include "policy/turns.h"

#include "policy/rotation.h"

const char *const turns_when_alone[] = { "renew", "keep", NULL };

struct turns {
    struct rotation ready;
    uint32_t last;   /* The VM that was picked last; VM_NONE before the first. */
    bool keeps;      /* when_alone: keep. */
    bool running;    /* It has not been charged yet. */
    bool expired;    /* It runs alone, past its slice (keep). */
    nsec granted_ns; /* Its quantum. */
    nsec expires_ns; /* Once charged: the end of its slice, counted from switch-in. */
};

size_t turns_state_size(uint32_t vm_count)
{
    return sizeof(struct turns) + rotation_ring_size(vm_count);
}

int turns_init(struct policy *p, struct err *err)
{
    struct turns *t = p->state;

    (void)err;
    rotation_init(&t->ready, t + 1, p->vm_count);
    t->keeps = ((const struct turns_params *)p->params)->when_alone == WHEN_ALONE_KEEP;
    t->last = VM_NONE;
    return 0;
}

void turns_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    rotation_remove(&t->ready, vm->index);
}

enum preempt turns_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    rotation_put_last(&t->ready, vm->index);
    return t->running && t->expired ? PREEMPT_ASK : PREEMPT_NO;
}

struct slice turns_pick(struct policy *p, nsec now,
                        nsec (*quantum_ns)(const struct policy *p, const struct vm *vm))
{
    struct turns *t = p->state;
    uint32_t index = rotation_take_first(&t->ready);
    bool same = t->keeps && index == t->last;

    /* The last VM has no slice left: it lets one that has waited go first. */
    if (same && now >= t->expires_ns && !rotation_is_empty(&t->ready)) {
        uint32_t other = rotation_take_first(&t->ready);
        rotation_put_last(&t->ready, index);
        index = other;
        same = false;
    }
    const struct vm *vm = &p->vms[index];
    struct slice slice = { .vm = vm, .end_ns = NSEC_MAX };

    t->last = index;
    t->running = true;
    t->expired = same && now >= t->expires_ns;
    if (t->expired) {
        slice.length_ns = NSEC_MAX;
    } else if (same) {
        slice.length_ns = t->expires_ns - now;
    } else {
        t->granted_ns = quantum_ns(p, vm);
        slice.length_ns = t->granted_ns;
    }
    return slice;
}

void turns_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    t->running = false;
    t->expires_ns = used->switched_in_ns + t->granted_ns;
    if (used->still_ready) {
        rotation_put_last(&t->ready, vm->index);
    }
}
