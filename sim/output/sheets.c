#include "output/sheets.h"

#include "metrics/fleet.h"

#include <math.h>

/* Cells that end with a comma. */
static void text_cell(struct out *o, const char *text)
{
    out_cell(o, text);
    out_char(o, ',');
}

static void int_cell(struct out *o, int64_t value)
{
    out_int(o, value);
    out_char(o, ',');
}

/* Empty if it is -1. */
static void known_cell(struct out *o, int64_t value)
{
    if (value >= 0) {
        out_int(o, value);
    }
    out_char(o, ',');
}

static void real_cell(struct out *o, double value)
{
    out_real(o, value);
    out_char(o, ',');
}

static void mean_cell(struct out *o, wide sum, uint64_t count)
{
    real_cell(o, count ? (double)sum / (double)count : NAN);
}

/* ------------------------------------------------------------ vms.csv */

static void vm_row(struct out *o, const struct summary_vm *v, const struct workload_summary *w)
{
    text_cell(o, v->vm->name);
    text_cell(o, w->name);
    text_cell(o, v->unit->gpu);
    int_cell(o, (int64_t)w->arrived);
    int_cell(o, (int64_t)w->done);
    real_cell(o, w->latency_mean_ns);
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        known_cell(o, w->has_quantile[q] ? w->quantile_ns[q] : -1);
    }
    known_cell(o, w->max_ns);
    real_cell(o, w->slowdown_mean);
    known_cell(o, w->service_ns);
    real_cell(o, v->vm->share_percent);
    mean_cell(o, w->queue_wait_sum_ns, w->done);
    mean_cell(o, w->slice_wait_sum_ns, w->done);
    mean_cell(o, w->run_sum_ns, w->done);
    mean_cell(o, w->switch_sum_ns, w->done);
    mean_cell(o, w->host_sum_ns, w->done);
    real_cell(o, v->vm->entitled_percent);
    int_cell(o, (int64_t)w->dropped);
    known_cell(o, w->has_deadline ? (int64_t)w->deadline_missed : -1);
    real_cell(o, w->mean_low_ns);
    real_cell(o, w->mean_high_ns);
    known_cell(o, w->p99_low_ns);
    known_cell(o, w->p99_high_ns);
    real_cell(o, w->frames_per_second);
    out_real(o, w->frames_low_1_percent);
    out_char(o, '\n');
}

void sheet_vms(struct out *o, const struct summary *s)
{
    out_text(o, "vm,workload,gpu,jobs_arrived,jobs_done,latency_mean_ns,latency_p50_ns,"
                "latency_p90_ns,latency_p95_ns,latency_p99_ns,latency_max_ns,slowdown_mean,"
                "service_ns,share_percent,queue_wait_mean_ns,slice_wait_mean_ns,run_mean_ns,"
                "switch_mean_ns,host_mean_ns,entitled_percent,jobs_dropped,deadline_missed,"
                "latency_mean_low_ns,latency_mean_high_ns,latency_p99_low_ns,"
                "latency_p99_high_ns,frames_per_second,frames_low_1_percent\n");
    for (uint32_t i = 0; i < s->row_count; i++) {
        const struct vm_summary *vm = s->rows[i].vm;
        for (uint32_t w = 0; vm && w < vm->workload_count; w++) {
            vm_row(o, &s->rows[i], &vm->workloads[w]);
        }
    }
}

/* ------------------------------------------------------------ fairness */

static void window_row(struct out *o, const struct unit_summary *unit, uint32_t at,
                       const char *vm, nsec service_ns)
{
    const struct fairness_window *window = &unit->fairness->windows[at];

    text_cell(o, unit->gpu);
    int_cell(o, window->start_ns);
    int_cell(o, window->end_ns);
    text_cell(o, vm ? vm : "");
    int_cell(o, service_ns);
    out_real(o, vm ? NAN : window->jain);
    out_char(o, '\n');
}

static void windows_of(struct out *o, const struct unit_summary *unit)
{
    const struct fairness *f = unit->fairness;

    for (uint32_t at = 0; at < f->window_count; at++) {
        const nsec *service = f->window_service + (size_t)at * unit->vm_count;
        nsec sum = 0;
        for (uint32_t i = 0; i < unit->vm_count; i++) {
            sum += service[i];
        }
        window_row(o, unit, at, NULL, sum);
        for (uint32_t i = 0; i < unit->vm_count; i++) {
            window_row(o, unit, at, unit->vms[i].name, service[i]);
        }
    }
}

void sheet_windows(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,start_ns,end_ns,vm,service_ns,jain\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        windows_of(o, &s->units[u]);
    }
}

void sheet_fairness(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,window_ns,windows,jain_mean,jain_min\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct fairness *f = s->units[u].fairness;
        for (uint32_t k = 0; k < f->level_count; k++) {
            const struct fairness_level *level = &f->levels[k];
            text_cell(o, s->units[u].gpu);
            int_cell(o, level->window_ns);
            int_cell(o, (int64_t)level->judged);
            real_cell(o, level->judged ? level->jain_sum / (double)level->judged : NAN);
            out_real(o, level->jain_min);
            out_char(o, '\n');
        }
    }
}

/* ------------------------------------------------------------ distribution */

static void distribution_rows(struct out *o, const char *vm, const char *workload,
                              const struct distribution *d)
{
    uint64_t total = 0;
    uint64_t below = 0;

    for (uint32_t i = 0; i < d->row_count; i++) {
        total += d->rows[i].jobs;
    }
    for (uint32_t i = 0; i < d->row_count; i++) {
        below += d->rows[i].jobs;
        text_cell(o, vm);
        text_cell(o, workload);
        int_cell(o, d->rows[i].latency_ns);
        int_cell(o, (int64_t)d->rows[i].jobs);
        out_real(o, 100.0 * (double)below / (double)total);
        out_char(o, '\n');
    }
}

void sheet_distribution(struct out *o, const struct summary *s)
{
    out_text(o, "vm,workload,latency_ns,jobs,cumulative_percent\n");
    for (uint32_t i = 0; i < s->row_count; i++) {
        const struct vm_summary *vm = s->rows[i].vm;
        for (uint32_t w = 0; vm && w < vm->workload_count; w++) {
            distribution_rows(o, vm->name, vm->workloads[w].name,
                              &vm->workloads[w].distribution);
        }
    }
    for (uint32_t i = 0; i < s->pool_count; i++) {
        distribution_rows(o, s->pools[i].vm, s->pools[i].workload, &s->pools[i].distribution);
    }
}

/* ------------------------------------------------------------ engines */

static void timeline_of(struct out *o, const struct unit_summary *unit, enum engine_kind kind)
{
    for (uint32_t i = 0; i < unit->stay_count; i++) {
        const struct stay *stay = &unit->stays[i];
        if (stay->engine != kind) {
            continue;
        }
        text_cell(o, unit->gpu);
        text_cell(o, engine_name(kind));
        text_cell(o, unit->vms[stay->vm].name);
        int_cell(o, stay->switch_start_ns);
        int_cell(o, stay->run_start_ns);
        out_int(o, stay->run_end_ns);
        out_char(o, '\n');
    }
}

void sheet_timeline(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,engine,vm,switch_start_ns,run_start_ns,run_end_ns\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        for (int e = 0; e < ENGINE_COUNT; e++) {
            timeline_of(o, &s->units[u], (enum engine_kind)e);
        }
    }
}

static void engine_row(struct out *o, const char *gpu, const struct engine_summary *e)
{
    text_cell(o, gpu);
    text_cell(o, engine_name(e->kind));
    int_cell(o, e->totals.busy_ns);
    int_cell(o, e->totals.switch_ns);
    int_cell(o, e->totals.lost_ns);
    int_cell(o, e->totals.wasted_ns);
    int_cell(o, e->idle_ns);
    int_cell(o, (int64_t)e->totals.stays);
    int_cell(o, (int64_t)e->totals.switches);
    out_real(o, e->utilisation_percent);
    out_char(o, '\n');
}

void sheet_engines(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,engine,busy_ns,switch_ns,lost_ns,wasted_ns,idle_ns,stays,switches,"
                "utilisation_percent\n");
    for (uint32_t u = 0; u < s->unit_count; u++) {
        for (uint32_t e = 0; e < s->units[u].engine_count; e++) {
            engine_row(o, s->units[u].gpu, &s->units[u].engines[e]);
        }
    }
}

/* ------------------------------------------------------------ fleets */

static void gpu_row(struct out *o, const char *name, const struct fleet_gpu *gpu)
{
    text_cell(o, name);
    int_cell(o, gpu->vms);
    int_cell(o, gpu->vms_missed);
    int_cell(o, (int64_t)gpu->arrived);
    int_cell(o, (int64_t)gpu->done);
    int_cell(o, (int64_t)gpu->dropped);
    real_cell(o, gpu->latency_mean_ns);
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        known_cell(o, gpu->quantile_ns[q]);
    }
    known_cell(o, gpu->max_ns);
    real_cell(o, gpu->utilisation_percent);
    real_cell(o, gpu->switch_percent);
    real_cell(o, gpu->jain_all);
    out_real(o, gpu->jain_windows);
    out_char(o, '\n');
}

void sheet_gpus(struct out *o, const struct summary *s)
{
    out_text(o, "gpu,vms,vms_missed,jobs_arrived,jobs_done,jobs_dropped,latency_mean_ns,"
                "latency_p50_ns,latency_p90_ns,latency_p95_ns,latency_p99_ns,latency_max_ns,"
                "utilisation_percent,switch_percent,jain_all,jain_windows\n");
    for (uint32_t i = 0; i < s->setup->partition_count; i++) {
        gpu_row(o, s->setup->partitions[i].name, &s->fleet->gpus[i]);
    }
}

/* ------------------------------------------------------------ on request */

static uint32_t index_in_unit(const struct summary_vm *v)
{
    return (uint32_t)(v->vm - v->unit->vms);
}

void sheet_lag(struct out *o, const struct summary *s)
{
    out_text(o, "vm,gpu,lag_max_ns,lag_min_ns\n");
    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct summary_vm *v = &s->vms[i];
        if (v->vm) {
            const struct lag_extremes *lag = &v->unit->lags[index_in_unit(v)];
            text_cell(o, v->vm->name);
            text_cell(o, v->unit->gpu);
            real_cell(o, lag->behind_ns);
            out_real(o, lag->ahead_ns);
            out_char(o, '\n');
        }
    }
}

void sheet_alone(struct out *o, const struct summary *s)
{
    out_text(o, "vm,gpu,latency_mean_ns,latency_alone_mean_ns,slowdown\n");
    for (uint32_t i = 0; i < s->setup->vm_count; i++) {
        const struct summary_vm *v = &s->vms[i];
        if (v->vm) {
            double together = v->unit->alone->together_ns[index_in_unit(v)];
            double alone = v->unit->alone->alone_ns[index_in_unit(v)];
            text_cell(o, v->vm->name);
            text_cell(o, v->unit->gpu);
            real_cell(o, together);
            real_cell(o, alone);
            out_real(o, alone > 0 ? together / alone : NAN);
            out_char(o, '\n');
        }
    }
}
