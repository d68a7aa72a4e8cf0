/* test_collect.c - a collector fed by hand gives hand-computed summaries. */
#include "metrics/collect.h"

#include "support/little.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check_near(double got, double want)
{
    if (!(fabs(got - want) <= 5.001e-5)) {
        fail_msg("got %.9g, want %.9g", got, want);
    }
}

static const struct collector_workload frames = {
    .name = "frames", .deadline_ns = 30, .is_open = true, .has_frames = true
};
static const struct collector_workload plain = { .name = "plain", .deadline_ns = NSEC_MAX };

enum { MANY = 300 };

/* One partition with two VMs, the second of which has two workloads, or many more. */
struct fixture {
    struct collector_vm vms[2];
    struct collector_workload workloads[MANY];
    struct collector_config config;
    struct arena arena;
    struct collector *collector;
    struct probe probe;
    nsec service[ENGINE_COUNT * 2];
    nsec since[2];
    nsec by_workload[3];
    nsec next_border_ns;
    struct engine_totals engines[ENGINE_COUNT];
};

static int setup_workloads(void **state, uint32_t count)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    for (uint32_t i = 0; i < count; i++) {
        f->workloads[i] = i == 1 ? frames : plain;
    }
    f->vms[0] = (struct collector_vm){ "a", 4, 0, 100, 600000, 0, NSEC_MAX, &frames, 1 };
    f->vms[1] = (struct collector_vm){ "b", 9, 1, 200, 400000, 0, 1500, f->workloads, count };
    f->config = (struct collector_config){ .gpu = "gpu0",
                                           .vms = f->vms,
                                           .vm_count = 2,
                                           .warmup_ns = 1000,
                                           .duration_ns = 2000,
                                           .window_ns = 100,
                                           .windows_max = 1024,
                                           .stays_max = 2,
                                           .keep_distribution = true };
    arena_init(&f->arena);
    f->collector = collector_create(&f->config, &f->arena);
    collector_listen(f->collector, &f->probe);
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_workloads(state, 2);
}

/* So many that jobs are counted in the way of many. */
static int setup_many(void **state)
{
    return setup_workloads(state, MANY);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    collector_free(f->collector);
    arena_fini(&f->arena);
    return 0;
}

static void finish(struct fixture *f, uint32_t vm, uint32_t workload, nsec arrival, nsec end)
{
    nsec run = (end - arrival) / 2;

    f->probe.finished(f->probe.context, &(struct job_end){ .vm = vm,
                                                           .workload = workload,
                                                           .arrival_ns = arrival,
                                                           .start_ns = arrival,
                                                           .end_ns = end,
                                                           .deadline_ns = arrival + 30,
                                                           .run_ns = run,
                                                           .slice_wait_ns = end - arrival - run,
                                                           .demand_ns = run,
                                                           .alone_ns = run });
}

static void leave(struct fixture *f, nsec arrival, bool dropped)
{
    f->probe.unfinished(f->probe.context, &(struct job_left){ .arrival_ns = arrival,
                                                              .start_ns = -1,
                                                              .demand_ns = 7,
                                                              .dropped = dropped });
}

static void tell_border(struct fixture *f, nsec now, bool by_workload)
{
    uint64_t backlogged =
        (uint64_t)(f->since[0] != NSEC_MAX) | (uint64_t)(f->since[1] != NSEC_MAX) << 1;

    f->probe.border(
        f->probe.context,
        &(struct border){ .now = now,
                          .vm_count = 2,
                          .service_ns = f->service,
                          .engines = f->engines,
                          .backlogged_since = f->since,
                          .backlogged = &backlogged,
                          .workload_service_ns = by_workload ? f->by_workload : NULL });
}

/* And those before it since the last call, as a run would. */
static void border(struct fixture *f, nsec now, bool by_workload)
{
    for (nsec t = f->next_border_ns; t < now; t += f->config.window_ns) {
        tell_border(f, t, false);
    }
    tell_border(f, now, by_workload);
    f->next_border_ns = now - now % f->config.window_ns + f->config.window_ns;
}

static struct unit_summary end(struct fixture *f)
{
    struct unit_summary unit;

    border(f, f->config.duration_ns, false);
    collector_summarise(f->collector, &unit);
    return unit;
}

static void jobs_count_by_arrival_in_the_span(void **state)
{
    struct fixture *f = *state;

    border(f, 1000, false);
    finish(f, 0, 0, 999, 1020);  /* Of the warm-up. */
    finish(f, 0, 0, 1000, 1040); /* 40, late */
    finish(f, 0, 0, 1050, 1060); /* 10 */
    leave(f, 900, true);
    leave(f, 1100, true);
    leave(f, 1970, false); /* Its deadline is the end, which has not passed. */
    leave(f, 1969, false);
    leave(f, 999, false);
    struct unit_summary unit = end(f);
    const struct workload_summary *w = &unit.vms[0].workloads[0];
    assert_int_equal(w->arrived, 5);
    assert_int_equal(w->done, 2);
    assert_int_equal(w->dropped, 1);
    assert_int_equal(w->unfinished, 2);
    assert_int_equal(w->deadline_missed, 3);
    assert_true(w->latency_sum_ns == 50 && w->run_sum_ns == 25 && w->slice_wait_sum_ns == 25);
    assert_true(w->offered_ns == 25 + 2 * 7);
    check_near(w->latency_mean_ns, 25);
    check_near(w->slowdown_mean, 2);
    assert_int_equal(w->quantile_ns[QUANTILE_P50], 10);
    assert_true(w->has_quantile[QUANTILE_P50]);
    assert_false(w->has_quantile[QUANTILE_P90]);
    assert_int_equal(w->max_ns, 40);
    assert_true(isnan(w->mean_low_ns));
    assert_int_equal(w->p99_low_ns, -1);
    assert_int_equal(w->distribution.row_count, 2);
    assert_int_equal(w->distribution.rows[1].latency_ns, 40);
    assert_int_equal(unit.vms[1].workloads[0].arrived, 0);
    assert_true(isnan(unit.vms[1].workloads[0].latency_mean_ns));
    assert_int_equal(unit.vms[1].workloads[0].max_ns, -1);
}

/* 10 arrivals, 8 done, 6 of them within the target: 0.6 of all. */
static void jobs_that_did_not_finish_miss_their_deadline(void **state)
{
    struct fixture *f = *state;

    border(f, 1000, false);
    for (int i = 0; i < 8; i++) {
        finish(f, 0, 0, 1000 + 40 * i, 1030 + 40 * i + (i >= 6));
    }
    leave(f, 1500, false);
    leave(f, 1500, true);
    struct unit_summary unit = end(f);
    const struct workload_summary *w = &unit.vms[0].workloads[0];
    assert_int_equal(w->arrived, 10);
    check_near(1 - (double)w->deadline_missed / (double)w->arrived, 0.6);
}

/* Slices of 2.097152 ms with 0.15 ms between them. */
static void switch_overhead_as_published(void **state)
{
    struct fixture *f = *state;

    collector_free(f->collector);
    f->config.warmup_ns = 0;
    f->config.duration_ns = INT64_C(1000) * (2097152 + 150000);
    f->config.window_ns = SEC;
    f->collector = collector_create(&f->config, &f->arena);
    collector_listen(f->collector, &f->probe);
    border(f, 0, false);
    f->engines[ENGINE_COMPUTE].busy_ns = INT64_C(1000) * 2097152;
    f->engines[ENGINE_COMPUTE].switch_ns = 1000 * 150000;
    struct unit_summary unit = end(f);
    const struct engine_summary *e = &unit.engines[0];
    assert_int_equal(e->idle_ns, 0);
    assert_true(fabs(e->utilisation_percent - 93.3249) < 5.1e-5);
    assert_true(fabs((double)e->totals.switch_ns / (double)e->span_ns - 0.066751) < 5.1e-7);
}

static void the_five_parts_are_the_latency(void **state)
{
    struct fixture *f = *state;
    struct job_end job = { .vm = 1,
                           .workload = 1,
                           .arrival_ns = 1000,
                           .end_ns = 1031,
                           .deadline_ns = NSEC_MAX,
                           .queue_wait_ns = 1,
                           .slice_wait_ns = 2,
                           .run_ns = 4,
                           .switch_ns = 8,
                           .host_ns = 16 };

    border(f, 1000, false);
    f->probe.finished(f->probe.context, &job);
    f->probe.finished(f->probe.context, &job);
    struct unit_summary unit = end(f);
    const struct workload_summary *w = &unit.vms[1].workloads[1];
    assert_true(w->queue_wait_sum_ns == 2 && w->slice_wait_sum_ns == 4 && w->run_sum_ns == 8);
    assert_true(w->switch_sum_ns == 16 && w->host_sum_ns == 32 && w->latency_sum_ns == 62);
    assert_true(isnan(w->slowdown_mean)); /* It has no work alone. */
}

static void shares_and_engines_add_up(void **state)
{
    struct fixture *f = *state;

    f->service[0] = 300;
    f->service[1] = 500;
    f->by_workload[1] = 500;
    f->by_workload[0] = 300;
    f->engines[ENGINE_COMPUTE] = (struct engine_totals){ 800, 50, 3, 20, 9, 5 };
    border(f, 1000, true);
    f->service[0] = 500;
    f->service[1] = 900;
    f->service[ENGINE_ENCODE * 2 + 1] = 30;
    f->by_workload[0] = 500;
    f->by_workload[1] = 800;
    f->by_workload[2] = 130;
    f->engines[ENGINE_COMPUTE] = (struct engine_totals){ 1400, 120, 13, 70, 19, 12 };
    f->engines[ENGINE_ENCODE] = (struct engine_totals){ 30, 0, 0, 0, 1, 0 };
    f->since[1] = NSEC_MAX;
    border(f, 2000, true);
    struct unit_summary unit;
    collector_summarise(f->collector, &unit);

    check_near(unit.vms[0].share_percent, 20);
    check_near(unit.vms[1].share_percent, 40);
    check_near(unit.vms[0].entitled_percent, 60);
    assert_int_equal(unit.vms[1].present_ns, 500);
    assert_int_equal(unit.vms[1].service_ns[ENGINE_ENCODE], 30);
    assert_int_equal(unit.vms[0].workloads[0].service_ns, 200);
    assert_int_equal(unit.vms[1].workloads[0].service_ns, 300);
    assert_int_equal(unit.vms[1].workloads[1].service_ns, 130);
    assert_int_equal(unit.engine_count, 2);
    const struct engine_summary *e = &unit.engines[0];
    assert_int_equal(e->totals.busy_ns, 600);
    assert_int_equal(e->totals.switch_ns, 70);
    assert_int_equal(e->totals.lost_ns, 10);
    assert_int_equal(e->totals.wasted_ns, 50);
    assert_int_equal(e->totals.switches, 7);
    assert_int_equal(e->totals.busy_ns + e->totals.switch_ns + e->idle_ns, 1000);
    check_near(e->utilisation_percent, 59);
    assert_int_equal(unit.engines[1].kind, ENGINE_ENCODE);
    /* Only the first VM had work throughout; per weight and time present: 200/100/1000 and
       400/200/500, as 1 to 2. */
    assert_int_equal(unit.backlogged_count, 1);
    assert_true(isnan(unit.jain_backlogged));
    check_near(unit.jain_all, 0.9);
}

static void service_by_workload_may_be_unknown(void **state)
{
    struct fixture *f = *state;

    border(f, 1000, false);
    f->service[0] = 11;
    struct unit_summary unit = end(f);
    assert_int_equal(unit.vms[0].workloads[0].service_ns, 11);
    assert_int_equal(unit.vms[1].workloads[0].service_ns, -1);
}

static void slices_are_kept_until_there_are_enough(void **state)
{
    struct fixture *f = *state;
    struct stay stay = { .switch_start_ns = 999, .run_start_ns = 1001, .run_end_ns = 1002 };

    border(f, 1000, false);
    f->probe.stayed(f->probe.context, &stay);
    for (int i = 0; i < 2; i++) {
        assert_non_null(f->probe.stayed);
        stay.switch_start_ns = 1010 + i;
        f->probe.stayed(f->probe.context, &stay);
    }
    assert_null(f->probe.stayed);
    struct unit_summary unit = end(f);
    assert_int_equal(unit.stay_count, 2);
    assert_int_equal(unit.stays[1].switch_start_ns, 1011);
}

/* 950 frames of 10, 40 of 20, 10 of 50: 92.593 frames a second, 1 % low 50, in ms. */
static void frames_as_published(void **state)
{
    struct fixture *f = *state;
    nsec now = 0;

    collector_free(f->collector);
    f->config.warmup_ns = 5 * MSEC;
    f->config.duration_ns = 20 * SEC;
    f->config.window_ns = SEC;
    f->collector = collector_create(&f->config, &f->arena);
    collector_listen(f->collector, &f->probe);
    border(f, 5 * MSEC, false);
    now = 10 * MSEC;
    finish(f, 0, 0, 0, now);
    for (int i = 0; i < 1000; i++) {
        now += (i < 950 ? 10 : i < 990 ? 20 : 50) * MSEC;
        finish(f, 0, 0, now - 5 * MSEC, now);
    }
    struct unit_summary unit = end(f);
    check_near(unit.vms[0].workloads[0].frames_per_second, 92.593 - 0.0004);
    assert_true(fabs(unit.vms[0].workloads[0].frames_low_1_percent / 50 - 1) <= 1 / 256.0);
    assert_true(isnan(unit.vms[1].workloads[0].frames_per_second));
}

/* A thousand latencies 1, 2, ... 1000 in a mixed order: ranks 983 and 997 of facts. */
static void intervals_of_independent_jobs(void **state)
{
    struct fixture *f = *state;

    border(f, 1000, false);
    for (nsec i = 0; i < 1000; i++) {
        nsec latency = 1 + i * 7919 % 1000;
        finish(f, 1, 0, 1000, 1000 + latency);
    }
    struct unit_summary unit = end(f);
    const struct workload_summary *w = &unit.vms[1].workloads[0];
    assert_true(fabs((double)w->p99_low_ns - 983) <= 983 / 256.0);
    assert_true(fabs((double)w->p99_high_ns - 997) <= 997 / 256.0);
    assert_true(w->mean_low_ns < 500.5 && 500.5 < w->mean_high_ns);
    assert_true(w->mean_high_ns - w->mean_low_ns < 80);
}

/* Jobs whose latencies move slowly carry less information, so their interval is wider. */
static void correlated_jobs_have_wider_intervals(void **state)
{
    struct fixture *f = *state;

    border(f, 1000, false);
    for (nsec i = 0; i < 3200; i++) {
        /* Runs of 20 equal latencies. */
        finish(f, 1, 0, 1000, 1001 + i / 20 * 7919 % 1000);
    }
    struct unit_summary unit = end(f);
    const struct workload_summary *w = &unit.vms[1].workloads[0];
    assert_true(w->p99_low_ns > 0 && w->p99_low_ns < 970);
    assert_int_equal(w->p99_high_ns, -1);
}

static void overall_index_is_of_the_whole_span(void **state)
{
    struct fixture *f = *state;

    f->service[0] = 77;
    border(f, 1000, false);
    for (nsec t = 1100; t < 2000; t += 100) {
        f->service[0] += 10;
        f->service[1] += 40;
        border(f, t, false);
    }
    f->service[0] += 10;
    f->service[1] += 40;
    struct unit_summary unit = end(f);
    assert_int_equal(unit.backlogged_count, 2);
    check_near(unit.jain_backlogged, 0.9);
    assert_int_equal(unit.fairness->level_count, 4);
    check_near(unit.fairness->levels[0].jain_min, 0.9);
    assert_int_equal(unit.fairness->window_count, 10);
}

static void limits_shrink_for_fleets(void **state)
{
    struct collector_config config;
    (void)state;

    collector_limit(&config, 256, 99);
    assert_int_equal(config.windows_max, 1024);
    assert_int_equal(config.stays_max, 2000);
    assert_true(config.keep_distribution);
    collector_limit(&config, 160000, 99);
    assert_int_equal(config.windows_max, 16);
    assert_int_equal(config.stays_max, 0);
    assert_false(config.keep_distribution);
    collector_limit(&config, 1024, 0);
    assert_int_equal(config.windows_max, 256);
    assert_int_equal(config.stays_max, 2000);
}

static void pools_join_the_vms_of_an_entry(void **state)
{
    struct fixture *f = *state;
    const uint32_t entry_first[] = { 0, 1 };
    struct hist pool[3];

    for (int i = 0; i < 3; i++) {
        hist_init(&pool[i]);
    }
    border(f, 1000, false);
    finish(f, 0, 0, 1000, 1010);
    finish(f, 1, 1, 1000, 1020);
    border(f, f->config.duration_ns, false);
    collector_pool(f->collector, entry_first, pool);
    collector_pool(f->collector, entry_first, pool);
    assert_int_equal(hist_count(&pool[0], 10), 2);
    assert_int_equal(hist_total(&pool[1]), 0);
    assert_int_equal(hist_count(&pool[2], 20), 2);
    for (int i = 0; i < 3; i++) {
        hist_fini(&pool[i]);
    }
}

static void littles_law_in_integers(void **state)
{
    struct little little;
    struct probe p;
    (void)state;

    little_init(&little, &p);
    p.arrived(p.context, 0, 0, 10);
    p.arrived(p.context, 1, 0, 12);
    p.finished(p.context, &(struct job_end){ .arrival_ns = 12, .end_ns = 20 });
    p.arrived(p.context, 0, 0, 25);
    p.finished(p.context, &(struct job_end){ .arrival_ns = 10, .end_ns = 40 });
    assert_false(little_holds(&little));
    p.unfinished(p.context, &(struct job_left){ .arrival_ns = 25 });
    assert_true(little_holds(&little));
    assert_true(little.area == 8 + 30 + 15);
    p.arrived(p.context, 0, 0, 50);
    p.finished(p.context, &(struct job_end){ .arrival_ns = 51, .end_ns = 60 });
    assert_false(little_holds(&little));
}

#define WITH(test)      cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_MANY(test) cmocka_unit_test_setup_teardown(test, setup_many, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(jobs_count_by_arrival_in_the_span),
        WITH(jobs_that_did_not_finish_miss_their_deadline),
        WITH(switch_overhead_as_published),
        WITH(the_five_parts_are_the_latency),
        WITH(shares_and_engines_add_up),
        WITH(service_by_workload_may_be_unknown),
        WITH(slices_are_kept_until_there_are_enough),
        WITH(frames_as_published),
        WITH(intervals_of_independent_jobs),
        WITH(correlated_jobs_have_wider_intervals),
        WITH(overall_index_is_of_the_whole_span),
        WITH(pools_join_the_vms_of_an_entry),
        WITH_MANY(jobs_count_by_arrival_in_the_span),
        WITH_MANY(the_five_parts_are_the_latency),
        WITH_MANY(frames_as_published),
        WITH_MANY(intervals_of_independent_jobs),
        cmocka_unit_test(limits_shrink_for_fleets),
        cmocka_unit_test(littles_law_in_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
