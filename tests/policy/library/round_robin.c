/* round_robin.c - a policy as somebody outside of the program would write one. */
#include <vgpusim/policy.h>

struct turns {
    uint64_t next;    /* The last turn that was given to a VM. */
    uint64_t turns[]; /* By VM: when its turn comes; 0: it is not ready. */
};

static size_t mine_state_size(uint32_t vm_count)
{
    return sizeof(struct turns) + vm_count * sizeof(uint64_t);
}

static enum preempt mine_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    t->turns[vm->index] = ++t->next;
    return PREEMPT_NO;
}

static void mine_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct turns *t = p->state;

    (void)now;
    t->turns[vm->index] = 0;
}

static struct slice mine_pick(struct policy *p, nsec now)
{
    struct turns *t = p->state;
    const struct vm *first = NULL;

    (void)now;
    for (uint32_t i = 0; i < p->vm_count; i++) {
        if (t->turns[i] > 0 && (!first || t->turns[i] < t->turns[first->index])) {
            first = &p->vms[i];
        }
    }
    return (struct slice){ .vm = first, .length_ns = p->quantum_ns, .end_ns = NSEC_MAX };
}

static void mine_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                        nsec now)
{
    struct turns *t = p->state;

    (void)now;
    t->turns[vm->index] = used->still_ready ? ++t->next : 0;
}

const uint32_t vgpusim_policy_version = VGPUSIM_POLICY_VERSION;

const struct policy_ops vgpusim_policy = {
    .name = "my_turns",
    .summary = "equal turns of one slice, from a library",
    .about = "Ready VMs take turns of one slice in the order in which they became ready.",
    .work_conserving = true,
    .state_size = mine_state_size,
    .leave = mine_leave,
    .ready = mine_ready,
    .pick = mine_pick,
    .charge = mine_charge,
};
