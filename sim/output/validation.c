#include "output/validation.h"

#include "output/out.h"
#include "output/validation_parts.h"

static void put_row(struct out *o, const struct validation_row *row, enum validate_metric m)
{
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
}

static void put_detail(struct out *o, const struct validation_row *row, enum validate_metric m)
{
    const struct validation_detail *d = row->detail;
    const double cells[] = { d->low_ns[m],
                             d->high_ns[m],
                             100 * d->error_low_ns[m] / row->measured_ns[m],
                             100 * d->error_high_ns[m] / row->measured_ns[m],
                             d->predicted_low_ns[m],
                             d->predicted_high_ns[m] };

    out_format(o, ",%s", measured_regime_name(row->regime));
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        out_char(o, ',');
        out_real(o, cells[i]);
    }
}

void validation_put_rows(struct out *o, const struct validation *v, bool with_detail)
{
    out_text(o, "scenario,mode,vm,jobs,metric,measured_ns,predicted_ns,error_percent");
    out_text(o, with_detail ? ",regime,measured_low_ns,measured_high_ns,"
                              "error_low_percent,error_high_percent,"
                              "predicted_low_ns,predicted_high_ns\n"
                            : "\n");
    for (uint32_t i = 0; i < v->row_count; i++) {
        const struct validation_row *row = &v->rows[i];
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            put_row(o, row, m);
            if (with_detail) {
                put_detail(o, row, m);
            }
            out_char(o, '\n');
        }
    }
}

static void put_mode(struct out *o, const struct validation *v, enum measured_mode mode,
                     enum validate_metric metric)
{
    struct validation_summary s = validation_summarise(v, mode, metric);

    if (s.vms > 0) {
        out_format(o, "%s,%s,%u,", measured_mode_name(mode), validate_metric_name(metric),
                   s.vms);
        out_real(o, s.median);
        out_char(o, ',');
        out_real(o, s.p95);
        out_char(o, ',');
        out_real(o, s.max);
        out_char(o, '\n');
    }
}

static void put_modes(struct out *o, const struct validation *v)
{
    out_text(o, "mode,metric,vms,median_abs_error_percent,p95_abs_error_percent,"
                "max_abs_error_percent\n");
    for (int mode = 0; mode < MEASURED_MODES; mode++) {
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            put_mode(o, v, (enum measured_mode)mode, m);
        }
    }
}

int validation_print(const struct validation *v, enum validation_form form, struct err *err)
{
    struct out out;

    if (out_open(&out, "-", err)) {
        return -1;
    }
    switch (form) {
    case VALIDATION_ROWS:
        validation_put_rows(&out, v, false);
        break;
    case VALIDATION_BY_MODE:
        put_modes(&out, v);
        break;
    case VALIDATION_BY_REGIME:
        validation_put_regimes(&out, v, false);
        break;
    }
    return out_close(&out, err);
}
