/* summarise.c - from a collector's counters to a summary. */
#include "metrics/collect.h"

#include "base/assert.h"
#include "metrics/tally.h"

#include <math.h>

const uint32_t quantile_ppm[QUANTILE_COUNT] = { 500000, 900000, 950000, 990000 };

const struct phase_spread *summary_phase_spread(const struct summary_vm *v, uint32_t workload)
{
    uint32_t at = workload;

    if (!v->vm || !v->unit->phases) {
        return NULL;
    }
    for (const struct vm_summary *vm = v->unit->vms; vm < v->vm; vm++) {
        at += vm->workload_count;
    }
    return &v->unit->phases->spreads[at];
}

static double percent(nsec part, nsec whole)
{
    return 100.0 * (double)part / (double)whole;
}

static void quantiles(const struct tally *t, struct workload_summary *w)
{
    if (w->done > 0) {
        hist_quantiles(&t->latency, quantile_ppm, QUANTILE_COUNT, w->quantile_ns);
    }
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        w->quantile_ns[q] = w->done > 0 ? w->quantile_ns[q] : -1;
        w->has_quantile[q] = w->done * (uint64_t)(PPM - quantile_ppm[q]) >= (uint64_t)PPM;
    }
    w->max_ns = t->latency.max_ns;
}

/* Successive latencies are alike, so that n of them say less than n independent ones would:
   as much as n / inflation, where inflation is the ratio of what a value contributes to the
   variance of the mean to its own variance. The ranks of the interval are those of so many
   values, stretched to n. */
static void interval_of_p99(const struct tally *t, double spread, struct workload_summary *w)
{
    double variance = hist_variance(&t->latency);
    double inflation = variance > 0 ? fmax(1, spread / variance) : 1;
    uint64_t n = (uint64_t)((double)w->done / inflation);

    if (isnan(spread) || n == 0) {
        return;
    }
    struct rank_interval r = interval_ranks(n, quantile_ppm[QUANTILE_P99], 0.05);
    if (r.low > 0) {
        w->p99_low_ns =
            hist_at_rank(&t->latency, (uint64_t)((wide)r.low * (wide)w->done / (wide)n));
    }
    if (r.high > 0) {
        w->p99_high_ns =
            hist_at_rank(&t->latency, (uint64_t)((wide)r.high * (wide)w->done / (wide)n));
    }
}

static void intervals(const struct tally *t, bool skip_p99, struct workload_summary *w)
{
    double means[BATCH_MAX];
    uint32_t count = batches_means(&t->batches, means);
    struct batch_answer answer = batches_answer(&t->batches);

    w->mean_low_ns = answer.low;
    w->mean_high_ns = answer.high;
    w->trend = count >= BATCH_LEAST ? interval_trend(means, count) : NAN;
    w->p99_low_ns = -1;
    w->p99_high_ns = -1;
    if (!skip_p99) {
        interval_of_p99(t, answer.spread, w);
    }
}

static void frames(const struct tally *t, struct workload_summary *w)
{
    w->frames_per_second = NAN;
    w->frames_low_1_percent = NAN;
    if (!t->frames || t->frames->gap_sum_ns == 0) {
        return;
    }
    w->frames_per_second =
        (double)t->frames->count * (double)SEC / (double)t->frames->gap_sum_ns;
    if (t->frames->count >= 100) {
        nsec p99 = hist_quantile(&t->frames->gaps, quantile_ppm[QUANTILE_P99]);
        w->frames_low_1_percent = (double)SEC / (double)p99;
    }
}

static void sums(struct tally *t, struct workload_summary *w)
{
    const struct sums *s = tally_sums(t);
    uint64_t rated = w->done - t->unrated;

    w->dropped = t->dropped;
    w->unfinished = t->unfinished;
    w->arrived = w->done + t->dropped + t->unfinished;
    w->latency_sum_ns = s->latency_ns;
    w->queue_wait_sum_ns = s->queue_wait_ns;
    w->slice_wait_sum_ns = s->slice_wait_ns;
    w->run_sum_ns = s->run_ns;
    w->switch_sum_ns = s->switch_ns;
    w->host_sum_ns =
        s->latency_ns - s->queue_wait_ns - s->slice_wait_ns - s->run_ns - s->switch_ns;
    w->latency_mean_ns = w->done ? (double)w->latency_sum_ns / (double)w->done : NAN;
    w->slowdown_mean = rated ? t->slowdown_sum / (double)rated : NAN;
    w->offered_ns = s->run_ns + t->left_demand_ns;
    w->deadline_missed = t->late + t->dropped + t->expired;
}

static void summarise_workload(struct collector *c, struct tally *t,
                               const struct collector_workload *config,
                               struct workload_summary *w)
{
    w->name = config->name;
    w->is_open = config->is_open;
    w->has_deadline = config->deadline_ns != NSEC_MAX;
    w->done = hist_total(&t->latency);
    sums(t, w);
    quantiles(t, w);
    intervals(t, c->config.without_p99_interval, w);
    frames(t, w);
    w->service_ns = -1;
    if (t->service_before_ns >= 0 && t->service_after_ns >= 0) {
        w->service_ns = t->service_after_ns - t->service_before_ns;
    }
    if (c->config.keep_distribution) {
        w->distribution = collector_distribution(&t->latency, c->results);
    }
}

static nsec present_ns(const struct collector *c, const struct collector_vm *vm)
{
    nsec from = vm->start_ns > c->warmup_ns ? vm->start_ns : c->warmup_ns;
    nsec to = vm->stop_ns < c->duration_ns ? vm->stop_ns : c->duration_ns;

    return to > from ? to - from : 0;
}

static void summarise_vm(struct collector *c, uint32_t index, struct vm_summary *vm)
{
    const struct collector_vm *config = &c->config.vms[index];
    nsec sum = 0;

    *vm = (struct vm_summary){
        .name = config->name,
        .id = config->id,
        .entry = config->entry,
        .weight = config->weight,
        .present_ns = present_ns(c, config),
        .entitled_percent = 100.0 * config->entitled_ppm / (double)PPM,
        .workload_count = config->workload_count,
    };
    for (uint32_t e = 0; e < ENGINE_COUNT; e++) {
        uint32_t at = e * c->config.vm_count + index;
        vm->service_ns[e] = c->after.service_ns[at] - c->before.service_ns[at];
        sum += vm->service_ns[e];
    }
    vm->share_percent = percent(vm->service_ns[ENGINE_COMPUTE], c->duration_ns - c->warmup_ns);
    vm->workloads = arena_take(c->results, config->workload_count, sizeof(*vm->workloads));
    for (uint32_t w = 0; w < config->workload_count; w++) {
        summarise_workload(c, &c->tallies[c->first_tally[index] + w], &config->workloads[w],
                           &vm->workloads[w]);
    }
    if (config->workload_count == 1) {
        assert(vm->workloads[0].service_ns == -1 || vm->workloads[0].service_ns == sum);
        vm->workloads[0].service_ns = sum;
    }
}

static void summarise_engine(const struct collector *c, enum engine_kind kind,
                             struct engine_summary *engine)
{
    const struct engine_totals *a = &c->before.engines[kind];
    const struct engine_totals *b = &c->after.engines[kind];
    nsec span = c->duration_ns - c->warmup_ns;

    engine->kind = kind;
    engine->span_ns = span;
    engine->totals = (struct engine_totals){
        .busy_ns = b->busy_ns - a->busy_ns,
        .switch_ns = b->switch_ns - a->switch_ns,
        .lost_ns = b->lost_ns - a->lost_ns,
        .wasted_ns = b->wasted_ns - a->wasted_ns,
        .stays = b->stays - a->stays,
        .switches = b->switches - a->switches,
    };
    engine->idle_ns = span - engine->totals.busy_ns - engine->totals.switch_ns;
    assert(engine->idle_ns >= 0 && engine->totals.wasted_ns <= engine->idle_ns);
    engine->utilisation_percent =
        percent(engine->totals.busy_ns - engine->totals.lost_ns, span);
}

static void summarise_engines(const struct collector *c, struct unit_summary *unit)
{
    unit->engines = arena_take(c->results, ENGINE_COUNT, sizeof(*unit->engines));
    for (uint32_t e = 0; e < ENGINE_COUNT; e++) {
        if (e == ENGINE_COMPUTE || c->after.engines[e].stays > 0) {
            summarise_engine(c, (enum engine_kind)e, &unit->engines[unit->engine_count++]);
        }
    }
}

static void jain_of_span(const struct collector *c, struct unit_summary *unit)
{
    double *x = arena_take(c->results, unit->vm_count, 2 * sizeof(*x));
    double *all = x + unit->vm_count;
    uint32_t count = 0;

    for (uint32_t i = 0; i < unit->vm_count; i++) {
        const struct vm_summary *vm = &unit->vms[i];
        double service = (double)vm->service_ns[ENGINE_COMPUTE] / vm->weight;
        if (c->backlogged[i]) {
            x[unit->backlogged_count++] = service;
        }
        if (vm->present_ns > 0) {
            all[count++] = service / (double)vm->present_ns;
        }
    }
    unit->jain_backlogged = fairness_jain(x, unit->backlogged_count);
    unit->jain_all = fairness_jain(all, count);
}

void collector_summarise(struct collector *c, struct unit_summary *ret)
{
    assert(c->is_over);
    *ret = (struct unit_summary){
        .gpu = c->config.gpu,
        .partition = c->config.partition,
        .start_ns = c->warmup_ns,
        .end_ns = c->duration_ns,
        .vm_count = c->config.vm_count,
        .fairness = c->fairness,
        .stays = c->stays,
        .stay_count = c->stay_count,
    };
    ret->vms = arena_take(c->results, ret->vm_count, sizeof(*ret->vms));
    for (uint32_t i = 0; i < ret->vm_count; i++) {
        summarise_vm(c, i, &ret->vms[i]);
    }
    summarise_engines(c, ret);
    jain_of_span(c, ret);
}

void collector_pool(const struct collector *c, const uint32_t *entry_first, struct hist *pool)
{
    assert(c->is_over);
    for (uint32_t vm = 0; vm < c->config.vm_count; vm++) {
        for (uint32_t w = 0; w < c->config.vms[vm].workload_count; w++) {
            hist_merge(&pool[entry_first[c->config.vms[vm].entry] + w],
                       &c->tallies[c->first_tally[vm] + w].latency);
        }
    }
}

void collector_whole(const struct collector *c, struct hist *ret)
{
    assert(c->is_over);
    for (uint32_t i = 0; i < c->first_tally[c->config.vm_count]; i++) {
        hist_merge(ret, &c->tallies[i].latency);
    }
}

struct distribution collector_distribution(const struct hist *h, struct arena *arena)
{
    struct distribution d = { 0 };

    for (uint32_t i = 0; i < h->size; i++) {
        d.row_count += hist_count(h, h->first + i) > 0;
    }
    d.rows = arena_take(arena, d.row_count, sizeof(*d.rows));
    uint32_t row = 0;
    for (uint32_t i = 0; i < h->size; i++) {
        nsec high = hist_high(h->first + i);
        uint64_t jobs = hist_count(h, h->first + i);
        if (jobs > 0) {
            d.rows[row++] =
                (struct distribution_row){ high < h->max_ns ? high : h->max_ns, jobs };
        }
    }
    return d;
}
