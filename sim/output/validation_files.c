/*
 * validation_files.c - what a comparison leaves in a folder: rows, regimes, quantiles, and the
 * jobs of the worst cases.
 */
#include "base/arena.h"
#include "base/assert.h"
#include "output/figures.h"
#include "output/out.h"
#include "output/validation.h"
#include "output/validation_parts.h"
#include "study/worst.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CASES_MAX = 3,
    VMS_SHOWN = 8,
    JOBS_SHOWN = 400, /* Of one VM, measured or predicted. */
};

/* ---------------------------------------------------------------- regimes.csv */

static void put_spread(struct out *o, struct validation_summary s)
{
    out_char(o, ',');
    out_real(o, s.median);
    out_char(o, ',');
    out_real(o, s.p95);
}

static void put_regime(struct out *o, const struct validation *v, enum measured_regime regime,
                       enum validate_metric metric, bool with_detail)
{
    struct validation_summary s = validation_summarise_regime(v, regime, metric);
    struct validation_summary again = validation_repeats(v, regime, metric);

    if (s.vms == 0) {
        return;
    }
    out_format(o, "%s,%s,%u,", measured_regime_name(regime), validate_metric_name(metric),
               s.vms);
    out_real(o, s.median);
    out_char(o, ',');
    out_real(o, s.p95);
    out_char(o, ',');
    out_real(o, s.max);
    out_format(o, ",%u,", again.vms);
    out_real(o, again.vms > 0 ? again.median : NAN);
    out_char(o, ',');
    out_real(o, again.vms > 0 ? again.p95 : NAN);
    if (with_detail) {
        put_spread(o, validation_spreads(v, regime, metric));
    }
    out_char(o, '\n');
}

void validation_put_regimes(struct out *o, const struct validation *v, bool with_detail)
{
    out_text(o, "regime,metric,vms,median_abs_error_percent,p95_abs_error_percent,"
                "max_abs_error_percent,repeated_vms,median_abs_repeat_percent,"
                "p95_abs_repeat_percent");
    out_text(o, with_detail ? ",median_spread_percent,p95_spread_percent\n" : "\n");
    for (int regime = 0; regime < MEASURED_REGIMES; regime++) {
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            put_regime(o, v, (enum measured_regime)regime, m, with_detail);
        }
    }
}

/* ---------------------------------------------------------------- quantiles.csv */

/* A blank line after each VM: gnuplot begins a new curve there, and readers of CSV skip it. */
static void put_quantiles(struct out *o, const struct validation *v)
{
    static const int percents[] = { 1,  2,  5,  10, 15, 20, 25, 30, 35, 40, 45, 50,
                                    55, 60, 65, 70, 75, 80, 85, 90, 95, 98, 99 };

    out_text(o, "scenario,regime,vm,percent,measured_ns,predicted_ns\n");
    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        for (size_t k = 0; k < ARRAY_LEN(percents); k++) {
            out_cell(o, row->scenario);
            out_format(o, ",%s,", measured_regime_name(row->regime));
            out_cell(o, row->vm);
            out_format(o, ",%d,", percents[k]);
            out_int(o, row->detail->measured_quantiles_ns[percents[k] - 1]);
            out_char(o, ',');
            out_int(o, row->detail->predicted_quantiles_ns[percents[k] - 1]);
            out_char(o, '\n');
        }
        out_char(o, '\n');
    }
}

/* ---------------------------------------------------------------- quantile_errors.csv */

static int compare_doubles(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;

    return *first < *second ? -1 : *first > *second;
}

/* Over the VMs of a regime: the 10 %, 50 % and 90 % quantile of the error of a quantile. */
static void put_errors_of(struct out *o, const struct validation *v,
                          enum measured_regime regime, int percent)
{
    struct arena arena;
    uint32_t count = 0;

    arena_init(&arena);
    double *errors = arena_take(&arena, v->row_count, sizeof(errors[0]));
    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_detail *d = v->rows[i].detail;
        if (v->rows[i].regime == regime) {
            errors[count++] = 100 * ((double)d->predicted_quantiles_ns[percent - 1] /
                                         (double)d->measured_quantiles_ns[percent - 1] -
                                     1);
        }
    }
    qsort(errors, count, sizeof(errors[0]), compare_doubles);
    if (count > 0) {
        out_format(o, "%s,%d,%u", measured_regime_name(regime), percent, count);
        for (uint32_t part = 10; part <= 90; part += 40) {
            out_char(o, ',');
            out_real(o, errors[(count * part + 99) / 100 - 1]);
        }
        out_char(o, '\n');
    }
    arena_fini(&arena);
}

static void put_quantile_errors(struct out *o, const struct validation *v)
{
    out_text(o, "regime,percent,vms,error_p10_percent,error_median_percent,"
                "error_p90_percent\n");
    for (int regime = 0; regime < MEASURED_REGIMES; regime++) {
        for (int percent = 1; percent <= VALIDATE_QUANTILES; percent++) {
            put_errors_of(o, v, (enum measured_regime)regime, percent);
        }
    }
}

/* ---------------------------------------------------------------- timelines.csv */

/* One VM of a case, its jobs as measured or as predicted. */
struct lane {
    const struct worst_case *shown;
    const struct validation_row *row;
    uint32_t number; /* Of the case, from 1. */
    uint32_t place;  /* Of the VM among those shown, from 1. */
    const struct validation_row *worst;
    const char *source;
};

static void put_job(struct out *o, const struct lane *lane, const struct measured_job *job)
{
    bool has_start = job->start_ns > job->arrival_ns && job->start_ns < job->end_ns;

    out_format(o, "%u,", lane->number);
    out_cell(o, lane->row->scenario);
    out_format(o, ",%s,", measured_regime_name(lane->row->regime));
    out_cell(o, lane->worst->vm);
    out_char(o, ',');
    out_real(o, lane->worst->measured_ns[VALIDATE_MEAN]);
    out_char(o, ',');
    out_real(o, lane->worst->predicted_ns[VALIDATE_MEAN]);
    out_char(o, ',');
    out_int(o, lane->shown->from_ns);
    out_char(o, ',');
    out_int(o, lane->shown->to_ns);
    out_format(o, ",%s,%u,", lane->source, lane->place);
    out_cell(o, lane->row->vm);
    out_char(o, ',');
    out_int(o, job->arrival_ns);
    out_char(o, ',');
    out_int(o, has_start ? job->start_ns : job->arrival_ns);
    out_char(o, ',');
    out_int(o, job->end_ns);
    out_char(o, '\n');
}

static void put_lane(struct out *o, const struct lane *lane, const struct measured_job *jobs,
                     uint32_t count)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < count && shown < JOBS_SHOWN; i++) {
        if (jobs[i].end_ns > lane->shown->from_ns && jobs[i].arrival_ns < lane->shown->to_ns) {
            put_job(o, lane, &jobs[i]);
            shown++;
        }
    }
}

/* The worst VM, and as many of the others as have room. */
static void put_case(struct out *o, const struct validation *v, const struct worst_case *c,
                     uint32_t number)
{
    const struct validation_row *worst = &v->rows[c->row];
    struct lane lane = { .shown = c, .number = number, .worst = worst };
    uint32_t others = VMS_SHOWN - 1;

    for (uint32_t i = 0; i < c->vm_count; i++) {
        lane.row = &v->rows[c->first + i];
        if (lane.row != worst && others == 0) {
            continue;
        }
        others -= lane.row != worst;
        lane.place++;
        lane.source = "measured";
        put_lane(o, &lane, lane.row->detail->measured->jobs,
                 lane.row->detail->measured->job_count);
        lane.source = "predicted";
        put_lane(o, &lane, lane.row->detail->predicted, lane.row->detail->predicted_count);
    }
}

static void put_timelines(struct out *o, const struct validation *v)
{
    struct worst_case cases[CASES_MAX];
    uint32_t count = worst_cases(v, cases, CASES_MAX);

    out_text(o, "case,scenario,regime,worst_vm,measured_mean_ns,predicted_mean_ns,from_ns,"
                "to_ns,source,place,vm,arrival_ns,start_ns,end_ns\n");
    for (uint32_t i = 0; i < count; i++) {
        put_case(o, v, &cases[i], i + 1);
    }
}

/* ---------------------------------------------------------------- the folder */

static void put_file_regimes(struct out *o, const struct validation *v)
{
    validation_put_regimes(o, v, true);
}

static void put_file_rows(struct out *o, const struct validation *v)
{
    validation_put_rows(o, v, true);
}

int validation_write(const struct validation *v, const char *folder, struct err *err)
{
    static const struct {
        const char *name;
        void (*put)(struct out *o, const struct validation *v);
    } files[] = {
        { "validation.csv", put_file_rows }, { "regimes.csv", put_file_regimes },
        { "quantiles.csv", put_quantiles },  { "quantile_errors.csv", put_quantile_errors },
        { "timelines.csv", put_timelines },
    };
    struct out out;

    if (out_folder(folder, err)) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (out_open_in(&out, folder, files[i].name, err)) {
            return -1;
        }
        files[i].put(&out, v);
        if (out_close(&out, err)) {
            return -1;
        }
    }
    return 0;
}

int validation_draw(const char *folder, const char *subtitle, struct err *err)
{
    static const struct {
        enum file_figure figure;
        const char *file;
    } drawn[] = {
        { FIGURE_VALIDATION, "validation.csv" },
        { FIGURE_VALIDATION_REGIMES, "validation.csv" },
        { FIGURE_VALIDATION_QUANTILES, "quantiles.csv" },
        { FIGURE_VALIDATION_ERRORS, "quantile_errors.csv" },
        { FIGURE_VALIDATION_TIMELINES, "timelines.csv" },
    };
    struct arena arena;
    int status = 0;

    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(drawn) && status == 0; i++) {
        struct figure_paths paths = {
            .csv = arena_format(&arena, "%s/%s", folder, drawn[i].file),
            .folder = folder,
            .subtitle = subtitle,
        };
        status = figures_draw_file(drawn[i].figure, &paths, FIGURE_SVG | FIGURE_PNG, err);
    }
    arena_fini(&arena);
    return status;
}
