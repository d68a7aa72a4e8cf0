#include "output/validation.h"

#include "base/arena.h"
#include "output/figures.h"
#include "output/out.h"

#include <stdbool.h>

static void put_rows(struct out *o, const struct validation *v)
{
    out_text(o, "scenario,mode,vm,jobs,metric,measured_ns,predicted_ns,error_percent\n");
    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            double error = (row->predicted_ns[m] / row->measured_ns[m] - 1.0) * 100.0;
            out_cell(o, row->scenario);
            out_format(o, ",%s,", measured_mode_name(row->mode));
            out_cell(o, row->vm);
            out_format(o, ",%u,%s,", row->jobs, validate_metric_name(m));
            out_real(o, row->measured_ns[m]);
            out_char(o, ',');
            out_real(o, row->predicted_ns[m]);
            out_char(o, ',');
            out_real(o, error);
            out_char(o, '\n');
        }
    }
}

static void put_line(struct out *o, const char *of, enum validate_metric metric,
                     struct validation_summary s)
{
    if (s.vms > 0) {
        out_format(o, "%s,%s,%u,", of, validate_metric_name(metric), s.vms);
        out_real(o, s.median);
        out_char(o, ',');
        out_real(o, s.p95);
        out_char(o, ',');
        out_real(o, s.max);
        out_char(o, '\n');
    }
}

static void put_summary(struct out *o, const struct validation *v, bool by_regime)
{
    int count = by_regime ? (int)MEASURED_REGIMES : (int)MEASURED_MODES;

    out_text(o, by_regime ? "regime" : "mode");
    out_text(o, ",metric,vms,median_abs_error_percent,p95_abs_error_percent,"
                "max_abs_error_percent\n");
    for (int i = 0; i < count; i++) {
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            if (by_regime) {
                enum measured_regime regime = (enum measured_regime)i;
                put_line(o, measured_regime_name(regime), m,
                         validation_summarise_regime(v, regime, m));
            } else {
                enum measured_mode mode = (enum measured_mode)i;
                put_line(o, measured_mode_name(mode), m, validation_summarise(v, mode, m));
            }
        }
    }
}

int validation_print(const struct validation *v, enum validation_form form, struct err *err)
{
    struct out out;

    if (out_open(&out, "-", err)) {
        return -1;
    }
    if (form == VALIDATION_ROWS) {
        put_rows(&out, v);
    } else {
        put_summary(&out, v, form == VALIDATION_BY_REGIME);
    }
    return out_close(&out, err);
}

int validation_write(const struct validation *v, const char *folder, struct err *err)
{
    struct arena arena;
    struct out out;

    arena_init(&arena);
    int status = out_folder(folder, err);
    if (status == 0) {
        status = out_open(&out, arena_format(&arena, "%s/validation.csv", folder), err);
    }
    if (status == 0) {
        put_rows(&out, v);
        status = out_close(&out, err);
    }
    arena_fini(&arena);
    return status;
}

int validation_draw(const char *folder, const char *device, struct err *err)
{
    struct arena arena;

    arena_init(&arena);
    struct figure_paths paths = {
        .csv = arena_format(&arena, "%s/validation.csv", folder),
        .folder = folder,
        .subtitle = arena_format(&arena, "predicted and measured on %s", device),
    };
    int status = figures_draw_file(FIGURE_VALIDATION, &paths, FIGURE_SVG | FIGURE_PNG, err);
    arena_fini(&arena);
    return status;
}
