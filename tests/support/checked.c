#include "support/checked.h"

#include "support/test.h"

/* The state of a checked policy. */
struct state {
    struct policy inner;
    bool started; /* init was called. */
    nsec now;
    uint32_t running; /* Of the stay that pick began; VM_NONE: none, or of nobody. */
    struct slice slice;
    nsec picked_ns;
    uint32_t ready_count;
    struct vm_state {
        bool present;
        bool ready;
    } vms[];
};

static const struct checked *checked_of(const struct policy *p)
{
    return (const struct checked *)(const void *)p->ops;
}

static size_t checked_state_size(uint32_t vm_count)
{
    return sizeof(struct state) + vm_count * sizeof(struct vm_state);
}

static int checked_init(struct policy *p, struct err *err)
{
    struct state *s = p->state;

    s->inner = *p;
    s->inner.ops = checked_of(p)->inner;
    s->inner.state = arena_take(checked_of(p)->arena, 1, s->inner.ops->state_size(p->vm_count));
    s->started = true;
    s->running = VM_NONE;
    return s->inner.ops->init ? s->inner.ops->init(&s->inner, err) : 0;
}

/* The state, after what holds for every call: time does not run backwards. */
static struct state *enter(struct policy *p, const struct vm *vm, nsec now)
{
    struct state *s = p->state;

    assert_true(s->started);
    assert_true(now >= s->now);
    assert_true(!vm || vm == &p->vms[vm->index]);
    s->now = now;
    return s;
}

static void checked_join(struct policy *p, const struct vm *vm, nsec now)
{
    struct state *s = enter(p, vm, now);

    assert_false(s->vms[vm->index].present);
    s->vms[vm->index].present = true;
    if (s->inner.ops->join) {
        s->inner.ops->join(&s->inner, vm, now);
    }
}

static void checked_leave(struct policy *p, const struct vm *vm, nsec now)
{
    struct state *s = enter(p, vm, now);

    assert_true(s->vms[vm->index].present);
    assert_true(s->running != vm->index); /* Charged before. */
    s->ready_count -= s->vms[vm->index].ready;
    s->vms[vm->index] = (struct vm_state){ false, false };
    if (s->inner.ops->leave) {
        s->inner.ops->leave(&s->inner, vm, now);
    }
}

static void checked_arrived(struct policy *p, const struct vm *vm, const struct job_view *job,
                            nsec now)
{
    struct state *s = enter(p, vm, now);
    struct job_view head;

    assert_true(s->vms[vm->index].present);
    assert_true(job->arrival_ns <= job->ready_ns && job->ready_ns == now);
    assert_true(policy_head(p, vm, &head));
    assert_int_equal(job->demand_ns >= 0, p->ops->needs_demand);
    if (s->inner.ops->arrived) {
        s->inner.ops->arrived(&s->inner, vm, job, now);
    }
}

static enum preempt checked_ready(struct policy *p, const struct vm *vm, nsec now)
{
    struct state *s = enter(p, vm, now);
    struct job_view head;

    assert_true(s->vms[vm->index].present && !s->vms[vm->index].ready);
    assert_true(policy_head(p, vm, &head));
    s->vms[vm->index].ready = true;
    s->ready_count++;
    return s->inner.ops->ready(&s->inner, vm, now);
}

static struct slice checked_pick(struct policy *p, nsec now)
{
    struct state *s = enter(p, NULL, now);

    assert_int_equal(s->running, VM_NONE);
    assert_true(s->ready_count > 0);
    struct slice slice = s->inner.ops->pick(&s->inner, now);
    s->slice = slice;
    s->picked_ns = now;
    s->running = slice.vm ? slice.vm->index : VM_NONE;
    assert_true(slice.end_ns > now);
    if (slice.vm) {
        assert_true(slice.vm == &p->vms[slice.vm->index]);
        assert_true(s->vms[slice.vm->index].present);
        assert_true(slice.length_ns > 0);
        assert_true(s->vms[slice.vm->index].ready || slice.end_ns != NSEC_MAX);
    } else {
        assert_true(slice.end_ns != NSEC_MAX);
    }
    ((struct checked *)(void *)checked_of(p))->picks++;
    return slice;
}

static void checked_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                           nsec now)
{
    struct state *s = enter(p, vm, now);
    struct vm_state *own = &s->vms[vm->index];

    assert_int_equal(s->running, vm->index);
    assert_true(used->ran_ns >= 0 && used->ran_ns <= now - s->picked_ns);
    assert_true(used->lost_ns >= 0);
    assert_true(!used->still_ready || own->ready);
    s->running = VM_NONE;
    if (!used->still_ready && own->ready) {
        own->ready = false;
        s->ready_count--;
    }
    ((struct checked *)(void *)checked_of(p))->charged_ns[vm->index] += used->ran_ns;
    s->inner.ops->charge(&s->inner, vm, used, now);
}

void checked_wrap(struct checked *checked, struct build *b)
{
    struct engine_sharing *engine = build_compute(b);

    *checked = (struct checked){ .ops = *engine->policy,
                                 .inner = engine->policy,
                                 .arena = &b->scenario.arena };
    checked->ops.state_size = checked_state_size;
    checked->ops.init = checked_init;
    checked->ops.join = checked_join;
    checked->ops.leave = checked_leave;
    checked->ops.arrived = checked_arrived;
    checked->ops.ready = checked_ready;
    checked->ops.pick = checked_pick;
    checked->ops.charge = checked_charge;
    checked->ops.round = NULL; /* Every call is looked at, so none is skipped. */
    checked->ops.skip = NULL;
    engine->policy = &checked->ops;
}

void checked_accounts(const struct checked *checked, const struct build *b)
{
    const struct record *record = &b->record;
    const struct stay *last = NULL;

    for (size_t i = 0; i < record->stay_count; i++) {
        if (record->stays[i].engine == ENGINE_COMPUTE) {
            last = &record->stays[i];
        }
    }
    for (uint32_t vm = 0; vm < record->vm_count; vm++) {
        nsec service = record_service(record, ENGINE_COMPUTE, vm);
        nsec charged = checked->charged_ns[vm];
        /* A stay that the end of the run cut was served, but not charged. */
        if (charged != service) {
            assert_non_null(last);
            assert_int_equal(last->vm, vm);
            charged += last->run_end_ns - last->run_start_ns;
        }
        assert_int_equal(charged, service);
    }
}
