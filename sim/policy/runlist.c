#include "policy/runlist.h"

#include "policy/rotation.h"
#include "policy/turns.h"

struct runlist {
    struct rotation
        waiting;       /* Ready, and not on the engine; in the order in which they came. */
    bool running;      /* The VM that was picked last has not been charged yet. */
    bool is_ready;     /* Once charged: it still has work, and is not in the rotation. */
    bool between_jobs; /* Likewise: it stopped at the end of a job. */
    bool expired;      /* It runs alone, past its slice. */
    bool is_ring;      /* Ready VMs are served in the ring's order. */
    bool further;      /* Behind the job that it runs another one was seen. */
    uint32_t last;     /* That VM; VM_NONE before the first. */
    uint32_t next;     /* Who was seen to be the next; VM_NONE: nobody yet. */
    nsec look_ns;      /* When its job was begun, and it was looked who is next; NSEC_MAX
                          until its switch-in is known. */
    nsec own_ns;       /* The first job that reached it since; NSEC_MAX: none. */
    nsec expires_ns;   /* The end of its slice; NSEC_MAX until its switch-in is known. */
    nsec *since_ns;    /* By VM: since when one that waits has been seen to. */
    uint32_t *queued;  /* By VM: its jobs here. */
    uint32_t *place;   /* By VM: in the ring. */
};

size_t runlist_state_size(uint32_t vm_count)
{
    return sizeof(struct runlist) + vm_count * (sizeof(nsec) + 2 * sizeof(uint32_t)) +
           rotation_ring_size(vm_count);
}

/* Every order of the ring is as likely as any other. */
static void shuffle(struct policy *p, uint32_t *place)
{
    for (uint32_t i = 0; i < p->vm_count; i++) {
        uint32_t other = (uint32_t)rng_below(p->rng, i + 1);
        place[i] = place[other];
        place[other] = i;
    }
}

void runlist_init(struct policy *p)
{
    struct runlist *r = p->state;

    r->since_ns = (nsec *)(r + 1);
    r->queued = (uint32_t *)(r->since_ns + p->vm_count);
    r->place = r->queued + p->vm_count;
    r->is_ring = ((const struct turns_params *)p->params)->when_alone == WHEN_ALONE_HARDWARE;
    if (r->is_ring) {
        shuffle(p, r->place);
    }
    rotation_init(&r->waiting, r->place + p->vm_count, p->vm_count);
    r->last = r->next = VM_NONE;
}

void runlist_leave(struct policy *p, const struct vm *vm)
{
    struct runlist *r = p->state;

    rotation_remove(&r->waiting, vm->index);
    r->queued[vm->index] = 0;
    r->next = r->next == vm->index ? VM_NONE : r->next;
    if (r->last == vm->index) {
        r->running = r->is_ready = false;
    }
}

void runlist_arrived(struct policy *p, const struct vm *vm, const struct job_view *job,
                     nsec now)
{
    struct runlist *r = p->state;
    uint32_t queued = ++r->queued[vm->index];

    if (queued == 1) {
        r->since_ns[vm->index] = job->submitted_ns;
    }
    if (!r->running || r->last != vm->index) {
        return;
    }
    r->own_ns = r->own_ns == NSEC_MAX ? now : r->own_ns;
    if (rotation_is_empty(&r->waiting) && (queued <= 2 || r->expired)) {
        r->expires_ns = now + p->quantum_ns; /* T3; whoever comes next asks; pick looks here. */
        r->expired = false;
    }
}

/* Of those who have been waiting since then the first behind the last VM in the ring, or the
   first that came; VM_NONE: nobody had. */
static uint32_t first_of(const struct policy *p, nsec by_ns)
{
    const struct runlist *r = p->state;
    uint32_t start = r->last == VM_NONE ? 0 : r->place[r->last] + 1;
    uint32_t best = VM_NONE;
    uint32_t nearest = UINT32_MAX;

    for (uint32_t i = 0; i < rotation_count(&r->waiting); i++) {
        uint32_t index = rotation_at(&r->waiting, i);
        uint32_t place = r->place[index];
        uint32_t steps = place >= start ? place - start : place + p->vm_count - start;
        if (r->since_ns[index] <= by_ns && steps < nearest) {
            best = index;
            nearest = r->is_ring ? steps : 0;
        }
    }
    return best;
}

/* The last VM begins a job, at an instant that may not be known yet. */
static void begin_job(struct runlist *r, nsec look_ns)
{
    r->further = r->queued[r->last] >= 2;
    r->own_ns = NSEC_MAX;
    r->look_ns = look_ns;
    r->next = VM_NONE;
}

/* T6: what the look at the beginning of the job found, or what came first since. */
static void look(const struct policy *p)
{
    struct runlist *r = p->state;

    if (r->further || r->next != VM_NONE || r->look_ns == NSEC_MAX) {
        return;
    }
    r->further = r->own_ns <= r->look_ns;
    if (!r->further) {
        r->next = first_of(p, r->look_ns);
    }
    if (!r->further && r->next == VM_NONE && !rotation_is_empty(&r->waiting)) {
        uint32_t first = rotation_at(&r->waiting, 0);
        r->further = r->own_ns <= r->since_ns[first];
        r->next = r->further ? VM_NONE : first;
    }
}

enum preempt runlist_ready(struct policy *p, const struct vm *vm)
{
    struct runlist *r = p->state;
    bool was_alone = rotation_is_empty(&r->waiting);

    rotation_put_last(&r->waiting, vm->index);
    if (r->is_ring && r->next != VM_NONE && r->since_ns[vm->index] <= r->look_ns) {
        r->next = VM_NONE; /* T7 */
        look(p);
    }
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
    *ret_yields = !alone && r->between_jobs && r->next != VM_NONE; /* T5 */
    if (!alone && (*ret_yields || now >= r->expires_ns)) {
        rotation_put_last(&r->waiting, r->last);
        r->since_ns[r->last] = now;
        r->is_ready = false;
        return false;
    }
    if (r->between_jobs) {
        begin_job(r, now);
        look(p);
    }
    if (alone && now >= r->expires_ns && !r->expired) {
        r->expired = r->queued[r->last] < 2;
        r->expires_ns = r->expired ? r->expires_ns : now + p->quantum_ns; /* T2 */
    }
    return true;
}

/* The next VM comes to the engine, if it is another by a switch, which is not over yet. */
static void take_next(struct policy *p, nsec now)
{
    struct runlist *r = p->state;
    uint32_t index = r->next != VM_NONE ? r->next : first_of(p, NSEC_MAX);
    bool at_once = index == r->last || r->last == VM_NONE;

    rotation_remove(&r->waiting, index);
    r->last = index;
    r->expired = false;
    r->expires_ns = at_once ? now + p->quantum_ns : NSEC_MAX;
    begin_job(r, at_once ? now : NSEC_MAX);
    look(p);
}

/* Jobs end stays, so that what is queued is known; a stay that goes on costs nothing. */
struct slice runlist_pick(struct policy *p, nsec now)
{
    struct runlist *r = p->state;
    struct slice slice = { .end_ns = NSEC_MAX, .until = UNTIL_JOB_END };

    if (!goes_on(p, now, &slice.between_jobs)) {
        take_next(p, now);
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

    r->running = false;
    r->is_ready = used->still_ready;
    r->between_jobs = used->jobs_done > 0;
    r->queued[vm->index] -= used->jobs_done;
    if (r->expires_ns == NSEC_MAX) {
        r->expires_ns = used->switched_in_ns + p->quantum_ns;
    }
    if (r->look_ns == NSEC_MAX) {
        r->look_ns = now - used->ran_ns; /* What is left of the switch is over too. */
    }
    look(p);
}
