/* test_gather.c - objectives and warnings, from summaries made by hand. */
#include "metrics/gather.h"

#include "metrics/collect.h"
#include "metrics/slo.h"
#include "metrics/warnings.h"
#include "support/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sample sample;
static struct arena arena;

static int setup(void **state)
{
    (void)state;
    sample_init(&sample);
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct summary gather(bool warmup_short, const struct hist *pool)
{
    struct summary summary;

    gather_summary(&(struct gather_input){ .setup = &sample.setup,
                                           .units = &sample.unit,
                                           .warmup_ns = SEC,
                                           .warmup_short = warmup_short,
                                           .pool = pool },
                   &arena, &summary);
    return summary;
}

static void check_warning(const struct summary *s, const char *text)
{
    for (uint32_t i = 0; i < s->warning_count; i++) {
        if (strcmp(s->warnings[i], text) == 0) {
            return;
        }
    }
    for (uint32_t i = 0; i < s->warning_count; i++) {
        print_message("warning: %s\n", s->warnings[i]);
    }
    fail_msg("no such warning: %s", text);
}

static void no_drops(void)
{
    for (int i = 0; i < 3; i++) {
        sample.vm_workloads[i].arrived -= sample.vm_workloads[i].dropped;
        sample.vm_workloads[i].dropped = 0;
    }
}

static void vms_are_in_scenario_order(void **state)
{
    (void)state;
    struct summary s = gather(false, NULL);

    assert_int_equal(s.unit_count, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_ptr_equal(s.vms[i].vm, &sample.vms[i]);
        assert_ptr_equal(s.vms[i].unit, &sample.unit);
    }
}

static void objectives_are_judged_by_the_worst(void **state)
{
    (void)state;
    struct summary s = gather(false, NULL);

    assert_true(s.slos[0].met);
    assert_int_equal(s.slos[0].vms_count, 2);
    assert_string_equal(s.slos[0].vm, "desktop1");
    assert_string_equal(s.slos[0].workload, "frames");
    assert_true(s.slos[0].value == 21e6);
    assert_true(s.slos[1].met);
    assert_true(s.slos[1].value == 110);
    assert_null(s.slos[1].workload);

    sample.slos[0].value = 20.5e6;
    sample.slos[1].value = 110.5;
    s = gather(false, NULL);
    assert_false(s.slos[0].met);
    assert_int_equal(s.slos[0].vms_met, 1);
    assert_false(s.slos[1].met);
}

static void objectives_of_every_metric(void **state)
{
    (void)state;
    const struct {
        enum slo_metric metric;
        double value;
    } rows[] = {
        { SLO_LATENCY_MEAN, 10e6 }, { SLO_LATENCY_P50, 10e6 },     { SLO_LATENCY_P90, 15e6 },
        { SLO_LATENCY_P95, 20e6 },  { SLO_LATENCY_P99, 30e6 },     { SLO_LATENCY_MAX, 40e6 },
        { SLO_THROUGHPUT, 110 },    { SLO_DEADLINE_MISSED, 0.05 }, { SLO_SHARE, 2 / 9.0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slo_entry slo = { .metric = rows[i].metric, .is_max = true };
        slo.value = rows[i].value * 1.000001;
        assert_true(slo_check(&slo, &sample.vms[0]).met);
        slo.value = rows[i].value * 0.999999;
        assert_false(slo_check(&slo, &sample.vms[0]).met);
        slo.is_max = false;
        assert_true(slo_check(&slo, &sample.vms[0]).met);
    }
}

static void without_finished_jobs_no_latency_is_met(void **state)
{
    (void)state;
    struct workload_summary *w = &sample.vm_workloads[0];

    w->done = 0;
    w->latency_mean_ns = NAN;
    w->quantile_ns[QUANTILE_P95] = -1;
    struct summary s = gather(false, NULL);
    assert_false(s.slos[0].met);
    assert_true(isnan(s.slos[0].value));
    assert_string_equal(s.slos[0].vm, "desktop0");
    check_warning(&s, "desktop (1 of 2 VMs): no job finished");
}

static void refused_vms_are_counted(void **state)
{
    (void)state;
    sample.unit.vm_count = 2;
    sample.setup.refused_count = 1;
    struct summary s = gather(false, NULL);

    assert_null(s.vms[2].vm);
    assert_false(s.slos[1].met);
    assert_null(s.slos[1].vm);
    check_warning(&s, "1 VM was refused for lack of room");
}

static void a_good_run_has_no_warnings(void **state)
{
    (void)state;
    no_drops();
    assert_int_equal(gather(false, NULL).warning_count, 0);
}

static void dropped_jobs_are_named(void **state)
{
    (void)state;
    struct summary s = gather(false, NULL);

    check_warning(&s, "desktop (both VMs): 0.6 % of the jobs were dropped");
    check_warning(&s, "trainer: 0.6 % of the jobs were dropped");
    assert_int_equal(s.warning_count, 2);
}

static void small_samples_are_named(void **state)
{
    (void)state;
    no_drops();
    sample.vm_workloads[1].done = 37;
    sample.vm_workloads[2].mean_low_ns = NAN;
    struct summary s = gather(true, NULL);

    check_warning(&s, "desktop (1 of 2 VMs): 37 jobs are too few for p99, which takes 100");
    check_warning(&s, "trainer: latencies are alike over too long a time for an interval of "
                      "the mean; a longer run may have one");
    check_warning(&s, "the run is too short to tell where its warm-up ends; a longer one, or "
                      "a warmup given as a time, would help");
    assert_int_equal(s.warning_count, 3);
}

static void overload(uint32_t i, nsec offered_ns)
{
    struct workload_summary *w = &sample.vm_workloads[i];

    w->unfinished = 100;
    w->done = w->arrived - 100;
    w->trend = 0.99;
    w->offered_ns = offered_ns;
}

static void overload_of_a_vm_is_named(void **state)
{
    (void)state;
    no_drops();
    overload(1, 3 * SEC + 3 * SEC / 10);
    struct summary s = gather(false, NULL);

    check_warning(&s, "desktop (1 of 2 VMs): offered load 110 % of what the VM gets: latency "
                      "grows without bound");
    assert_int_equal(s.warning_count, 1);
}

static void overload_of_the_gpu_is_named(void **state)
{
    (void)state;
    no_drops();
    for (uint32_t i = 0; i < 3; i++) {
        overload(i, (nsec)(2 + i) * SEC * 112 * 86 / 9000);
        sample.vm_workloads[i].is_open = true;
    }
    sample.engine.idle_ns = 0;
    struct summary s = gather(false, NULL);

    check_warning(&s, "desktop (both VMs): offered load 112 %: latency grows without bound");
    check_warning(&s, "trainer: offered load 112 %: latency grows without bound");
    assert_int_equal(s.warning_count, 2);
}

static void closed_loops_are_never_overloaded(void **state)
{
    (void)state;
    no_drops();
    overload(2, 8 * SEC);
    assert_int_equal(gather(false, NULL).warning_count, 0);
}

static void many_warnings_are_cut(void **state)
{
    enum { ENTRIES = 30 };
    static struct vm_entry entries[ENTRIES];
    static struct setup_vm setup_vms[ENTRIES];
    static struct vm_summary vms[ENTRIES];
    (void)state;

    no_drops();
    for (uint32_t i = 0; i < ENTRIES; i++) {
        entries[i] = sample.entries[1];
        setup_vms[i] = (struct setup_vm){ .name = "trainer", .entry = i };
        vms[i] = sample.vms[2];
        vms[i].id = i;
        vms[i].entry = i;
    }
    sample.vm_workloads[2].done = 0;
    sample.scenario.vms = entries;
    sample.scenario.vm_count = ENTRIES;
    sample.setup.vms = setup_vms;
    sample.setup.vm_count = ENTRIES;
    sample.unit.vms = vms;
    sample.unit.vm_count = ENTRIES;
    struct summary s = gather(false, NULL);
    assert_int_equal(s.warning_count, WARNINGS_MAX);
    assert_string_equal(s.warnings[WARNINGS_MAX - 1], "and 11 more warnings");
}

static void mps_that_was_not_measured_is_said(void **state)
{
    struct gpu_entry gpu = { .name = "gpu0", .sharing.mode = SHARING_MPS };
    (void)state;

    no_drops();
    sample.scenario.gpus = &gpu;
    sample.scenario.gpu_count = 1;
    struct summary s = gather(false, NULL);
    check_warning(&s, "gpu0: how MPS clients share this device was not measured; the model's "
                      "parameters are those of the H100");
    gpu.device.mps.is_measured = true;
    uint32_t before = s.warning_count;
    s = gather(false, NULL);
    assert_int_equal(s.warning_count, before - 1);
}

static void pools_become_distributions(void **state)
{
    struct hist pool[2];
    (void)state;

    hist_init(&pool[0]);
    hist_init(&pool[1]);
    hist_add(&pool[1], 7);
    hist_add(&pool[1], 7);
    uint32_t *first = groups_first(&sample.scenario, &arena);
    assert_int_equal(first[1], 1);
    assert_int_equal(first[2], 2);
    struct summary s = gather(false, pool);
    assert_int_equal(s.pool_count, 2);
    assert_int_equal(s.pools[0].distribution.row_count, 0);
    assert_string_equal(s.pools[1].vm, "trainer");
    assert_int_equal(s.pools[1].distribution.rows[0].latency_ns, 7);
    assert_int_equal(s.pools[1].distribution.rows[0].jobs, 2);
    hist_fini(&pool[0]);
    hist_fini(&pool[1]);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(vms_are_in_scenario_order),
        WITH(objectives_are_judged_by_the_worst),
        WITH(objectives_of_every_metric),
        WITH(without_finished_jobs_no_latency_is_met),
        WITH(refused_vms_are_counted),
        WITH(a_good_run_has_no_warnings),
        WITH(dropped_jobs_are_named),
        WITH(small_samples_are_named),
        WITH(overload_of_a_vm_is_named),
        WITH(overload_of_the_gpu_is_named),
        WITH(closed_loops_are_never_overloaded),
        WITH(many_warnings_are_cut),
        WITH(mps_that_was_not_measured_is_said),
        WITH(pools_become_distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
