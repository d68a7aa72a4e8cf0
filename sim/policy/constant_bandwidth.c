/*
 * constant_bandwidth.c - each VM has a budget a period, and deadlines that enforce it.
 *
 * Abeni and Buttazzo, "Integrating multimedia applications in hard real-time systems", 1998. A
 * VM is a server with budget Q, period P and a deadline d; the earliest deadline runs. A server
 * that gets work at t keeps its budget c and deadline if c < (d - t) Q / P, else it starts with
 * d = t + P and c = Q. Used up, the budget is full again and the deadline one period later:
 * at once (soft), or once the old deadline is reached (hard). Work that cannot be cut may
 * overrun the budget; it is paid back with the next ones.
 *
 * Bound: if the shares Q / P add up to at most the engine, a VM with enough work gets Q within
 * each of its periods, whatever the others do. tests/policy/test_constant_bandwidth.c checks
 * it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/grants.h"

#define DEADLINE_MAX (NSEC_MAX / 2) /* Later than any run. */

enum { ENFORCE_SOFT, ENFORCE_HARD };

struct bandwidth_params {
    int enforcement;
};

static const char *const enforcements[] = { "soft", "hard", NULL };

static const struct field fields[] = {
    { .name = "enforcement",
      .kind = FIELD_CHOICE,
      .offset = offsetof(struct bandwidth_params, enforcement),
      .fallback = ENFORCE_SOFT,
      .choices = enforcements,
      .doc = "Whether a VM without budget competes with a later deadline (soft) or sleeps "
             "until its deadline (hard)." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct bandwidth_params) };

struct bandwidth {
    struct grants grants;
    uint32_t last;       /* The VM that was picked last; VM_NONE: none. */
    bool running;        /* It has not been charged yet. */
    struct heap *ready;  /* By deadline. */
    struct heap *asleep; /* With work but without budget (hard), by deadline. */
    struct bandwidth_vm {
        nsec budget_ns;
        nsec deadline_ns;
    } vms[];
};

static size_t bandwidth_state_size(uint32_t vm_count)
{
    return sizeof(struct bandwidth) + vm_count * sizeof(struct bandwidth_vm) +
           2 * heap_size(vm_count);
}

static int bandwidth_init(struct policy *p, struct err *err)
{
    struct bandwidth *s = p->state;

    s->grants.key = GRANTS_BUDGET;
    s->last = VM_NONE;
    s->ready = (void *)&s->vms[p->vm_count];
    s->asleep = (void *)((char *)s->ready + heap_size(p->vm_count));
    heap_init(s->ready, p->vm_count);
    heap_init(s->asleep, p->vm_count);
    return grants_check(p, GRANTS_BUDGET, err);
}

static void bandwidth_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct bandwidth *s = p->state;

    (void)now;
    grants_join(&s->grants, vm);
}

static void bandwidth_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct bandwidth *s = p->state;

    (void)now;
    grants_leave(&s->grants, vm);
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
    if (heap_has(s->asleep, vm->index)) {
        heap_remove(s->asleep, vm->index);
    }
}

static bool is_hard(const struct policy *p)
{
    return ((const struct bandwidth_params *)p->params)->enforcement == ENFORCE_HARD;
}

/* Fills the budget up, one deadline later for each time. */
static void refill(struct policy *p, const struct vm *vm)
{
    struct bandwidth *s = p->state;
    struct bandwidth_vm *own = &s->vms[vm->index];
    nsec budget = grants_budget_ns(&s->grants, vm);
    nsec times = -own->budget_ns / budget + 1;

    own->budget_ns += times * budget;
    own->budget_ns = own->budget_ns < budget ? own->budget_ns : budget;
    wide deadline = own->deadline_ns + (wide)times * grants_period_ns(vm);
    own->deadline_ns = deadline < DEADLINE_MAX ? (nsec)deadline : DEADLINE_MAX;
}

/* A new period begins now. */
static void start_afresh(struct policy *p, const struct vm *vm, nsec now)
{
    struct bandwidth *s = p->state;

    s->vms[vm->index].budget_ns = grants_budget_ns(&s->grants, vm);
    s->vms[vm->index].deadline_ns = now + grants_period_ns(vm);
}

static enum preempt bandwidth_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct bandwidth *s = p->state;
    struct bandwidth_vm *own = &s->vms[vm->index];
    wide worth = (wide)(own->deadline_ns - now) * grants_budget_ns(&s->grants, vm);

    if (own->budget_ns >= 0 && (wide)own->budget_ns * grants_period_ns(vm) >= worth) {
        start_afresh(p, vm, now);
    } else if (own->budget_ns <= 0 && own->deadline_ns > now && is_hard(p)) {
        heap_put(s->asleep, vm->index, own->deadline_ns);
        return PREEMPT_ASK; /* The engine may be idle, to the end of another one's sleep. */
    } else if (own->budget_ns <= 0) {
        refill(p, vm);
        if (own->deadline_ns <= now) { /* The debt was paid while it had no work. */
            start_afresh(p, vm, now);
        }
    }
    heap_put(s->ready, vm->index, own->deadline_ns);
    return !s->running || own->deadline_ns < s->vms[s->last].deadline_ns ? PREEMPT_ASK
                                                                         : PREEMPT_NO;
}

/* VMs whose sleep is over have their budget again. */
static void wake(struct policy *p, nsec now)
{
    struct bandwidth *s = p->state;

    while (s->asleep->count > 0 && heap_first_key(s->asleep) <= now) {
        uint32_t index = heap_first(s->asleep);
        heap_remove(s->asleep, index);
        refill(p, &p->vms[index]);
        heap_put(s->ready, index, s->vms[index].deadline_ns);
    }
}

static struct slice bandwidth_pick(struct policy *p, nsec now)
{
    struct bandwidth *s = p->state;

    wake(p, now);
    nsec next_wake = s->asleep->count > 0 ? heap_first_key(s->asleep) : NSEC_MAX;
    if (s->ready->count == 0) {
        return (struct slice){ .end_ns = next_wake };
    }
    s->last = heap_first_keeping(s->ready, s->last);
    s->running = true;
    heap_remove(s->ready, s->last);
    nsec length = s->vms[s->last].budget_ns;
    nsec until_wake = next_wake == NSEC_MAX ? NSEC_MAX : next_wake - now;
    return (struct slice){ .vm = &p->vms[s->last],
                           .length_ns = length < until_wake ? length : until_wake,
                           .end_ns = NSEC_MAX };
}

static void bandwidth_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                             nsec now)
{
    struct bandwidth *s = p->state;
    struct bandwidth_vm *own = &s->vms[vm->index];

    s->running = false;
    own->budget_ns -= used->ran_ns;
    if (own->budget_ns <= 0 && is_hard(p) && own->deadline_ns > now) {
        if (used->still_ready) {
            heap_put(s->asleep, vm->index, own->deadline_ns);
        }
        return;
    }
    if (own->budget_ns <= 0) {
        refill(p, vm);
    }
    if (used->still_ready) {
        heap_put(s->ready, vm->index, own->deadline_ns);
    }
}

static uint32_t bandwidth_entitled(const struct policy *p, const struct vm *vm,
                                   const bool *present)
{
    return grants_entitled_ppm(p, vm, present, GRANTS_BUDGET);
}

const struct policy_ops policy_constant_bandwidth = {
    .name = "constant_bandwidth",
    .summary = "a budget each period, kept by deadlines",
    .about = "Each VM has schedule.budget in each schedule.period (else its weight's share of "
             "100 ms) and a deadline that moves on with what it uses; the earliest deadline "
             "runs. A VM with enough work gets its budget in each period, whatever the others "
             "do. The constant-bandwidth server of Abeni and Buttazzo 1998.",
    .params = &params,
    .work_conserving = true,
    .state_size = bandwidth_state_size,
    .init = bandwidth_init,
    .join = bandwidth_join,
    .leave = bandwidth_leave,
    .ready = bandwidth_ready,
    .pick = bandwidth_pick,
    .charge = bandwidth_charge,
    .entitled_ppm = bandwidth_entitled,
};
