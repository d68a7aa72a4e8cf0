#include "output/json.h"

#include "base/assert.h"
#include "metrics/fleet.h"
#include "metrics/groups.h"
#include "metrics/slo.h"
#include "policy/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* ------------------------------------------------------------ members */

static void set(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) != 0) {
        out_of_memory();
    }
}

/* JSON is UTF-8; a file's name may not be, and then only its ASCII characters are kept. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);

    if (value) {
        return value;
    }
    char *ascii = strdup(text);
    if (!ascii) {
        out_of_memory();
    }
    for (char *c = ascii; *c; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    value = json_string(ascii);
    free(ascii);
    if (!value) {
        out_of_memory();
    }
    return value;
}

static json_t *new_object(void)
{
    json_t *object = json_object();

    if (!object) {
        out_of_memory();
    }
    return object;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, text ? text_value(text) : json_null());
}

static void set_int(json_t *object, const char *key, int64_t value)
{
    set(object, key, json_integer(value));
}

/* null if it is -1. */
static void set_known(json_t *object, const char *key, int64_t value)
{
    set(object, key, value >= 0 ? json_integer(value) : json_null());
}

static void set_real(json_t *object, const char *key, double value)
{
    set(object, key, isfinite(value) ? json_real(value) : json_null());
}

static void set_mean(json_t *object, const char *key, wide sum, uint64_t count)
{
    set_real(object, key, count ? (double)sum / (double)count : NAN);
}

/* ------------------------------------------------------------ writing */

static int pass_on(const char *bytes, size_t size, void *o)
{
    out_bytes(o, bytes, size);
    return 0;
}

/* Writes a value and frees it. */
static void dump(struct out *o, json_t *value)
{
    size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(9);

    int status = json_dump_callback(value, pass_on, o, flags);
    assert(status == 0);
    json_decref(value);
}

/* `"key": ` of the outermost object, after a comma but for the first. */
static void open_member(struct out *o, const char *key, bool first)
{
    out_text(o, first ? "" : ",\n");
    out_format(o, "\"%s\": ", key);
}

static void text_member(struct out *o, const char *key, const char *text, bool first)
{
    open_member(o, key, first);
    dump(o, text_value(text));
}

static void int_member(struct out *o, const char *key, int64_t value)
{
    open_member(o, key, false);
    out_int(o, value);
}

/* One object of a list on a line of its own. */
static void list_item(struct out *o, json_t *value, bool *first)
{
    out_text(o, *first ? "\n" : ",\n");
    *first = false;
    dump(o, value);
}

/* ------------------------------------------------------------ gpus */

static json_t *engine_object(const struct engine_summary *e)
{
    json_t *object = new_object();

    set_text(object, "engine", engine_name(e->kind));
    set_int(object, "busy_ns", e->totals.busy_ns);
    set_int(object, "switch_ns", e->totals.switch_ns);
    set_int(object, "lost_ns", e->totals.lost_ns);
    set_int(object, "wasted_ns", e->totals.wasted_ns);
    set_int(object, "idle_ns", e->idle_ns);
    set_int(object, "stays", (int64_t)e->totals.stays);
    set_int(object, "switches", (int64_t)e->totals.switches);
    set_real(object, "utilisation_percent", e->utilisation_percent);
    return object;
}

static json_t *level_object(const struct fairness_level *level)
{
    json_t *object = new_object();

    set_int(object, "window_ns", level->window_ns);
    set_int(object, "windows", (int64_t)level->judged);
    set_real(object, "jain_mean",
             level->judged ? level->jain_sum / (double)level->judged : NAN);
    set_real(object, "jain_min", level->jain_min);
    return object;
}

static void set_sharing(json_t *object, const struct partition *partition)
{
    static const char *const modes[] = { "exclusive", "time_sliced", "mps" };
    const struct sharing *sharing = partition->sharing;
    const struct engine_sharing *compute = sharing ? &sharing->engines[ENGINE_COMPUTE] : NULL;
    bool sliced = sharing && sharing->mode == SHARING_TIME_SLICED;

    set_text(object, "mode", sharing ? modes[sharing->mode] : NULL);
    set_text(object, "policy", sliced && compute->policy ? compute->policy->name : NULL);
    set_known(object, "slice_ns", sliced ? compute->slice_ns : -1);
}

static void set_heat(json_t *object, const struct health_summary *h)
{
    double watched = (double)h->watched_ns;

    set_real(object, "temperature_mean_c", h->temperature_mean);
    set_real(object, "temperature_max_c", h->temperature_max);
    set_real(object, "energy_j", h->joules);
    set_real(object, "clock_mean_percent", 100 * h->clock_mean);
    set_real(object, "throttled_percent", 100 * (double)h->throttled_ns / watched);
}

static json_t *health_object(const struct health_summary *h)
{
    json_t *object = new_object();

    if (h->has_heat && h->watched_ns > 0) {
        set_heat(object, h);
    }
    if (h->has_faults) {
        set_int(object, "silent_errors", (int64_t)h->faults[FAULT_SILENT]);
        set_int(object, "corrupted_jobs", (int64_t)h->corrupted);
        set_int(object, "detected_errors", (int64_t)h->faults[FAULT_DETECTED]);
        set_int(object, "resets", (int64_t)h->faults[FAULT_RESET]);
        set_int(object, "lost_jobs", (int64_t)h->lost);
        set_int(object, "away_ns", h->away_ns);
        set_real(object, "silent_per_year", h->expected_per_year[FAULT_SILENT]);
        set_real(object, "detected_per_year", h->expected_per_year[FAULT_DETECTED]);
        set_real(object, "resets_per_year", h->expected_per_year[FAULT_RESET]);
    }
    return object;
}

static void append(json_t *array, json_t *value)
{
    if (!array || json_array_append_new(array, value) != 0) {
        out_of_memory();
    }
}

/* Null: not before the end of the run; open and taken: never. */
static void set_instant(json_t *object, const char *key, nsec at)
{
    set_known(object, key, at == NSEC_MAX ? -1 : at);
}

static json_t *instance_object(const struct partition *partition)
{
    const struct instance_life *life = &partition->life;
    json_t *object = new_object();

    set_text(object, "profile", partition->instance->profile);
    set_known(object, "start", life->start);
    set_instant(object, "taken_ns", life->taken_ns);
    set_instant(object, "open_ns", life->open_ns);
    set_instant(object, "closed_ns", life->closed_ns);
    set_instant(object, "free_ns", life->free_ns);
    return object;
}

static json_t *gpu_object(const struct unit_summary *unit, const struct partition *partition)
{
    json_t *object = new_object();
    json_t *engines = json_array();
    json_t *fairness = json_array();

    set_text(object, "gpu", unit->gpu);
    set_sharing(object, partition);
    if (partition->instance) {
        set(object, "mig", instance_object(partition));
    }
    set_int(object, "vms", unit->vm_count);
    set_real(object, "jain_backlogged", unit->jain_backlogged);
    set_int(object, "backlogged_vms", unit->backlogged_count);
    set_real(object, "jain_all", unit->jain_all);
    for (uint32_t e = 0; e < unit->engine_count; e++) {
        append(engines, engine_object(&unit->engines[e]));
    }
    set(object, "engines", engines);
    for (uint32_t k = 0; k < unit->fairness->level_count; k++) {
        append(fairness, level_object(&unit->fairness->levels[k]));
    }
    set(object, "fairness", fairness);
    if (unit->health) {
        set(object, "health", health_object(unit->health));
    }
    if (unit->alone && unit->alone->compared_count > 0) {
        const struct alone_metrics *alone = &unit->alone->metrics;
        set_real(object, "stp", alone->stp);
        set_real(object, "antt", alone->antt);
        set_real(object, "slowdown_max", alone->slowdown_max);
        set_real(object, "unfairness", alone->unfairness);
    }
    return object;
}

/* ------------------------------------------------------------ vms */

static void set_latency(json_t *object, const struct workload_summary *w)
{
    static const char *const quantile_keys[QUANTILE_COUNT] = {
        "latency_p50_ns", "latency_p90_ns", "latency_p95_ns", "latency_p99_ns"
    };

    set_real(object, "latency_mean_ns", w->latency_mean_ns);
    for (int q = 0; q < QUANTILE_COUNT; q++) {
        set_known(object, quantile_keys[q], w->has_quantile[q] ? w->quantile_ns[q] : -1);
    }
    set_known(object, "latency_max_ns", w->max_ns);
    set_real(object, "slowdown_mean", w->slowdown_mean);
    set_mean(object, "queue_wait_mean_ns", w->queue_wait_sum_ns, w->done);
    set_mean(object, "slice_wait_mean_ns", w->slice_wait_sum_ns, w->done);
    set_mean(object, "run_mean_ns", w->run_sum_ns, w->done);
    set_mean(object, "switch_mean_ns", w->switch_sum_ns, w->done);
    set_mean(object, "host_mean_ns", w->host_sum_ns, w->done);
    set_real(object, "latency_mean_low_ns", w->mean_low_ns);
    set_real(object, "latency_mean_high_ns", w->mean_high_ns);
    set_known(object, "latency_p99_low_ns", w->p99_low_ns);
    set_known(object, "latency_p99_high_ns", w->p99_high_ns);
}

static json_t *workload_object(const struct summary_vm *v, const struct workload_summary *w)
{
    json_t *object = new_object();

    set_text(object, "vm", v->vm->name);
    set_text(object, "workload", w->name);
    set_text(object, "gpu", v->unit->gpu);
    set_int(object, "jobs_arrived", (int64_t)w->arrived);
    set_int(object, "jobs_done", (int64_t)w->done);
    set_int(object, "jobs_dropped", (int64_t)w->dropped);
    set_int(object, "jobs_unfinished", (int64_t)w->unfinished);
    set_latency(object, w);
    set_known(object, "service_ns", w->service_ns);
    set_real(object, "share_percent", v->vm->share_percent);
    set_real(object, "entitled_percent", v->vm->entitled_percent);
    set_known(object, "deadline_missed", w->has_deadline ? (int64_t)w->deadline_missed : -1);
    set_real(object, "frames_per_second", w->frames_per_second);
    set_real(object, "frames_low_1_percent", w->frames_low_1_percent);
    uint32_t index = (uint32_t)(v->vm - v->unit->vms);
    if (v->unit->lags) {
        set_real(object, "lag_max_ns", v->unit->lags[index].behind_ns);
        set_real(object, "lag_min_ns", v->unit->lags[index].ahead_ns);
    }
    if (v->unit->alone) {
        set_real(object, "latency_alone_mean_ns", v->unit->alone->alone_ns[index]);
    }
    const struct phase_spread *spread =
        summary_phase_spread(v, (uint32_t)(w - v->vm->workloads));
    if (spread && spread->mean_high_ns > 0) {
        set_int(object, "phase_draws", v->unit->phases->draws);
        set_real(object, "phase_mean_low_ns", spread->mean_low_ns);
        set_real(object, "phase_mean_high_ns", spread->mean_high_ns);
        set_int(object, "phase_p99_low_ns", spread->p99_low_ns);
        set_int(object, "phase_p99_high_ns", spread->p99_high_ns);
    }
    return object;
}

static json_t *slo_object(const struct slo_result *r)
{
    json_t *object = new_object();

    set_text(object, "vm", r->slo->vm);
    set_text(object, "metric", slo_metric_name(r->slo->metric));
    set_real(object, r->slo->is_max ? "max" : "min", r->slo->value);
    set(object, "met", json_boolean(r->met));
    set_int(object, "vms", r->vms_count);
    set_int(object, "vms_met", r->vms_met);
    set_text(object, "worst_vm", r->vm);
    set_text(object, "worst_workload", r->workload);
    set_real(object, "worst_value", r->value);
    return object;
}

/* ------------------------------------------------------------ fleets */

static json_t *spread_object(const struct fleet_spread *spread)
{
    json_t *object = new_object();

    set_real(object, "mean", spread->mean);
    for (int p = 0; p < FLEET_POINTS; p++) {
        set_real(object, fleet_point_names[p], spread->points[p]);
    }
    return object;
}

static json_t *pool_object(const struct fleet_pool *pool)
{
    json_t *object = new_object();

    set_text(object, "gpu", pool->gpu->name);
    set_int(object, "gpus", pool->count);
    for (int m = 0; m < FLEET_MEASURES; m++) {
        set(object, fleet_measure_names[m], spread_object(&pool->spreads[m]));
    }
    return object;
}

static json_t *fleet_gpu_object(const struct summary *s, uint32_t partition)
{
    const struct fleet_gpu *gpu = &s->fleet->gpus[partition];
    nsec span_ns = s->setup->scenario->duration_ns - s->warmup_ns;
    json_t *object = new_object();

    set_text(object, "gpu", s->setup->partitions[partition].name);
    set_int(object, "vms", gpu->vms);
    set_int(object, "vms_missed", gpu->vms_missed);
    for (int m = 0; m < FLEET_MEASURES; m++) {
        set_real(object, fleet_measure_names[m],
                 fleet_value(gpu, (enum fleet_measure)m, span_ns));
    }
    return object;
}

static void fleet_member(struct out *o, const struct summary *s)
{
    json_t *object = new_object();
    json_t *pools = json_array();
    json_t *worst = json_array();

    set_int(object, "gpus", s->setup->partition_count);
    set_int(object, "vms", s->setup->vm_count);
    set_int(object, "gpus_missed", s->fleet->gpus_missed);
    for (uint32_t i = 0; i < s->setup->scenario->gpu_count; i++) {
        append(pools, pool_object(&s->fleet->pools[i]));
    }
    for (uint32_t i = 0; i < s->fleet->worst_count; i++) {
        append(worst, fleet_gpu_object(s, s->fleet->worst[i]));
    }
    set(object, "pools", pools);
    set(object, "worst", worst);
    open_member(o, "fleet", false);
    dump(o, object);
}

/* What a row of an entry has beyond that of a VM. */
static void set_group(json_t *object, const struct summary *s, uint32_t entry)
{
    const struct group *g = &s->groups->groups[s->groups->first[entry]];

    set_int(object, "vms", g->vms);
    set_text(object, "best_vm", g->vms > 0 ? s->setup->vms[g->best.id].name : NULL);
    set_text(object, "worst_vm", g->vms > 0 ? s->setup->vms[g->worst.id].name : NULL);
}

/* ------------------------------------------------------------ files */

static void gpus_member(struct out *o, const struct summary *s)
{
    bool first = true;

    open_member(o, "gpus", false);
    out_char(o, '[');
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct unit_summary *unit = &s->units[u];
        list_item(o, gpu_object(unit, &s->setup->partitions[unit->partition]), &first);
    }
    out_text(o, "\n]");
}

static void vms_member(struct out *o, const struct summary *s)
{
    bool first = true;

    open_member(o, "vms", false);
    out_char(o, '[');
    for (uint32_t i = 0; i < s->row_count; i++) {
        const struct vm_summary *vm = s->rows[i].vm;
        for (uint32_t w = 0; vm && w < vm->workload_count; w++) {
            json_t *object = workload_object(&s->rows[i], &vm->workloads[w]);
            if (!s->vms) {
                set_group(object, s, vm->entry);
            }
            list_item(o, object, &first);
        }
    }
    out_text(o, "\n]");
}

static void verdict_members(struct out *o, const struct summary *s)
{
    bool first = true;

    open_member(o, "slo", false);
    out_char(o, '[');
    for (uint32_t i = 0; i < s->setup->scenario->slo_count; i++) {
        list_item(o, slo_object(&s->slos[i]), &first);
    }
    out_text(o, first ? "]" : "\n]");
    first = true;
    open_member(o, "warnings", false);
    out_char(o, '[');
    for (uint32_t i = 0; i < s->warning_count; i++) {
        list_item(o, text_value(s->warnings[i]), &first);
    }
    out_text(o, first ? "]" : "\n]");
}

void json_summary(struct out *o, const struct summary *s)
{
    const struct scenario *scenario = s->setup->scenario;

    out_text(o, "{\n");
    text_member(o, "name", scenario->name, true);
    text_member(o, "question", scenario->question, false);
    open_member(o, "seed", false);
    out_wide(o, (wide)scenario->seed);
    int_member(o, "duration_ns", scenario->duration_ns);
    int_member(o, "warmup_ns", s->warmup_ns);
    int_member(o, "vms_refused", s->setup->refused_count);
    if (s->fleet) {
        fleet_member(o, s);
    }
    gpus_member(o, s);
    vms_member(o, s);
    verdict_members(o, s);
    out_text(o, "\n}\n");
}

void json_run(struct out *o, const struct run_facts *facts)
{
    json_t *object = new_object();

    set_text(object, "version", facts->version);
    set_real(object, "wall_seconds", facts->wall_seconds);
    set_int(object, "threads", facts->threads);
    set_int(object, "events", (int64_t)facts->event_count);
    dump(o, object);
    out_char(o, '\n');
}
