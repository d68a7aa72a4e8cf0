/*
 * finish_time_fairness.c - who would finish latest, against having a share of its own, runs.
 *
 * Themis (Mahajan et al., "Themis: fair and efficient GPU cluster scheduling", 2020) on one
 * GPU: rho = (time since arrival + remaining) / (N * demand), N being the number of VMs; each
 * lease of one slice goes to the job with the largest rho. (On one GPU the auction among the
 * worst few is a choice of the worst one.) An oracle: demands must be known.
 *
 * All rhos change with time, each at its own pace, so a decision looks at every VM.
 *
 * Bound: when a lease begins, no job has a larger rho than the one that gets it.
 * tests/policy/test_finish_time_fairness.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"

struct finish_time {
    uint32_t end; /* VMs from here on have no work. */
    struct finish_time_vm {
        bool ready;
        nsec arrival_ns;
        nsec demand_ns;
        nsec remaining_ns;
    } vms[];
};

static size_t finish_time_state_size(uint32_t vm_count)
{
    return sizeof(struct finish_time) + vm_count * sizeof(struct finish_time_vm);
}

static void look_at_head(struct policy *p, const struct vm *vm)
{
    struct finish_time *s = p->state;
    struct job_view head = { 0 };

    (void)policy_head(p, vm, &head);
    s->vms[vm->index] =
        (struct finish_time_vm){ true, head.arrival_ns, head.demand_ns, head.remaining_ns };
}

static void finish_time_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    ((struct finish_time *)p->state)->vms[vm->index].ready = false;
}

static enum preempt finish_time_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct finish_time *s = p->state;

    (void)now;
    look_at_head(p, vm);
    s->end = s->end > vm->index ? s->end : vm->index + 1;
    return PREEMPT_NO;
}

/* Whether a's rho is larger than b's. */
static bool is_worse(const struct finish_time_vm *a, const struct finish_time_vm *b, nsec now)
{
    return (wide)(now - a->arrival_ns + a->remaining_ns) * b->demand_ns >
           (wide)(now - b->arrival_ns + b->remaining_ns) * a->demand_ns;
}

static struct slice finish_time_pick(struct policy *p, nsec now)
{
    struct finish_time *s = p->state;
    uint32_t worst = VM_NONE;

    for (uint32_t i = 0; i < s->end; i++) {
        if (s->vms[i].ready &&
            (worst == VM_NONE || is_worse(&s->vms[i], &s->vms[worst], now))) {
            worst = i;
        }
    }
    assert(worst != VM_NONE);
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
        s->vms[vm->index].ready = false;
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
    .leave = finish_time_leave,
    .ready = finish_time_ready,
    .pick = finish_time_pick,
    .charge = finish_time_charge,
};
