#include "output/comparison.h"

#include "base/arena.h"
#include "output/figures.h"
#include "output/out.h"
#include "output/table.h"

#include <math.h>
#include <string.h>

enum { LABEL_WIDTH = 26, CELL = 32 };

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

static void put_label(struct out *o, const char *label)
{
    out_format(o, "  %-*.*s", LABEL_WIDTH - 2, LABEL_WIDTH - 3, label);
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
        put_label(o, c->variants[v].label);
        out_format(o, "%7s ", table_time(time, mean->mean));
        out_format(o, "%-7s", put_half(half, mean));
        out_format(o, "%7s ", table_time(time, p99->mean));
        out_format(o, "%-7s", put_half(half, p99));
        out_format(o, "%s\n", v == 0 ? "" : put_difference(difference, mean, first));
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

static void put_lag(struct out *o, const struct comparison *c, uint32_t variant)
{
    double lag = c->wholes[variant * COMPARE_WHOLES + COMPARE_LAG].mean;
    char time[TABLE_TIME_SIZE];

    out_format(o, "%11s%10s", isnan(lag) ? "-" : table_time(time, fmax(lag, 0)),
               is_conserving(c->variants[variant].setup) ? "no" : "yes");
}

static void put_wholes(struct out *o, const struct comparison *c)
{
    bool with_lag = has_lag(c);

    out_format(o, "\n%-*s%8s%12s%12s%s\n", LABEL_WIDTH, "GPU", "used", "switching", "fairness",
               with_lag ? "  worst lag  may idle" : "");
    for (uint32_t v = 0; v < c->variant_count; v++) {
        const struct estimate *wholes = &c->wholes[v * COMPARE_WHOLES];
        put_label(o, c->variants[v].label);
        out_format(o, "%6.1f %%%10.1f %%", wholes[COMPARE_USED].mean * 100.0,
                   wholes[COMPARE_SWITCHING].mean * 100.0);
        if (!isnan(wholes[COMPARE_JAIN].mean)) {
            out_format(o, "%12.3f", wholes[COMPARE_JAIN].mean);
        } else if (with_lag) {
            out_format(o, "%12s", "-");
        }
        if (with_lag) {
            put_lag(o, c, v);
        }
        out_char(o, '\n');
    }
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
    put_wholes(o, c);
    if (c->reps > 1) {
        out_text(o, "\n+- and (..): 95 % intervals; those of differences are of the pairs\n");
    } else {
        out_text(o, "\none replication: no intervals (--reps)\n");
    }
}

/* ---------------------------------------------------------------- rows */

/* One estimate in one of the two forms. */
struct row {
    const char *variant;
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
    out_char(o, '}');
}

/* Every estimate, by variant, then subject, then measure. */
static void each_row(struct out *o, const struct comparison *c, const char *between,
                     void (*put)(struct out *o, const struct row *row))
{
    const char *separator = "";

    for (uint32_t v = 0; v < c->variant_count; v++) {
        struct row row = { .variant = c->variants[v].label };
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
        put_table(&out, c);
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
    struct figure_paths paths = {
        .csv = arena_format(&arena, "%s/compare.csv", folder),
        .folder = folder,
        .subtitle = arena_format(&arena, "%s, seed %llu, %u replications", scenario->name,
                                 (unsigned long long)scenario->seed, c->reps),
    };
    int status = figures_draw_file(FIGURE_COMPARE, &paths, FIGURE_SVG | FIGURE_PNG, err);
    arena_fini(&arena);
    return status;
}
