#include "study/calibration.h"

#include "base/csv.h"
#include "policy/turns.h"
#include "scenario/record.h"

#include <stdlib.h>
#include <string.h>

#define NEEDED(start) "ns", start, true, 0.0, 1e9
#define TIME(start)   "ns", start, false, 0.0, 1e10
#define RATIO(start)  "", start, false, 0.01, 10.0
#define PART(start)   "", start, false, 0.1, 1.0

const struct calibration_field calibration_fields[CALIBRATION_KEYS] = {
    [CALIBRATION_SLICE] = { "slice_ns", "ns", 2097152.0, true, 1e3, 1e9 },
    [CALIBRATION_PREEMPT] = { "switch_preempt_ns", NEEDED(190000.0) },
    [CALIBRATION_IDLE] = { "switch_idle_ns", NEEDED(138000.0) },
    [CALIBRATION_RESTORE] = { "switch_restore_ns", NEEDED(25000.0) },
    [CALIBRATION_LAUNCH] = { "launch_ns", NEEDED(13000.0) },
    [CALIBRATION_LAUNCH_TAIL] = { "launch_tail_ns", TIME(0.0) },
    [CALIBRATION_JOB] = { "job_ns", NEEDED(1500.0) },
    [CALIBRATION_GAP] = { "gap_ns", NEEDED(10000.0) },
    [CALIBRATION_DEMAND] = { "demand_scale", RATIO(1.0) },
    [CALIBRATION_PREEMPT_STREAM] = { "switch_preempt_stream_ns", TIME(190000.0) },
    [CALIBRATION_PREEMPT_APP] = { "switch_preempt_app_ns", TIME(250000.0) },
    [CALIBRATION_DEMAND_STREAM] = { "demand_scale_stream", RATIO(1.0) },
    [CALIBRATION_DEMAND_SMALL] = { "demand_scale_small", RATIO(1.0) },
    [CALIBRATION_COPY] = { "copy_scale", RATIO(1.0) },
    [CALIBRATION_DUPLEX_IN] = { "copy_in_duplex", PART(0.8) },
    [CALIBRATION_DUPLEX_OUT] = { "copy_out_duplex", PART(0.9) },
    [CALIBRATION_COPY_GAP] = { "copy_gap_ns", TIME(1000.0) },
    [CALIBRATION_APP_GAP] = { "app_gap_ns", TIME(3000.0) },
    [CALIBRATION_APP_GPU] = { "app_gpu_ns", TIME(2500000.0) },
    [CALIBRATION_DEMAND_APP] = { "demand_scale_app", RATIO(1.0) },
    [CALIBRATION_APP_SPREAD] = { "app_spread", "", 0.01, false, 0.0, 1.0 },
    [CALIBRATION_MPS_LAUNCH] = { "mps_launch_ns", TIME(12000.0) },
    [CALIBRATION_MPS_OPEN_LAUNCH] = { "mps_open_launch_ns", TIME(60000.0) },
    [CALIBRATION_MPS_GAP] = { "mps_gap_ns", TIME(10000.0) },
    [CALIBRATION_MPS_DEMAND] = { "mps_demand_scale", RATIO(1.0) },
    [CALIBRATION_MPS_STREAM] = { "mps_stream_scale", RATIO(1.0) },
    [CALIBRATION_MPS_LEAK] = { "mps_leak", "", 0.033, false, 0.0, 0.99 },
    [CALIBRATION_MPS_ALONE] = { "mps_alone", "", 1.03, false, 1.0, 2.0 },
    [CALIBRATION_MPS_JITTER] = { "mps_jitter_ns", "ns", 10000.0, false, 0.0, 1e7 },
    [CALIBRATION_MPS_MEET_SMS] = { "mps_meet_sms", "", 8.0, false, 0.0, 64.0 },
    [CALIBRATION_MPS_MEET] = { "mps_meet", "", 0.87, false, 0.0, 1.0 },
    [CALIBRATION_MPS_LATENCY] = { "mps_latency", "", 0.7, false, 0.01, 100.0 },
    [CALIBRATION_MPS_LATENCY_STEP] = { "mps_latency_step", "", 0.02, false, 0.0, 100.0 },
    [CALIBRATION_MPS_BANDWIDTH] = { "mps_bandwidth", "", 0.85, false, 0.01, 100.0 },
    [CALIBRATION_MPS_BEND] = { "mps_bend", "", 3.0, false, 1.0, 100.0 },
    [CALIBRATION_MPS_TAIL] = { "mps_tail", "", 0.5, false, 0.01, 1.0 },
    [CALIBRATION_MPS_STARVE] = { "mps_starve", "", 100.0, false, 1.0, 100.0 },
};

nsec calibration_ns(const struct calibration *calibration, enum calibration_key key)
{
    return (nsec)(calibration->values[key] + 0.5);
}

/* The part of a switch that is inside the slice is a part of it. */
static int check_restore(const struct calibration *c, struct err *err)
{
    const double *v = c->values;

    if (v[CALIBRATION_RESTORE] > v[CALIBRATION_PREEMPT] ||
        v[CALIBRATION_RESTORE] > v[CALIBRATION_IDLE]) {
        return err_set(err, ERR_SCENARIO,
                       "switch_restore_ns is above switch_preempt_ns or switch_idle_ns, of "
                       "which it is a part");
    }
    return 0;
}

int calibration_start(struct catalogue *catalogue, const char *device, struct calibration *ret,
                      struct err *err)
{
    const struct catalogue_device *known;

    if (catalogue_device(catalogue, device, &known, err)) {
        return -1;
    }
    ret->device = known->device;
    ret->when_alone = WHEN_ALONE_HARDWARE;
    for (int key = 0; key < CALIBRATION_KEYS; key++) {
        ret->values[key] = calibration_fields[key].start;
    }
    return 0;
}

int calibration_of(struct catalogue *catalogue, const char *device, struct calibration *ret,
                   struct err *err)
{
    struct calibration c;

    if (calibration_start(catalogue, device, &c, err)) {
        return -1;
    }
    for (int key = 0; key < CALIBRATION_KEYS; key++) {
        const struct calibration_field *field = &calibration_fields[key];
        if (!catalogue_measured(catalogue, c.device.name, field->name, &c.values[key]) &&
            field->is_needed) {
            return err_set(err, ERR_SCENARIO,
                           "device %s is not calibrated: its %s was never measured; calibrate "
                           "it with vgpusim calibrate",
                           c.device.name, field->name);
        }
    }
    *ret = c;
    return 0;
}

/* ---------------------------------------------------------------- from a file */

enum { FILE_COLUMNS = 5 };
static const char *const file_columns[FILE_COLUMNS] = { "device", "key", "value", "unit",
                                                        "source" };

/* The field of that key; NULL: no replay has use for it. */
static const struct calibration_field *field_of(const char *key)
{
    for (int i = 0; i < CALIBRATION_KEYS; i++) {
        if (strcmp(key, calibration_fields[i].name) == 0) {
            return &calibration_fields[i];
        }
    }
    return NULL;
}

static int take_value(struct calibration *c, const struct calibration_field *field,
                      double value)
{
    if (!(value >= field->min) || !(value <= field->max)) {
        return -1;
    }
    c->values[field - calibration_fields] = value;
    return 0;
}

static int parse_row(const struct csv_field *row, struct calibration *c, struct err *err)
{
    const struct calibration_field *field = field_of(row[1].text);
    char *end;

    if (!field) {
        return 0;
    }
    double value = strtod(row[2].text, &end);
    if (end == row[2].text || *end != '\0' || take_value(c, field, value)) {
        return err_at(err, row[2].place, "%s is '%s'; it must be between %g and %g",
                      field->name, row[2].text, field->min, field->max);
    }
    return 0;
}

int calibration_parse(const char *file, char *bytes, size_t size, struct calibration *c,
                      struct err *err)
{
    struct calibration changed = *c;
    struct csv csv;
    struct csv_field row[FILE_COLUMNS];
    struct place start = { file, 1, 1 };
    int count;

    csv_init(&csv, file, bytes, size);
    count = csv_row(&csv, row, FILE_COLUMNS, err);
    for (int i = 0; i < FILE_COLUMNS && count >= 0; i++) {
        if (count != FILE_COLUMNS || strcmp(row[i].text, file_columns[i]) != 0) {
            return err_at(err, start,
                          "the columns of a calibration are device,key,value,unit,source");
        }
    }
    while (count > 0 && (count = csv_row(&csv, row, FILE_COLUMNS, err)) > 0) {
        if (count != FILE_COLUMNS) {
            return err_at(err, row[0].place, "this row has %d fields; its header has %d", count,
                          FILE_COLUMNS);
        }
        if (parse_row(row, &changed, err)) {
            return -1;
        }
    }
    if (count < 0 || check_restore(&changed, err)) {
        return -1;
    }
    *c = changed;
    return 0;
}

int calibration_parse_device(const struct node_text *text, struct catalogue *catalogue,
                             struct calibration *c, struct err *err)
{
    struct calibration changed = *c;
    struct record record;

    if (record_load(text, catalogue, &record, err)) {
        return -1;
    }
    for (uint32_t i = 0; i < record.number_count; i++) {
        const struct record_number *number = &record.numbers[i];
        const struct calibration_field *field = field_of(number->key);
        if (field && take_value(&changed, field, number->value)) {
            return err_at(err, number->place, "%s is %g; it must be between %g and %g",
                          field->name, number->value, field->min, field->max);
        }
    }
    if (check_restore(&changed, err)) {
        return -1;
    }
    *c = changed;
    return 0;
}
