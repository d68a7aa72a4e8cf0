/*
 * deficit_round_robin.c - turns for jobs that cannot be cut.
 *
 * Shreedhar and Varghese, "Efficient fair queuing using deficit round robin", 1995. At each
 * visit a VM's deficit grows by its quantum, slice * weight / 100; it runs jobs as long as the
 * next one's demand is covered, and keeps the rest for its next visit, unless it runs dry.
 * Visits that can serve nothing are taken together, so a job of an hour costs no more
 * decisions than one of a millisecond. The demand at the head must be known: an oracle.
 *
 * Bound: a VM that stays ready lags the weight's share of a round by less than its quantum plus
 * the longest demand; its deficit is always less than its longest demand between visits.
 * tests/policy/test_deficit_round_robin.c checks it.
 */
#include "policy/policy.h"

#include "base/assert.h"
#include "policy/rotation.h"

struct drr {
    struct rotation ready;
    uint32_t visited; /* The VM whose visit goes on; VM_NONE: none. */
    struct drr_vm {
        nsec deficit_ns;
        nsec quantum_ns;
        nsec head_ns; /* Demand of the next job. */
    } vms[];
};

static size_t drr_state_size(uint32_t vm_count)
{
    return sizeof(struct drr) + vm_count * sizeof(struct drr_vm) + rotation_ring_size(vm_count);
}

static int drr_init(struct policy *p, struct err *err)
{
    struct drr *s = p->state;

    (void)err;
    rotation_init(&s->ready, &s->vms[p->vm_count], p->vm_count);
    s->visited = VM_NONE;
    for (uint32_t i = 0; i < p->vm_count; i++) {
        nsec quantum = (nsec)((wide)p->quantum_ns * p->vms[i].weight / VM_WEIGHT_ONE);
        s->vms[i].quantum_ns = quantum > 0 ? quantum : 1;
    }
    return 0;
}

static void look_at_head(struct policy *p, const struct vm *vm)
{
    struct drr *s = p->state;
    struct job_view head;
    bool has_work = policy_head(p, vm, &head);

    assert(has_work);
    s->vms[vm->index].head_ns = head.demand_ns;
}

static void drr_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct drr *s = p->state;

    (void)now;
    rotation_remove(&s->ready, vm->index);
    s->visited = s->visited == vm->index ? VM_NONE : s->visited;
}

static enum preempt drr_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct drr *s = p->state;

    (void)now;
    look_at_head(p, vm);
    rotation_put_last(&s->ready, vm->index);
    return PREEMPT_NO;
}

/* Whether the next job of a VM is covered by its deficit. */
static bool is_covered(const struct drr_vm *own)
{
    return own->head_ns <= own->deficit_ns;
}

/* One visit to each VM, up to the first that can run a job; VM_NONE: none could. */
static uint32_t visit_all(struct drr *s)
{
    for (uint32_t i = rotation_count(&s->ready); i > 0; i--) {
        uint32_t index = rotation_take_first(&s->ready);
        s->vms[index].deficit_ns += s->vms[index].quantum_ns;
        if (is_covered(&s->vms[index])) {
            return index;
        }
        rotation_put_last(&s->ready, index);
    }
    return VM_NONE;
}

/* Adds the quanta of those whole rounds in which no job would be covered. */
static void skip_rounds(struct policy *p)
{
    struct drr *s = p->state;
    nsec rounds = NSEC_MAX;

    for (uint32_t i = 0; i < rotation_count(&s->ready); i++) {
        const struct drr_vm *own = &s->vms[s->ready.ring[(s->ready.head + i) & s->ready.mask]];
        nsec missing = own->head_ns - own->deficit_ns;
        nsec needed = (missing + own->quantum_ns - 1) / own->quantum_ns;
        rounds = needed < rounds ? needed : rounds;
    }
    for (uint32_t i = 0; i < rotation_count(&s->ready); i++) {
        struct drr_vm *own = &s->vms[rotation_at(&s->ready, i)];
        own->deficit_ns += (rounds - 1) * own->quantum_ns;
    }
}

static struct slice drr_pick(struct policy *p, nsec now)
{
    struct drr *s = p->state;
    uint32_t index = s->visited;

    (void)now;
    if (index == VM_NONE) {
        index = visit_all(s);
    }
    if (index == VM_NONE) {
        skip_rounds(p);
        index = visit_all(s);
    }
    s->visited = VM_NONE;
    s->vms[index].deficit_ns -= s->vms[index].head_ns;
    return (struct slice){
        .vm = &p->vms[index], .length_ns = NSEC_MAX, .end_ns = NSEC_MAX, .until = UNTIL_JOB_END
    };
}

static void drr_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                       nsec now)
{
    struct drr *s = p->state;
    struct drr_vm *own = &s->vms[vm->index];

    (void)now;
    if (!used->still_ready) {
        own->deficit_ns = 0;
        return;
    }
    look_at_head(p, vm);
    if (is_covered(own)) {
        s->visited = vm->index;
    } else {
        rotation_put_last(&s->ready, vm->index);
    }
}

const struct policy_ops policy_deficit_round_robin = {
    .name = "deficit_round_robin",
    .summary = "turns for whole jobs; what is not used is kept",
    .about =
        "At each visit a VM's deficit grows by slice * weight / 100, and it runs whole "
        "jobs as long as the deficit covers the next one. A VM that stays ready lags its "
        "share by less than its quantum plus the longest job. Shreedhar and Varghese 1995; "
        "it needs to know demands.",
    .work_conserving = true,
    .needs_demand = true,
    .state_size = drr_state_size,
    .init = drr_init,
    .leave = drr_leave,
    .ready = drr_ready,
    .pick = drr_pick,
    .charge = drr_charge,
};
