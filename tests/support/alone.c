#include "support/alone.h"

#include "support/params.h"
#include "support/test.h"

static bool alone_head(const struct policy_host *host, uint32_t vm_index,
                       struct job_view *ret_view)
{
    const struct alone_host *own = (const struct alone_host *)(const void *)host;

    if (own->heads[vm_index].order == 0) {
        return false;
    }
    *ret_view = own->heads[vm_index];
    if (!own->shows_demand) {
        ret_view->demand_ns = ret_view->remaining_ns = -1;
    }
    return true;
}

void alone_init(struct alone *alone, const char *policy, uint32_t vm_count)
{
    const struct policy_ops *ops = policy_find(policy);

    *alone = (struct alone){ 0 };
    assert_non_null(ops);
    arena_init(&alone->arena);
    params_default(&alone->sharing, ops, &alone->arena);
    alone->vms = arena_take(&alone->arena, vm_count, sizeof(alone->vms[0]));
    for (uint32_t i = 0; i < vm_count; i++) {
        alone->vms[i] = (struct vm){
            .index = i,
            .name = arena_format(&alone->arena, "vm%u", i),
            .weight = VM_WEIGHT_ONE,
            .priority = 100,
            .schedule = { .maximum_ppm = (uint32_t)PPM },
            .stop_ns = NSEC_MAX,
        };
    }
    rng_init(&alone->rng, &(struct rng_name){ 1, 0, "test", 0, "", "policy" });
    alone->host.host.head = alone_head;
    alone->host.shows_demand = ops->needs_demand;
    alone->host.heads = arena_take(&alone->arena, vm_count, sizeof(struct job_view));
    alone->service_ns = arena_take(&alone->arena, vm_count, sizeof(nsec));
    alone->seed = 1;
    alone->policy = (struct policy){
        .ops = ops,
        .quantum_ns = 2 * MSEC,
        .vms = alone->vms,
        .vm_count = vm_count,
        .slot_count = vm_count,
        .rng = &alone->rng,
        .host = &alone->host.host,
    };
}

void alone_fini(struct alone *alone)
{
    arena_fini(&alone->arena);
}

void alone_begin(struct alone *alone)
{
    struct policy *p = &alone->policy;
    struct err err = { 0 };

    p->params = alone->sharing.params;
    p->state = arena_take(&alone->arena, 1, p->ops->state_size(p->vm_count));
    if (p->ops->init && p->ops->init(p, &err)) {
        fail_msg("%s", err.text);
    }
    for (uint32_t i = 0; p->ops->join && i < p->vm_count; i++) {
        p->ops->join(p, &p->vms[i], 0);
    }
}

/* The next job of a VM comes to the head of its queue. */
static void put_head(struct alone *alone, uint32_t vm, nsec now)
{
    struct job_view *head = &alone->host.heads[vm];

    *head = (struct job_view){
        .arrival_ns = now,
        .ready_ns = now,
        .submitted_ns = now,
        .order = ++alone->host.order,
        .deadline_ns = NSEC_MAX,
        .demand_ns = HOUR,
    };
    if (alone->next_job) {
        alone->next_job(alone, vm, head);
    }
    head->remaining_ns = head->demand_ns;
}

enum preempt alone_ready(struct alone *alone, uint32_t vm, nsec now)
{
    struct policy *p = &alone->policy;

    put_head(alone, vm, now);
    if (p->ops->arrived) {
        p->ops->arrived(p, &p->vms[vm], &alone->host.heads[vm], now);
    }
    return p->ops->ready(p, &p->vms[vm], now);
}

struct slice alone_pick(struct alone *alone, nsec now)
{
    return alone->policy.ops->pick(&alone->policy, now);
}

void alone_charge(struct alone *alone, const struct vm *vm, nsec ran_ns, bool still_ready,
                  nsec now)
{
    struct policy *p = &alone->policy;
    const struct usage used = {
        .ran_ns = ran_ns,
        .switched_in_ns = now - ran_ns,
        .jobs_done = !still_ready,
        .still_ready = still_ready,
    };

    if (!still_ready) {
        alone->host.heads[vm->index].order = 0;
    }
    p->ops->charge(p, vm, &used, now);
}

/* How long the stay of a VM at `now` lasts, as far as its head's job goes. */
static nsec stay_length(const struct alone *alone, const struct slice *slice)
{
    const struct job_view *head = &alone->host.heads[slice->vm->index];
    nsec length = slice->length_ns;
    nsec kernel = head->kernel_ns > 0 ? head->kernel_ns : head->demand_ns;

    if (slice->end_ns != NSEC_MAX && slice->end_ns - alone->now < length) {
        length = slice->end_ns - alone->now;
    }
    if (slice->until == UNTIL_KERNEL_END) {
        nsec rest = kernel - (head->demand_ns - head->remaining_ns) % kernel;
        length = rest < length ? rest : length;
    }
    return length < head->remaining_ns ? length : head->remaining_ns;
}

uint32_t alone_step(struct alone *alone)
{
    struct slice slice = alone_pick(alone, alone->now);

    if (!slice.vm) {
        assert_true(slice.end_ns > alone->now && slice.end_ns < NSEC_MAX);
        alone->now = slice.end_ns;
        return VM_NONE;
    }
    uint32_t vm = slice.vm->index;
    nsec ran = slice.drop_head ? 0 : stay_length(alone, &slice);
    struct usage used = { .ran_ns = ran, .switched_in_ns = alone->now, .still_ready = true };
    alone->now += ran;
    alone->service_ns[vm] += ran;
    alone->host.heads[vm].remaining_ns -= ran;
    if (slice.drop_head || alone->host.heads[vm].remaining_ns == 0) {
        used.jobs_done = !slice.drop_head;
        put_head(alone, vm, alone->now);
    }
    alone->policy.ops->charge(&alone->policy, slice.vm, &used, alone->now);
    return vm;
}
