#include "output/table.h"

#include "base/text.h"
#include "metrics/groups.h"
#include "output/table_parts.h"
#include "policy/policy.h"

#include <math.h>
#include <string.h>

enum { NAME_WIDTH = 15 };

char *table_time(char text[TABLE_TIME_SIZE], double ns)
{
    static const char *const units[] = { "ns", "us", "ms", "s" };
    size_t unit = 0;

    if (isnan(ns)) {
        (void)snprintf(text, TABLE_TIME_SIZE, "-");
        return text;
    }
    /* 999.5 would be printed as 1000. */
    for (; unit + 1 < ARRAY_LEN(units) && fabs(ns) >= 999.5; unit++) {
        ns /= 1000;
    }
    int digits = fabs(ns) < 9.995 ? 2 : fabs(ns) < 99.95 ? 1 : 0;
    (void)snprintf(text, TABLE_TIME_SIZE, "%.*f%s", unit == 0 ? 0 : digits, ns, units[unit]);
    return text;
}

char *table_given_time(char text[TABLE_TIME_SIZE], nsec ns)
{
    static const char *const units[] = { "ns", "us", "ms", "s" };
    double value = (double)ns;
    size_t unit = 0;

    for (; unit + 1 < ARRAY_LEN(units) && value >= 1000; unit++) {
        value /= 1000;
    }
    (void)snprintf(text, TABLE_TIME_SIZE, "%.7g%s", value, units[unit]);
    return text;
}

void table_wrap(struct out *o, const char *text, size_t indent)
{
    size_t column = 0;
    bool is_first = true; /* Of its line. */

    while (*text) {
        size_t word = strcspn(text, " \n");
        if (!is_first && column + 1 + word > TABLE_WIDTH) {
            out_format(o, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!is_first) {
            out_char(o, ' ');
            column++;
        }
        out_bytes(o, text, word);
        column += word;
        is_first = false;
        text += word;
        text += strspn(text, " \n");
    }
    out_char(o, '\n');
}

/* ------------------------------------------------------------ head */

static void put_sharing(struct text *line, const struct sharing *sharing,
                        const struct device *device)
{
    static const char *const modes[] = { "exclusive", "time_sliced", "mps" };
    const struct engine_sharing *compute = &sharing->engines[ENGINE_COMPUTE];
    const struct switch_cost *cost = &compute->switch_cost;
    char time[TABLE_TIME_SIZE];

    if (sharing->mode == SHARING_MPS || !compute->policy) {
        text_put(line, modes[sharing->mode]);
        text_put(line, sharing->mode == SHARING_MPS && !device->mps.is_measured
                           ? ", model parameters assumed"
                           : "");
        return;
    }
    if (sharing->mode == SHARING_TIME_SLICED) {
        text_printf(line, "%s, slice %s", compute->policy->name,
                    table_given_time(time, compute->slice_ns));
    } else {
        text_put(line, modes[sharing->mode]);
    }
    text_printf(line, ", switch %s", table_given_time(time, cost->preempt_ns));
    if (cost->idle_ns != cost->preempt_ns) {
        text_printf(line, " (from idle %s)", table_given_time(time, cost->idle_ns));
    }
    text_put(line, compute->switch_origin == ORIGIN_ASSUMED ? ", assumed" : "");
}

static void write_gpu(struct out *o, const struct gpu_entry *gpu)
{
    struct text line;

    text_init(&line);
    text_printf(&line, "%s: ", gpu->name);
    if (gpu->count > 1) {
        text_printf(&line, "%u x ", gpu->count);
    }
    text_printf(&line, "%s, ", gpu->device.name ? gpu->device.name : "device");
    if (gpu->mig_count > 0) {
        text_printf(&line, "%u MIG instance%s", gpu->mig_count, gpu->mig_count == 1 ? "" : "s");
    } else {
        put_sharing(&line, &gpu->sharing, &gpu->device);
    }
    table_wrap(o, line.bytes, 2);
    text_fini(&line);
}

static void write_head(struct out *o, const struct summary *s)
{
    const struct scenario *scenario = s->setup->scenario;
    char duration[TABLE_TIME_SIZE];
    char warmup[TABLE_TIME_SIZE];

    out_text(o, scenario->name);
    out_char(o, '\n');
    if (scenario->question[0]) {
        table_wrap(o, scenario->question, 0);
    }
    table_given_time(duration, scenario->duration_ns);
    table_given_time(warmup, s->warmup_ns);
    out_format(o, "%s simulated, %s of it warm-up, seed %llu\n", duration, warmup,
               (unsigned long long)scenario->seed);
    for (uint32_t g = 0; g < scenario->gpu_count; g++) {
        write_gpu(o, &scenario->gpus[g]);
    }
}

/* ------------------------------------------------------------ VMs */

/* " +-3%", or nothing; relative to value. */
static char *margin(char text[8], double low, double high, double value)
{
    double percent = 100 * (high - low) / 2 / value;

    text[0] = '\0';
    if (isfinite(percent) && percent < 999.5) {
        (void)snprintf(text, 8, percent < 0.95 ? "+-%.1f%%" : "+-%.0f%%", percent);
    }
    return text;
}

/* A name that is too long loses its middle, since its end tells VMs apart. */
static void write_name(struct out *o, const char *vm, const char *workload)
{
    enum { TAIL = 6, HEAD = NAME_WIDTH - 1 - TAIL - 2 };
    struct text name;

    text_init(&name);
    text_put(&name, vm);
    if (workload) {
        text_printf(&name, "/%s", workload);
    }
    if (name.size < NAME_WIDTH) {
        out_format(o, "%-*s", NAME_WIDTH, name.bytes);
    } else {
        out_format(o, "%.*s..%s ", HEAD, name.bytes, name.bytes + name.size - TAIL);
    }
    text_fini(&name);
}

static double known(const struct workload_summary *w, enum quantile q)
{
    return w->has_quantile[q] ? (double)w->quantile_ns[q] : NAN;
}

/* 960.0M where all digits would not fit. Returns text. */
static char *count_text(char text[TABLE_TIME_SIZE], uint64_t count)
{
    if (count < 10000000) {
        (void)snprintf(text, TABLE_TIME_SIZE, "%llu", (unsigned long long)count);
    } else if (count < 1000000000) {
        (void)snprintf(text, TABLE_TIME_SIZE, "%.1fM", (double)count / 1e6);
    } else {
        (void)snprintf(text, TABLE_TIME_SIZE, "%.2fG", (double)count / 1e9);
    }
    return text;
}

static void write_row(struct out *o, const struct vm_summary *vm,
                      const struct workload_summary *w)
{
    char t[4][TABLE_TIME_SIZE];
    char m[2][8] = { "", "" };
    char count[TABLE_TIME_SIZE];
    double p99 = known(w, QUANTILE_P99);

    margin(m[0], w->mean_low_ns, w->mean_high_ns, w->latency_mean_ns);
    if (w->p99_low_ns >= 0 && w->p99_high_ns >= 0) {
        margin(m[1], (double)w->p99_low_ns, (double)w->p99_high_ns, p99);
    }
    write_name(o, vm->name, vm->workload_count > 1 ? w->name : NULL);
    out_format(o, "%8s%8s %-6s%7s%8s%8s %-6s%6.1f%6.1f\n", count_text(count, w->done),
               table_time(t[0], w->latency_mean_ns), m[0],
               table_time(t[1], known(w, QUANTILE_P50)),
               table_time(t[2], known(w, QUANTILE_P95)), table_time(t[3], p99), m[1],
               vm->share_percent, vm->entitled_percent);
}

/* Where phases decide, one number is chance: between what it lies under others. */
static void write_phases(struct out *o, const struct phase_spread *spread)
{
    char t[4][TABLE_TIME_SIZE];

    out_format(o, "%*s(mean %s to %s, p99 %s to %s, over phases)\n", NAME_WIDTH, "",
               table_time(t[0], spread->mean_low_ns), table_time(t[1], spread->mean_high_ns),
               table_time(t[2], (double)spread->p99_low_ns),
               table_time(t[3], (double)spread->p99_high_ns));
}

static void write_vm(struct out *o, const struct vm_summary *vm)
{
    for (uint32_t w = 0; w < vm->workload_count; w++) {
        write_row(o, vm, &vm->workloads[w]);
    }
}

static void write_kept(struct out *o, const struct summary_vm *v)
{
    for (uint32_t w = 0; w < v->vm->workload_count; w++) {
        const struct phase_spread *spread = summary_phase_spread(v, w);
        write_row(o, v->vm, &v->vm->workloads[w]);
        if (spread && phases_decide(spread)) {
            write_phases(o, spread);
        }
    }
}

/* What best and worst mean: the p95 of the first workload; without jobs it is worst. */
static double badness(const struct vm_summary *vm)
{
    double p95 = (double)vm->workloads[0].quantile_ns[QUANTILE_P95];
    return p95 < 0 ? INFINITY : p95;
}

static void write_folded(struct out *o, const struct summary *s, const struct vm_entry *entry,
                         uint32_t first)
{
    const struct summary_vm *best = NULL;
    const struct summary_vm *worst = NULL;

    for (uint32_t i = first; i < first + entry->count; i++) {
        const struct summary_vm *v = &s->vms[i];
        if (v->vm && (!best || badness(v->vm) < badness(best->vm))) {
            best = v;
        }
        if (v->vm && (!worst || badness(v->vm) > badness(worst->vm))) {
            worst = v;
        }
    }
    out_format(o, "%s: %u VMs, best and worst p95 (vms.csv has all)\n", entry->name,
               entry->count);
    if (best) {
        write_kept(o, best);
    }
    if (worst && worst != best) {
        write_kept(o, worst);
    }
}

/* A row for each entry, where the VMs were not kept. */
static void write_entries(struct out *o, const struct summary *s)
{
    for (uint32_t e = 0; e < s->row_count; e++) {
        write_vm(o, s->rows[e].vm);
        table_write_extremes(o, s, e);
    }
}

static void write_vms(struct out *o, const struct summary *s)
{
    const struct scenario *scenario = s->setup->scenario;
    uint32_t first = 0;

    out_format(o, "\n%-*s%8s%8s %-6s%7s%8s%8s %-6s%6s%6s\n", NAME_WIDTH, "VM", "jobs", "mean",
               "", "p50", "p95", "p99", "", "share%", "due%");
    if (!s->vms) {
        write_entries(o, s);
    }
    for (uint32_t e = 0; s->vms && e < scenario->vm_count; e++) {
        const struct vm_entry *entry = &scenario->vms[e];
        if (entry->count > TABLE_VMS_MAX) {
            write_folded(o, s, entry, first);
        }
        for (uint32_t i = first; entry->count <= TABLE_VMS_MAX && i < first + entry->count;
             i++) {
            if (s->vms[i].vm) {
                write_kept(o, &s->vms[i]);
            }
        }
        first += entry->count;
    }
    out_text(o, "+- half of a 95 % interval; due%: the share that the VM is entitled to\n");
}

void table_write(struct out *o, const struct summary *s)
{
    write_head(o, s);
    write_vms(o, s);
    table_write_notes(o, s);
}
