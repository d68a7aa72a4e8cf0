/*
 * test_vgpu_rules.c - what the vendor documents of its three policies, rule by rule.
 *
 * Each test is named after the rule that it holds. A rule is tried on scenarios as a user would
 * write them, with profiles of the catalogue, free switches and kernels that can be cut at once
 * unless it is about something else.
 */
#include "run/run.h"
#include "scenario/scenario.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4000 };

static struct arena arena;
static struct catalogue catalogue;

/* A scenario from text, run on one partition. */
struct world {
    char text[TEXT_MAX];
    struct scenario scenario;
    struct setup setup;
    struct err_list errors;
    struct stay *stays; /* Owned: those on the compute engine. */
    size_t stay_count;
    size_t job_count;
    struct run *run;
};

static void see_stay(void *context, const struct stay *stay)
{
    struct world *w = context;

    if (stay->engine != ENGINE_COMPUTE) {
        return;
    }
    if ((w->stay_count & (w->stay_count + 1)) == 0) { /* 2^n - 1 are there. */
        w->stays = realloc(w->stays, 2 * (w->stay_count + 1) * sizeof(w->stays[0]));
        assert_non_null(w->stays);
    }
    w->stays[w->stay_count++] = *stay;
}

static void see_job(void *context, const struct job_end *job)
{
    (void)job;
    ((struct world *)context)->job_count++;
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    catalogue_init(&catalogue, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

#define BUSY "workloads: [{arrival: {closed: {think: 0s}}, job: [{compute: 1h}]}]"
#define FRAME                                                                                  \
    "workloads: [{frames: yes, arrival: {closed: {think: 0s}}, job: [{compute: 1ms}]}]"

/* The GPU's keys behind its name, and the list of VMs. -1 with w->errors. */
static int load(struct world *w, const char *gpu, const char *vms)
{
    struct scenario_source source = { .file = "rule.yaml", .catalogue = &catalogue };

    *w = (struct world){ .run = NULL };
    (void)snprintf(w->text, TEXT_MAX, "duration: 12s\ngpus:\n  - {name: g, %s}\nvms:\n%s\n",
                   gpu, vms);
    source.bytes = w->text;
    source.size = strlen(w->text);
    if (scenario_load(&source, &w->scenario, &w->errors)) {
        return -1;
    }
    return setup_build(&w->scenario, &w->scenario.arena, &w->setup, &w->errors);
}

static void run(struct world *w, const char *gpu, const char *vms, uint32_t partition)
{
    struct probe probe = { .context = w, .stayed = see_stay, .finished = see_job };
    struct run_options options = {
        .setup = &w->setup, .partition = partition, .probes = &probe, .probe_count = 1
    };
    struct err err;

    if (load(w, gpu, vms)) {
        fail_msg("%s", w->errors.errors[0].text);
    }
    w->run = run_create(&options, &err);
    if (!w->run || run_advance(w->run, w->scenario.duration_ns, &err)) {
        fail_msg("%s", err.text);
    }
    run_finish(w->run);
}

static void end(struct world *w)
{
    run_free(w->run);
    free(w->stays);
    scenario_fini(&w->scenario);
}

/* Service of a VM of the partition within [from, to), in parts per million of that time. */
static int64_t share(const struct world *w, uint32_t vm, nsec from_ns, nsec to_ns)
{
    nsec sum = 0;

    for (size_t i = 0; i < w->stay_count; i++) {
        const struct stay *stay = &w->stays[i];
        nsec start = stay->run_start_ns > from_ns ? stay->run_start_ns : from_ns;
        nsec stop = stay->run_end_ns < to_ns ? stay->run_end_ns : to_ns;
        sum +=
            stay->vm == vm && stay->engine == ENGINE_COMPUTE && stop > start ? stop - start : 0;
    }
    return sum * PPM / (to_ns - from_ns);
}

static void check_share(const struct world *w, uint32_t vm, double want)
{
    int64_t got = share(w, vm, 0, 12 * SEC);

    assert_true(got > (int64_t)(want * 1e6) - 500 && got < (int64_t)(want * 1e6) + 500);
}

static void check_refused(const char *gpu, const char *vms, const char *words)
{
    struct world w;

    assert_int_equal(load(&w, gpu, vms), -1);
    assert_non_null(strstr(w.errors.errors[0].text, words));
    end(&w);
}

/* ------------------------------------------------------------------- the checklist, 1 to 10 */

static void rule_1_best_effort_gives_one_busy_vm_everything(void **state)
{
    struct world w;
    (void)state;

    run(&w, "device: t4, sharing: {policy: best_effort, switch: 0.2ms}",
        "  - {name: a, profile: T4-4Q, " BUSY "}\n"
        "  - {name: b, profile: T4-4Q, count: 3}",
        0);
    assert_int_equal(share(&w, 0, 0, 12 * SEC), PPM); /* No switch cost either. */
    end(&w);
}

static void rule_2_fixed_share_gives_one_part_in_the_types_maximum(void **state)
{
    static const struct {
        const char *gpu;
        const char *profile;
        int max;
    } known[] = { { "t4", "T4-4C", 4 },
                  { "t4", "T4-16Q", 1 },
                  { "t4", "T4-1Q", 16 },
                  { "l40s", "L40S-8Q", 6 } };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct world w;
        char gpu[200];
        char vms[300];
        (void)snprintf(gpu, sizeof(gpu),
                       "device: %s, sharing: {policy: fixed_share, "
                       "switch: 0s}",
                       known[i].gpu);
        (void)snprintf(vms, sizeof(vms), "  - {name: a, profile: %s, " BUSY "}",
                       known[i].profile);
        run(&w, gpu, vms, 0);
        check_share(&w, 0, 1.0 / known[i].max);
        end(&w);
    }
}

static void rule_3_equal_share_falls_when_an_idle_vm_starts(void **state)
{
    struct world w;
    (void)state;

    run(&w, "device: t4, sharing: {policy: equal_share, switch: 0s}",
        "  - {name: a, profile: T4-4Q, " BUSY "}\n"
        "  - {name: b, profile: T4-4Q}\n"
        "  - {name: c, profile: T4-4Q, start: 6s}",
        0);
    assert_in_range(share(&w, 0, 0, 6 * SEC), 499500, 500500);
    assert_in_range(share(&w, 0, 6 * SEC, 12 * SEC), 332800, 333800);
    /* At that moment: when the slot that began at 6 s is over, a rotation has three slots. */
    assert_in_range(share(&w, 0, 6 * SEC + 3 * MSEC, 6 * SEC + 3 * MSEC + 3 * (SEC / 480)),
                    333000, 334000);
    end(&w);
}

static void rule_4_frame_limiter_never_acts_under_equal_or_fixed_share(void **state)
{
    static const struct {
        const char *policy;
        size_t frames;
    } known[] = { { "best_effort", 12 * 60 },
                  { "equal_share", 12000 },
                  { "fixed_share", 12000 } };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct world w;
        char gpu[200];
        (void)snprintf(gpu, sizeof(gpu), "device: t4, sharing: {policy: %s}", known[i].policy);
        run(&w, gpu, "  - {name: a, profile: T4-16Q, " FRAME "}", 0);
        assert_in_range(w.job_count, known[i].frames - 1, known[i].frames + 1);
        end(&w);
    }
}

/* One VM runs in either case; the maxima are 8, 16, 4 and 1. */
static void rule_5_default_slice_depends_on_the_types_maximum(void **state)
{
    static const struct {
        const char *policy;
        const char *profile;
        nsec slice_ns;
    } known[] = {
        { "best_effort", "T4-2Q", 2 * MSEC },
        { "best_effort", "T4-1Q", 1 * MSEC },
        { "best_effort", "T4-16Q", 2 * MSEC },
        { "equal_share", "T4-2Q", SEC / 480 },
        { "equal_share", "T4-1Q", SEC / 960 },
        { "{name: equal_share, order: least_served}", "T4-4Q", 2 * MSEC },
        { "{name: fixed_share, order: least_served}", "T4-1Q", 1 * MSEC },
        { "{rm_pvmrl: 0x11}", "T4-1Q", SEC / 960 },
        { "{rm_pvmrl: 0x13}", "T4-1Q", 1 * MSEC },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct world w;
        char gpu[200];
        char vms[100];
        (void)snprintf(gpu, sizeof(gpu), "device: t4, sharing: {policy: %s}", known[i].policy);
        (void)snprintf(vms, sizeof(vms), "  - {name: a, profile: %s}", known[i].profile);
        assert_int_equal(load(&w, gpu, vms), 0);
        assert_int_equal(w.scenario.gpus[0].sharing.engines[ENGINE_COMPUTE].slice_ns,
                         known[i].slice_ns);
        end(&w);
    }
}

/* Kernels of 1.5 ms that cannot be cut: each second one overruns a slot of 1/480 s. */
#define OVERRUNNING "device: t4, sharing: "

/* Without an overrun the very same stays; with one of x in each turn, a turn takes the target.
   tests/policy/test_equal_share.c has the worked step and the steady state of the formula. */
static void rule_6_adaptive_rounds_are_plain_ones_but_for_overruns(void **state)
{
    const char *const vms = "  - {name: a, profile: T4-4Q, " BUSY "}\n"
                            "  - {name: b, profile: T4-4Q, " BUSY "}";
    const char *const overrunning =
        "  - {name: a, profile: T4-4Q, workloads: [{arrival: {closed: {think: 0s}}, job: "
        "[{compute: {demand: 1h, kernel: 1.5ms, preemption: kernel}}]}]}\n"
        "  - {name: b, profile: T4-4Q, " BUSY "}";
    struct world plain;
    struct world adaptive;
    (void)state;

    run(&plain, "device: t4, sharing: {policy: equal_share, switch: 0s}", vms, 0);
    run(&adaptive, "device: t4, sharing: {policy: {rm_pvmrl: 0x01}, switch: 0s}", vms, 0);
    assert_int_equal(plain.stay_count, adaptive.stay_count);
    for (size_t i = 0; i < plain.stay_count; i++) {
        assert_int_equal(plain.stays[i].run_start_ns, adaptive.stays[i].run_start_ns);
        assert_int_equal(plain.stays[i].vm, adaptive.stays[i].vm);
    }
    end(&plain);
    end(&adaptive);
    run(&plain, OVERRUNNING "{policy: equal_share, switch: 0s}", overrunning, 0);
    run(&adaptive, OVERRUNNING "{policy: {rm_pvmrl: 0x01}, switch: 0s}", overrunning, 0);
    assert_true(share(&plain, 0, 0, 12 * SEC) > 700000); /* 3 ms of two slots. */
    assert_in_range(share(&adaptive, 0, 0, 12 * SEC), 499000, 503000);
    end(&plain);
    end(&adaptive);
}

static void rule_7_a_second_size_is_refused_in_equal_size_mode(void **state)
{
    (void)state;
    check_refused("device: t4", "  - {name: a, profile: T4-4Q}\n  - {name: b, profile: T4-8Q}",
                  "b does not fit at time 0: a GPU takes vGPUs of one size only");
    check_refused("device: l40s, vgpu_sizes: one",
                  "  - {name: a, profile: L40S-4Q}\n  - {name: b, profile: L40S-8Q}",
                  "takes vGPUs of one size only");
}

static void rule_8_mixed_sizes_with_fixed_share_are_refused(void **state)
{
    (void)state;
    check_refused("device: l40s, vgpu_sizes: mixed, sharing: {policy: fixed_share}",
                  "  - {name: a, profile: L40S-4Q}", "vgpu_sizes: mixed and fixed_share");
    check_refused("device: l40s, vgpu_sizes: mixed, sharing: {policy: {rm_pvmrl: 0x11}}",
                  "  - {name: a, profile: L40S-4Q}", "vgpu_sizes: mixed and fixed_share");
}

static void rule_9_framebuffer_is_never_overcommitted_by_idle_vms(void **state)
{
    static const char *const policies[] = { "best_effort", "equal_share", "fixed_share" };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
        char gpu[200];
        (void)snprintf(gpu, sizeof(gpu), "device: t4, sharing: {policy: %s}", policies[i]);
        check_refused(gpu, "  - {name: a, profile: T4-4Q, count: 5}",
                      "a4 does not fit at time 0");
        check_refused(gpu, "  - {name: a, memory: 4GiB, count: 5}",
                      "a4 does not fit at time 0: there is not enough free memory");
    }
}

/* The same stays on the first instance whether the second has work or not. */
static void rule_10_instances_do_not_notice_each_other(void **state)
{
    const char *const gpu = "device: h100, mig: [{profile: 3g.40gb, name: x}, "
                            "{profile: 3g.40gb, name: y}]";
    const char *const first = "  - {name: a, instance: x, count: 2, workloads: [{arrival: "
                              "{poisson: 100/s}, job: [{compute: {exponential: 3ms}}]}]}\n";
    const char *const others[] = { "", "  - {name: b, instance: y, " BUSY "}" };
    struct world w[2];
    (void)state;

    for (int i = 0; i < 2; i++) {
        char vms[500];
        (void)snprintf(vms, sizeof(vms), "%s%s", first, others[i]);
        run(&w[i], gpu, vms, 0);
    }
    assert_true(w[0].stay_count > 1000);
    assert_int_equal(w[0].stay_count, w[1].stay_count);
    for (size_t i = 0; i < w[0].stay_count; i++) {
        assert_int_equal(w[0].stays[i].run_start_ns, w[1].stays[i].run_start_ns);
        assert_int_equal(w[0].stays[i].run_end_ns, w[1].stays[i].run_end_ns);
    }
    end(&w[0]);
    end(&w[1]);
}

/* ------------------------------------------------------------------------ further statements
 */

/* A GPU of 16 GiB and a type of 4 GiB: A is busy, B idle or busy, and C starts. */
static void worked_example_of_the_three_policies(void **state)
{
    static const struct {
        const char *policy;
        double idle, busy, third;
    } known[] = { { "best_effort", 1.0, 0.5, 1.0 / 3 },
                  { "equal_share", 0.5, 0.5, 1.0 / 3 },
                  { "fixed_share", 0.25, 0.25, 0.25 } };
    static const char *const others[] = { "  - {name: b, profile: T4-4C}",
                                          "  - {name: b, profile: T4-4C, " BUSY "}",
                                          "  - {name: b, profile: T4-4C, count: 2, " BUSY "}" };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        const double want[] = { known[i].idle, known[i].busy, known[i].third };
        for (size_t k = 0; k < ARRAY_LEN(others); k++) {
            struct world w;
            char gpu[200];
            char vms[500];
            (void)snprintf(gpu, sizeof(gpu), "device: t4, sharing: {policy: %s, switch: 0s}",
                           known[i].policy);
            (void)snprintf(vms, sizeof(vms), "  - {name: a, profile: T4-4C, " BUSY "}\n%s",
                           others[k]);
            run(&w, gpu, vms, 0);
            check_share(&w, 0, want[k]);
            end(&w);
        }
    }
}

/* Documents differ on whether an idle vGPU's slot is given away. */
static void idle_slots_are_kept_or_given(void **state)
{
    static const struct {
        const char *policy;
        double want;
    } known[] = { { "{name: equal_share}", 0.5 },
                  { "{name: equal_share, idle_slots: give}", 1.0 },
                  { "{name: fixed_share}", 0.25 },
                  { "{name: fixed_share, idle_slots: give}", 1.0 },
                  { "{rm_pvmrl: 0x01, idle_slots: give}", 1.0 } };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct world w;
        char gpu[200];
        (void)snprintf(gpu, sizeof(gpu), "device: t4, sharing: {policy: %s, switch: 0s}",
                       known[i].policy);
        run(&w, gpu, "  - {name: a, profile: T4-4Q, " BUSY "}\n  - {name: b, profile: T4-4Q}",
            0);
        check_share(&w, 0, known[i].want);
        end(&w);
    }
}

/* Since R590: 3/10 more than a quarter; without weights there is no cap. */
static void elastic_cap_is_of_fixed_share_by_weight(void **state)
{
    struct world w;
    (void)state;

    run(&w,
        "device: t4, sharing: {policy: {rm_pvmrl: 0x11, driver: since_590, elastic_cap: "
        "0x0003000A}, switch: 0s}",
        "  - {name: a, profile: T4-4Q, " BUSY "}", 0);
    check_share(&w, 0, 0.325);
    end(&w);
    check_refused("device: t4, sharing: {policy: {rm_pvmrl: 0x19, driver: since_590, "
                  "elastic_cap: 0x0003000A}}",
                  "  - {name: a, profile: T4-4Q}", "it is for fixed share by weight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_1_best_effort_gives_one_busy_vm_everything),
        cmocka_unit_test(rule_2_fixed_share_gives_one_part_in_the_types_maximum),
        cmocka_unit_test(rule_3_equal_share_falls_when_an_idle_vm_starts),
        cmocka_unit_test(rule_4_frame_limiter_never_acts_under_equal_or_fixed_share),
        cmocka_unit_test(rule_5_default_slice_depends_on_the_types_maximum),
        cmocka_unit_test(rule_6_adaptive_rounds_are_plain_ones_but_for_overruns),
        cmocka_unit_test(rule_7_a_second_size_is_refused_in_equal_size_mode),
        cmocka_unit_test(rule_8_mixed_sizes_with_fixed_share_are_refused),
        cmocka_unit_test(rule_9_framebuffer_is_never_overcommitted_by_idle_vms),
        cmocka_unit_test(rule_10_instances_do_not_notice_each_other),
        cmocka_unit_test(worked_example_of_the_three_policies),
        cmocka_unit_test(idle_slots_are_kept_or_given),
        cmocka_unit_test(elastic_cap_is_of_fixed_share_by_weight),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
