/*
 * test_skip.c - what is skipped by arithmetic comes out as if it had been stepped.
 *
 * Random scenarios with many short slices between two events, under every policy that can tell
 * its rounds: each is run twice, and all that probes hear is folded into a hash in the order in
 * which they hear it. Only stays are left out, to which nobody listens, or else nothing would
 * be skipped.
 */
#include "support/build.h"
#include "support/heard.h"
#include "support/test.h"

#include <string.h>

enum { SCENARIOS = 4000, VMS_MAX = 7 };

static void add_vm(struct build *b, uint64_t *seed, nsec load_ns)
{
    uint32_t vm = build_vm(b, "vm");
    struct vm_entry *entry = &b->vms[vm];
    struct amount demand = build_exponential(test_between(seed, 1, load_ns));

    entry->weight = (uint32_t)test_between(seed, 1, 300);
    if (test_chance(seed, 20)) {
        entry->preempt_ns = test_between(seed, 20, 30);
    }
    if (test_chance(seed, 20)) {
        entry->start_ns = test_between(seed, 1, 40000);
        entry->stop_ns = entry->start_ns + test_between(seed, 1, 60000);
    }
    if (test_chance(seed, 30)) {
        build_closed(b, vm, demand, test_between(seed, 1, 500));
    } else {
        struct workload *workload =
            build_poisson(b, vm, VMS_MAX * load_ns * test_between(seed, 1, 3) / 2, demand);
        if (test_chance(seed, 20)) {
            build_phase(b, workload, PHASE_HOST, build_exponential(300));
        }
        if (test_chance(seed, 20)) {
            build_phase(b, workload, PHASE_COPY_OUT, build_exponential(300));
        }
    }
}

static void run_one(const char *policy, uint64_t number, bool skip, struct heard *heard)
{
    uint64_t seed = number;
    struct build b;

    build_init(&b, policy);
    b.scenario.duration_ns = 100000;
    b.scenario.seed = number;
    build_compute(&b)->slice_ns = test_between(&seed, 1, 60);
    nsec cost_ns = test_chance(&seed, 70) ? test_between(&seed, 1, 20) : 0;
    build_switch(&b, cost_ns, test_chance(&seed, 50) ? test_between(&seed, 0, cost_ns) : 0);
    if (test_chance(&seed, 50)) {
        build_compute(&b)->switch_cost.idle_ns =
            (cost_ns + build_compute(&b)->switch_cost.restore_ns) / 2;
    }
    nsec load_ns = test_between(&seed, 100, 4000);
    for (int64_t i = test_between(&seed, 1, VMS_MAX); i > 0; i--) {
        add_vm(&b, &seed, load_ns);
    }
    if (!strcmp(policy, "fixed_share")) {
        build_param(&b, "slots", VMS_MAX + test_between(&seed, 0, 5));
    }
    b.probes[0] = heard_probe(heard);
    b.probes[0].ready = b.probes[0].dry = heard_ready;
    b.options.border_ns = test_between(&seed, 500, 20000);
    b.options.skip = skip;
    build_run(&b);
    build_fini(&b);
}

static void skipping_shows_nowhere(void **state)
{
    const char *const policies[] = { "round_robin", "best_effort", "weighted_round_robin",
                                     "equal_share", "fixed_share" };
    (void)state;

    for (uint64_t number = 1; number <= SCENARIOS; number++) {
        const char *policy = policies[number % ARRAY_LEN(policies)];
        struct heard stepped = { 0 };
        struct heard skipped = { 0 };
        run_one(policy, number, false, &stepped);
        run_one(policy, number, true, &skipped);
        if (stepped.hash != skipped.hash) {
            fail_msg("scenario %d under %s: %d and %d jobs, %d and %d stays", (int)number,
                     policy, (int)stepped.jobs, (int)skipped.jobs, (int)stepped.stays,
                     (int)skipped.stays);
        }
    }
}

/* round_robin that counts how often it is asked. */
static uint64_t picks;

static struct slice counted_pick(struct policy *p, nsec now)
{
    picks++;
    return policy_find("round_robin")->pick(p, now);
}

static uint64_t picks_of(bool skip)
{
    struct policy_ops counted = *policy_find("round_robin");
    struct build b;

    counted.pick = counted_pick;
    build_init(&b, "round_robin");
    build_compute(&b)->policy = &counted;
    build_compute(&b)->slice_ns = 20 * USEC;
    build_switch(&b, USEC, 0);
    b.scenario.duration_ns = 10 * SEC;
    for (int i = 0; i < 8; i++) {
        build_poisson(&b, build_vm(&b, "vm"), 100 * MSEC, build_exponential(10 * MSEC));
    }
    memset(b.probes, 0, sizeof(b.probes));
    b.options.skip = skip;
    picks = 0;
    build_run(&b);
    build_fini(&b);
    return picks;
}

static void the_policy_is_asked_a_few_times_a_job(void **state)
{
    (void)state;
    uint64_t stepped = picks_of(false);
    uint64_t skipped = picks_of(true);

    assert_true(stepped > 300000); /* About 800 jobs of 500 slices. */
    assert_true(skipped < 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skipping_shows_nowhere),
        cmocka_unit_test(the_policy_is_asked_a_few_times_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
