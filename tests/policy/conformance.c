/*
 * conformance.c - what every policy of the registry must bear and must do.
 *
 * A new policy gets these tests by being in the list; what is special to it belongs into its
 * own test. A script and a library stand for the policies that users bring. Every run goes
 * through support/checked.h, which fails when calls are out of order or an answer is
 * impossible.
 */
#include "support/build.h"
#include "support/checked.h"
#include "support/law.h"
#include "support/random.h"
#include "support/test.h"
#include "support/user.h"

#include <ctype.h>
#include <string.h>

/* A run of one policy behind the check, with the laws watched. */
struct trial {
    struct build b;
    struct checked checked;
    struct law law;
};

static struct trial *trial_begin(const struct subject *subject)
{
    struct trial *t = test_calloc(1, sizeof(*t));

    build_init(&t->b, "fifo");
    user_set(&t->b, subject);
    return t;
}

static void trial_run(struct trial *t)
{
    checked_wrap(&t->checked, &t->b);
    if (build_setup(&t->b)) {
        fail_msg("%s", t->b.errors.errors[0].text);
    }
    law_watch(&t->law, &t->b);
    build_run(&t->b);
    law_check(&t->law);
    checked_accounts(&t->checked, &t->b);
}

static void trial_end(struct trial *t)
{
    build_fini(&t->b);
    test_free(t);
}

/* ---------------------------------------------------------------- what it says of itself */

static void has_a_name_and_is_described(void **state)
{
    const struct subject *subject = *state;
    const struct policy_ops *policy = subject->ops;

    assert_in_range(strlen(policy->summary), 1, 60);
    assert_non_null(policy->about);
    assert_true(policy->about[strlen(policy->about) - 1] == '.');
    assert_true(policy->state_size && policy->ready && policy->pick && policy->charge);
    if (subject->is_users) {
        return;
    }
    assert_true(islower((unsigned char)policy->name[0]));
    for (const char *c = policy->name; *c; c++) {
        assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    }
    assert_ptr_equal(policy_find(policy->name), policy);
    assert_true(strlen(policy->about) > strlen(policy->summary));
}

static void parameters_are_documented_and_defaults_allowed(void **state)
{
    const struct field_table *table = ((const struct subject *)*state)->ops->params;

    for (size_t i = 0; table && i < table->count; i++) {
        const struct field *field = &table->fields[i];
        assert_non_null(field->doc);
        assert_true(field->doc[strlen(field->doc) - 1] == '.');
        assert_true(field->offset < table->size);
        assert_false(field->required); /* Every policy runs with no parameters. */
        if (field->kind == FIELD_CHOICE) {
            assert_non_null(field->choices[field->fallback]);
        } else if (field->kind != FIELD_BOOL && field->kind != FIELD_TEXT) {
            assert_in_range(field->fallback, field->min, field->max);
        }
    }
}

/* ---------------------------------------------------------------- few VMs and many */

static void nobody_is_there(void **state)
{
    struct trial *t = trial_begin(*state);

    trial_run(t);
    assert_int_equal(t->checked.picks, 0);
    trial_end(t);
}

static void vms_without_work(void **state)
{
    struct trial *t = trial_begin(*state);

    for (int i = 0; i < 3; i++) {
        build_vm(&t->b, build_letter((uint32_t)i));
        t->b.vms[i].start_ns = i * MSEC;
        t->b.vms[i].stop_ns = 3 * i * MSEC + MSEC;
    }
    trial_run(t);
    assert_int_equal(t->checked.picks, 0);
    trial_end(t);
}

/* A scenario need say no more of VMs than what they do: neither memory nor profile. */
static void vms_of_which_nothing_is_said(void **state)
{
    struct trial *t = trial_begin(*state);

    for (uint32_t i = 0; i < 5; i++) {
        uint32_t vm = build_vm(&t->b, build_letter(i));
        t->b.vms[vm].memory_bytes = 0;
        t->b.vms[vm].start_ns = (nsec)i * 20 * MSEC;
        t->b.vms[vm].stop_ns = i == 1 ? 40 * MSEC : NSEC_MAX;
        build_closed(&t->b, vm, build_constant(MSEC), 9 * MSEC);
    }
    t->b.scenario.duration_ns = SEC;
    trial_run(t);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(record_service(&t->b.record, ENGINE_COMPUTE, i) > 0);
    }
    trial_end(t);
}

/* One VM waits for nobody. */
static void one_vm_has_the_engine_to_itself(void **state)
{
    const struct policy_ops *policy = ((const struct subject *)*state)->ops;
    struct trial *t = trial_begin(*state);
    nsec free_ns = 0;

    build_switch(&t->b, 100 * USEC, 30 * USEC);
    build_poisson(&t->b, build_vm(&t->b, "A"), 5 * MSEC, build_exponential(4 * MSEC));
    trial_run(t);
    assert_true(t->b.record.job_count > 100);
    for (size_t i = 0; i < t->b.record.job_count && policy->work_conserving; i++) {
        const struct job_end *job = &t->b.record.jobs[i];
        free_ns = job->demand_ns + (job->arrival_ns > free_ns ? job->arrival_ns : free_ns);
        assert_int_equal(job->end_ns, free_ns);
        assert_int_equal(job->switch_ns, 0);
    }
    trial_end(t);
}

/* So many VMs that no list of them can be short; each gets its turn. */
static void many_vms_all_get_their_turn(void **state)
{
    enum { VMS = 1024 };
    struct trial *t = trial_begin(*state);

    for (uint32_t i = 0; i < VMS; i++) {
        uint32_t vm = build_vm(&t->b, "vm");
        t->b.vms[vm].weight = 1 + i * 9;
        t->b.vms[vm].priority = i % (VM_PRIORITY_MAX + 1);
        build_jobs(&t->b, vm, &(const struct build_job){ i % 7, 50 * USEC }, 1);
    }
    t->b.scenario.duration_ns = 3 * VMS * 2 * MSEC;
    checked_wrap(&t->checked, &t->b);
    build_run(&t->b);
    checked_accounts(&t->checked, &t->b);
    assert_int_equal(t->b.record.job_count, VMS);
    trial_end(t);
}

/* ---------------------------------------------------------------- edges */

/* VMs that stop while idle, while they wait, while they run and while they are switched in. */
static void vms_leave_at_any_time(void **state)
{
    for (nsec stop = 1; stop < 60; stop++) {
        struct trial *t = trial_begin(*state);
        build_compute(&t->b)->slice_ns = 7;
        build_switch(&t->b, 5, 2);
        for (int i = 0; i < 3; i++) {
            uint32_t vm = build_vm(&t->b, build_letter((uint32_t)i));
            const struct build_job jobs[] = { { 3 * i, 11 }, { 25 + 5 * i, 4 } };
            build_jobs(&t->b, vm, jobs, 2);
        }
        t->b.vms[stop % 3].stop_ns = stop;
        t->b.vms[(stop + 1) % 3].start_ns = stop / 2;
        t->b.vms[(stop + 2) % 3].stop_ns = 2 * stop;
        t->b.scenario.duration_ns = 500;
        trial_run(t);
        trial_end(t);
    }
}

/* Jobs of no time, slices and demands of one nanosecond, weights and priorities at both ends.
 */
static void shortest_times_and_extreme_weights(void **state)
{
    for (nsec demand = 0; demand <= 2; demand++) {
        struct trial *t = trial_begin(*state);
        build_compute(&t->b)->slice_ns = 1;
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t vm = build_vm(&t->b, build_letter(i));
            t->b.vms[vm].weight = i % 2 ? VM_WEIGHT_MAX : VM_WEIGHT_MIN;
            t->b.vms[vm].priority = i < 2 ? VM_PRIORITY_MAX : 0;
            build_closed(&t->b, vm, build_constant(demand), 1)->in_flight = 1 + i;
        }
        t->b.scenario.duration_ns = 2000;
        trial_run(t);
        assert_true(t->b.record.job_count > 0);
        trial_end(t);
    }
}

/* Everything of all VMs at one instant, again and again. */
static void ties_are_borne(void **state)
{
    struct build_job jobs[40];
    struct trial *t = trial_begin(*state);

    for (int i = 0; i < 40; i++) {
        jobs[i] = (struct build_job){ i / 2 * 20, i % 3 == 0 ? 10 : 5 };
    }
    build_compute(&t->b)->slice_ns = 5;
    build_switch(&t->b, 5, 0);
    for (int i = 0; i < 4; i++) {
        uint32_t vm = build_vm(&t->b, build_letter((uint32_t)i));
        build_jobs(&t->b, vm, jobs, 40);
        t->b.vms[vm].start_ns = i / 2 * 20;
        t->b.vms[vm].stop_ns = 400 + i / 2 * 20;
    }
    t->b.scenario.duration_ns = 1000;
    trial_run(t);
    trial_end(t);
}

/* Work that can only be cut between kernels overruns slices and slots. */
static void kernels_overrun(void **state)
{
    struct trial *t = trial_begin(*state);

    t->b.gpus[0].device.preemption = PREEMPTION_KERNEL;
    build_switch(&t->b, 3, 1);
    build_compute(&t->b)->slice_ns = 10;
    for (int i = 0; i < 3; i++) {
        struct workload *workload = build_closed(
            &t->b, build_vm(&t->b, build_letter((uint32_t)i)), build_constant(40), 7 * i);
        build_phases(workload)[0].kernel_ns = 17;
    }
    t->b.scenario.duration_ns = 5000;
    trial_run(t);
    assert_true(t->b.record.job_count > 10);
    trial_end(t);
}

/* ---------------------------------------------------------------- at random */

static void random_scenarios_keep_the_order_of_calls(void **state)
{
    const struct subject *subject = *state;
    const struct policy_ops *policy = subject->ops;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct trial *t = test_calloc(1, sizeof(*t));
        print_message("%s, seed %u\n", policy->name, (unsigned)seed);
        random_build(&t->b, subject->is_users ? "fifo" : policy->name, 1000 + seed);
        if (subject->is_users) {
            user_set(&t->b, subject);
        }
        trial_run(t);
        trial_end(t);
    }
}

/* A policy that claims to waste nothing never lets the engine idle while a VM has work. */
static void wastes_nothing_if_it_claims_so(void **state)
{
    const struct policy_ops *policy = ((const struct subject *)*state)->ops;
    struct trial *t = trial_begin(*state);

    for (uint32_t i = 0; i < 6; i++) {
        uint32_t vm = build_vm(&t->b, build_letter(i));
        t->b.vms[vm].weight = 50 + 40 * i;
        build_poisson(&t->b, vm, 8 * MSEC, build_exponential(MSEC));
    }
    t->b.scenario.duration_ns = 5 * SEC;
    trial_run(t);
    nsec backlogged =
        record_backlogged(&t->b.record, ENGINE_COMPUTE, t->b.scenario.duration_ns);
    nsec busy = t->b.record.totals[ENGINE_COMPUTE].busy_ns;
    assert_true(busy <= backlogged);
    if (policy->work_conserving) {
        assert_int_equal(busy, backlogged);
        assert_int_equal(t->b.record.totals[ENGINE_COMPUTE].wasted_ns, 0);
    } else {
        assert_true(busy < backlogged); /* Else it should claim so. */
    }
    trial_end(t);
}

/* What VMs are entitled to adds up to at most the whole engine. */
static void entitlements_fit_into_the_engine(void **state)
{
    struct trial *t = trial_begin(*state);
    uint32_t ppm[5];
    uint64_t sum = 0;

    for (uint32_t i = 0; i < 5; i++) {
        build_vm(&t->b, build_letter(i));
        t->b.vms[i].weight = 10 + 33 * i;
    }
    assert_int_equal(build_setup(&t->b), 0);
    setup_entitlement(&t->b.setup.partitions[0], 0, SEC, ppm);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(ppm[i] <= PPM);
        sum += ppm[i];
    }
    assert_true(sum <= (uint64_t)PPM);
    trial_end(t);
}

static void registry_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < policy_registry_count; i++) {
        assert_true(strcmp(policy_registry[i - 1]->name, policy_registry[i]->name) < 0);
    }
    assert_null(policy_find("no_such_policy"));
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void **state);
    } cases[] = {
#define CASE(name) { #name, name }
        CASE(has_a_name_and_is_described),
        CASE(parameters_are_documented_and_defaults_allowed),
        CASE(nobody_is_there),
        CASE(vms_without_work),
        CASE(vms_of_which_nothing_is_said),
        CASE(one_vm_has_the_engine_to_itself),
        CASE(many_vms_all_get_their_turn),
        CASE(vms_leave_at_any_time),
        CASE(shortest_times_and_extreme_weights),
        CASE(ties_are_borne),
        CASE(kernels_overrun),
        CASE(random_scenarios_keep_the_order_of_calls),
        CASE(wastes_nothing_if_it_claims_so),
        CASE(entitlements_fit_into_the_engine),
#undef CASE
    };
    enum { USERS = 2 };
    struct arena arena;
    struct CMUnitTest tests[1024] = { cmocka_unit_test(registry_is_sorted) };
    size_t count = 1;

    arena_init(&arena);
    size_t subject_count = policy_registry_count + USERS;
    struct subject *subjects = arena_take(&arena, subject_count, sizeof(subjects[0]));
    for (size_t i = 0; i < policy_registry_count; i++) {
        subjects[i].ops = policy_registry[i];
    }
    subjects[subject_count - 2] =
        user_script_file("scenarios/policies/round_robin.lua", &arena);
    subjects[subject_count - 1] = user_library("round_robin", &arena);
    for (size_t i = 0; i < subject_count; i++) {
        for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
            tests[count++] = (struct CMUnitTest){
                .name = arena_format(&arena, "%s: %s", subjects[i].ops->name, cases[k].name),
                .test_func = cases[k].run,
                .initial_state = &subjects[i],
            };
        }
    }
    int failed = _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
