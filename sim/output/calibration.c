#include "output/calibration.h"

#include "output/out.h"
#include "scenario/record.h"

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
    out_format(o, "%s %u %s%s", value->origin == CALIBRATE_READ ? "read from" : "fitted to",
               value->scenarios, key == CALIBRATION_SLICE ? "file" : "scenario",
               value->scenarios == 1      ? ""
               : key == CALIBRATION_SLICE ? "s of slices"
                                          : "s");
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

static bool is_found(const struct calibration_record *r, enum calibration_key key)
{
    return r->result->values[key].origin != CALIBRATE_KEPT;
}

static void put_time(struct out *o, const char *key, nsec value)
{
    out_format(o, "%s: ", key);
    out_format(o, "%" PRId64 "ns", value);
}

/* "mps_leak" is leak of mps, and "mps_jitter_ns" jitter. */
static void put_trait(struct out *o, const struct calibration *c, enum calibration_key key)
{
    const struct calibration_field *field = &calibration_fields[key];
    bool is_time = field->unit[0] != '\0';
    int size = (int)strlen(field->name) - (int)strlen("mps_") - (is_time ? 3 : 0);

    out_format(o, "%s%.*s: ", key > CALIBRATION_MPS_LEAK ? ", " : "", size,
               field->name + strlen("mps_"));
    put_value(o, key, c->values[key]);
    out_text(o, field->unit);
}

static void put_traits(struct out *o, const struct calibration_record *r)
{
    bool any = false;

    for (enum calibration_key key = CALIBRATION_MPS_LEAK; key < CALIBRATION_KEYS; key++) {
        any = any || is_found(r, key);
    }
    if (!any) {
        return;
    }
    out_text(o, "mps: {");
    for (enum calibration_key key = CALIBRATION_MPS_LEAK; key < CALIBRATION_KEYS; key++) {
        put_trait(o, &r->result->calibration, key);
    }
    out_text(o, "}\n");
}

static void put_number(struct out *o, const struct calibration_record *r,
                       enum calibration_key key)
{
    const struct calibrate_value *value = &r->result->values[key];

    out_format(o, "    - {key: %s, value: ", calibration_fields[key].name);
    put_value(o, key, r->result->calibration.values[key]);
    if (!isnan(value->low)) {
        out_text(o, ", low: ");
        put_value(o, key, value->low);
        out_text(o, ", high: ");
        put_value(o, key, value->high);
    }
    out_format(o, ", from: %s, scenarios: %u}\n", record_origins[value->origin],
               value->scenarios);
}

static void put_residuals(struct out *o, const struct validation *v)
{
    out_text(o, "  residuals: # errors of replays, in percent\n");
    for (enum measured_regime regime = 0; regime < MEASURED_REGIMES; regime++) {
        for (enum validate_metric m = 0; m < VALIDATE_METRICS; m++) {
            struct validation_summary s = validation_summarise_regime(v, regime, m);
            if (s.vms > 0) {
                out_format(o, "    - {regime: %s, metric: %s, vms: %u, ",
                           measured_regime_name(regime), validate_metric_name(m), s.vms);
                out_format(o, "median: %.3f, p95: %.3f, max: %.3f}\n", s.median, s.p95, s.max);
            }
        }
    }
}

static void put_middle(struct out *o, const char *key, double part,
                       const struct slices_value *value)
{
    /* A stay is shorter the more is restored in it. */
    double low = part > 0.0 ? part - value->high : value->low;
    double high = part > 0.0 ? part - value->low : value->high;
    double middle = part > 0.0 ? part - value->middle : value->middle;

    out_format(o, ", %s: %.0fns, ", key, middle > 0.0 ? middle : 0.0);
    out_format(o, "%s_low: %.0fns, ", key, low > 0.0 ? low : 0.0);
    out_format(o, "%s_high: %.0fns", key, high > 0.0 ? high : 0.0);
}

/* What switches cost by the state that the kernels hold. */
static void put_switches(struct out *o, const struct calibration_record *r)
{
    double slice_ns = r->result->calibration.values[CALIBRATION_SLICE];
    bool any = false;

    for (uint32_t i = 0; i < r->set->slices_count; i++) {
        struct slices_seen seen;
        if (slices_see(&r->set->slices[i], &seen)) {
            out_text(o, any ? "" : "  switches: # seen from inside kernels that never end\n");
            any = true;
            out_format(o, "    - {file: %s, switches: %u", r->set->slices[i].name,
                       seen.switches);
            put_middle(o, "preempt", 0.0, &seen.preempt_ns);
            put_middle(o, "restore", slice_ns, &seen.stay_ns);
            out_text(o, "}\n");
        }
    }
}

static void put_text(struct out *o, const char *key, const char *value)
{
    struct text text;

    if (value) {
        text_init(&text);
        node_write_string(&text, value);
        out_format(o, "  %s: %s\n", key, text.bytes);
        text_fini(&text);
    }
}

static void put_record(struct out *o, const struct calibration_record *r)
{
    out_text(o, "measured:\n");
    put_text(o, "device", r->result->calibration.device.name);
    put_text(o, "driver", r->driver);
    put_text(o, "date", r->date);
    out_format(o, "  checksum: '%016" PRIx64 "'\n", r->checksum);
    out_text(o, "  numbers: # with 95 % intervals; keys that end in _ns in nanoseconds\n");
    for (enum calibration_key key = 0; key < CALIBRATION_KEYS; key++) {
        put_number(o, r, key);
    }
    put_switches(o, r);
    put_residuals(o, r->residuals);
}

static void put_device(struct out *o, const struct calibration_record *r)
{
    const struct calibration *c = &r->result->calibration;

    out_format(
        o, "# The %s as vgpusim calibrate found it. In a scenario: device: ", c->device.name);
    out_format(o, "FILE.yaml\nbase: %s\n", c->device.name);
    if (is_found(r, CALIBRATION_SLICE)) {
        put_time(o, "slice", calibration_ns(c, CALIBRATION_SLICE));
        out_text(o, "\n");
    }
    if (is_found(r, CALIBRATION_PREEMPT)) {
        out_text(o, "switch: {");
        put_time(o, "preempt", calibration_ns(c, CALIBRATION_PREEMPT));
        put_time(o, ", idle", calibration_ns(c, CALIBRATION_IDLE));
        put_time(o, ", restore", calibration_ns(c, CALIBRATION_RESTORE));
        out_text(o, "}\n");
    }
    put_traits(o, r);
    put_record(o, r);
}

int calibration_write(const struct calibration_record *record, const char *path,
                      struct err *err)
{
    struct out out;

    if (out_open(&out, path, err)) {
        return -1;
    }
    if (record_is_file(path)) {
        put_device(&out, record);
    } else {
        put_rows(&out, record);
    }
    return out_close(&out, err);
}
