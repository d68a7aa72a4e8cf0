/*
 * finish_time_fairness.c - who would finish latest, against having a share of its own, runs.
 *
 * Themis (Mahajan et al., "Themis: fair and efficient GPU cluster scheduling", 2020) on one
 * GPU: rho = (time since arrival + remaining) / (N * demand), N being the number of VMs; each
 * lease of one slice goes to the job with the largest rho. (On one GPU the auction among the
 * worst few is a choice of the worst one.) An oracle: demands must be known.
 *
 * All rhos change with time, each at its own pace, so a decision looks at every VM with work.
 *
 * Bound: when a lease begins, no job has a larger rho than the one that gets it.
 * tests/policy/test_finish_time_fairness.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "policy/pool.h"

struct finish_time {
    struct pool ready;
    struct finish_time_vm {
        nsec arrival_ns;
        nsec demand_ns;
        nsec remaining_ns;
    } vms[];
};

static size_t finish_time_state_size(uint32_t vm_count)
{
    return sizeof(struct finish_time) + vm_count * sizeof(struct finish_time_vm) +
           pool_memory_size(vm_count);
}

static int finish_time_init(struct policy *p, struct err *err)
{
    struct finish_time *s = p->state;

    (void)err;
    pool_init(&s->ready, &s->vms[p->vm_count], p->vm_count);
    return 0;
}

static void look_at_head(struct policy *p, const struct vm *vm)
{
    struct finish_time *s = p->state;
    struct job_view head = { 0 };

    (void)policy_head(p, vm, &head);
    s->vms[vm->index] =
        (struct finish_time_vm){ head.arrival_ns, head.demand_ns, head.remaining_ns };
}

static void finish_time_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    pool_remove(&((struct finish_time *)p->state)->ready, vm->index);
}

static enum preempt finish_time_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct finish_time *s = p->state;

    (void)now;
    look_at_head(p, vm);
    pool_put(&s->ready, vm->index);
    return PREEMPT_NO;
}

/* Whether VM a's rho is larger than b's, or as large and its index lower. */
static bool goes_before(const struct finish_time *s, uint32_t a, uint32_t b, nsec now)
{
    const struct finish_time_vm *first = &s->vms[a];
    const struct finish_time_vm *second = &s->vms[b];
    wide left = (wide)(now - first->arrival_ns + first->remaining_ns) * second->demand_ns;
    wide right = (wide)(now - second->arrival_ns + second->remaining_ns) * first->demand_ns;

    return left > right || (left == right && a < b);
}

static struct slice finish_time_pick(struct policy *p, nsec now)
{
    struct finish_time *s = p->state;

    assert(s->ready.count > 0);
    uint32_t worst = s->ready.items[0];
    for (uint32_t i = 1; i < s->ready.count; i++) {
        uint32_t other = s->ready.items[i];
        worst = goes_before(s, other, worst, now) ? other : worst;
    }
    return (struct slice){ .vm = &p->vms[worst],
                           .length_ns = p->quantum_ns,
                           .end_ns = NSEC_MAX,
                           .until = UNTIL_JOB_END };
}

static void finish_time_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                               nsec now)
{
    struct finish_time *s = p->state;

    (void)now;
    if (used->still_ready) {
        look_at_head(p, vm);
    } else {
        pool_remove(&s->ready, vm->index);
    }
}

const struct policy_ops policy_finish_time_fairness = {
    .name = "finish_time_fairness",
    .summary = "who would finish latest against a fair share runs",
    .about =
        "Each slice goes to the job with the largest rho = (time since arrival + remaining) "
        "/ (number of VMs * demand). It keeps the largest rho low, and so jobs from being "
        "worse off than with a share of their own. Themis (2020) on one GPU; it needs to "
        "know demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = finish_time_state_size,
    .init = finish_time_init,
    .leave = finish_time_leave,
    .ready = finish_time_ready,
    .pick = finish_time_pick,
    .charge = finish_time_charge,
};
