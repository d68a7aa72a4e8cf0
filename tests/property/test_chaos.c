/*
 * test_chaos.c - a policy that answers at random, but never impossibly: the run bears it.
 *
 * It reserves the engine for VMs without work and for nobody, kills and asks, refuses jobs,
 * cuts at any length, and forbids cuts: every state of the slicer meets every event. The laws
 * hold, and calls come in order.
 */
#include "support/checked.h"
#include "support/law.h"
#include "support/random.h"
#include "support/test.h"

enum { SCENARIOS = 3000 };

struct chaos {
    bool present[LAW_VMS_MAX]; /* Only as many as there are VMs. */
};

static size_t chaos_state_size(uint32_t vm_count)
{
    return vm_count * sizeof(bool);
}

static uint32_t draw(struct policy *p, uint32_t bound)
{
    return (uint32_t)rng_below(p->rng, bound);
}

static void chaos_join(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    ((struct chaos *)p->state)->present[vm->index] = true;
}

static void chaos_leave(struct policy *p, const struct vm *vm, nsec now)
{
    (void)now;
    ((struct chaos *)p->state)->present[vm->index] = false;
}

static enum preempt chaos_ready(struct policy *p, const struct vm *vm, nsec now)
{
    (void)vm;
    (void)now;
    return (enum preempt)draw(p, 3);
}

/* A VM at random that is there and, if it has to, has work; there is one. */
static const struct vm *any_vm(struct policy *p, bool with_work)
{
    for (;;) {
        const struct vm *vm = &p->vms[draw(p, p->vm_count)];
        struct job_view head;
        if (((struct chaos *)p->state)->present[vm->index] &&
            (!with_work || policy_head(p, vm, &head))) {
            return vm;
        }
    }
}

static struct slice chaos_pick(struct policy *p, nsec now)
{
    nsec end_ns = now + 1 + draw(p, 30);
    struct law *law = *(struct law *const *)p->params;

    /* Jobs that are refused now are told without a time. */
    law->now = now;
    switch (draw(p, 8)) {
    case 0:
        return (struct slice){ .end_ns = end_ns };
    case 1:
        return (struct slice){ .vm = any_vm(p, false),
                               .length_ns = 1 + draw(p, 20),
                               .end_ns = end_ns };
    case 2:
        return (struct slice){
            .vm = any_vm(p, true), .length_ns = 1, .end_ns = end_ns, .drop_head = true
        };
    default:
        return (struct slice){ .vm = any_vm(p, true),
                               .length_ns = draw(p, 4) ? 1 + draw(p, 25) : NSEC_MAX,
                               .end_ns = draw(p, 4) ? NSEC_MAX : end_ns,
                               .until = (enum until)draw(p, 3) };
    }
}

static void chaos_charge(struct policy *p, const struct vm *vm, const struct usage *used,
                         nsec now)
{
    (void)p;
    (void)vm;
    (void)used;
    (void)now;
}

static const struct policy_ops chaos = {
    .name = "chaos",
    .summary = "any answer that is possible",
    .state_size = chaos_state_size,
    .join = chaos_join,
    .leave = chaos_leave,
    .ready = chaos_ready,
    .pick = chaos_pick,
    .charge = chaos_charge,
};

static void any_possible_answer_is_borne(void **state)
{
    uint64_t kinds = 0;
    (void)state;

    for (uint64_t seed = 1; seed <= SCENARIOS; seed++) {
        struct law *law = test_calloc(1, sizeof(*law));
        struct checked *checked = test_calloc(1, sizeof(*checked));
        struct build b;
        print_message("seed %u\n", (unsigned)seed);
        random_build(&b, "round_robin", seed);
        struct law **params = arena_take(&b.scenario.arena, 1, sizeof(struct law *));
        *params = law;
        build_compute(&b)->policy = &chaos;
        build_compute(&b)->params = params;
        checked_wrap(checked, &b);
        assert_int_equal(build_setup(&b), 0);
        law_watch(law, &b);
        build_run(&b);
        law_check(law);
        checked_accounts(checked, &b);
        kinds += b.record.totals[ENGINE_COMPUTE].lost_ns > 0;
        build_fini(&b);
        test_free(law);
        test_free(checked);
    }
    assert_true(kinds > SCENARIOS / 20); /* Work was thrown away in many of them. */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(any_possible_answer_is_borne) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
