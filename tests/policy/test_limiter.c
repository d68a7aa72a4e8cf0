/*
 * test_limiter.c - limiters beneath a policy: schedules by hand, bounds, and what every policy
 * above them must keep to.
 */
#include "support/build.h"
#include "support/checked.h"
#include "support/law.h"
#include "support/random.h"
#include "support/test.h"

#include <string.h>

enum { SEEDS = 30 };

/* ---------------------------------------------------------------- schedules by hand */

static uint32_t add_job(struct build *b, const char *name, nsec demand_ns)
{
    uint32_t vm = build_vm(b, name);

    build_jobs(b, vm, &(const struct build_job){ 0, demand_ns }, 1);
    return vm;
}

static uint32_t add_bucket(struct build *b, const char *name, nsec demand_ns,
                           int64_t share_percent)
{
    uint32_t vm = add_job(b, name, demand_ns);

    build_limiter(b, vm, "token_bucket", share_percent * PPM / 100);
    build_limiter_param(b, vm, "burst", 2 * MSEC);
    build_limiter_param(b, vm, "tick", 1 * MSEC);
    return vm;
}

static void expect(struct build *b, const char *schedule)
{
    build_run(b);
    assert_string_equal(build_schedule(b, MSEC), schedule);
    build_fini(b);
}

/* Tokens: 2 at 0, none at 4 (running costs 1/2 each ms net), 1 at 6, none at 8. */
static void bucket_alone(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    add_bucket(&b, "A", 6 * MSEC, 50);
    expect(&b, "A0-4 A6-8");
}

/* A has 2 tokens at 0, 0.4 at 2, 0.8 at 4, none at 5 and 1 at 10, when it comes behind B, whose
   slice lasts until 11. */
static void bucket_under_round_robin(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    add_bucket(&b, "A", 4 * MSEC, 20);
    add_job(&b, "B", 8 * MSEC);
    expect(&b, "A0-2 B2-4 A4-5 B5-11 A11-12");
}

/* The same, but B's slice has expired at 10, so A takes over when its bucket opens. */
static void opening_bucket_preempts(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "best_effort");
    add_bucket(&b, "A", 4 * MSEC, 20);
    add_job(&b, "B", 8 * MSEC);
    expect(&b, "A0-2 B2-4 A4-5 B5-10 A10-11 B11-12");
}

/* A's slots are 0-2, 4-6, 8-10: it runs out of tokens at 5, and within its third slot, at 9, it
   has the 0.8 again that it needs to start. Nobody else uses its slots. */
static void slot_is_kept_for_a_limited_owner(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "equal_share");
    build_limiter_param(&b, add_bucket(&b, "A", 4 * MSEC, 20), "tick", 800 * USEC);
    add_job(&b, "B", 8 * MSEC);
    expect(&b, "A0-2 B2-4 A4-5 B6-8 A9-10 B10-12 B14-16");
}

/* Only work that cannot be cut goes beyond: a kernel of 3 ms costs 1.5 net of 1 token; the debt
   of 0.5 and the tick of 1 take 3 ms. */
static void kernel_leaves_a_debt(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    b.gpus[0].device.preemption = PREEMPTION_KERNEL;
    uint32_t vm = add_bucket(&b, "A", 6 * MSEC, 50);
    build_limiter_param(&b, vm, "burst", 1 * MSEC);
    build_phases((struct workload *)&b.vms[vm].workloads[0].workload)[0].kernel_ns = 3 * MSEC;
    expect(&b, "A0-3 A6-9");
}

/* Tokens come at 5, but it looks only at 2, 9 and 16. */
static void poll_delays_the_start(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    build_limiter_param(&b, add_bucket(&b, "A", 6 * MSEC, 50), "poll", 7 * MSEC);
    /* 2 tokens again at 11 and none at 15, but the job needs only 2 more ms. */
    expect(&b, "A0-4 A11-13");
}

/* 3 ms of each 10. Of the parts of 0.1 ms, those of 0-1 ms leave the window as a whole when the
   part from 11 ms begins; from then on one goes for each that is used. */
static void quota_alone(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    uint32_t vm = add_job(&b, "A", 5 * MSEC);
    build_limiter(&b, vm, "quota", 300000);
    build_limiter_param(&b, vm, "window", 10 * MSEC);
    build_limiter_param(&b, vm, "quota", 1 * MSEC);
    expect(&b, "A0-3 A11-13");
}

/*
 * Limit 50 %, 4 tokens, steps each 2 ms of half the difference, doubled as it is large:
 * 0.5 * 0.5 * 2 * 0.5 / 0.51 = 0.490196 off at 2, when 3 tokens are left; at 4 there
 * are 1.0196, and the rate is 0, so the last one goes at 5.0196. At 6 the use is 51 %, over the
 * limit. At 8 and 10 it was 0, and the rate grows by 0.490196 each time, so that 1 token is
 * there at 10 + (1 - 0.980392) / 0.980392 ms, rounded up.
 */
static void feedback_by_hand(void **state)
{
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    uint32_t vm = add_bucket(&b, "A", 6 * MSEC, 50);
    build_limiter_param(&b, vm, "burst", 4 * MSEC);
    build_limiter_param(&b, vm, "feedback", 2 * MSEC);
    build_limiter_param(&b, vm, "gain", 500000);
    build_run(&b);
    assert_string_equal(build_schedule(&b, USEC), "A0-5019.608 A10020.001-11000.393");
    build_fini(&b);
}

/* ---------------------------------------------------------------- bounds */

/* The most by which service goes beyond share * time, over all intervals: a stay adds to it, a
   gap takes away. In parts per million of a nanosecond. */
static wide most_beyond(const struct build *b, uint32_t vm, int64_t share_ppm)
{
    wide most = 0;
    wide sum = 0;
    nsec end = 0;

    for (size_t i = 0; i < b->record.stay_count; i++) {
        const struct stay *stay = &b->record.stays[i];
        if (stay->vm != vm) {
            continue;
        }
        sum -= (wide)(stay->run_start_ns - end) * share_ppm;
        sum = sum > 0 ? sum : 0;
        end = stay->run_end_ns;
        sum += (wide)(end - stay->run_start_ns) * (PPM - share_ppm);
        most = sum > most ? sum : most;
    }
    return most;
}

/* The most service in any window: one that ends with a stay is as good as any. */
static nsec most_in_window(const struct build *b, uint32_t vm, nsec window_ns)
{
    nsec most = 0;
    size_t first = 0;
    nsec sum = 0;

    for (size_t i = 0; i < b->record.stay_count; i++) {
        const struct stay *stay = &b->record.stays[i];
        if (stay->vm != vm) {
            continue;
        }
        sum += stay->run_end_ns - stay->run_start_ns;
        nsec from = stay->run_end_ns - window_ns;
        for (;; first++) {
            const struct stay *old = &b->record.stays[first];
            if (old->vm == vm && old->run_end_ns > from) {
                nsec cut = from > old->run_start_ns ? from - old->run_start_ns : 0;
                most = sum - cut > most ? sum - cut : most;
                break;
            }
            sum -= old->vm == vm ? old->run_end_ns - old->run_start_ns : 0;
        }
    }
    return most;
}

/* Three VMs with more work than there is time, one of them limited at random. */
static uint32_t crowd(struct build *b, const char *policy, uint64_t *seed, nsec kernel_ns)
{
    build_init(b, policy);
    build_switch(b, 100 * USEC, 30 * USEC);
    b->gpus[0].device.preemption = kernel_ns > 0 ? PREEMPTION_KERNEL : PREEMPTION_INSTRUCTION;
    for (uint32_t i = 0; i < 3; i++) {
        struct workload *workload = build_poisson(b, build_vm(b, build_letter(i)), 8 * MSEC,
                                                  build_exponential(5 * MSEC));
        build_phases(workload)[0].kernel_ns = kernel_ns;
    }
    b->scenario.duration_ns = 4 * SEC;
    return (uint32_t)(test_random(seed) % 3);
}

static void check_bucket(const char *policy, uint64_t seed)
{
    int64_t share_ppm = 10000 + (int64_t)(test_random(&seed) % 900000);
    nsec burst_ns = 1 + (nsec)(test_random(&seed) % (20 * MSEC));
    nsec kernel_ns = seed % 3 == 0 ? 700 * USEC : 0;
    struct build b;

    uint32_t vm = crowd(&b, policy, &seed, kernel_ns);
    build_limiter(&b, vm, "token_bucket", share_ppm);
    build_limiter_param(&b, vm, "burst", burst_ns);
    build_limiter_param(&b, vm, "poll", seed % 2 ? 1 : 3 * MSEC);
    build_run(&b);
    wide beyond = most_beyond(&b, vm, share_ppm);
    /* What is granted is rounded up to a nanosecond. */
    assert_true(beyond <= (wide)(burst_ns + kernel_ns + 1) * PPM);
    if (burst_ns > 2 * MSEC && share_ppm < 200000) {
        assert_true(beyond >= (wide)burst_ns / 2 * PPM); /* The bound is not far away. */
    }
    build_fini(&b);
}

static void bucket_gives_no_more_than_burst_and_share(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        check_bucket("round_robin", seed);
        check_bucket("credit", seed);
    }
}

static void quota_gives_no_more_than_the_share_of_a_window(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t random = seed;
        int64_t share_ppm = 10000 + (int64_t)(test_random(&random) % 700000);
        nsec window_ns = 20 * MSEC + (nsec)(test_random(&random) % (500 * MSEC));
        nsec kernel_ns = seed % 3 == 0 ? 700 * USEC : 0;
        struct build b;
        uint32_t vm = crowd(&b, "best_effort", &random, kernel_ns);
        build_limiter(&b, vm, "quota", share_ppm);
        build_limiter_param(&b, vm, "window", window_ns);
        build_limiter_param(&b, vm, "quota", 5 * MSEC);
        build_run(&b);
        wide most = (wide)window_ns * share_ppm / PPM;
        nsec found = most_in_window(&b, vm, window_ns);
        assert_true(found <= most + kernel_ns);
        if (share_ppm < 250000) {
            assert_true(2 * (wide)found > most);
        }
        build_fini(&b);
    }
}

/* With demand enough, and the engine free, a limited VM gets its share in the long run. */
static void share_is_reached(void **state)
{
    static const char *const names[] = { "token_bucket", "quota" };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct build b;
        build_init(&b, "best_effort");
        b.scenario.duration_ns = 100 * SEC;
        uint32_t vm = build_vm(&b, "A");
        build_closed(&b, vm, build_constant(7 * MSEC), 0);
        build_limiter(&b, vm, names[i], 300000);
        if (i == 1) {
            build_limiter_param(&b, vm, "window", 1 * SEC);
            build_limiter_param(&b, vm, "quota", 10 * MSEC);
        }
        build_run(&b);
        double share = (double)record_service(&b.record, ENGINE_COMPUTE, vm) / 100e9;
        assert_true(share > 0.293 && share < 0.3002);
        build_fini(&b);
    }
}

/* ---------------------------------------------------------------- above them every policy */

static struct allowance grant_a_little(struct limiter *l, nsec now)
{
    (void)l;
    (void)now;
    return (struct allowance){ .run_ns = 3 };
}

static void take_note(struct limiter *l, nsec ran_ns, nsec now)
{
    (void)l;
    assert_true(ran_ns >= 0 && ran_ns <= now);
}

static void begin(struct limiter *l, nsec now)
{
    (void)l;
    (void)now;
}

/* Never closes, but never grants much. */
static const struct limiter_ops open_limiter = {
    .name = "open",
    .start = begin,
    .ask = grant_a_little,
    .used = take_note,
};

/* Work of no time at the very end of what was granted waits until more is, so what arrives at
   that instant comes before it. */
static bool has_work_of_no_time(const struct build *b)
{
    for (size_t i = 0; i < b->record.job_count; i++) {
        if (b->record.jobs[i].demand_ns == 0) {
            return true;
        }
    }
    return false;
}

static void same_jobs(const struct build *a, const struct build *b)
{
    assert_int_equal(a->record.job_count, b->record.job_count);
    for (size_t i = 0; i < a->record.job_count; i++) {
        const struct job_end *one = &a->record.jobs[i];
        const struct job_end *other = &b->record.jobs[i];
        assert_int_equal(one->vm, other->vm);
        assert_int_equal(one->number, other->number);
        assert_int_equal(one->start_ns, other->start_ns);
        assert_int_equal(one->end_ns, other->end_ns);
        assert_int_equal(one->switch_ns, other->switch_ns);
    }
    assert_int_equal(a->record.left_count, b->record.left_count);
}

/* A limiter that never closes changes nothing, however little it grants at once. */
static void open_limiter_changes_nothing(void **state)
{
    const struct policy_ops *policy = *state;
    int compared = 0;

    for (uint64_t seed = 1; seed <= 10 * SEEDS; seed++) {
        struct build plain;
        struct build limited;
        print_message("%s, seed %u\n", policy->name, (unsigned)seed);
        random_build(&plain, policy->name, seed);
        random_build(&limited, policy->name, seed);
        for (uint32_t i = 0; i < limited.scenario.vm_count; i++) {
            if (seed % 4 == 0 || i % 2 == seed % 2) {
                limited.vms[i].limiter.ops = &open_limiter;
            }
        }
        build_run(&plain);
        build_run(&limited);
        if (!has_work_of_no_time(&plain)) {
            same_jobs(&plain, &limited);
            compared++;
        }
        build_fini(&limited);
        build_fini(&plain);
    }
    assert_true(compared >= SEEDS);
}

/* Some VMs of a random scenario get limiters on the scale of its times. */
static void limit_at_random(struct build *b, uint64_t seed)
{
    for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
        uint64_t kind = test_random(&seed) % 4;
        int64_t share_ppm = 50000 + (int64_t)(test_random(&seed) % 900000);
        if (kind == 0) {
            build_limiter(b, i, "token_bucket", share_ppm);
            build_limiter_param(b, i, "burst", 1 + (nsec)(test_random(&seed) % 50));
            build_limiter_param(b, i, "tick", 1 + (nsec)(test_random(&seed) % 10));
            build_limiter_param(b, i, "poll", 1 + (nsec)(test_random(&seed) % 9));
            build_limiter_param(b, i, "feedback", seed % 3 ? 0 : 37);
            build_limiter_param(b, i, "samples", 1 + (nsec)(test_random(&seed) % 5));
        } else if (kind == 1) {
            build_limiter(b, i, "quota", share_ppm);
            build_limiter_param(b, i, "window", 100 + (nsec)(test_random(&seed) % 300));
            build_limiter_param(b, i, "quota", 1 + (nsec)(test_random(&seed) % 20));
        }
    }
}

/* What a policy was charged with is what the VMs were served, but for the last stay. */
static void check_charges(const struct checked *checked, const struct build *b)
{
    const struct record *record = &b->record;
    uint32_t last = VM_NONE;

    for (size_t i = 0; i < record->stay_count; i++) {
        last = record->stays[i].engine == ENGINE_COMPUTE ? record->stays[i].vm : last;
    }
    for (uint32_t vm = 0; vm < record->vm_count; vm++) {
        nsec service = record_service(record, ENGINE_COMPUTE, vm);
        assert_true(checked->charged_ns[vm] <= service);
        assert_true(vm == last || checked->charged_ns[vm] == service);
    }
}

static void random_scenarios_obey_the_laws(void **state)
{
    const struct policy_ops *policy = *state;
    uint64_t stopped = 0;

    for (uint64_t seed = 1; seed <= 10 * SEEDS; seed++) {
        struct checked *checked = test_calloc(1, sizeof(*checked));
        struct law *law = test_calloc(1, sizeof(*law));
        struct build b;
        print_message("%s, seed %u\n", policy->name, (unsigned)seed);
        random_build(&b, policy->name, 5000 + seed);
        limit_at_random(&b, seed);
        checked_wrap(checked, &b);
        assert_int_equal(build_setup(&b), 0);
        law_watch(law, &b);
        build_run(&b);
        law_check(law);
        check_charges(checked, &b);
        stopped += b.record.totals[ENGINE_COMPUTE].wasted_ns > 0;
        build_fini(&b);
        test_free(law);
        test_free(checked);
    }
    assert_true(stopped > 0);
}

static void registry_is_sorted_and_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < limiter_registry_count; i++) {
        const struct limiter_ops *ops = limiter_registry[i];
        assert_ptr_equal(limiter_find(ops->name), ops);
        assert_in_range(strlen(ops->summary), 1, 60);
        assert_true(ops->about[strlen(ops->about) - 1] == '.');
        assert_true(i == 0 || strcmp(limiter_registry[i - 1]->name, ops->name) < 0);
    }
    assert_null(limiter_find("no_such_limiter"));
}

int main(void)
{
    struct CMUnitTest tests[256] = {
        cmocka_unit_test(bucket_alone),
        cmocka_unit_test(bucket_under_round_robin),
        cmocka_unit_test(opening_bucket_preempts),
        cmocka_unit_test(slot_is_kept_for_a_limited_owner),
        cmocka_unit_test(kernel_leaves_a_debt),
        cmocka_unit_test(poll_delays_the_start),
        cmocka_unit_test(quota_alone),
        cmocka_unit_test(feedback_by_hand),
        cmocka_unit_test(bucket_gives_no_more_than_burst_and_share),
        cmocka_unit_test(quota_gives_no_more_than_the_share_of_a_window),
        cmocka_unit_test(share_is_reached),
        cmocka_unit_test(registry_is_sorted_and_described),
    };
    size_t count = 12;
    struct arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < policy_registry_count; i++) {
        const struct policy_ops *ops = policy_registry[i];
        tests[count++] = (struct CMUnitTest){
            .name = arena_format(&arena, "%s: an open limiter changes nothing", ops->name),
            .test_func = open_limiter_changes_nothing,
            .initial_state = (void *)ops,
        };
        tests[count++] = (struct CMUnitTest){
            .name = arena_format(&arena, "%s: random scenarios obey the laws", ops->name),
            .test_func = random_scenarios_obey_the_laws,
            .initial_state = (void *)ops,
        };
    }
    int failed = _cmocka_run_group_tests("limiter", tests, count, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
