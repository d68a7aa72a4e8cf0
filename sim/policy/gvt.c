/*
 * gvt.c - Intel GVT-g: a budget by weight every 100 ms, least recently run first.
 *
 * The scheduler of Linux's i915 (gvt/sched_policy.c, read). Every tick the first VM of the
 * least-recently-run list that has work and budget left runs next, and moves to the end of the
 * list; nobody left: the engine idles. Every period each VM present gets period * weight / sum
 * of weights. Savings and debts are carried along for ten periods and forgotten at the first of
 * the next ten. The switch waits for the kernel in flight. A VM that starts later than the run
 * goes before all others, whatever its budget, for `newcomer`; those present from the beginning
 * count as settled.
 *
 * The original calls its units of work workloads; here they are kernels, or a whole phase.
 *
 * Bound: in ten periods a VM gets at most ten budgets, a tick and one kernel; one that always
 * has work gets at least its budgets less a tick and a kernel of each other VM.
 * tests/policy/test_gvt.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/pool.h"

enum { STAGES = 10 };

struct gvt_params {
    nsec tick_ns;
    nsec period_ns;
    nsec newcomer_ns;
};

static const struct field fields[] = {
    { .name = "tick",
      .kind = FIELD_TIME,
      .offset = offsetof(struct gvt_params, tick_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = MSEC,
      .doc = "How often the next VM is chosen." },
    { .name = "period",
      .kind = FIELD_TIME,
      .offset = offsetof(struct gvt_params, period_ns),
      .min = 1,
      .max = 100 * SEC,
      .fallback = 100 * MSEC,
      .doc = "How often budgets are given." },
    { .name = "newcomer",
      .kind = FIELD_TIME,
      .offset = offsetof(struct gvt_params, newcomer_ns),
      .min = 0,
      .max = DAY,
      .fallback = 2 * SEC,
      .doc = "How long a VM that starts goes before all others." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct gvt_params) };

struct gvt {
    uint64_t weight_sum;   /* Of the VMs present. */
    uint32_t current;      /* The VM that has the present tick; VM_NONE: none. */
    bool running;          /* It was picked and has not been charged. */
    nsec freed_ns;         /* When the engine was last freed. */
    nsec tick_end_ns;      /* Of the present tick. */
    int64_t stage;         /* The present period. */
    int64_t last_place;    /* In the list; places count up. */
    struct pool spent;     /* VMs with work and no budget. */
    struct heap *runnable; /* VMs but the current one with work and budget, by place. */
    struct gvt_vm {
        int64_t place;
        int64_t stage; /* Whose budget it has. */
        nsec left_ns;
        nsec newcomer_ns; /* Until when it is one. */
        bool present;
        bool has_work;
    } vms[];
};

static size_t gvt_state_size(uint32_t vm_count)
{
    return sizeof(struct gvt) + vm_count * sizeof(struct gvt_vm) + heap_size(vm_count) +
           pool_memory_size(vm_count);
}

static int gvt_init(struct policy *p, struct err *err)
{
    struct gvt *s = p->state;

    (void)err;
    s->current = VM_NONE;
    s->stage = -1;
    s->runnable = (void *)&s->vms[p->vm_count];
    heap_init(s->runnable, p->vm_count);
    pool_init(&s->spent, (char *)s->runnable + heap_size(p->vm_count), p->vm_count);
    return 0;
}

static const struct gvt_params *params_of(const struct policy *p)
{
    return p->params;
}

static bool is_newcomer(const struct gvt_vm *own, nsec now)
{
    return now < own->newcomer_ns;
}

static nsec budget(const struct policy *p, uint32_t index)
{
    const struct gvt *s = p->state;
    wide budget_ns = (wide)params_of(p)->period_ns * p->vms[index].weight / (nsec)s->weight_sum;

    return budget_ns > 0 ? (nsec)budget_ns : 1;
}

/* Gives a VM the budgets that are due. */
static void settle(struct policy *p, uint32_t index)
{
    struct gvt *s = p->state;
    struct gvt_vm *own = &s->vms[index];

    if (own->stage == s->stage) {
        return;
    }
    if (own->stage < 0 || s->stage / STAGES != own->stage / STAGES) {
        own->left_ns = (s->stage % STAGES + 1) * budget(p, index);
    } else {
        own->left_ns += (s->stage - own->stage) * budget(p, index);
    }
    own->stage = s->stage;
}

/* Puts a VM where it belongs after a change of its state. Newcomers come first, the last one
   before the others. */
static void sort_in(struct policy *p, uint32_t index, nsec now)
{
    struct gvt *s = p->state;
    struct gvt_vm *own = &s->vms[index];
    bool waits = own->has_work && index != s->current;

    settle(p, index);
    bool runs = waits && (own->left_ns > 0 || is_newcomer(own, now));
    if (runs) {
        heap_put(s->runnable, index, is_newcomer(own, now) ? -own->place : own->place);
    } else if (heap_has(s->runnable, index)) {
        heap_remove(s->runnable, index);
    }
    if (waits && !runs) {
        pool_put(&s->spent, index);
    } else {
        pool_remove(&s->spent, index);
    }
}

/* A new stage: those that have work get their budget; the others, when it matters. */
static void replenish(struct policy *p, nsec now)
{
    struct gvt *s = p->state;
    int64_t stage = now / params_of(p)->period_ns;

    if (stage > s->stage) {
        s->stage = stage;
        for (uint32_t i = s->spent.count; i > 0; i--) {
            sort_in(p, s->spent.items[i - 1], now);
        }
    }
}

/* Budgets change with who is present: gives what is due of the old ones. */
static void settle_all(struct policy *p, nsec now)
{
    struct gvt *s = p->state;

    replenish(p, now);
    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (s->vms[i].present) {
            settle(p, i);
        }
    }
}

static void gvt_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct gvt *s = p->state;
    struct gvt_vm *own = &s->vms[vm->index];

    if (now > 0) {
        settle_all(p, now);
    }
    s->weight_sum += vm->weight;
    *own = (struct gvt_vm){ .place = ++s->last_place, .present = true };
    own->stage = now > 0 ? s->stage : -1; /* A first budget at the beginning, not later. */
    own->newcomer_ns = now > 0 ? now + params_of(p)->newcomer_ns : 0;
}

static void gvt_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct gvt *s = p->state;

    settle_all(p, now);
    s->vms[vm->index].present = s->vms[vm->index].has_work = false;
    s->current = s->current == vm->index ? VM_NONE : s->current;
    sort_in(p, vm->index, now);
    s->weight_sum -= vm->weight;
}

static enum preempt gvt_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct gvt *s = p->state;

    replenish(p, now);
    s->vms[vm->index].has_work = true;
    sort_in(p, vm->index, now);
    return s->running ? PREEMPT_NO : PREEMPT_ASK;
}

/* Makes the first of the list the current VM; VM_NONE: there is none. */
static void choose(struct policy *p, nsec now)
{
    nsec tick_ns = params_of(p)->tick_ns;
    struct gvt *s = p->state;
    uint32_t last = s->current;

    s->current = VM_NONE;
    if (last != VM_NONE) {
        sort_in(p, last, now);
    }
    while (s->runnable->count > 0 && s->current == VM_NONE) {
        uint32_t index = heap_first(s->runnable);
        bool was_newcomer = heap_first_key(s->runnable) < 0;
        if (was_newcomer && !is_newcomer(&s->vms[index], now)) {
            sort_in(p, index, now);
            continue;
        }
        s->current = index;
        heap_remove(s->runnable, index);
        if (!was_newcomer) {
            s->vms[index].place = ++s->last_place;
        }
    }
    s->tick_end_ns = (now / tick_ns + 1) * tick_ns;
}

static struct slice gvt_pick(struct policy *p, nsec now)
{
    nsec tick_ns = params_of(p)->tick_ns;
    struct gvt *s = p->state;

    replenish(p, now);
    if (now >= s->tick_end_ns) {
        /* The timer ticks on while the engine idles. */
        if (s->freed_ns < now && now % tick_ns != 0) {
            return (struct slice){ .end_ns = (now / tick_ns + 1) * tick_ns };
        }
        choose(p, now);
    }
    if (s->current != VM_NONE && s->vms[s->current].has_work) {
        s->running = true;
        return (struct slice){ .vm = &p->vms[s->current],
                               .length_ns = NSEC_MAX,
                               .end_ns = NSEC_MAX,
                               .until = UNTIL_KERNEL_END };
    }
    if (s->runnable->count > 0 || s->current != VM_NONE) {
        return (struct slice){ .end_ns = s->tick_end_ns };
    }
    return (struct slice){ .end_ns = (s->stage + 1) * params_of(p)->period_ns };
}

static void gvt_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                       nsec now)
{
    struct gvt *s = p->state;
    struct gvt_vm *own = &s->vms[vm->index];

    replenish(p, now);
    settle(p, vm->index);
    s->running = false;
    s->freed_ns = now;
    own->left_ns -= used->ran_ns;
    own->has_work = used->still_ready;
}

const struct policy_ops policy_gvt = {
    .name = "gvt",
    .summary = "Intel GVT-g: a budget by weight every 100 ms",
    .about = "Each tick the least recently run VM with work and budget left runs; every 100 ms "
             "each VM present gets its weight's part of them, and nobody uses what another "
             "leaves. In ten periods a VM gets at most a tick and a kernel more than its "
             "budgets, and if "
             "it always has work about these. The scheduler of Linux's i915 GVT-g.",
    .params = &params,
    .work_conserving = false,
    .state_size = gvt_state_size,
    .init = gvt_init,
    .join = gvt_join,
    .leave = gvt_leave,
    .ready = gvt_ready,
    .pick = gvt_pick,
    .charge = gvt_charge,
};
