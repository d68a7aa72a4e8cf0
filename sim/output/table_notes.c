/* table_notes.c - what stands below the rows of the first screen. */
#include "output/table_parts.h"

#include "base/text.h"
#include "metrics/groups.h"
#include "metrics/slo.h"

#include <math.h>

/* ------------------------------------------------------------ deadlines */

static void write_deadlines(struct out *o, const struct vm_entry *entry, uint32_t workload,
                            const struct group *g)
{
    struct text line;

    if (g->deadline_arrived == 0) {
        return;
    }
    text_init(&line);
    text_printf(&line, "%s %s: %.1f %% of the deadlines missed", entry->name,
                entry->workloads[workload].workload.name,
                100 * (double)g->deadline_missed / (double)g->deadline_arrived);
    if (entry->count > 1) {
        text_printf(&line, " (worst VM %.1f %%)", 100 * g->missed_most);
    }
    if (isfinite(g->frames_least)) {
        text_printf(&line, "; %s%.1f frames/s", entry->count > 1 ? "at least " : "",
                    g->frames_least);
    }
    if (isfinite(g->low_least)) {
        text_printf(&line, ", 1 %% low %.1f", g->low_least);
    }
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void write_all_deadlines(struct out *o, const struct summary *s)
{
    const struct scenario *scenario = s->setup->scenario;

    for (uint32_t e = 0; e < scenario->vm_count; e++) {
        const struct vm_entry *entry = &scenario->vms[e];
        for (uint32_t w = 0; w < entry->workload_count; w++) {
            write_deadlines(o, entry, w, &s->groups->groups[s->groups->first[e] + w]);
        }
    }
}

/* ------------------------------------------------------------ GPUs */

static double switch_percent(const struct engine_summary *e)
{
    return 100 * (double)e->totals.switch_ns / (double)e->span_ns;
}

static void write_engine(struct out *o, const char *gpu, const struct engine_summary *e)
{
    out_format(o, "%s %s: %.1f %% used, %.1f %% switching", gpu, engine_name(e->kind),
               e->utilisation_percent, switch_percent(e));
    if (e->totals.lost_ns > 0) {
        out_format(o, ", %.1f %% lost", 100 * (double)e->totals.lost_ns / (double)e->span_ns);
    }
    out_format(o, ", %.1f %% idle\n", 100 * (double)e->idle_ns / (double)e->span_ns);
}

static void write_fairness(struct out *o, const struct unit_summary *unit)
{
    const struct fairness *f = unit->fairness;
    char window[TABLE_TIME_SIZE];
    struct text line;

    if (isnan(unit->jain_all)) {
        return;
    }
    text_init(&line);
    text_printf(&line, "%s fairness (Jain): %.3f over all VMs", unit->gpu, unit->jain_all);
    if (!isnan(unit->jain_backlogged)) {
        text_printf(&line, ", %.3f over the %u that always had work", unit->jain_backlogged,
                    unit->backlogged_count);
    }
    if (f->level_count > 0 && f->levels[0].judged > 0) {
        text_printf(&line, "; in windows of %s mean %.3f, least %.3f",
                    table_given_time(window, f->levels[0].window_ns),
                    f->levels[0].jain_sum / (double)f->levels[0].judged, f->levels[0].jain_min);
    }
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

/* Who was furthest behind the ideal share, and who furthest ahead. */
static void write_lag(struct out *o, const struct unit_summary *unit)
{
    uint32_t behind = 0;
    uint32_t ahead = 0;
    char time[2][TABLE_TIME_SIZE];
    struct text line;

    for (uint32_t i = 1; i < unit->vm_count; i++) {
        behind = unit->lags[i].behind_ns > unit->lags[behind].behind_ns ? i : behind;
        ahead = unit->lags[i].ahead_ns < unit->lags[ahead].ahead_ns ? i : ahead;
    }
    if (unit->vm_count == 0 || isnan(unit->lags[behind].behind_ns)) {
        return;
    }
    text_init(&line);
    text_printf(
        &line, "%s against the ideal share: at most %s behind (%s), %s ahead (%s)", unit->gpu,
        table_time(time[0], fmax(unit->lags[behind].behind_ns, 0)), unit->vms[behind].name,
        table_time(time[1], fmax(-unit->lags[ahead].ahead_ns, 0)), unit->vms[ahead].name);
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void write_alone(struct out *o, const struct unit_summary *unit)
{
    const struct alone_metrics *metrics = &unit->alone->metrics;
    struct text line;

    if (unit->alone->compared_count == 0) {
        return;
    }
    text_init(&line);
    text_printf(&line,
                "%s against each VM alone: throughput (STP) %.2f of %u, slowdown mean (ANTT) "
                "%.2f, largest %.2f, unfairness %.2f",
                unit->gpu, metrics->stp, unit->alone->compared_count, metrics->antt,
                metrics->slowdown_max, metrics->unfairness);
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void put_heat(struct text *line, const struct health_summary *h)
{
    text_printf(line, "at most %.1f C, %.0f W on average, ", h->temperature_max,
                h->joules / ((double)h->watched_ns / (double)SEC));
    if (h->throttled_ns > 0) {
        text_printf(line, "throttled %.1f %% of the time, clock %.1f %% on average",
                    100 * (double)h->throttled_ns / (double)h->watched_ns, 100 * h->clock_mean);
    } else {
        text_put(line, "never throttled");
    }
}

static void put_faults(struct text *line, const struct health_summary *h)
{
    text_printf(
        line,
        "%llu resets (%.3g a year expected), %llu detected errors (%.3g), %llu silent "
        "(%.3g)",
        (unsigned long long)h->faults[FAULT_RESET], h->expected_per_year[FAULT_RESET],
        (unsigned long long)h->faults[FAULT_DETECTED], h->expected_per_year[FAULT_DETECTED],
        (unsigned long long)h->faults[FAULT_SILENT], h->expected_per_year[FAULT_SILENT]);
    if (h->lost > 0) {
        text_printf(line, ", %llu jobs lost", (unsigned long long)h->lost);
    }
    if (h->corrupted > 0) {
        text_printf(line, ", %llu results perhaps wrong", (unsigned long long)h->corrupted);
    }
}

static void write_health(struct out *o, const struct unit_summary *unit)
{
    const struct health_summary *h = unit->health;
    bool has_heat = h->has_heat && h->watched_ns > 0;
    struct text line;

    text_init(&line);
    text_printf(&line, "%s health: ", unit->gpu);
    if (has_heat) {
        put_heat(&line, h);
    }
    if (h->has_faults) {
        text_put(&line, has_heat ? "; " : "");
        put_faults(&line, h);
    }
    if (has_heat || h->has_faults) {
        table_wrap(o, line.bytes, 2);
    }
    text_fini(&line);
}

static void write_folded_gpus(struct out *o, const struct summary *s)
{
    double sum = 0;
    double least = INFINITY;
    double most = 0;
    double switching = 0;

    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct engine_summary *e = &s->units[u].engines[0];
        sum += e->utilisation_percent;
        switching += switch_percent(e);
        least = fmin(least, e->utilisation_percent);
        most = fmax(most, e->utilisation_percent);
    }
    out_format(o,
               "%u GPUs or instances, compute: %.1f %% used (%.1f to %.1f), "
               "%.1f %% switching\n",
               s->unit_count, sum / s->unit_count, least, most, switching / s->unit_count);
}

enum { LIVES_MAX = 16 };

/* An instance that comes or goes during the run. */
static void write_life(struct out *o, const struct partition *p)
{
    const struct instance_life *life = &p->life;
    char time[TABLE_TIME_SIZE];

    out_format(o, "%s %s", p->name, p->instance->profile);
    if (life->taken_ns == NSEC_MAX) {
        out_format(o, ": never created, asked for at %s\n",
                   table_given_time(time, p->instance->from_ns));
        return;
    }
    out_format(o, "@%d: its slices from %s", life->start,
               table_given_time(time, life->taken_ns));
    out_format(o, " to %s",
               life->free_ns == NSEC_MAX ? "the end" : table_given_time(time, life->free_ns));
    if (life->open_ns == NSEC_MAX) {
        out_text(o, ", never open\n");
        return;
    }
    out_format(o, ", open from %s", table_given_time(time, life->open_ns));
    out_format(o, " to %s\n",
               life->closed_ns == NSEC_MAX ? "the end"
                                           : table_given_time(time, life->closed_ns));
}

static void write_lives(struct out *o, const struct setup *setup)
{
    uint32_t written = 0;
    uint32_t more = 0;

    if (!setup->has_changes) {
        return;
    }
    out_char(o, '\n');
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct mig_entry *instance = setup->partitions[i].instance;
        if (!instance || (instance->from_ns == 0 && instance->until_ns == NSEC_MAX)) {
            continue;
        }
        if (written == LIVES_MAX) {
            more++;
            continue;
        }
        write_life(o, &setup->partitions[i]);
        written++;
    }
    if (more > 0) {
        out_format(o, "and %u more MIG instances that come or go\n", more);
    }
}

static void write_units(struct out *o, const struct summary *s)
{
    out_char(o, '\n');
    if (s->fleet) {
        table_write_fleet(o, s);
        return;
    }
    if (s->unit_count > TABLE_GPUS_MAX) {
        write_folded_gpus(o, s);
        return;
    }
    for (uint32_t u = 0; u < s->unit_count; u++) {
        const struct unit_summary *unit = &s->units[u];
        for (uint32_t e = 0; e < unit->engine_count; e++) {
            write_engine(o, unit->gpu, &unit->engines[e]);
        }
        write_fairness(o, unit);
        if (unit->health) {
            write_health(o, unit);
        }
        if (unit->lags) {
            write_lag(o, unit);
        }
        if (unit->alone) {
            write_alone(o, unit);
        }
    }
}

/* ------------------------------------------------------------ verdict */

static char *slo_number(char text[TABLE_TIME_SIZE], enum slo_metric metric, double value)
{
    if (isnan(value)) {
        (void)snprintf(text, TABLE_TIME_SIZE, "no job");
    } else if (metric == SLO_THROUGHPUT) {
        (void)snprintf(text, TABLE_TIME_SIZE, "%.4g/s", value);
    } else if (metric == SLO_SHARE || metric == SLO_DEADLINE_MISSED) {
        (void)snprintf(text, TABLE_TIME_SIZE, "%.4g%%", 100 * value);
    } else {
        table_time(text, value);
    }
    return text;
}

static void write_slo(struct out *o, const struct slo_result *r)
{
    char number[TABLE_TIME_SIZE];
    struct text line;
    enum slo_metric metric = r->slo->metric;

    text_init(&line);
    text_printf(&line, "SLO %s %s %s ", r->slo->vm, slo_metric_name(metric),
                r->slo->is_max ? "<=" : ">=");
    if (metric <= SLO_LATENCY_MAX) {
        text_put(&line, table_given_time(number, (nsec)r->slo->value));
    } else {
        text_put(&line, slo_number(number, metric, r->slo->value));
    }
    text_put(&line, r->met ? ": met" : ": missed");
    if (!r->met && r->vms_count > 1) {
        text_printf(&line, " by %u of %u VMs", r->vms_count - r->vms_met, r->vms_count);
    }
    if (r->vm) {
        text_printf(&line, " (%s%s: %s)", r->vms_count > 1 ? "worst " : "", r->vm,
                    slo_number(number, metric, r->value));
    }
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void write_warning(struct out *o, const char *warning)
{
    struct text line;

    text_init(&line);
    text_printf(&line, "warning: %s", warning);
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void write_verdict(struct out *o, const struct summary *s)
{
    uint32_t slo_count = s->setup->scenario->slo_count;

    if (slo_count + s->warning_count > 0) {
        out_char(o, '\n');
    }
    for (uint32_t i = 0; i < slo_count; i++) {
        write_slo(o, &s->slos[i]);
    }
    for (uint32_t i = 0; i < s->warning_count; i++) {
        write_warning(o, s->warnings[i]);
    }
}

void table_write_notes(struct out *o, const struct summary *s)
{
    write_all_deadlines(o, s);
    write_units(o, s);
    write_lives(o, s->setup);
    write_verdict(o, s);
}
