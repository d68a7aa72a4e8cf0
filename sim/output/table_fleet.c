/* table_fleet.c - the part of the first screen that speaks of a fleet's GPUs. */
#include "output/table_parts.h"

#include "base/text.h"
#include "metrics/fleet.h"
#include "metrics/groups.h"

#include <math.h>

enum { LABEL_WIDTH = 21, CELL_WIDTH = 8 };

static const char *const labels[FLEET_MEASURES] = {
    [FLEET_UTILISATION] = "compute used, %",
    [FLEET_SWITCHING] = "switching, %",
    [FLEET_THROUGHPUT] = "jobs/s",
    [FLEET_LATENCY_MEAN] = "mean latency",
    [FLEET_LATENCY_P99] = "p99 latency",
    [FLEET_JAIN] = "fairness (Jain)",
    [FLEET_JAIN_WINDOWS] = "  in 100ms windows",
};

/* A number as the table shows this measure. Returns text. */
static const char *measure_text(char text[TABLE_TIME_SIZE], enum fleet_measure measure,
                                double value)
{
    if (measure == FLEET_LATENCY_MEAN || measure == FLEET_LATENCY_P99 || isnan(value)) {
        return table_time(text, value);
    }
    if (measure == FLEET_JAIN || measure == FLEET_JAIN_WINDOWS) {
        (void)snprintf(text, TABLE_TIME_SIZE, "%.3f", value);
    } else {
        (void)snprintf(text, TABLE_TIME_SIZE, value < 99.95 ? "%.1f" : "%.0f", value);
    }
    return text;
}

static void write_cell(struct out *o, enum fleet_measure measure, double value)
{
    char text[TABLE_TIME_SIZE];

    out_format(o, "%*s", CELL_WIDTH, measure_text(text, measure, value));
}

static void write_pool(struct out *o, const struct fleet_pool *pool)
{
    const struct fleet_spread *used = &pool->spreads[FLEET_UTILISATION];
    bool is_cut = pool->gpu->mig_count > 0;
    struct text label;

    text_init(&label);
    text_printf(&label, "%u x %s%s", pool->count, pool->gpu->name, is_cut ? ".*" : "");
    out_format(o, "%-*.*s ", LABEL_WIDTH, LABEL_WIDTH, label.bytes);
    text_fini(&label);
    for (int p = 0; p < FLEET_POINTS; p++) {
        out_format(o, "%*s", CELL_WIDTH, fleet_point_names[p]);
    }
    out_format(o, "%*s\n", CELL_WIDTH, "mean");
    for (int m = 0; m < FLEET_MEASURES; m++) {
        const struct fleet_spread *spread = &pool->spreads[m];
        if (spread->count == 0) {
            continue;
        }
        out_format(o, "%-*s ", LABEL_WIDTH, labels[m]);
        for (int p = 0; p < FLEET_POINTS; p++) {
            write_cell(o, (enum fleet_measure)m, spread->points[p]);
        }
        write_cell(o, (enum fleet_measure)m, spread->mean);
        out_char(o, '\n');
    }
    out_format(o, "as much work as %.1f %s that never idle\n\n", used->mean * used->count / 100,
               is_cut ? "instances" : "GPUs");
}

static void write_worst(struct out *o, const struct summary *s)
{
    static const enum fleet_measure shown[] = { FLEET_UTILISATION, FLEET_THROUGHPUT,
                                                FLEET_LATENCY_MEAN, FLEET_LATENCY_P99,
                                                FLEET_JAIN };
    static const char *const heads[] = { "used%", "jobs/s", "mean", "p99", "Jain" };
    const struct fleet_summary *f = s->fleet;
    nsec span_ns = s->setup->scenario->duration_ns - s->warmup_ns;
    bool has_slo = s->setup->scenario->slo_count > 0;

    out_format(o, "%-*s ", LABEL_WIDTH,
               f->gpus_missed > 0 ? "worst by SLO, p99" : "worst by p99");
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        out_format(o, "%*s", CELL_WIDTH, heads[i]);
    }
    out_text(o, has_slo ? "     VMs  missed\n" : "     VMs\n");
    for (uint32_t i = 0; i < f->worst_count; i++) {
        const struct fleet_gpu *gpu = &f->gpus[f->worst[i]];
        out_format(o, "%-*.*s ", LABEL_WIDTH, LABEL_WIDTH,
                   s->setup->partitions[f->worst[i]].name);
        for (size_t k = 0; k < ARRAY_LEN(shown); k++) {
            write_cell(o, shown[k], fleet_value(gpu, shown[k], span_ns));
        }
        out_format(o, "%*u", CELL_WIDTH, gpu->vms);
        if (has_slo) {
            out_format(o, "%*u", CELL_WIDTH, gpu->vms_missed);
        }
        out_char(o, '\n');
    }
    if (has_slo) {
        out_format(o, "%u of %u have a VM that misses an objective\n", f->gpus_missed,
                   s->setup->partition_count);
    }
}

void table_write_fleet(struct out *o, const struct summary *s)
{
    uint32_t pools = s->setup->scenario->gpu_count;

    for (uint32_t i = 0; i < pools && i < TABLE_GPUS_MAX; i++) {
        write_pool(o, &s->fleet->pools[i]);
    }
    if (pools > TABLE_GPUS_MAX) {
        out_format(o, "and %u more kinds of GPUs (summary.json has all)\n\n",
                   pools - TABLE_GPUS_MAX);
    }
    write_worst(o, s);
}

/* "vm: 160000 VMs, p95 from 95.1ms (vm3@gpu17) to 254ms (vm9@gpu4711)" */
void table_write_extremes(struct out *o, const struct summary *s, uint32_t entry)
{
    const struct group *g = &s->groups->groups[s->groups->first[entry]];
    const struct setup_vm *vms = s->setup->vms;
    char best[TABLE_TIME_SIZE];
    char worst[TABLE_TIME_SIZE];
    struct text line;

    if (g->vms < 2) {
        return;
    }
    text_init(&line);
    text_printf(&line, "%s: %u VMs, p95 from %s (%s) to ", s->rows[entry].vm->name, g->vms,
                table_time(best, g->best.p95_ns == NSEC_MAX ? NAN : (double)g->best.p95_ns),
                vms[g->best.id].name);
    if (g->worst.p95_ns == NSEC_MAX) {
        text_printf(&line, "none done (%s)", vms[g->worst.id].name);
    } else {
        text_printf(&line, "%s (%s)", table_time(worst, (double)g->worst.p95_ns),
                    vms[g->worst.id].name);
    }
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}
