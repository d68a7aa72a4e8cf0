#include "policy/runlist.h"

#include "policy/rotation.h"

struct runlist {
    struct rotation waiting; /* Ready, and not on the engine. */
    bool running;            /* The VM that was picked last has not been charged yet. */
    bool is_ready;           /* Once charged: it still has work, and is not in the rotation. */
    bool between_jobs;       /* Likewise: it stopped at the end of a job. */
    bool expired;            /* It runs alone, past its slice. */
    uint32_t last;           /* That VM; VM_NONE before the first. */
    uint32_t seen;           /* Jobs of it that are queued and were seen. */
    nsec expires_ns;         /* The end of its slice; NSEC_MAX until its switch-in is known. */
    uint32_t queued[];       /* By VM: its jobs here. */
};

size_t runlist_state_size(uint32_t vm_count)
{
    return sizeof(struct runlist) + vm_count * sizeof(uint32_t) + rotation_ring_size(vm_count);
}

void runlist_init(struct policy *p)
{
    struct runlist *r = p->state;

    rotation_init(&r->waiting, &r->queued[p->vm_count], p->vm_count);
    r->last = VM_NONE;
}

void runlist_leave(struct policy *p, const struct vm *vm)
{
    struct runlist *r = p->state;

    rotation_remove(&r->waiting, vm->index);
    r->queued[vm->index] = 0;
    if (r->last == vm->index) {
        r->running = r->is_ready = false;
    }
}

void runlist_arrived(struct policy *p, const struct vm *vm, nsec now)
{
    struct runlist *r = p->state;
    uint32_t queued = ++r->queued[vm->index];

    if (!r->running || r->last != vm->index || !rotation_is_empty(&r->waiting)) {
        return;
    }
    r->seen = queued;
    if (queued <= 2 || r->expired) { /* T3; whoever comes next asks, and pick looks here. */
        r->expires_ns = now + p->quantum_ns;
        r->expired = false;
    }
}

enum preempt runlist_ready(struct policy *p, const struct vm *vm)
{
    struct runlist *r = p->state;
    bool was_alone = rotation_is_empty(&r->waiting);

    rotation_put_last(&r->waiting, vm->index);
    return r->running && was_alone ? PREEMPT_ASK : PREEMPT_NO;
}

/* Whether the VM that was on the engine goes on; if it does not, it waits again. */
static bool goes_on(struct policy *p, nsec now, bool *ret_yields)
{
    struct runlist *r = p->state;
    bool alone = rotation_is_empty(&r->waiting);

    if (!r->is_ready) {
        return false;
    }
    if (alone) {
        if (r->between_jobs) {
            r->seen = r->queued[r->last];
        }
        if (now >= r->expires_ns && !r->expired) {
            r->expired = r->queued[r->last] < 2;
            r->expires_ns = r->expired ? r->expires_ns : now + p->quantum_ns; /* T2 */
        }
        return true;
    }
    *ret_yields = r->between_jobs && r->seen == 0; /* T5 */
    if (!*ret_yields && now < r->expires_ns) {
        return true;
    }
    rotation_put_last(&r->waiting, r->last);
    r->is_ready = false;
    return false;
}

/* Jobs end stays, so that what is queued is known; a stay that goes on costs nothing. */
struct slice runlist_pick(struct policy *p, nsec now)
{
    struct runlist *r = p->state;
    struct slice slice = { .end_ns = NSEC_MAX, .until = UNTIL_JOB_END };

    if (!goes_on(p, now, &slice.between_jobs)) {
        uint32_t index = rotation_take_first(&r->waiting);
        r->expired = false;
        r->expires_ns = index == r->last || r->last == VM_NONE ? now + p->quantum_ns : NSEC_MAX;
        r->seen = r->queued[index];
        r->last = index;
    }
    slice.vm = &p->vms[r->last];
    slice.length_ns = p->quantum_ns;
    if (r->expired) {
        slice.length_ns = NSEC_MAX;
    } else if (r->expires_ns != NSEC_MAX) {
        slice.length_ns = r->expires_ns - now;
    }
    r->running = true;
    return slice;
}

void runlist_charge(struct policy *p, const struct vm *vm, const struct usage *used, nsec now)
{
    struct runlist *r = p->state;

    (void)now;
    r->running = false;
    r->is_ready = used->still_ready;
    r->between_jobs = used->jobs_done > 0;
    r->queued[vm->index] -= used->jobs_done;
    r->seen -= used->jobs_done < r->seen ? used->jobs_done : r->seen;
    if (r->expires_ns == NSEC_MAX) {
        r->expires_ns = used->switched_in_ns + p->quantum_ns;
    }
}
