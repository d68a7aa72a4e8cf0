/* test_fleet.c - VMs per GPU: names, places and draws; and what is kept of many GPUs. */
#include "metrics/fleet.h"

#include "metrics/groups.h"
#include "study/simulate.h"
#include "support/build.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------ scenarios */

static void begin(struct build *b, uint32_t gpus)
{
    build_init(b, "round_robin");
    build_switch(b, MSEC / 10, 0);
    b->gpus[0].name = "gpu";
    b->gpus[0].count = gpus;
    b->gpus[0].device.memory_bytes = 64 * GIB;
    b->scenario.duration_ns = 2 * SEC;
}

/* So many VMs on each of the GPUs; the loader would have multiplied. */
static struct vm_entry *put_per_gpu(struct build *b, const char *name, uint32_t per_gpu)
{
    uint32_t vm = build_vm(b, name);
    struct vm_entry *entry = &b->vms[vm];

    entry->per_gpu = per_gpu;
    entry->count = per_gpu * b->gpus[0].count;
    (void)build_poisson(b, vm, 40 * MSEC, build_exponential(8 * MSEC));
    return entry;
}

static void put_slo(struct build *b, struct slo_entry *slo, const char *vm)
{
    *slo = (struct slo_entry){
        .vm = vm, .metric = SLO_LATENCY_P95, .is_max = true, .value = 80e6
    };
    b->scenario.slos = slo;
    b->scenario.slo_count = 1;
}

static void simulate_build(struct build *b, uint32_t threads, bool keep_vms,
                           struct simulation *ret)
{
    const struct simulate_options options = { .threads = threads, .keep_vms = keep_vms };
    struct err err;

    if (!b->setup.scenario && build_setup(b)) {
        fail_msg("%s", b->errors.errors[0].text);
    }
    if (simulate(&b->setup, &options, ret, &err)) {
        fail_msg("%s", err.text);
    }
}

/* The VM of that name, which must be there. */
static const struct vm_summary *vm_of(const struct simulation *s, const char *name)
{
    const struct setup *setup = s->summary.setup;

    for (uint32_t i = 0; i < setup->vm_count; i++) {
        if (strcmp(setup->vms[i].name, name) == 0) {
            return s->summary.vms[i].vm;
        }
    }
    fail_msg("there is no VM %s", name);
    return NULL;
}

/* ------------------------------------------------------------ VMs per GPU */

static void vms_are_on_their_gpu(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 3);
    (void)put_per_gpu(&b, "desk", 2);
    (void)put_per_gpu(&b, "train", 1);
    assert_int_equal(build_setup(&b), 0);
    assert_int_equal(b.setup.vm_count, 9);
    static const char *const names[] = { "desk0@gpu0", "desk1@gpu0", "desk0@gpu1",
                                         "desk1@gpu1", "desk0@gpu2", "desk1@gpu2",
                                         "train@gpu0", "train@gpu1", "train@gpu2" };
    for (uint32_t i = 0; i < 9; i++) {
        assert_string_equal(b.setup.vms[i].name, names[i]);
        assert_int_equal(b.setup.vms[i].partition, i < 6 ? i / 2 : i - 6);
    }
    build_fini(&b);
}

static void one_gpu_has_no_number_but_in_its_draws(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 1);
    (void)put_per_gpu(&b, "desk", 2);
    assert_int_equal(build_setup(&b), 0);
    assert_string_equal(b.setup.vms[1].name, "desk1@gpu");
    assert_string_equal(b.setup.vms[1].stream, "desk@gpu0");
    assert_int_equal(b.setup.vms[1].replica, 1);
    build_fini(&b);
}

static void an_entry_may_be_of_some_gpus_only(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 2);
    b.scenario.gpu_count = 2;
    b.gpus[1].name = "other";
    b.gpus[1].count = 2;
    b.gpus[1].device.memory_bytes = 64 * GIB;
    struct vm_entry *entry = put_per_gpu(&b, "desk", 2);
    entry->gpu = "other";
    entry->gpu_index = 1;
    assert_int_equal(build_setup(&b), 0);
    assert_int_equal(b.setup.vm_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(b.setup.vms[i].partition, 2 + i / 2);
    }
    assert_string_equal(b.setup.vms[3].name, "desk1@other1");
    build_fini(&b);
}

/* What does not fit is said once, not for every GPU. */
static void what_does_not_fit_is_said_once(void **state)
{
    struct build b;
    (void)state;

    begin(&b, 4);
    put_per_gpu(&b, "desk", 3)->memory_bytes = 30 * GIB;
    assert_int_equal(build_setup(&b), -1);
    assert_int_equal(b.errors.count, 1);
    assert_non_null(strstr(b.errors.errors[0].text, "desk2@gpu0 does not fit at time 0"));
    build_fini(&b);
}

/* Raising a count, of GPUs or VMs, leaves what all others draw: when jobs arrive and how much
   they ask for (the demand of those that have not arrived to an end is counted, too). */
static void counts_change_no_other_draws(void **state)
{
    static const char *const names[] = { "desk0@gpu1", "desk1@gpu0", "desk1@gpu1" };
    struct simulation small;
    struct simulation large;
    struct build first;
    struct build second;
    (void)state;

    begin(&first, 2);
    (void)put_per_gpu(&first, "desk", 2);
    simulate_build(&first, 1, true, &small);
    begin(&second, 5);
    (void)put_per_gpu(&second, "desk", 3);
    simulate_build(&second, 2, true, &large);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct workload_summary *a = &vm_of(&small, names[i])->workloads[0];
        const struct workload_summary *b = &vm_of(&large, names[i])->workloads[0];
        assert_true(a->arrived > 0 && a->arrived == b->arrived);
        assert_true(a->offered_ns == b->offered_ns);
    }
    assert_true(vm_of(&small, "desk0@gpu0")->workloads[0].offered_ns !=
                vm_of(&small, "desk0@gpu1")->workloads[0].offered_ns);
    simulation_fini(&small);
    simulation_fini(&large);
    build_fini(&first);
    build_fini(&second);
}

static void compare_workloads(const struct workload_summary *a,
                              const struct workload_summary *b)
{
    assert_true(a->arrived > 0 && a->arrived == b->arrived && a->done == b->done);
    assert_true(a->latency_sum_ns == b->latency_sum_ns);
    assert_true(a->slice_wait_sum_ns == b->slice_wait_sum_ns);
    assert_true(a->max_ns == b->max_ns && a->service_ns == b->service_ns);
    assert_true(a->quantile_ns[QUANTILE_P99] == b->quantile_ns[QUANTILE_P99]);
}

/* Five GPUs with three VMs each, and the same with every GPU an entry of its own. */
static void written_out_it_is_the_same(void **state)
{
    static const char *const gpus[] = { "gpu0", "gpu1", "gpu2", "gpu3", "gpu4" };
    static const char *const vms[] = { "desk@gpu0", "desk@gpu1", "desk@gpu2", "desk@gpu3",
                                       "desk@gpu4" };
    struct simulation short_form;
    struct simulation long_form;
    struct build first;
    struct build second;
    (void)state;

    begin(&first, 5);
    (void)put_per_gpu(&first, "desk", 3);
    simulate_build(&first, 3, true, &short_form);

    begin(&second, 1);
    second.scenario.gpu_count = 5;
    for (uint32_t i = 0; i < 5; i++) {
        second.gpus[i] = first.gpus[0];
        second.gpus[i].name = gpus[i];
        second.gpus[i].count = 1;
        struct vm_entry *entry = put_per_gpu(&second, vms[i], 0);
        entry->count = 3;
        entry->gpu = gpus[i];
        entry->gpu_index = i;
    }
    simulate_build(&second, 1, true, &long_form);
    assert_int_equal(short_form.summary.unit_count, 5);
    for (uint32_t i = 0; i < 15; i++) {
        compare_workloads(&short_form.summary.vms[i].vm->workloads[0],
                          &long_form.summary.vms[i].vm->workloads[0]);
    }
    simulation_fini(&short_form);
    simulation_fini(&long_form);
    build_fini(&first);
    build_fini(&second);
}

/* ------------------------------------------------------------ what is kept */

enum { GPUS = 24, PER_GPU = 12 };

static void fleet_build(struct build *b, struct slo_entry *slo)
{
    begin(b, GPUS);
    (void)put_per_gpu(b, "desk", PER_GPU);
    put_slo(b, slo, "desk");
}

static void sums_are_those_of_the_vms(const struct simulation *reduced,
                                      const struct simulation *kept)
{
    const struct vm_summary *row = reduced->summary.rows[0].vm;
    const struct workload_summary *w = &row->workloads[0];
    uint64_t arrived = 0;
    uint64_t done = 0;
    wide latency_ns = 0;
    nsec service_ns = 0;
    double share = 0;
    double slowdown = 0;

    for (uint32_t i = 0; i < GPUS * PER_GPU; i++) {
        const struct vm_summary *vm = kept->summary.vms[i].vm;
        arrived += vm->workloads[0].arrived;
        done += vm->workloads[0].done;
        latency_ns += vm->workloads[0].latency_sum_ns;
        service_ns += vm->workloads[0].service_ns;
        share += vm->share_percent / (GPUS * PER_GPU);
        slowdown += vm->workloads[0].slowdown_mean * (double)vm->workloads[0].done;
    }
    assert_string_equal(row->name, "desk");
    assert_true(w->arrived == arrived && w->done == done);
    assert_true(w->latency_sum_ns == latency_ns && w->service_ns == service_ns);
    assert_true(fabs(row->share_percent - share) < 1e-9);
    assert_true(fabs(w->slowdown_mean - slowdown / (double)done) < 1e-5);
    uint64_t jobs = 0;
    for (uint32_t i = 0; i < w->distribution.row_count; i++) {
        jobs += w->distribution.rows[i].jobs;
    }
    assert_true(jobs == done);
}

/* The worst are what sorting the VMs' own numbers says. */
static void worst_are_the_worst(const struct simulation *kept)
{
    const struct fleet_summary *f = kept->summary.fleet;
    uint32_t missed_before = UINT32_MAX;
    nsec p99_before = NSEC_MAX;
    uint32_t gpus_missed = 0;

    for (uint32_t u = 0; u < GPUS; u++) {
        const struct unit_summary *unit = &kept->summary.units[u];
        uint32_t missed = 0;
        for (uint32_t i = 0; i < unit->vm_count; i++) {
            missed += unit->vms[i].workloads[0].quantile_ns[QUANTILE_P95] > 80 * MSEC;
        }
        assert_int_equal(f->gpus[u].vms_missed, missed);
        gpus_missed += missed > 0;
    }
    assert_int_equal(f->gpus_missed, gpus_missed);
    assert_true(gpus_missed > 0);
    assert_int_equal(f->worst_count, FLEET_WORST);
    for (uint32_t k = 0; k < FLEET_WORST; k++) {
        const struct fleet_gpu *gpu = &f->gpus[f->worst[k]];
        assert_true(gpu->vms_missed <= missed_before);
        assert_true(gpu->vms_missed < missed_before ||
                    gpu->quantile_ns[QUANTILE_P99] <= p99_before);
        missed_before = gpu->vms_missed;
        p99_before = gpu->quantile_ns[QUANTILE_P99];
    }
    for (uint32_t u = 0; u < GPUS; u++) {
        bool is_named = false;
        for (uint32_t k = 0; k < FLEET_WORST; k++) {
            is_named = is_named || f->worst[k] == u;
        }
        assert_true(is_named || f->gpus[u].vms_missed <= missed_before);
    }
}

static void reduced_and_kept_agree(void **state)
{
    struct simulation reduced;
    struct simulation kept;
    struct slo_entry slo;
    struct build b;
    (void)state;

    fleet_build(&b, &slo);
    simulate_build(&b, 2, false, &reduced);
    simulate_build(&b, 1, true, &kept);
    assert_non_null(reduced.summary.fleet);
    assert_null(reduced.summary.vms);
    assert_int_equal(reduced.summary.row_count, 1);
    assert_int_equal(kept.summary.row_count, GPUS * PER_GPU);
    assert_true(reduced.event_count == kept.event_count);
    sums_are_those_of_the_vms(&reduced, &kept);
    worst_are_the_worst(&kept);
    for (uint32_t u = 0; u < GPUS; u++) {
        assert_memory_equal(&reduced.summary.fleet->gpus[u], &kept.summary.fleet->gpus[u],
                            sizeof(struct fleet_gpu));
    }
    const struct slo_result *a = &reduced.summary.slos[0];
    const struct slo_result *c = &kept.summary.slos[0];
    assert_int_equal(a->vms_count, GPUS * PER_GPU);
    assert_true(a->vms_met == c->vms_met && a->value == c->value && a->met == c->met);
    assert_string_equal(a->vm, c->vm);
    simulation_fini(&reduced);
    simulation_fini(&kept);
    build_fini(&b);
}

/* The worst are simulated once more, in full: with the numbers that made them the worst. */
static void the_worst_are_shown_in_full(void **state)
{
    struct simulation s;
    struct slo_entry slo;
    struct build b;
    (void)state;

    fleet_build(&b, &slo);
    simulate_build(&b, 3, false, &s);
    assert_int_equal(s.summary.unit_count, FLEET_WORST);
    for (uint32_t i = 0; i < FLEET_WORST; i++) {
        const struct unit_summary *unit = &s.summary.units[i];
        const struct fleet_gpu *gpu = &s.summary.fleet->gpus[s.summary.fleet->worst[i]];
        uint64_t done = 0;
        assert_int_equal(unit->partition, s.summary.fleet->worst[i]);
        assert_true(unit->engines[0].utilisation_percent == gpu->utilisation_percent);
        assert_true(unit->stay_count > 0 && unit->fairness->window_count > 0);
        for (uint32_t v = 0; v < unit->vm_count; v++) {
            done += unit->vms[v].workloads[0].done;
            assert_true(unit->vms[v].workloads[0].distribution.row_count > 0);
        }
        assert_true(done == gpu->done);
    }
    simulation_fini(&s);
    build_fini(&b);
}

/* ------------------------------------------------------------ numbers made by hand */

static void spreads_are_order_statistics(void **state)
{
    static struct fleet_gpu gpus[20];
    struct arena arena;
    struct build b;
    (void)state;

    begin(&b, 20);
    assert_int_equal(build_setup(&b), 0);
    for (uint32_t i = 0; i < 20; i++) {
        /* 7, 14, ... in another order; two GPUs had no job. */
        gpus[i] = (struct fleet_gpu){ .utilisation_percent = (i * 7 % 20) + 1,
                                      .done = i < 2 ? 0 : 100,
                                      .arrived = 100,
                                      .latency_mean_ns = i < 2 ? NAN : 1e6,
                                      .quantile_ns = { -1, -1, -1, i < 2 ? -1 : i * MSEC },
                                      .jain_all = NAN,
                                      .jain_windows = NAN };
    }
    arena_init(&arena);
    struct fleet_summary *f = fleet_summarise(&b.setup, gpus, 10 * SEC, &arena);
    const struct fleet_spread *used = &f->pools[0].spreads[FLEET_UTILISATION];
    assert_int_equal(used->count, 20);
    assert_true(used->mean == 10.5);
    static const double want[] = { 1, 2, 10, 18, 20, 20 };
    for (int p = 0; p < FLEET_POINTS; p++) {
        assert_true(used->points[p] == want[p]);
    }
    assert_int_equal(f->pools[0].spreads[FLEET_LATENCY_MEAN].count, 18);
    assert_int_equal(f->pools[0].spreads[FLEET_JAIN].count, 0);
    assert_true(isnan(f->pools[0].spreads[FLEET_JAIN].mean));
    assert_true(f->pools[0].spreads[FLEET_THROUGHPUT].points[FLEET_MOST] == 10);
    /* Where nothing was done is worst, then by p99. */
    static const uint32_t worst[] = { 0, 1, 19, 18, 17, 16, 15, 14, 13, 12 };
    assert_int_equal(f->worst_count, FLEET_WORST);
    assert_memory_equal(f->worst, worst, sizeof(worst));
    gpus[5].vms_missed = 1;
    gpus[3].arrived = 0;
    f = fleet_summarise(&b.setup, gpus, 10 * SEC, &arena);
    assert_int_equal(f->worst[0], 5);
    assert_int_equal(f->gpus_missed, 1);
    arena_fini(&arena);
    build_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vms_are_on_their_gpu),
        cmocka_unit_test(one_gpu_has_no_number_but_in_its_draws),
        cmocka_unit_test(an_entry_may_be_of_some_gpus_only),
        cmocka_unit_test(what_does_not_fit_is_said_once),
        cmocka_unit_test(counts_change_no_other_draws),
        cmocka_unit_test(written_out_it_is_the_same),
        cmocka_unit_test(reduced_and_kept_agree),
        cmocka_unit_test(the_worst_are_shown_in_full),
        cmocka_unit_test(spreads_are_order_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
