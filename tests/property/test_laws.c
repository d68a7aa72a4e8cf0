/*
 * test_laws.c - random scenarios under every policy: what must always hold does hold.
 *
 * A failure prints the policy and the seed; random_build with them gives the scenario again.
 */
#include "support/heard.h"
#include "support/law.h"
#include "support/random.h"
#include "support/test.h"

enum { SCENARIOS = 600 };

static void say(const struct policy_ops *policy, uint64_t seed)
{
    print_message("%s, seed %u\n", policy->name, (unsigned)seed);
}

static void random_scenarios_obey_the_laws(void **state)
{
    const struct policy_ops *policy = *state;

    for (uint64_t seed = 1; seed <= SCENARIOS; seed++) {
        struct law *law = test_calloc(1, sizeof(*law));
        struct build b;
        say(policy, seed);
        random_build(&b, policy->name, seed);
        assert_int_equal(build_setup(&b), 0);
        law_watch(law, &b);
        build_run(&b);
        law_check(law);
        build_fini(&b);
        test_free(law);
    }
}

/* With free switches an engine runs exactly while some VM has work. */
static void no_time_is_wasted_if_none_is_claimed_to_be(void **state)
{
    const struct policy_ops *policy = *state;

    for (uint64_t seed = 1; seed <= SCENARIOS && policy->work_conserving; seed++) {
        struct build b;
        say(policy, seed);
        random_build(&b, policy->name, seed);
        build_compute(&b)->switch_cost = (struct switch_cost){ 0, 0, 0 };
        build_run(&b);
        assert_int_equal(b.record.totals[ENGINE_COMPUTE].busy_ns,
                         record_backlogged(&b.record, ENGINE_COMPUTE, b.scenario.duration_ns));
        build_fini(&b);
    }
}

static uint64_t hash_of_run(const struct policy_ops *policy, uint64_t seed)
{
    struct build b;

    random_build(&b, policy->name, seed);
    build_run(&b);
    uint64_t hash = 1;
    for (size_t i = 0; i < b.record.job_count; i++) {
        const struct job_end *job = &b.record.jobs[i];
        heard_fold(&hash, job->vm);
        heard_fold(&hash, (int64_t)job->number);
        heard_fold(&hash, job->start_ns);
        heard_fold(&hash, job->end_ns);
        heard_fold(&hash, job->queue_wait_ns);
        heard_fold(&hash, job->switch_ns);
    }
    for (size_t i = 0; i < b.record.left_count; i++) {
        heard_fold(&hash, (int64_t)b.record.left[i].number);
        heard_fold(&hash, b.record.left[i].start_ns);
    }
    for (size_t i = 0; i < b.record.stay_count; i++) {
        heard_fold(&hash, b.record.stays[i].run_start_ns);
        heard_fold(&hash, b.record.stays[i].run_end_ns);
    }
    build_fini(&b);
    return hash;
}

static void same_scenario_gives_the_same_run(void **state)
{
    const struct policy_ops *policy = *state;

    for (uint64_t seed = 1; seed <= SCENARIOS / 10; seed++) {
        say(policy, seed);
        assert_true(hash_of_run(policy, seed) == hash_of_run(policy, seed));
    }
}

/* Nobody is ever in a slot of somebody else, not even with a switch. */
static void strict_slots_are_their_owners(void **state)
{
    const char *const names[] = { "equal_share", "fixed_share" };
    (void)state;

    for (uint64_t seed = 1; seed <= SCENARIOS; seed++) {
        struct build b;
        random_build_plain(&b, names[seed % 2], seed);
        build_run(&b);
        nsec slice_ns = build_compute(&b)->slice_ns;
        for (size_t i = 0; i < b.record.stay_count; i++) {
            const struct stay *stay = &b.record.stays[i];
            if (stay->engine == ENGINE_COMPUTE) {
                nsec slot = stay->switch_start_ns / slice_ns;
                assert_int_equal(slot % b.setup.vm_count, stay->vm);
                assert_true(stay->run_end_ns <= (slot + 1) * slice_ns);
            }
        }
        build_fini(&b);
    }
}

static void mps_obeys_the_laws(void **state)
{
    (void)state;

    for (uint64_t seed = 1; seed <= 3 * SCENARIOS; seed++) {
        struct law *law = test_calloc(1, sizeof(*law));
        struct build b;
        print_message("mps, seed %u\n", (unsigned)seed);
        random_build_mps(&b, seed);
        assert_int_equal(build_setup(&b), 0);
        law_watch(law, &b);
        build_run(&b);
        law_check(law);
        build_fini(&b);
        test_free(law);
    }
}

int main(void)
{
    void (*const laws[])(void **) = {
        random_scenarios_obey_the_laws,
        no_time_is_wasted_if_none_is_claimed_to_be,
        same_scenario_gives_the_same_run,
    };
    struct CMUnitTest tests[256] = {
        cmocka_unit_test(strict_slots_are_their_owners),
        cmocka_unit_test(mps_obeys_the_laws),
    };
    size_t count = 2;

    for (size_t law = 0; law < ARRAY_LEN(laws); law++) {
        for (size_t i = 0; i < policy_registry_count; i++) {
            tests[count++] = (struct CMUnitTest){
                .name = policy_registry[i]->name,
                .test_func = laws[law],
                .initial_state = (void *)policy_registry[i],
            };
        }
    }
    return _cmocka_run_group_tests("laws", tests, count, NULL, NULL);
}
