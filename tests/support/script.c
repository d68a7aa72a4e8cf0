#include "support/script.h"

#include "support/test.h"

static size_t script_state_size(uint32_t vm_count)
{
    (void)vm_count;
    return 0;
}

static struct script *script_of(const struct policy *p)
{
    return *(struct script *const *)p->params;
}

const struct vm *script_highest(const struct policy *p)
{
    for (uint32_t i = p->vm_count; i-- > 0;) {
        struct job_view head;
        if (policy_head(p, &p->vms[i], &head)) {
            return &p->vms[i];
        }
    }
    return NULL;
}

static enum preempt script_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)vm;
    (void)now;
    return script_of(p)->verdict;
}

static struct slice script_pick(struct policy *p, nsec now)
{
    const struct script *script = script_of(p);
    struct job_view head;

    if (script->pick) {
        return script->pick(script, p, now);
    }
    if (script->drop_after_ns > 0 && policy_head(p, &p->vms[0], &head) &&
        now - head.arrival_ns >= script->drop_after_ns) {
        return (struct slice){
            .vm = &p->vms[0], .length_ns = 1, .end_ns = NSEC_MAX, .drop_head = true
        };
    }
    return (struct slice){ .vm = script_highest(p),
                           .length_ns = script->length_ns > 0 ? script->length_ns : NSEC_MAX,
                           .end_ns = NSEC_MAX,
                           .until = script->until };
}

static void script_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                          nsec now)
{
    struct script *script = script_of(p);

    if (script->charge_count < SCRIPT_CHARGES_MAX) {
        script->charges[script->charge_count++] =
            (struct script_charge){ vm->index, now, *used };
    }
}

static const struct policy_ops script_policy = {
    .name = "script",
    .summary = "a test's own answers",
    .state_size = script_state_size,
    .ready = script_ready,
    .pick = script_pick,
    .charge = script_charge,
};

void script_init(struct build *b, struct script *script)
{
    struct script **params;

    build_init(b, "fifo");
    params = arena_take(&b->scenario.arena, 1, sizeof(struct script *));
    *params = script;
    build_compute(b)->policy = &script_policy;
    build_compute(b)->params = params;
}
