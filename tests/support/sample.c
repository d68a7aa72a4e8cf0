#include "support/sample.h"

#include <math.h>

static const char *const vm_names[] = { "desktop0", "desktop1", "trainer" };

static void init_scenario(struct sample *s)
{
    s->workloads[0].workload = (struct workload){ .name = "frames",
                                                  .arrival.kind = ARRIVAL_POISSON,
                                                  .deadline_ns = 20 * MSEC };
    s->workloads[1].workload = (struct workload){ .name = "train",
                                                  .arrival.kind = ARRIVAL_CLOSED,
                                                  .deadline_ns = NSEC_MAX };
    s->entries[0] = (struct vm_entry){
        .name = "desktop", .count = 2, .workloads = &s->workloads[0], .workload_count = 1
    };
    s->entries[1] = (struct vm_entry){
        .name = "trainer", .count = 1, .workloads = &s->workloads[1], .workload_count = 1
    };
    s->slos[0] = (struct slo_entry){
        .vm = "desktop", .metric = SLO_LATENCY_P95, .is_max = true, .value = 25e6
    };
    s->slos[1] = (struct slo_entry){ .vm = "trainer", .metric = SLO_THROUGHPUT, .value = 10 };
    s->gpu = (struct gpu_entry){ .name = "gpu0", .count = 1 };
    s->scenario = (struct scenario){ .name = "sample",
                                     .question = "What does a sample look like?",
                                     .duration_ns = 10 * SEC,
                                     .warmup_ns = SEC,
                                     .seed = 1,
                                     .gpus = &s->gpu,
                                     .gpu_count = 1,
                                     .vms = s->entries,
                                     .vm_count = 2,
                                     .slos = s->slos,
                                     .slo_count = 2 };
}

static void init_setup(struct sample *s)
{
    for (uint32_t i = 0; i < 3; i++) {
        s->setup_vms[i] = (struct setup_vm){ .name = vm_names[i], .entry = i / 2, .index = i };
    }
    for (uint32_t i = 0; i < 3; i++) {
        s->partition_vms[i] = (struct vm){ .index = i, .share_ppm = PPM, .stop_ns = NSEC_MAX };
        s->partition_setup_vms[i] = i;
    }
    s->partition = (struct partition){ .name = "gpu0",
                                       .device = &s->gpu.device,
                                       .sharing = &s->gpu.sharing,
                                       .vms = s->partition_vms,
                                       .setup_vms = s->partition_setup_vms,
                                       .vm_count = 3 };
    s->setup = (struct setup){ .scenario = &s->scenario,
                               .vms = s->setup_vms,
                               .vm_count = 3,
                               .partitions = &s->partition,
                               .partition_count = 1 };
}

static void init_workload(struct sample *s, uint32_t i)
{
    struct workload_summary *w = &s->vm_workloads[i];
    nsec base = (10 + i) * MSEC;

    *w = (struct workload_summary){
        .name = i < 2 ? "frames" : "train",
        .is_open = i < 2,
        .arrived = 1000,
        .done = 990,
        .dropped = 6,
        .unfinished = 4,
        .latency_sum_ns = 990 * (wide)base,
        .queue_wait_sum_ns = 990 * MSEC,
        .slice_wait_sum_ns = 990 * 2 * MSEC,
        .run_sum_ns = 990 * (wide)(base - 4 * MSEC),
        .switch_sum_ns = 0,
        .host_sum_ns = 990 * MSEC,
        .latency_mean_ns = (double)base,
        .mean_low_ns = (double)base - 5e5,
        .mean_high_ns = (double)base + 5e5,
        .quantile_ns = { base, base + 5 * MSEC, base + 10 * MSEC, base + 20 * MSEC },
        .has_quantile = { true, true, true, true },
        .p99_low_ns = base + 18 * MSEC,
        .p99_high_ns = base + 23 * MSEC,
        .max_ns = base + 30 * MSEC,
        .slowdown_mean = 1.5,
        .service_ns = (nsec)(2 + i) * SEC,
        .offered_ns = (nsec)(2 + i) * SEC,
        .trend = 0.1,
        .has_deadline = i < 2,
        .deadline_missed = i < 2 ? 50 : 0,
        .frames_per_second = i < 2 ? 60 : NAN,
        .frames_low_1_percent = i < 2 ? 25 : NAN,
    };
    s->rows[0] = (struct distribution_row){ 10 * MSEC, 500 };
    s->rows[1] = (struct distribution_row){ 40 * MSEC, 490 };
    w->distribution = (struct distribution){ s->rows, 2 };
}

static void init_vms(struct sample *s)
{
    for (uint32_t i = 0; i < 3; i++) {
        init_workload(s, i);
        s->vms[i] = (struct vm_summary){
            .name = vm_names[i],
            .id = i,
            .entry = i / 2,
            .weight = 100,
            .present_ns = 9 * SEC,
            .service_ns = { (nsec)(2 + i) * SEC },
            .share_percent = 100.0 * (2 + i) / 9,
            .entitled_percent = 33.3333,
            .workloads = &s->vm_workloads[i],
            .workload_count = 1,
        };
    }
}

static void init_fairness(struct sample *s)
{
    s->levels[0] = (struct fairness_level){
        .window_ns = 100 * MSEC, .judged = 90, .jain_sum = 81, .jain_min = 0.5
    };
    s->levels[1] =
        (struct fairness_level){ .window_ns = 200 * MSEC, .judged = 0, .jain_min = NAN };
    s->windows[0] = (struct fairness_window){ SEC, 5 * SEC, 0.95 };
    s->windows[1] = (struct fairness_window){ 5 * SEC, 10 * SEC, NAN };
    for (uint32_t i = 0; i < 6; i++) {
        s->window_service[i] = (i + 1) * MSEC;
    }
    s->fairness = (struct fairness){ .vm_count = 3,
                                     .levels = s->levels,
                                     .level_count = 2,
                                     .windows = s->windows,
                                     .window_count = 2,
                                     .window_service = s->window_service };
}

void sample_init(struct sample *s)
{
    init_scenario(s);
    init_setup(s);
    init_vms(s);
    init_fairness(s);
    s->engine = (struct engine_summary){
        .kind = ENGINE_COMPUTE,
        .span_ns = 9 * SEC,
        .idle_ns = SEC / 2,
        .utilisation_percent = 90,
        .totals = { 81 * SEC / 10, 4 * SEC / 10, 0, 1000, 4000, 3000 },
    };
    s->stays[0] = (struct stay){ ENGINE_COMPUTE, 0, SEC, SEC + 70, SEC + 2000, false };
    s->stays[1] = (struct stay){ ENGINE_COMPUTE, 2, SEC + 2000, SEC + 2100, SEC + 4000, false };
    s->unit = (struct unit_summary){
        .gpu = "gpu0",
        .start_ns = SEC,
        .end_ns = 10 * SEC,
        .vms = s->vms,
        .vm_count = 3,
        .engines = &s->engine,
        .engine_count = 1,
        .jain_backlogged = NAN,
        .backlogged_count = 1,
        .jain_all = 0.93,
        .fairness = &s->fairness,
        .stays = s->stays,
        .stay_count = 2,
    };
}
