/*
 * credit.c - Xen's credit scheduler: credits by weight every 30 ms, a boost for those that
 * wake.
 *
 * Constants and rules of Xen's sched/credit.c (read): every accounting the active VMs share one
 * slice's worth of credits by weight; running burns them. A VM with credits is UNDER, one
 * without OVER; UNDER goes before OVER, in turn within each. A VM that wakes UNDER is boosted
 * before all others, and preempts, until a tick finds it running. A slice lasts 30 ms, and one
 * of less than `ratelimit` is not cut. With `bound`, credits stay within one slice: a VM above
 * it is inactive until it runs again, and its credits are halved. `schedule: {maximum: ...}` is
 * Xen's cap: such a VM waits for credits when it has none.
 *
 * Bound: VMs that always have work get their weight's share over many accountings; at any time
 * a VM that stays ready is behind it by a few slices of each other VM at most.
 * tests/policy/test_credit.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/pool.h"

struct credit_params {
    nsec timeslice_ns;
    nsec tick_ns;
    nsec ratelimit_ns;
    bool boost;
    bool bound;
};

static const struct field fields[] = {
    { .name = "timeslice",
      .kind = FIELD_TIME,
      .offset = offsetof(struct credit_params, timeslice_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 30 * MSEC,
      .doc = "Length of a slice, and the time from one accounting to the next." },
    { .name = "tick",
      .kind = FIELD_TIME,
      .offset = offsetof(struct credit_params, tick_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 10 * MSEC,
      .doc = "How often a boost may end." },
    { .name = "ratelimit",
      .kind = FIELD_TIME,
      .offset = offsetof(struct credit_params, ratelimit_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = MSEC,
      .doc = "A VM that was just picked is not cut before it ran for so long." },
    { .name = "boost",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct credit_params, boost),
      .fallback = 1,
      .doc = "Whether a VM with credits that wakes goes before all others." },
    { .name = "bound",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct credit_params, bound),
      .fallback = 1,
      .doc = "Whether credits are kept within those of one slice." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct credit_params) };

enum queue { QUEUE_BOOST, QUEUE_UNDER, QUEUE_OVER };
enum { PLACE_BITS = 48 }; /* A key is the class, then the place in its queue. */

struct credit {
    nsec next_accounting_ns;
    uint32_t last; /* The VM that was picked last; VM_NONE: none. */
    enum queue last_queue;
    bool running;       /* It has not been charged yet. */
    nsec stint_ns;      /* What it ran since it was last taken from the queue. */
    bool cut;           /* It was asked to make way. */
    int64_t next_place; /* Counts up. */
    struct pool active;
    struct heap *ready;
    struct credit_vm {
        nsec credits_ns; /* One nanosecond of running costs one. */
        int64_t place;
        bool has_work;
        bool boosted;
    } vms[];
};

static size_t credit_state_size(uint32_t vm_count)
{
    return sizeof(struct credit) + vm_count * sizeof(struct credit_vm) + heap_size(vm_count) +
           pool_memory_size(vm_count);
}

static int credit_init(struct policy *p, struct err *err)
{
    struct credit *s = p->state;

    (void)err;
    s->last = VM_NONE;
    s->ready = (void *)&s->vms[p->vm_count];
    heap_init(s->ready, p->vm_count);
    pool_init(&s->active, (char *)s->ready + heap_size(p->vm_count), p->vm_count);
    return 0;
}

static const struct credit_params *params_of(const struct policy *p)
{
    return p->params;
}

static bool is_capped(const struct vm *vm)
{
    return vm->schedule.maximum_ppm < PPM;
}

static enum queue queue_of(const struct credit_vm *own)
{
    return own->boosted ? QUEUE_BOOST : own->credits_ns >= 0 ? QUEUE_UNDER : QUEUE_OVER;
}

/* Puts a VM with work at its place of the queue of its class, unless it is parked. */
static void put(struct policy *p, uint32_t index)
{
    struct credit *s = p->state;
    const struct credit_vm *own = &s->vms[index];

    if (own->credits_ns > 0 || !is_capped(&p->vms[index])) {
        heap_put(s->ready, index, ((int64_t)queue_of(own) << PLACE_BITS) + own->place);
    }
}

static void credit_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct credit *s = p->state;

    (void)now;
    s->vms[vm->index].has_work = false;
    pool_remove(&s->active, vm->index);
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
}

static enum preempt credit_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct credit *s = p->state;
    struct credit_vm *own = &s->vms[vm->index];

    (void)now;
    own->has_work = true;
    pool_put(&s->active, vm->index);
    own->boosted = params_of(p)->boost && own->credits_ns >= 0;
    own->place = s->next_place++;
    put(p, vm->index);
    if (!s->running) {
        return PREEMPT_ASK; /* The engine may idle, to the next accounting. */
    }
    s->cut = s->cut || queue_of(own) < s->last_queue;
    return queue_of(own) < s->last_queue ? PREEMPT_ASK : PREEMPT_NO;
}

/* Gives an active VM its part of the credits, and keeps them within bounds. Whether it stays
   active. */
static bool earn(struct policy *p, uint32_t index, nsec weight_sum)
{
    const struct credit_params *own_params = params_of(p);
    const struct vm *vm = &p->vms[index];
    struct credit *s = p->state;
    struct credit_vm *own = &s->vms[index];
    nsec slice = own_params->timeslice_ns;
    nsec part = slice * vm->weight / weight_sum;
    nsec most = slice * vm->schedule.maximum_ppm / PPM;

    own->credits_ns += part < most ? part : most;
    if (own_params->bound && own->credits_ns > slice) {
        own->credits_ns /= 2;
        return false;
    }
    if (own_params->bound && own->credits_ns < -slice) {
        own->credits_ns = -slice;
    }
    return own_params->bound || own->has_work;
}

/* One accounting. Whether anybody took part. */
static bool account(struct policy *p)
{
    struct credit *s = p->state;
    uint32_t count = s->active.count;
    nsec weight_sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        weight_sum += p->vms[s->active.items[i]].weight;
    }
    for (uint32_t i = count; i > 0; i--) {
        uint32_t index = s->active.items[i - 1];
        if (!earn(p, index, weight_sum)) {
            pool_remove(&s->active, index);
        }
        if (s->vms[index].has_work) {
            put(p, index);
        }
    }
    return count > 0;
}

static struct slice credit_pick(struct policy *p, nsec now)
{
    const struct credit_params *own_params = params_of(p);
    struct credit *s = p->state;
    nsec period = own_params->timeslice_ns;

    while (s->next_accounting_ns <= now) {
        bool any = account(p);
        s->next_accounting_ns =
            any ? s->next_accounting_ns + period : (now / period + 1) * period;
    }
    if (s->ready->count == 0) {
        return (struct slice){ .end_ns = s->next_accounting_ns };
    }
    bool goes_on =
        s->cut && s->stint_ns < own_params->ratelimit_ns && heap_has(s->ready, s->last);
    uint32_t index = goes_on ? s->last : heap_first(s->ready);
    struct credit_vm *own = &s->vms[index];
    nsec length = goes_on ? own_params->ratelimit_ns - s->stint_ns : period;
    if (is_capped(&p->vms[index]) && own->credits_ns < length) {
        length = own->credits_ns;
    }
    heap_remove(s->ready, index);
    pool_put(&s->active, index);
    s->stint_ns = goes_on ? s->stint_ns : 0;
    s->last = index;
    s->last_queue = queue_of(own);
    s->running = true;
    s->cut = false;
    return (struct slice){ .vm = &p->vms[index], .length_ns = length, .end_ns = NSEC_MAX };
}

static void credit_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                          nsec now)
{
    nsec tick = params_of(p)->tick_ns;
    struct credit *s = p->state;
    struct credit_vm *own = &s->vms[vm->index];

    s->running = false;
    s->stint_ns += used->ran_ns;
    own->credits_ns -= used->ran_ns;
    own->has_work = used->still_ready;
    if (now / tick != (now - used->ran_ns) / tick) {
        own->boosted = false;
    }
    if (used->still_ready) {
        own->place = s->next_place++;
        put(p, vm->index);
    }
}

const struct policy_ops policy_credit = {
    .name = "credit",
    .summary = "Xen's credit scheduler: credits by weight, boost on waking",
    .about =
        "Every 30 ms the VMs share credits by weight, which running burns; VMs with credits "
        "go before those without, and one that wakes with credits before all. Shares are "
        "right over many accountings, and a VM may be a few slices behind. Xen's default "
        "scheduler for many years.",
    .params = &params,
    .work_conserving = true,
    .state_size = credit_state_size,
    .init = credit_init,
    .leave = credit_leave,
    .ready = credit_ready,
    .pick = credit_pick,
    .charge = credit_charge,
};
