/*
 * test_plain.c - a plain GPU's schedule is the same by the plain way and by the general one.
 *
 * Random plain scenarios, with times so short that much happens at the same instant: borders,
 * arrivals, ends of jobs and of slices, VMs that start and stop. Each is run by either way, and
 * all that probes hear is folded into a hash in the order in which they hear it.
 */
#include "support/build.h"
#include "support/heard.h"
#include "support/test.h"

#include "run/inside.h"

enum { SCENARIOS = 12000, VMS_FEW = 7, VMS_MANY = 100, MANY_EVERY = 130 };

/* How a scenario is run. */
struct way {
    bool plain;
    bool skip;
    bool hears_stays;
};

/* What came of it. */
struct outcome {
    struct heard heard;
    uint64_t events;
    bool was_plain;
};

static struct amount any_demand(uint64_t *seed, nsec most_ns)
{
    nsec mean = test_between(seed, 1, most_ns);

    return test_chance(seed, 70) ? build_exponential(mean) : build_constant(mean);
}

static void add_vm(struct build *b, uint64_t *seed, nsec most_ns, int64_t vms_most)
{
    uint32_t vm = build_vm(b, "vm");
    struct vm_entry *entry = &b->vms[vm];
    struct amount demand = any_demand(seed, most_ns);
    nsec gap = vms_most * most_ns * test_between(seed, 1, 3) / 2;
    struct workload *workload;

    entry->weight = (uint32_t)test_between(seed, 1, 300);
    if (test_chance(seed, 20)) {
        entry->preempt_ns = test_between(seed, 20, 30);
    }
    if (test_chance(seed, 20)) {
        entry->start_ns = test_between(seed, 1, 40000);
        entry->stop_ns = entry->start_ns + test_between(seed, 1, 60000);
    }
    if (test_chance(seed, 30)) {
        workload = build_closed(b, vm, demand, test_between(seed, 1, 500));
        workload->arrival.clients = (uint32_t)test_between(seed, 1, 3);
    } else {
        workload = build_poisson(b, vm, gap, demand);
        if (test_chance(seed, 30)) {
            workload->arrival.kind = ARRIVAL_PERIODIC;
            nsec period = gap - gap % 100 + 100;
            workload->arrival.period_ns = (double)period;
        }
    }
    if (test_chance(seed, 30)) {
        workload->deadline_ns = test_between(seed, 1, 2 * most_ns);
    }
}

static void describe(struct build *b, uint64_t *seed, uint64_t number)
{
    bool short_slices = number % 2 == 0;
    int64_t vms_most = number % MANY_EVERY == 0 ? VMS_MANY : VMS_FEW;
    nsec most_ns = test_between(seed, 10, short_slices ? 4000 : 400);

    b->scenario.duration_ns = 100000;
    build_compute(b)->slice_ns = test_between(seed, 1, 60);
    nsec cost_ns = test_chance(seed, 70) ? test_between(seed, 1, 20) : 0;
    build_switch(b, cost_ns, test_chance(seed, 50) ? test_between(seed, 0, cost_ns) : 0);
    if (test_chance(seed, 50)) {
        build_compute(b)->switch_cost.idle_ns =
            (cost_ns + build_compute(b)->switch_cost.restore_ns) / 2;
    }
    for (int64_t i = test_between(seed, 1, vms_most); i > 0; i--) {
        add_vm(b, seed, most_ns, vms_most);
    }
    b->options.border_ns = test_chance(seed, 50) ? 100 * test_between(seed, 1, 20)
                                                 : test_between(seed, 100, 20000);
    b->options.warmup_ns = test_chance(seed, 50) ? 100 * test_between(seed, 1, 500) : 0;
}

static void run_one(const char *policy, uint64_t number, const struct way *way,
                    struct outcome *ret)
{
    uint64_t seed = number;
    struct build b;

    build_init(&b, policy);
    b.scenario.seed = number;
    describe(&b, &seed, number);
    if (test_chance(&seed, 50)) {
        build_param(&b, "when_alone", test_between(&seed, 0, 1));
    }
    b.probes[0] = heard_probe(&ret->heard);
    b.probes[0].stayed = way->hears_stays ? heard_stayed : NULL;
    b.options.skip = way->skip;
    b.options.no_plain = !way->plain;
    build_start(&b);
    ret->was_plain = b.run->plain != NULL;
    for (nsec until = 0; until < b.scenario.duration_ns;
         until += test_between(&seed, 1, 30000)) {
        assert_int_equal(run_advance(b.run, until, &b.err), 0);
    }
    build_run(&b);
    ret->events = run_event_count(b.run);
    build_fini(&b);
}

static void either_way_is_the_same(void **state)
{
    const char *const policies[] = { "round_robin", "best_effort", "weighted_round_robin" };
    (void)state;

    for (uint64_t number = 1; number <= SCENARIOS; number++) {
        const char *policy = policies[number % ARRAY_LEN(policies)];
        struct way way = { .skip = number % 4 != 1, .hears_stays = number % 8 < 3 };
        struct outcome general = { 0 };
        struct outcome plain = { 0 };
        run_one(policy, number, &way, &general);
        way.plain = true;
        run_one(policy, number, &way, &plain);
        assert_false(general.was_plain);
        assert_true(plain.was_plain);
        if (general.heard.hash != plain.heard.hash || general.events != plain.events) {
            fail_msg("scenario %d under %s: %d and %d jobs, %d and %d events", (int)number,
                     policy, (int)general.heard.jobs, (int)plain.heard.jobs,
                     (int)general.events, (int)plain.events);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_way_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
