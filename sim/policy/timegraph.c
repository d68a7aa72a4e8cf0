/*
 * timegraph.c - priorities with reservations, for commands that are not cut.
 *
 * Kato et al., "TimeGraph: GPU scheduling for real-time multi-tasking environments", 2011. A VM
 * has a budget C each period T of its schedule, counted from its start. The highest priority
 * that may start does, for one kernel (TimeGraph's command group): under posterior enforcement
 * while its budget is above 0, an overrun being a debt; a priori only if the budget covers what
 * the VM's last kernel took (or is full, so that a kernel longer than the budget gets through).
 * Each T the budget becomes min(C, budget + C). VMs of one priority take turns, as under
 * TimeGraph's PRT mode. VMs that give no budget get their weight's share, or, with
 * `unreserved: background`, what the others leave.
 *
 * Bound: in k periods a VM gets at most k + 1 budgets and one kernel; the one of the highest
 * priority, if it always has work, gets at least k - 1 budgets less a kernel of another VM
 * each. tests/policy/test_timegraph.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/grants.h"

enum { ENFORCE_POSTERIOR, ENFORCE_A_PRIORI };
enum { UNRESERVED_SHARE, UNRESERVED_BACKGROUND };

struct timegraph_params {
    int enforcement;
    int unreserved;
};

static const char *const enforcements[] = { "posterior", "a_priori", NULL };
static const char *const unreserved_words[] = { "share", "background", NULL };

static const struct field fields[] = {
    { .name = "enforcement",
      .kind = FIELD_CHOICE,
      .offset = offsetof(struct timegraph_params, enforcement),
      .fallback = ENFORCE_POSTERIOR,
      .choices = enforcements,
      .doc = "Whether a kernel starts while there is budget (posterior), or only if the budget "
             "covers what the last one took (a_priori)." },
    { .name = "unreserved",
      .kind = FIELD_CHOICE,
      .offset = offsetof(struct timegraph_params, unreserved),
      .fallback = UNRESERVED_SHARE,
      .choices = unreserved_words,
      .doc = "Whether VMs that give no budget get their weight's share of what is left, or run "
             "in the background, when no VM with budget has work." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct timegraph_params) };

/* A key is background or not, then the priority, then the place. */
enum { PLACE_BITS = 48, LEVEL_BACKGROUND = VM_PRIORITY_MAX + 1 };

struct timegraph {
    struct grants grants;
    bool running;
    int64_t next_place;
    struct heap *ready; /* VMs with work that may start, by key. */
    struct heap *spent; /* VMs with work that may not, by the time at which they may. */
    struct timegraph_vm {
        nsec budget_ns;
        nsec next_ns; /* When it gets its next budget. */
        nsec last_ns; /* What its last kernel took. */
    } vms[];
};

static size_t timegraph_state_size(uint32_t vm_count)
{
    return sizeof(struct timegraph) + vm_count * sizeof(struct timegraph_vm) +
           2 * heap_size(vm_count);
}

static int timegraph_init(struct policy *p, struct err *err)
{
    struct timegraph *s = p->state;

    s->grants.key = GRANTS_BUDGET;
    s->ready = (void *)&s->vms[p->vm_count];
    s->spent = (void *)((char *)s->ready + heap_size(p->vm_count));
    heap_init(s->ready, p->vm_count);
    heap_init(s->spent, p->vm_count);
    return grants_check(p, GRANTS_BUDGET, err);
}

static const struct timegraph_params *params_of(const struct policy *p)
{
    return p->params;
}

static bool is_background(const struct policy *p, const struct vm *vm)
{
    return params_of(p)->unreserved == UNRESERVED_BACKGROUND && vm->schedule.budget_ns == 0;
}

static void timegraph_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct timegraph *s = p->state;

    grants_join(&s->grants, vm);
    s->vms[vm->index].next_ns = now;
}

/* Gives the budgets that are due. */
static void replenish(struct policy *p, const struct vm *vm, nsec now)
{
    struct timegraph *s = p->state;
    struct timegraph_vm *own = &s->vms[vm->index];
    nsec period = grants_period_ns(vm);
    nsec budget = grants_budget_ns(&s->grants, vm);

    if (own->next_ns <= now) {
        nsec due = (now - own->next_ns) / period + 1;
        wide sum = own->budget_ns + (wide)due * budget;
        own->budget_ns = sum < budget ? (nsec)sum : budget;
        own->next_ns += due * period;
    }
}

/* The budget that a VM needs to start a kernel. */
static nsec needed(const struct policy *p, const struct vm *vm)
{
    const struct timegraph *s = p->state;
    nsec last = s->vms[vm->index].last_ns;
    nsec full = grants_budget_ns(&s->grants, vm);

    if (params_of(p)->enforcement == ENFORCE_POSTERIOR || last == 0) {
        return 1;
    }
    return last < full ? last : full;
}

static void put(struct policy *p, const struct vm *vm, nsec now)
{
    struct timegraph *s = p->state;
    struct timegraph_vm *own = &s->vms[vm->index];
    int64_t level = VM_PRIORITY_MAX - (int64_t)vm->priority;

    replenish(p, vm, now);
    nsec missing = is_background(p, vm) ? 0 : needed(p, vm) - own->budget_ns;
    if (missing <= 0) {
        level += is_background(p, vm) ? LEVEL_BACKGROUND : 0;
        heap_put(s->ready, vm->index, (level << PLACE_BITS) + s->next_place++);
    } else {
        nsec waits = (missing - 1) / grants_budget_ns(&s->grants, vm);
        wide until = own->next_ns + (wide)waits * grants_period_ns(vm);
        heap_put(s->spent, vm->index, until < NSEC_MAX ? (nsec)until : NSEC_MAX - 1);
    }
}

static void timegraph_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct timegraph *s = p->state;

    grants_leave(&s->grants, vm);
    if (heap_has(s->ready, vm->index)) {
        heap_remove(s->ready, vm->index);
    }
    if (heap_has(s->spent, vm->index)) {
        heap_remove(s->spent, vm->index);
    }
    for (uint32_t i = 0; i < p->vm_count; i++) { /* There is more for the others. */
        if (heap_has(s->spent, i)) {
            heap_remove(s->spent, i);
            put(p, &p->vms[i], now);
        }
    }
}

static enum preempt timegraph_ready(struct policy *p, const struct vm *vm, nsec now)
{
    put(p, vm, now);
    return ((struct timegraph *)p->state)->running ? PREEMPT_NO : PREEMPT_ASK;
}

static struct slice timegraph_pick(struct policy *p, nsec now)
{
    struct timegraph *s = p->state;

    while (s->spent->count > 0 && heap_first_key(s->spent) <= now) {
        uint32_t index = heap_first(s->spent);
        heap_remove(s->spent, index);
        put(p, &p->vms[index], now);
    }
    if (s->ready->count == 0) {
        return (struct slice){ .end_ns = heap_first_key(s->spent) };
    }
    uint32_t index = heap_first(s->ready);
    heap_remove(s->ready, index);
    s->running = true;
    return (struct slice){ .vm = &p->vms[index],
                           .length_ns = NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_KERNEL_END };
}

static void timegraph_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                             nsec now)
{
    struct timegraph *s = p->state;
    struct timegraph_vm *own = &s->vms[vm->index];

    s->running = false;
    own->last_ns = used->ran_ns;
    own->budget_ns -= is_background(p, vm) ? 0 : used->ran_ns;
    if (used->still_ready) {
        put(p, vm, now);
    }
}

static uint32_t timegraph_entitled(const struct policy *p, const struct vm *vm,
                                   const bool *present)
{
    return is_background(p, vm) ? 0 : grants_entitled_ppm(p, vm, present, GRANTS_BUDGET);
}

const struct policy_ops policy_timegraph = {
    .name = "timegraph",
    .summary = "priorities with a budget each period, kernels whole",
    .about = "The VM of the highest priority with budget left runs one kernel at a time; each "
             "schedule.period it gets schedule.budget (else its weight's share), less what it "
             "overran. A VM overruns its budget by at most one kernel. TimeGraph (2011), with "
             "posterior or a-priori enforcement.",
    .params = &params,
    .work_conserving = false,
    .state_size = timegraph_state_size,
    .init = timegraph_init,
    .join = timegraph_join,
    .leave = timegraph_leave,
    .ready = timegraph_ready,
    .pick = timegraph_pick,
    .charge = timegraph_charge,
    .entitled_ppm = timegraph_entitled,
};
