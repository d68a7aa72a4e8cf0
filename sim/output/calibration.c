#include "output/calibration.h"

#include "output/out.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Seven digits of a ratio, whole nanoseconds of a time. */
static void put_value(struct out *o, enum calibration_key key, double value)
{
    out_format(o, calibration_fields[key].unit[0] ? "%.0f" : "%.5f", value);
}

/* How a number came about, as words. */
static void put_origin(struct out *o, const struct calibration_record *r,
                       enum calibration_key key)
{
    const struct calibrate_value *value = &r->result->values[key];

    if (value->origin == CALIBRATE_KEPT) {
        out_text(o, "not fitted: no measurement depends on it");
        return;
    }
    out_format(o, "%s %u scenario%s",
               value->origin == CALIBRATE_READ ? "read from" : "fitted to", value->scenarios,
               value->scenarios == 1 ? "" : "s");
    if (!isnan(value->low)) {
        out_text(o, "; 95 % interval ");
        put_value(o, key, value->low);
        out_text(o, " to ");
        put_value(o, key, value->high);
    }
}

static void put_provenance(struct out *o, const struct calibration_record *r)
{
    out_format(o, "driver %s, measured %s, checksum %016" PRIx64,
               r->driver ? r->driver : "not said", r->date ? r->date : "not said", r->checksum);
}

/* ---------------------------------------------------------------- rows of measured.csv */

static void put_rows(struct out *o, const struct calibration_record *r)
{
    out_text(o, "device,key,value,unit,source\n");
    for (enum calibration_key key = 0; key < CALIBRATION_KEYS; key++) {
        const struct calibration_field *field = &calibration_fields[key];
        if (r->result->values[key].origin == CALIBRATE_KEPT) {
            continue;
        }
        out_format(o, "%s,%s,", r->result->calibration.device.name, field->name);
        put_value(o, key, r->result->calibration.values[key]);
        out_format(o, ",%s,\"", field->unit);
        put_origin(o, r, key);
        out_text(o, "; ");
        put_provenance(o, r);
        out_text(o, "\"\n");
    }
}

/* ---------------------------------------------------------------- a device */

static void put_time(struct out *o, const char *key, nsec value)
{
    out_format(o, "%s: ", key);
    out_format(o, "%" PRId64 "ns", value);
}

static void put_residuals(struct out *o, const struct validation *v)
{
    out_text(o, "# Errors of its replays, in percent: regime, metric, VMs, median, 95th "
                "percentile, largest.\n");
    for (enum measured_regime regime = 0; regime < MEASURED_REGIMES; regime++) {
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            struct validation_summary s = validation_summarise_regime(v, regime, m);
            if (s.vms > 0) {
                out_format(o, "#   %-20s %-12s %4u %8.3f %8.3f %8.3f\n",
                           measured_regime_name(regime), validate_metric_name(m), s.vms,
                           s.median, s.p95, s.max);
            }
        }
    }
}

static void put_device(struct out *o, const struct calibration_record *r)
{
    const struct calibration *c = &r->result->calibration;

    out_format(o, "# A device as vgpusim calibrate found it: %s; ", c->device.name);
    put_provenance(o, r);
    out_text(o, ".\n# In a scenario:   device: {sm: ..., memory: ..., switch: ...}, the lines "
                "below.\n");
    put_residuals(o, r->residuals);
    out_format(o, "sm: %u\nmemory: %" PRId64 "MiB\n", c->device.sms,
               c->device.memory_bytes / MIB);
    if (c->device.copy_engines > 0) {
        out_format(o, "copy_engines: %u\n", c->device.copy_engines);
    }
    put_time(o, "slice", calibration_ns(c, CALIBRATION_SLICE));
    out_text(o, "\nswitch: {");
    put_time(o, "preempt", calibration_ns(c, CALIBRATION_PREEMPT));
    put_time(o, ", idle", calibration_ns(c, CALIBRATION_IDLE));
    put_time(o, ", restore", calibration_ns(c, CALIBRATION_RESTORE));
    out_text(o, "}\n# What a scenario of one's own says elsewhere, and what it rests on:\n");
    for (enum calibration_key key = 0; key < CALIBRATION_KEYS; key++) {
        out_format(o, "#   %s: ", calibration_fields[key].name);
        put_value(o, key, c->values[key]);
        out_format(o, "%s (", calibration_fields[key].unit);
        put_origin(o, r, key);
        out_text(o, ")\n");
    }
}

static bool ends_in(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

int calibration_write(const struct calibration_record *record, const char *path,
                      struct err *err)
{
    struct out out;

    if (out_open(&out, path, err)) {
        return -1;
    }
    if (ends_in(path, ".yaml") || ends_in(path, ".yml")) {
        put_device(&out, record);
    } else {
        put_rows(&out, record);
    }
    return out_close(&out, err);
}
