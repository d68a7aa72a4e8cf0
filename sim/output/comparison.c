#include "output/comparison.h"

#include "base/arena.h"
#include "base/text.h"
#include "metrics/beyond.h"
#include "output/figures.h"
#include "output/out.h"
#include "output/table.h"
#include "output/table_parts.h"

#include <math.h>
#include <string.h>

enum { LABEL_WIDTH = 26, POLICY_WIDTH = 25, CELL = 32, COLUMNS_MAX = 4 };

/* What is open-loop gets as much done under every variant, but for the ends of the run. */
static const double THROUGHPUT_DIFFERENCE = 0.01;

static const struct estimate *entry_estimate(const struct comparison *c, uint32_t entry,
                                             uint32_t variant, enum compare_measure measure)
{
    return &c->entries[entry].estimates[variant * COMPARE_MEASURES + measure];
}

/* ---------------------------------------------------------------- table */

/* "+-3%": half of the interval's width, relative to the mean. */
static const char *put_half(char text[CELL], const struct estimate *e)
{
    double half = (e->high - e->low) / 2.0 / fabs(e->mean) * 100.0;

    if (isnan(half) || e->mean == 0.0) {
        return "";
    }
    (void)snprintf(text, CELL, "+-%.*f%%", half < 0.95 ? 1 : 0, half);
    return text;
}

/* "-11% (-12..-10)": the difference in the mean, relative to the first variant's. */
static const char *put_difference(char text[64], const struct estimate *e, double first)
{
    double scale = 100.0 / first;

    if (isnan(e->difference) || first == 0.0) {
        return "-";
    }
    if (isnan(e->difference_low)) {
        (void)snprintf(text, 64, "%+.1f%%", e->difference * scale);
    } else {
        (void)snprintf(text, 64, "%+.1f%% (%+.1f..%+.1f)", e->difference * scale,
                       e->difference_low * scale, e->difference_high * scale);
    }
    return text;
}

/* What a variant is called where people read it: policies with parameters without their braces,
   as "fixed_share, slots: 5". Lives in the arena. */
static const char *plain_label(const char *label, struct arena *arena)
{
    static const char begin[] = "{name: ";
    const char *text = "";

    while (strstr(label, begin)) {
        const char *at = strstr(label, begin);
        const char *name = at + strlen(begin);
        size_t length = strcspn(name, "}");
        text = arena_format(arena, "%s%.*s%.*s", text, (int)(at - label), label, (int)length,
                            name);
        label = name + length + (name[length] == '}');
    }
    return arena_format(arena, "%s%s", text, label);
}

static void put_label(struct out *o, const char *label, size_t width)
{
    struct arena arena;

    arena_init(&arena);
    label = plain_label(label, &arena);
    size_t room = width - 3;
    if (strlen(label) > room) { /* What tells variants apart is often at the end. */
        const char *tail = &label[strlen(label) - (room / 2 - 1)];
        label = arena_format(&arena, "%.*s..%s", (int)(room - room / 2 - 1), label, tail);
    }
    out_format(o, "  %-*s", (int)(width - 2), label);
    arena_fini(&arena);
}

static void put_entry(struct out *o, const struct comparison *c, uint32_t entry)
{
    const struct compared_entry *own = &c->entries[entry];
    double first = entry_estimate(c, entry, 0, COMPARE_LATENCY_MEAN)->mean;

    out_format(o, "\n%s", own->name);
    if (own->vm_count > 1) {
        out_format(o, " (%u VMs)", own->vm_count);
    }
    out_char(o, '\n');
    for (uint32_t v = 0; v < c->variant_count; v++) {
        const struct estimate *mean = entry_estimate(c, entry, v, COMPARE_LATENCY_MEAN);
        const struct estimate *p99 = entry_estimate(c, entry, v, COMPARE_LATENCY_P99);
        char time[TABLE_TIME_SIZE];
        char half[CELL];
        char difference[64];
        put_label(o, c->variants[v].label, LABEL_WIDTH);
        out_format(o, "%7s ", table_time(time, mean->mean));
        out_format(o, "%-7s", put_half(half, mean));
        out_format(o, "%7s ", table_time(time, p99->mean));
        out_format(o, v == 0 ? "%s\n" : "%-7s", put_half(half, p99));
        if (v > 0) {
            out_format(o, "%s\n", put_difference(difference, mean, first));
        }
    }
}

/* Whether lag was measured under some variant. */
static bool has_lag(const struct comparison *c)
{
    bool has = false;

    for (uint32_t v = 0; v < c->variant_count; v++) {
        has = has || !isnan(c->wholes[v * COMPARE_WHOLES + COMPARE_LAG].mean);
    }
    return has;
}

/* Whether every policy of a variant claims to let no engine idle while a VM has work. */
static bool is_conserving(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->partition_count; i++) {
        const struct sharing *sharing = setup->partitions[i].sharing;
        if (sharing->mode == SHARING_TIME_SLICED &&
            !sharing->engines[ENGINE_COMPUTE].policy->work_conserving) {
            return false;
        }
    }
    return true;
}

/* Whether a variant got more, or less, done than the first. */
static bool throughput_differs(const struct comparison *c)
{
    for (uint32_t e = 0; e < c->entry_count; e++) {
        double first = entry_estimate(c, e, 0, COMPARE_THROUGHPUT)->mean;
        for (uint32_t v = 1; v < c->variant_count; v++) {
            double mean = entry_estimate(c, e, v, COMPARE_THROUGHPUT)->mean;
            if (fabs(mean - first) > THROUGHPUT_DIFFERENCE * first) {
                return true;
            }
        }
    }
    return false;
}

/* Jobs per second of each entry, as many as fit beside each other. */
static void put_throughputs(struct out *o, const struct comparison *c)
{
    uint32_t columns = c->entry_count < COLUMNS_MAX ? c->entry_count : COLUMNS_MAX;

    out_format(o, "\n%-*s", LABEL_WIDTH, "jobs per second");
    for (uint32_t e = 0; e < columns; e++) {
        out_format(o, " %12.12s", c->entries[e].name);
    }
    out_char(o, '\n');
    for (uint32_t v = 0; v < c->variant_count; v++) {
        put_label(o, c->variants[v].label, LABEL_WIDTH);
        for (uint32_t e = 0; e < columns; e++) {
            out_format(o, " %12.4g", entry_estimate(c, e, v, COMPARE_THROUGHPUT)->mean);
        }
        out_char(o, '\n');
    }
}

static void put_wholes(struct out *o, const struct comparison *c)
{
    out_format(o, "\n%-*s%8s%12s%12s\n", LABEL_WIDTH, "GPU", "used", "switching", "fairness");
    for (uint32_t v = 0; v < c->variant_count; v++) {
        const struct estimate *wholes = &c->wholes[v * COMPARE_WHOLES];
        put_label(o, c->variants[v].label, LABEL_WIDTH);
        out_format(o, "%6.1f %%%10.1f %%", wholes[COMPARE_USED].mean * 100.0,
                   wholes[COMPARE_SWITCHING].mean * 100.0);
        if (!isnan(wholes[COMPARE_JAIN].mean)) {
            out_format(o, "%12.3f", wholes[COMPARE_JAIN].mean);
        }
        out_char(o, '\n');
    }
}

/* Policies: all that they are judged by, in one line each. */
static void put_policies(struct out *o, const struct comparison *c)
{
    const struct compared_entry *first = &c->entries[0];
    char vms[CELL] = "";

    if (first->vm_count > 1) {
        (void)snprintf(vms, CELL, " (%u VMs)", first->vm_count);
    }
    out_format(o, "\n%.14s%-*s%7s%7s%17s%10s%8s%6s\n", first->name,
               (int)(POLICY_WIDTH - strlen(first->name)), vms, "p50", "p99", "fairness",
               "worst lag", "switch", "idles");
    for (uint32_t v = 0; v < c->variant_count; v++) {
        const struct estimate *wholes = &c->wholes[v * COMPARE_WHOLES];
        const struct estimate *p99 = entry_estimate(c, 0, v, COMPARE_LATENCY_P99);
        double lag = wholes[COMPARE_LAG].mean;
        char time[TABLE_TIME_SIZE];
        char half[CELL];
        put_label(o, c->variants[v].label, POLICY_WIDTH);
        out_format(o, "%7s",
                   table_time(time, entry_estimate(c, 0, v, COMPARE_LATENCY_P50)->mean));
        out_format(o, "%7s", table_time(time, p99->mean));
        out_format(o, " %-7.7s", put_half(half, p99));
        out_format(o, isnan(wholes[COMPARE_JAIN].mean) ? "        -" : "%9.3f",
                   wholes[COMPARE_JAIN].mean);
        out_format(o, "%10s%6.1f %%", isnan(lag) ? "-" : table_time(time, fmax(lag, 0)),
                   wholes[COMPARE_SWITCHING].mean * 100.0);
        out_format(o, "%6s\n", is_conserving(c->variants[v].setup) ? "no" : "yes");
    }
    out_char(o, '\n');
    table_wrap(
        o,
        "sorted by p99; fairness: Jain's index over all VMs; worst lag: of any VM, behind "
        "an ideal fluid share; switch: time lost to switches; idles: may idle while a VM "
        "has work",
        0);
}

/* In what variants go beyond what was measured, each sentence once. */
static void put_beyond(struct out *o, const struct comparison *c)
{
    struct arena arena;
    struct text told;

    arena_init(&arena);
    text_init(&told);
    for (uint32_t i = 0; i < c->variant_count; i++) {
        struct summary s = { .setup = c->variants[i].setup };
        for (uint32_t gpu = 0; gpu < s.setup->scenario->gpu_count; gpu++) {
            const char *sentence = beyond_measured(&s, gpu, &arena);
            if (sentence && !strstr(told.bytes, sentence)) {
                text_put(&told, sentence);
                text_put(&told, "\n");
                table_wrap(o, arena_format(&arena, "warning: %s", sentence), 2);
            }
        }
    }
    text_fini(&told);
    arena_fini(&arena);
}

static void put_note(struct out *o, const struct comparison *c)
{
    if (c->reps > 1) {
        out_text(o, "\n+- and (..): 95 % intervals; those of differences are of the pairs\n");
    } else {
        out_text(o, "\none replication: no intervals (--reps)\n");
    }
    put_beyond(o, c);
}

static void put_policy_table(struct out *o, const struct comparison *c)
{
    out_format(o, "%s: %u policies, the same arrivals under each, %u replication%s\n",
               c->variants[0].setup->scenario->name, c->variant_count, c->reps,
               c->reps == 1 ? "" : "s");
    put_policies(o, c);
    if (c->entry_count > 1) {
        out_format(o, "\n%-*s%7s%15s%23s\n", LABEL_WIDTH, "the others", "mean", "p99",
                   "mean against the first");
    }
    for (uint32_t e = 1; e < c->entry_count; e++) {
        put_entry(o, c, e);
    }
    put_note(o, c);
}

static void put_table(struct out *o, const struct comparison *c)
{
    const struct scenario *scenario = c->variants[0].setup->scenario;

    out_format(o, "%s: %u variants, the same arrivals under each, %u replication%s\n",
               scenario->name, c->variant_count, c->reps, c->reps == 1 ? "" : "s");
    out_format(o, "\n%-*s%7s%15s%23s\n", LABEL_WIDTH, "latency", "mean", "p99",
               "mean against the first");
    for (uint32_t e = 0; e < c->entry_count; e++) {
        put_entry(o, c, e);
    }
    if (throughput_differs(c)) {
        put_throughputs(o, c);
    }
    put_wholes(o, c);
    put_note(o, c);
}

/* ---------------------------------------------------------------- rows */

/* One estimate in one of the two forms. */
struct row {
    const char *variant;
    const struct setup *setup; /* Of the variant. */
    const char *subject;
    const char *measure;
    const struct estimate *estimate;
};

static void put_csv_row(struct out *o, const struct row *row)
{
    const struct estimate *e = row->estimate;
    const double values[] = { e->mean,           e->low,
                              e->high,           e->difference,
                              e->difference_low, e->difference_high };

    out_cell(o, row->variant);
    out_char(o, ',');
    out_cell(o, row->subject);
    out_char(o, ',');
    out_text(o, row->measure);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        out_char(o, ',');
        out_real(o, values[i]);
    }
    out_char(o, '\n');
}

static void put_json_number(struct out *o, const char *key, double value)
{
    out_format(o, ", \"%s\": ", key);
    if (isnan(value)) {
        out_text(o, "null");
    } else {
        out_real(o, value);
    }
}

static void put_json_string(struct out *o, const char *text)
{
    out_char(o, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            out_char(o, '\\');
        }
        if (c < 0x20) {
            out_format(o, "\\u%04x", c);
        } else {
            out_char(o, *text);
        }
    }
    out_char(o, '"');
}

/* In what the variant goes beyond what was measured. */
static void put_json_warnings(struct out *o, const struct setup *setup)
{
    struct summary s = { .setup = setup };
    const char *between = "";
    struct arena arena;

    arena_init(&arena);
    out_text(o, ", \"warnings\": [");
    for (uint32_t gpu = 0; gpu < setup->scenario->gpu_count; gpu++) {
        const char *sentence = beyond_measured(&s, gpu, &arena);
        if (sentence) {
            out_text(o, between);
            put_json_string(o, sentence);
            between = ", ";
        }
    }
    out_char(o, ']');
    arena_fini(&arena);
}

static void put_json_row(struct out *o, const struct row *row)
{
    const struct estimate *e = row->estimate;

    out_text(o, "  {\"variant\": ");
    put_json_string(o, row->variant);
    out_text(o, ", \"subject\": ");
    put_json_string(o, row->subject);
    out_format(o, ", \"measure\": \"%s\"", row->measure);
    put_json_number(o, "mean", e->mean);
    put_json_number(o, "low", e->low);
    put_json_number(o, "high", e->high);
    put_json_number(o, "difference", e->difference);
    put_json_number(o, "difference_low", e->difference_low);
    put_json_number(o, "difference_high", e->difference_high);
    put_json_warnings(o, row->setup);
    out_char(o, '}');
}

/* Every estimate, by variant, then subject, then measure. */
static void each_row(struct out *o, const struct comparison *c, const char *between,
                     void (*put)(struct out *o, const struct row *row))
{
    const char *separator = "";

    for (uint32_t v = 0; v < c->variant_count; v++) {
        struct row row = { .variant = c->variants[v].label, .setup = c->variants[v].setup };
        for (uint32_t e = 0; e < c->entry_count; e++) {
            for (uint32_t m = 0; m < COMPARE_MEASURES; m++) {
                row.subject = c->entries[e].name;
                row.measure = compare_measure_names[m];
                row.estimate = entry_estimate(c, e, v, m);
                out_text(o, separator);
                put(o, &row);
                separator = between;
            }
        }
        for (uint32_t w = 0; w < COMPARE_WHOLES; w++) {
            if (w == COMPARE_LAG && !has_lag(c)) {
                continue;
            }
            row.subject = "gpu";
            row.measure = compare_whole_names[w];
            row.estimate = &c->wholes[v * COMPARE_WHOLES + w];
            out_text(o, separator);
            put(o, &row);
            separator = between;
        }
    }
}

int comparison_print(const struct comparison *c, bool as_json, struct err *err)
{
    struct out out;

    if (out_open(&out, "-", err)) {
        return -1;
    }
    if (as_json) {
        out_text(&out, "[\n");
        each_row(&out, c, ",\n", put_json_row);
        out_text(&out, "\n]\n");
    } else {
        (c->are_policies && c->entry_count > 0 ? put_policy_table : put_table)(&out, c);
    }
    return out_close(&out, err);
}

int comparison_write(const struct comparison *c, const char *folder, struct err *err)
{
    struct arena arena;
    struct out out;

    arena_init(&arena);
    int status = out_folder(folder, err);
    if (status == 0) {
        status = out_open(&out, arena_format(&arena, "%s/compare.csv", folder), err);
    }
    if (status == 0) {
        out_text(&out, "variant,subject,measure,mean,low,high,difference,difference_low,"
                       "difference_high\n");
        each_row(&out, c, "", put_csv_row);
        status = out_close(&out, err);
    }
    arena_fini(&arena);
    return status;
}

int comparison_draw(const struct comparison *c, const char *folder, struct err *err)
{
    const struct scenario *scenario = c->variants[0].setup->scenario;
    struct arena arena;

    arena_init(&arena);
    const char **names = arena_take(&arena, c->variant_count, sizeof(names[0]));
    for (uint32_t v = 0; v < c->variant_count; v++) {
        names[v] = plain_label(c->variants[v].label, &arena);
    }
    struct figure_paths paths = {
        .csv = arena_format(&arena, "%s/compare.csv", folder),
        .folder = folder,
        .subtitle =
            arena_format(&arena, "%s, seed %llu, %u replication%s", scenario->name,
                         (unsigned long long)scenario->seed, c->reps, c->reps == 1 ? "" : "s"),
        .names = names,
        .name_count = c->variant_count,
    };
    int status = figures_draw_file(FIGURE_COMPARE, &paths, FIGURE_SVG | FIGURE_PNG, err);
    arena_fini(&arena);
    return status;
}
