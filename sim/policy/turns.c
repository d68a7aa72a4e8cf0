#include "policy/turns.h"

const char *const turns_when_alone[] = { "renew", "keep", NULL };

size_t turns_state_size(uint32_t vm_count)
{
    return sizeof(struct turns) + vm_count * sizeof(nsec) + rotation_ring_size(vm_count);
}

void turns_prepare(struct policy *p,
                   nsec (*quantum_ns)(const struct policy *, const struct vm *))
{
    struct turns *t = p->state;

    for (uint32_t i = 0; i < p->vm_count; i++) {
        t->quanta_ns[i] = quantum_ns(p, &p->vms[i]);
    }
    rotation_init(&t->ready, &t->quanta_ns[p->vm_count], p->vm_count);
    t->keeps = ((const struct turns_params *)p->params)->when_alone == WHEN_ALONE_KEEP;
    t->last = VM_NONE;
}

static nsec same_quantum(const struct policy *p, const struct vm *vm)
{
    (void)vm;
    return p->quantum_ns;
}

int turns_init(struct policy *p, struct err *err)
{
    (void)err;
    turns_prepare(p, same_quantum);
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

/* The choice where slices outlive gaps (keep). */
static struct slice pick_keeping(struct policy *p, nsec now)
{
    struct turns *t = p->state;
    uint32_t index = rotation_take_first(&t->ready);
    bool same = index == t->last;

    /* The last VM has no slice left: it lets one that has waited go first. */
    if (same && now >= t->expires_ns && !rotation_is_empty(&t->ready)) {
        uint32_t other = rotation_take_first(&t->ready);
        rotation_put_last(&t->ready, index);
        index = other;
        same = false;
    }
    struct slice slice = { .vm = &p->vms[index], .end_ns = NSEC_MAX };

    t->last = index;
    t->running = true;
    t->expired = same && now >= t->expires_ns;
    if (t->expired) {
        slice.length_ns = NSEC_MAX;
    } else if (same) {
        slice.length_ns = t->expires_ns - now;
    } else {
        t->granted_ns = t->quanta_ns[index];
        slice.length_ns = t->granted_ns;
    }
    return slice;
}

struct slice turns_pick(struct policy *p, nsec now)
{
    struct turns *t = p->state;

    if (t->keeps) {
        return pick_keeping(p, now);
    }
    uint32_t index = rotation_take_first(&t->ready);
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = t->quanta_ns[index],
                           .end_ns = NSEC_MAX };
}

void turns_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    if (t->keeps) {
        t->running = false;
        t->expires_ns = used->switched_in_ns + t->granted_ns;
    }
    if (used->still_ready) {
        rotation_put_last(&t->ready, vm->index);
    }
}

struct turns *turns_of(struct policy *p)
{
    const struct policy_ops *ops = p->ops;
    bool own = ops->ready == turns_ready && ops->pick == turns_pick &&
               ops->charge == turns_charge && !ops->arrived;
    bool same = ops == &policy_best_effort &&
                ((const struct turns_params *)p->params)->when_alone < WHEN_ALONE_HARDWARE;

    return own || same ? p->state : NULL;
}

uint32_t turns_round(const struct policy *p, struct turn *ret_turns, uint32_t limit, nsec now)
{
    const struct turns *t = p->state;
    uint32_t count = rotation_count(&t->ready);

    (void)now;
    /* A lone VM keeps its slice; the last VM may have the rest of one, or none. */
    if (t->keeps && (count == 1 || rotation_at(&t->ready, 0) == t->last)) {
        return 0;
    }
    for (uint32_t i = 0; i < count && i < limit; i++) {
        uint32_t index = rotation_at(&t->ready, i);
        ret_turns[i] = (struct turn){ .vm_index = index,
                                      .length_ns = t->quanta_ns[index],
                                      .span_ns = NSEC_MAX };
    }
    return count;
}

void turns_skip(struct policy *p, uint64_t turns)
{
    struct turns *t = p->state;
    uint32_t count = rotation_count(&t->ready);

    for (uint64_t i = turns % count; i > 0; i--) {
        rotation_put_last(&t->ready, rotation_take_first(&t->ready));
    }
    t->last = rotation_at(&t->ready, count - 1); /* Of its slice nothing is left. */
}
