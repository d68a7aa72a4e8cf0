#include "policy/limited.h"

#include "base/assert.h"
#include "engine/heap.h"

struct limited_vm {
    struct limiter limiter; /* ops NULL: none. */
    bool has_work;
    bool is_ready; /* As the inner policy sees it. */
};

/* A stay that the inner policy granted. It may take several stays of the engine, because a
   limiter may grant less than the whole at once; the inner policy is told of their sum. */
struct limited_stay {
    bool goes_on;
    bool is_asked;      /* The inner policy wants to choose again. */
    bool is_kept;       /* For a VM that may not run now, or for nobody; so the engine idles. */
    struct slice slice; /* As granted. */
    nsec slice_start_ns; /* Its length counts from here. */
    nsec piece_end_ns;   /* The end of the present stay of the engine, if it runs so long. */
    struct usage used;
};

struct limited {
    struct policy inner;
    struct policy_ops ops; /* Of outer. */
    uint32_t ready_count;  /* VMs that are ready to the inner policy. */
    struct limited_stay stay;
    struct heap *closed; /* VMs with work that may not run, by when they are asked again. */
    struct limited_vm vms[];
};

static struct limited *limited_of(const struct policy *p)
{
    return p->state;
}

static struct allowance ask(struct limited *l, uint32_t vm, nsec now)
{
    struct limiter *limiter = &l->vms[vm].limiter;

    if (!limiter->ops) {
        return (struct allowance){ .run_ns = NSEC_MAX };
    }
    struct allowance allowance = limiter->ops->ask(limiter, now);
    assert(allowance.run_ns > 0 || allowance.next_ns > now);
    return allowance;
}

/* ------------------------------------------------------- what the inner policy is told */

static void set_ready(struct limited *l, uint32_t vm, bool is_ready)
{
    l->ready_count += (uint32_t)is_ready - (uint32_t)l->vms[vm].is_ready;
    l->vms[vm].is_ready = is_ready;
}

/* The stay is over; VM_NONE needs no charge. */
static void finish(struct limited *l, bool still_ready, nsec now)
{
    const struct vm *vm = l->stay.slice.vm;

    l->stay.goes_on = false;
    if (vm) {
        set_ready(l, vm->index, still_ready);
        l->stay.used.still_ready = still_ready;
        l->inner.ops->charge(&l->inner, vm, &l->stay.used, now);
    }
}

/* A time for which the engine was kept may have run out untold: the engine idled for nobody. */
static void finish_kept(struct limited *l, nsec now)
{
    if (l->stay.goes_on && l->stay.is_kept && l->stay.piece_end_ns <= now) {
        const struct vm *vm = l->stay.slice.vm;
        finish(l, vm && l->vms[vm->index].is_ready, l->stay.piece_end_ns);
    }
}

/* The VM has work and may run. */
static enum preempt tell_ready(struct limited *l, uint32_t vm, nsec now)
{
    set_ready(l, vm, true);
    enum preempt verdict = l->inner.ops->ready(&l->inner, &l->inner.vms[vm], now);
    struct limited_stay *stay = &l->stay;

    if (!stay->goes_on) {
        return PREEMPT_ASK; /* The engine idles for want of VMs that may run. */
    }
    if (!stay->is_kept && stay->slice.vm == &l->inner.vms[vm]) {
        stay->slice_start_ns = now; /* The engine was kept for it. */
    }
    stay->is_asked = stay->is_asked || verdict != PREEMPT_NO;
    bool is_awaited = stay->is_kept && stay->slice.vm == &l->inner.vms[vm];
    return is_awaited && verdict == PREEMPT_NO ? PREEMPT_ASK : verdict;
}

/* ---------------------------------------------------------------- calls that pass through */

static int limited_init(struct policy *p, struct err *err)
{
    struct limited *l = limited_of(p);

    return l->inner.ops->init ? l->inner.ops->init(&l->inner, err) : 0;
}

static void limited_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct limited *l = limited_of(p);
    struct limiter *limiter = &l->vms[vm->index].limiter;

    finish_kept(l, now);
    if (limiter->ops) {
        limiter->ops->start(limiter, now);
    }
    if (l->inner.ops->join) {
        l->inner.ops->join(&l->inner, vm, now);
    }
}

static void limited_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct limited *l = limited_of(p);

    finish_kept(l, now);
    if (l->stay.goes_on && l->stay.slice.vm == vm) { /* Kept for it. */
        finish(l, false, now);
    }
    if (heap_has(l->closed, vm->index)) {
        heap_remove(l->closed, vm->index);
    }
    l->vms[vm->index].has_work = false;
    set_ready(l, vm->index, false);
    if (l->inner.ops->leave) {
        l->inner.ops->leave(&l->inner, vm, now);
    }
}

static void limited_arrived(struct policy *p, const struct vm *vm, const struct job_view *job,
                            nsec now)
{
    struct limited *l = limited_of(p);

    finish_kept(l, now - 1);
    l->inner.ops->arrived(&l->inner, vm, job, now);
}

static uint32_t limited_entitled(const struct policy *p, const struct vm *vm,
                                 const bool *present)
{
    const struct limited *l = limited_of(p);

    return l->inner.ops->entitled_ppm(&l->inner, vm, present);
}

/* ---------------------------------------------------------------- calls that do not */

static enum preempt limited_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct limited *l = limited_of(p);

    finish_kept(l, now - 1); /* What runs out now does so after what arrives now. */
    l->vms[vm->index].has_work = true;
    struct allowance allowance = ask(l, vm->index, now);
    if (allowance.run_ns > 0) {
        return tell_ready(l, vm->index, now);
    }
    heap_put(l->closed, vm->index, allowance.next_ns);
    return PREEMPT_NO;
}

bool limited_open(struct limited *l, nsec now, uint32_t *ret_vm, enum preempt *ret_verdict)
{
    finish_kept(l, now);
    while (limited_next_ns(l) <= now) {
        uint32_t vm = heap_first(l->closed);
        heap_remove(l->closed, vm);
        struct allowance allowance = ask(l, vm, now);
        if (allowance.run_ns > 0) {
            *ret_vm = vm;
            *ret_verdict = tell_ready(l, vm, now);
            return true;
        }
        heap_put(l->closed, vm, allowance.next_ns);
    }
    return false;
}

nsec limited_next_ns(const struct limited *l)
{
    return l->closed->count > 0 ? heap_first_key(l->closed) : NSEC_MAX;
}

/* The engine idles: until the stay ends, or the VM for which it is kept leaves. */
static struct slice keep(struct limited *l)
{
    const struct slice *slice = &l->stay.slice;
    nsec end = slice->end_ns;

    if (slice->vm && slice->vm->stop_ns < end) {
        end = slice->vm->stop_ns;
    }
    l->stay.is_kept = true;
    l->stay.piece_end_ns = end;
    return (struct slice){ .end_ns = end };
}

/* The next stay of the engine within that which the inner policy granted. */
static struct slice go_on(struct limited *l, nsec now)
{
    struct limited_stay *stay = &l->stay;
    struct slice piece = stay->slice;
    const struct vm *vm = piece.vm;

    stay->is_kept = false;
    stay->piece_end_ns = NSEC_MAX;
    if (piece.drop_head) {
        stay->is_asked = true;
        return piece;
    }
    if (!vm || (l->vms[vm->index].limiter.ops && !l->vms[vm->index].is_ready)) {
        return keep(l);
    }
    nsec allowed = ask(l, vm->index, now).run_ns;
    assert(allowed > 0);
    if (piece.length_ns != NSEC_MAX) {
        piece.length_ns -= now - stay->slice_start_ns;
    }
    /* A kernel that has begun runs to its end. */
    if (piece.until != UNTIL_KERNEL_END && allowed < piece.length_ns) {
        piece.length_ns = allowed;
        stay->piece_end_ns = now + allowed; /* Or later, if there is a switch. */
    }
    piece.between_jobs = piece.between_jobs && stay->slice_start_ns == now;
    return piece;
}

static struct slice limited_pick(struct policy *p, nsec now)
{
    struct limited *l = limited_of(p);
    struct limited_stay *stay = &l->stay;

    finish_kept(l, now);
    if (stay->goes_on && stay->is_asked) {
        const struct vm *vm = stay->slice.vm;
        finish(l, vm && l->vms[vm->index].is_ready, now);
    }
    if (stay->goes_on) {
        if (stay->is_kept) { /* The VM for which the engine was kept may run. */
            stay->slice_start_ns = now;
        }
        return go_on(l, now);
    }
    if (l->ready_count == 0) {
        return (struct slice){ .end_ns = limited_next_ns(l) };
    }
    *stay = (struct limited_stay){
        .goes_on = true,
        .slice = l->inner.ops->pick(&l->inner, now),
        .slice_start_ns = now,
    };
    return go_on(l, now);
}

/* Whether the stay that the inner policy granted is over, when one of the engine is. */
static bool is_over(const struct limited_stay *stay, nsec now)
{
    const struct slice *slice = &stay->slice;
    bool is_spent =
        slice->length_ns != NSEC_MAX && now - stay->slice_start_ns >= slice->length_ns;

    return stay->is_asked || is_spent || now >= slice->end_ns || now < stay->piece_end_ns ||
           (slice->until == UNTIL_JOB_END && stay->used.jobs_done > 0);
}

static void limited_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                           nsec now)
{
    struct limited *l = limited_of(p);
    struct limited_vm *own = &l->vms[vm->index];
    struct limited_stay *stay = &l->stay;
    bool is_closed = false;

    assert(stay->goes_on && stay->slice.vm == vm);
    own->has_work = used->still_ready;
    if (own->limiter.ops) {
        own->limiter.ops->used(&own->limiter, used->ran_ns, now);
    }
    if (own->limiter.ops && used->still_ready) {
        struct allowance allowance = ask(l, vm->index, now);
        is_closed = allowance.run_ns == 0;
        if (is_closed) {
            heap_put(l->closed, vm->index, allowance.next_ns);
        }
    }
    stay->used.ran_ns += used->ran_ns;
    stay->used.lost_ns += used->lost_ns;
    stay->used.jobs_done += used->jobs_done;
    stay->used.switched_in_ns = used->switched_in_ns;
    if (stay->slice_start_ns < used->switched_in_ns) {
        stay->slice_start_ns = used->switched_in_ns;
    }
    if (is_closed || !used->still_ready || is_over(stay, now)) {
        finish(l, used->still_ready && !is_closed, now);
    }
}

/* ---------------------------------------------------------------- making one */

static void set_operations(struct limited *l)
{
    const struct policy_ops *inner = l->inner.ops;

    l->ops = (struct policy_ops){
        .name = inner->name,
        .summary = inner->summary,
        .about = inner->about,
        .params = inner->params,
        .needs_demand = inner->needs_demand,
        .state_size = inner->state_size,
        .init = limited_init,
        .join = limited_join,
        .leave = limited_leave,
        .arrived = inner->arrived ? limited_arrived : NULL,
        .ready = limited_ready,
        .pick = limited_pick,
        .charge = limited_charge,
        .entitled_ppm = inner->entitled_ppm ? limited_entitled : NULL,
    };
}

struct limited *limited_wrap(struct policy *p, const struct limiter_config *limiters,
                             struct arena *arena)
{
    struct limited *l =
        arena_take(arena, 1, sizeof(*l) + p->vm_count * sizeof(struct limited_vm));

    l->inner = *p;
    l->closed = arena_take(arena, 1, heap_size(p->vm_count));
    heap_init(l->closed, p->vm_count);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (limiters[i].ops) {
            l->vms[i].limiter = (struct limiter){
                .ops = limiters[i].ops,
                .params = limiters[i].params,
                .state = arena_take(arena, 1, limiters[i].ops->state_size),
            };
        }
    }
    set_operations(l);
    p->ops = &l->ops;
    p->state = l;
    return l;
}
