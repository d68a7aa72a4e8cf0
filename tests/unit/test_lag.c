/* test_lag.c - service lag against a fluid share: known numbers, a bound, and a second
   implementation. */
#include "metrics/lag.h"
#include "support/build.h"
#include "support/golden.h"
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

/* What GPS needs to know, kept apart from the lag's own queue. */
struct demands {
    struct demand {
        nsec now;
        uint32_t vm;
        double demand_ns;
    } list[100000];
    size_t count;
    struct lag *lag;
    struct probe own;
};

static void on_demanded(void *context, enum engine_kind engine, uint32_t vm, nsec demand_ns,
                        nsec now)
{
    struct demands *d = context;

    if (engine == ENGINE_COMPUTE) {
        assert_true(d->count < ARRAY_LEN(d->list));
        d->list[d->count++] = (struct demand){ now, vm, (double)demand_ns };
    }
    d->own.demanded(d->own.context, engine, vm, demand_ns, now);
}

static void on_joined(void *context, uint32_t vm, nsec now)
{
    struct demands *d = context;
    d->own.joined(d->own.context, vm, now);
}

static void on_left(void *context, uint32_t vm, nsec now)
{
    struct demands *d = context;
    d->own.left(d->own.context, vm, now);
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct demands *d = context;
    d->own.stayed(d->own.context, stay);
}

/* Runs a scenario whose lag is measured from warmup_ns on. */
static const struct lag_extremes *run(struct build *b, struct demands *d, nsec warmup_ns)
{
    assert_int_equal(build_setup(b), 0);
    d->count = 0;
    d->lag = lag_create(&b->setup.partitions[0], warmup_ns, b->scenario.duration_ns);
    lag_listen(d->lag, &d->own);
    b->probes[1] = (struct probe){
        .context = d,
        .demanded = on_demanded,
        .joined = on_joined,
        .left = on_left,
        .stayed = on_stayed,
    };
    build_run(b);
    const struct lag_extremes *extremes = lag_summarise(d->lag, &b->scenario.arena);
    lag_free(d->lag);
    return extremes;
}

static void assert_near(double a, double b, double room)
{
    if (!(fabs(a - b) <= room)) {
        fail_msg("%.17g is not %.17g", a, b);
    }
}

/* The numbers that are worked out in the literature's example: A 5/6, B -5/6, C -3/4 ms. */
static void numbers_are_the_known_ones(void **state)
{
    static const double behind_ms[] = { 5.0 / 6, 1.0 / 2, 2.0 / 3 };
    static const double ahead_ms[] = { -1.0 / 2, -5.0 / 6, -3.0 / 4 };
    struct demands *d = test_malloc(sizeof(*d));
    struct build b;
    (void)state;

    build_init(&b, "round_robin");
    golden_workload(&b);
    const struct lag_extremes *extremes = run(&b, d, 0);
    for (int i = 0; i < 3; i++) {
        assert_near(extremes[i].behind_ns, behind_ms[i] * 1e6, 1e-3);
        assert_near(extremes[i].ahead_ns, ahead_ms[i] * 1e6, 1e-3);
    }
    build_fini(&b);
    test_free(d);
}

/* Service under GPS up to `until`, worked out from the start: no virtual time, no queue. */
static void serve_ideal(const struct build *b, const struct demands *d, nsec until, double *ret)
{
    double left[64] = { 0 };
    double now = 0;
    size_t next = 0;

    for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
        ret[i] = 0;
    }
    while (now < (double)until) {
        double weights = 0;
        double end = (double)until;
        while (next < d->count && (double)d->list[next].now <= now) {
            left[d->list[next].vm] += d->list[next].demand_ns;
            next++;
        }
        if (next < d->count && (double)d->list[next].now < end) {
            end = (double)d->list[next].now;
        }
        for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
            weights += left[i] > 0 ? b->vms[i].weight : 0;
        }
        for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
            double dry = now + left[i] * weights / b->vms[i].weight;
            end = left[i] > 0 && dry < end ? dry : end;
        }
        for (uint32_t i = 0; i < b->scenario.vm_count; i++) {
            double got = left[i] > 0 ? (end - now) * b->vms[i].weight / weights : 0;
            ret[i] += got;
            left[i] = left[i] - got > 1e-3 ? left[i] - got : 0;
        }
        now = end;
    }
}

/* At every begin and end of a stay, and at the end of the run, by the definition. */
static void check_by_definition(struct build *b, struct demands *d, nsec warmup_ns)
{
    const struct lag_extremes *extremes = run(b, d, warmup_ns);
    double behind[64];
    double ahead[64];
    double served[64] = { 0 };
    double ideal[64];
    uint32_t n = b->scenario.vm_count;

    for (uint32_t i = 0; i < n; i++) {
        behind[i] = -INFINITY;
        ahead[i] = INFINITY;
    }
    for (size_t s = 0; s <= b->record.stay_count; s++) {
        const struct stay *stay = &b->record.stays[s < b->record.stay_count ? s : s - 1];
        bool is_end = s == b->record.stay_count;
        for (int edge = 0; edge < 2; edge++) {
            nsec now = is_end ? b->scenario.duration_ns
                       : edge ? stay->run_end_ns
                              : stay->run_start_ns;
            served[stay->vm] += edge && !is_end ? (double)(now - stay->run_start_ns) : 0;
            serve_ideal(b, d, now, ideal);
            for (uint32_t i = 0; i < n && now >= warmup_ns; i++) {
                behind[i] = fmax(behind[i], ideal[i] - served[i]);
                ahead[i] = fmin(ahead[i], ideal[i] - served[i]);
            }
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        assert_near(extremes[i].behind_ns, behind[i], 0.1);
        assert_near(extremes[i].ahead_ns, ahead[i], 0.1);
    }
}

static void extremes_are_those_of_the_definition(void **state)
{
    static const char *const policies[] = { "round_robin", "fifo", "fixed_share", "fair",
                                            "best_effort" };
    struct demands *d = test_malloc(sizeof(*d));
    uint64_t seed = 1;
    (void)state;

    for (int round = 0; round < 40; round++) {
        struct build b;
        build_init(&b, policies[round % 5]);
        build_switch(&b, round % 3 * 100 * USEC, round % 2 * 30 * USEC);
        uint32_t n = (uint32_t)test_between(&seed, 1, 5);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t vm = build_vm(&b, &"ABCDE"[i]);
            b.vms[vm].weight = (uint32_t)test_between(&seed, 50, 400);
            build_poisson(&b, vm, test_between(&seed, 5, 20) * MSEC,
                          build_exponential(4 * MSEC));
        }
        b.scenario.duration_ns = 200 * MSEC;
        b.scenario.seed = (uint64_t)round;
        check_by_definition(&b, d, 0);
        build_fini(&b);
    }
    test_free(d);
}

/* Of n VMs that always have work, under free switches: q (n - 1) / n. */
static void round_robin_keeps_its_bound(void **state)
{
    struct demands *d = test_malloc(sizeof(*d));
    (void)state;

    for (uint32_t n = 1; n <= 8; n++) {
        struct build b;
        build_init(&b, "round_robin");
        for (uint32_t i = 0; i < n; i++) {
            build_closed(&b, build_vm(&b, &"ABCDEFGH"[i]), build_constant(SEC), 0);
        }
        const struct lag_extremes *extremes = run(&b, d, 0);
        double bound = 2e6 * (n - 1) / n;
        for (uint32_t i = 0; i < n; i++) {
            assert_true(extremes[i].behind_ns <= bound + 0.1);
            assert_true(extremes[i].ahead_ns >= -bound - 0.1);
        }
        assert_near(extremes[n - 1].behind_ns, bound, 0.1);
        assert_near(extremes[0].ahead_ns, -bound, 0.1);
        build_fini(&b);
    }
    test_free(d);
}

/* A leaves with work undone, and is judged up to then; B is only there later; C never. */
static void vms_are_judged_while_they_are_there(void **state)
{
    const struct build_job long_job = { 0, 50 * MSEC };
    struct demands *d = test_malloc(sizeof(*d));
    struct build b;
    (void)state;

    build_init(&b, "fifo");
    build_jobs(&b, build_vm(&b, "X"), &long_job, 1);
    build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, MSEC }, 1);
    build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, MSEC }, 1);
    build_vm(&b, "C");
    b.vms[1].stop_ns = 10 * MSEC;
    b.vms[2].start_ns = 40 * MSEC;
    b.vms[3].start_ns = 2 * SEC;
    const struct lag_extremes *extremes = run(&b, d, 0);
    /* GPS serves X and A by halves to 2 ms, then X, then X and B from 40 to 42 ms. */
    assert_near(extremes[0].ahead_ns, -2e6, 0.1);
    assert_near(extremes[1].behind_ns, 1e6, 0.1);
    assert_near(extremes[1].ahead_ns, 0, 0.1);
    assert_near(extremes[2].behind_ns, 1e6, 0.1);
    assert_true(isnan(extremes[3].behind_ns) && isnan(extremes[3].ahead_ns));
    build_fini(&b);
    test_free(d);
}

/* What lies before the end of warm-up does not count, but is not forgotten either. */
static void warm_up_is_left_out(void **state)
{
    static const nsec warmups_ns[] = { 1 * MSEC, 12 * MSEC, 13 * MSEC, 30 * MSEC };
    struct demands *d = test_malloc(sizeof(*d));
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(warmups_ns); i++) {
        struct build b;
        build_init(&b, "fifo");
        build_jobs(&b, build_vm(&b, "A"), &(const struct build_job){ 0, 20 * MSEC }, 1);
        build_jobs(&b, build_vm(&b, "B"), &(const struct build_job){ 0, 4 * MSEC }, 1);
        const struct lag_extremes *extremes = run(&b, d, warmups_ns[i]);
        /* B is served by GPS from 0 to 8 ms, really from 20 to 24 ms. */
        double behind = i < 3 ? 4e6 : 0;
        assert_near(extremes[1].behind_ns, behind, 0.1);
        assert_near(extremes[1].ahead_ns, 0, 0.1);
        assert_near(extremes[0].ahead_ns, i < 3 ? -4e6 : 0, 0.1);
        build_fini(&b);
    }
    test_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_known_ones),
        cmocka_unit_test(extremes_are_those_of_the_definition),
        cmocka_unit_test(round_robin_keeps_its_bound),
        cmocka_unit_test(vms_are_judged_while_they_are_there),
        cmocka_unit_test(warm_up_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
