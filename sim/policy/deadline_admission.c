/*
 * deadline_admission.c - jobs that cannot end in time are refused before they start.
 *
 * The rule of Clockwork (Gujarati et al., "Serving DNNs like clockwork", 2020) for one GPU:
 * inference is predictable if jobs run one at a time and whole. The job with the earliest
 * deadline is next; if now + demand + margin is after its deadline it is dropped instead, and
 * the next one is looked at. Clockwork's batching and loading of models are left out. Demands
 * must be known; only the head of each VM's queue is looked at, and only its present phase.
 *
 * Bound: no job with a deadline that starts here ends late, as long as switches take at most
 * the margin. tests/policy/test_deadline_admission.c checks it.
 */
#include "policy/policy.h"

#include "engine/heap.h"
#include "policy/deadline.h"

struct admission_params {
    nsec margin_ns;
};

static const struct field fields[] = {
    { .name = "margin",
      .kind = FIELD_TIME,
      .offset = offsetof(struct admission_params, margin_ns),
      .min = 0,
      .max = 100 * SEC,
      .fallback = 0,
      .doc = "Time that a job must be able to spare before its deadline, as for a switch." },
};
static const struct field_table params = { fields, ARRAY_LEN(fields),
                                           sizeof(struct admission_params) };

static size_t admission_state_size(uint32_t vm_count)
{
    return heap_size(vm_count);
}

static int admission_init(struct policy *p, struct err *err)
{
    (void)err;
    heap_init(p->state, p->vm_count);
    return 0;
}

static void admission_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    if (heap_has(p->state, vm->index)) {
        heap_remove(p->state, vm->index);
    }
}

static enum preempt admission_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    heap_put(p->state, vm->index, deadline_key(p, vm));
    return PREEMPT_NO;
}

static struct slice admission_pick(struct policy *p, nsec now)
{
    const struct admission_params *own = p->params;
    const struct vm *vm = &p->vms[heap_first(p->state)];
    struct job_view head = { .deadline_ns = NSEC_MAX };

    (void)policy_head(p, vm, &head);
    heap_remove(p->state, vm->index);
    return (struct slice){
        .vm = vm,
        .length_ns = NSEC_MAX,
        .end_ns = NSEC_MAX,
        .until = UNTIL_JOB_END,
        .drop_head = !head.returns_at_once &&
                     (wide)now + head.demand_ns + own->margin_ns > head.deadline_ns,
    };
}

static void admission_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                             nsec now)
{
    (void)now;
    if (used->still_ready) {
        heap_put(p->state, vm->index, deadline_key(p, vm));
    }
}

const struct policy_ops policy_deadline_admission = {
    .name = "deadline_admission",
    .summary = "earliest deadline, whole; hopeless jobs are dropped",
    .about =
        "The job with the earliest deadline runs whole, unless it could not end in time: "
        "then it is dropped and counted; one whose client would be back at once runs late. No "
        "other job that starts ends late, as long as switches fit into the margin. The rule of "
        "Clockwork (2020); it needs to know demands.",
    .params = &params,
    .work_conserving = true,
    .needs_demand = true,
    .state_size = admission_state_size,
    .init = admission_init,
    .leave = admission_leave,
    .ready = admission_ready,
    .pick = admission_pick,
    .charge = admission_charge,
};
