#include "catalogue/tables.h"

#include "base/assert.h"
#include "base/csv.h"
#include "base/embed.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define DATA_FOLDER "sim/catalogue/data/"

struct catalogue_tables {
    struct table tables[TABLE_COUNT];
    bool parsed[TABLE_COUNT];
};

void catalogue_init(struct catalogue *catalogue, struct arena *arena)
{
    catalogue->arena = arena;
    catalogue->tables = arena_take(arena, 1, sizeof(*catalogue->tables));
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        catalogue->tables->tables[i].format = &catalogue_formats[i];
    }
}

/* --------------------------------------------------------------- measured values of devices */

static struct catalogue_device *device_of_name(const struct table *devices, const char *name)
{
    for (size_t i = 0; i < devices->count; i++) {
        struct catalogue_device *device = table_row(devices, i);
        if (strcmp(device->device.name, name) == 0) {
            return device;
        }
    }
    return NULL;
}

/* The keys that devices have a place for; whoever wants others asks catalogue_measured. */
static void apply_value(struct device *device, const char *key, int64_t value)
{
    if (strcmp(key, "slice_ns") == 0) {
        device->slice_ns = value;
    } else if (strcmp(key, "switch_preempt_ns") == 0) {
        device->switch_cost.preempt_ns = value;
        device->has_switch = true;
    } else if (strcmp(key, "switch_idle_ns") == 0) {
        device->switch_cost.idle_ns = value;
    } else if (strcmp(key, "switch_restore_ns") == 0) {
        device->switch_cost.restore_ns = value;
    } else if (strcmp(key, "copy_bandwidth_bytes") == 0) {
        device->copy_bandwidth_bytes = value;
    }
}

/* Where each trait of MPS lies, and between what it must be. */
static const struct mps_key {
    const char *key;
    size_t offset;
    double min, max;
} mps_keys[] = {
    { "mps_leak", offsetof(struct mps_traits, leak), 0.0, 1.0 },
    { "mps_alone", offsetof(struct mps_traits, alone), 1.0, 2.0 },
    { "mps_jitter_ns", offsetof(struct mps_traits, jitter_ns), 0.0, 1e7 },
    { "mps_meet_sms", offsetof(struct mps_traits, meet_sms), 0.0, 64.0 },
    { "mps_meet", offsetof(struct mps_traits, meet), 0.0, 1.0 },
    { "mps_latency", offsetof(struct mps_traits, latency), 0.001, 1000.0 },
    { "mps_latency_step", offsetof(struct mps_traits, latency_step), 0.0, 1000.0 },
    { "mps_bandwidth", offsetof(struct mps_traits, bandwidth), 0.001, 1000.0 },
    { "mps_bend", offsetof(struct mps_traits, bend), 1.0, 100.0 },
    { "mps_tail", offsetof(struct mps_traits, tail), 0.01, 1.0 },
    { "mps_starve", offsetof(struct mps_traits, starve), 1.0, 100.0 },
};

/* The traits of MPS: all of them, or none. 0, or -1 with *err. */
static int apply_mps(struct device *device, const struct table *measured, struct err *err)
{
    struct mps_traits traits = { 0 };
    size_t found = 0;

    for (size_t k = 0; k < ARRAY_LEN(mps_keys); k++) {
        const struct mps_key *key = &mps_keys[k];
        for (size_t i = 0; i < measured->count; i++) {
            const struct measured *row = table_row(measured, i);
            if (strcmp(row->key, key->key) != 0 || strcmp(row->device, device->name) != 0) {
                continue;
            }
            if (!(row->value >= key->min && row->value <= key->max)) {
                return err_set(err, ERR_SCENARIO,
                               "measured.csv: %s of %s is %.9g; it must be between %.9g and "
                               "%.9g",
                               key->key, device->name, row->value, key->min, key->max);
            }
            memcpy((char *)&traits + key->offset, &row->value, sizeof(row->value));
            found++;
        }
    }
    if (found > 0 && found < ARRAY_LEN(mps_keys)) {
        return err_set(err, ERR_SCENARIO,
                       "measured.csv: %s has some of the mps_ traits, but not all of them",
                       device->name);
    }
    traits.is_measured = found > 0;
    device->mps = traits;
    return 0;
}

static int check_switch(const struct catalogue_device *device, struct err *err)
{
    const struct switch_cost *cost = &device->device.switch_cost;

    if (cost->restore_ns > cost->preempt_ns || cost->restore_ns > cost->idle_ns) {
        return err_set(err, ERR_SCENARIO,
                       "measured.csv: switch_restore_ns of %s is above its switch_preempt_ns "
                       "or switch_idle_ns, of which it is a part",
                       device->device.name);
    }
    return 0;
}

static int refuse_measured(const struct table *devices, const char *name, struct err *err)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (size_t i = 0; i < devices->count; i++) {
        const struct catalogue_device *device = table_row(devices, i);
        nearest_offer(&nearest, device->device.name);
    }
    const char *best = nearest_best(&nearest);
    return err_set(err, ERR_SCENARIO, "measured.csv: no device is called %.60s%s%s%s", name,
                   best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
}

/* Puts the measured values into the devices. 0, or -1 with *err. */
static int apply_measured(const struct table *devices, const struct table *measured,
                          struct err *err)
{
    for (size_t i = 0; i < measured->count; i++) {
        const struct measured *row = table_row(measured, i);
        struct catalogue_device *device = device_of_name(devices, row->device);
        if (!device) {
            return refuse_measured(devices, row->device, err);
        }
        if (row->value < 9e18) {
            apply_value(&device->device, row->key, (int64_t)row->value);
        }
    }
    for (size_t i = 0; i < devices->count; i++) {
        struct catalogue_device *device = table_row(devices, i);
        if (check_switch(device, err) || apply_mps(&device->device, measured, err)) {
            return -1;
        }
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- parsing */

static int parse(struct catalogue *catalogue, struct table *table,
                 const struct catalogue_file *file, struct err *err)
{
    struct csv csv;
    char *bytes = arena_take(catalogue->arena, file->size + 1, 1);

    memcpy(bytes, file->bytes, file->size);
    csv_init(&csv, file->path, bytes, file->size);
    return table_read(table, &csv, catalogue->arena, err);
}

/* The program's own data cannot be wrong; if they are, say where. */
static void assert_parsed(const struct catalogue *catalogue, int result, const struct err *err)
{
    if (result != 0) {
        assert_fail(arena_format(catalogue->arena, "%s:%u:%u: %s",
                                 err->place.file ? err->place.file : "data", err->place.line,
                                 err->place.column, err->text),
                    __FILE__, __LINE__, 0, 0);
    }
}

static struct table *get(struct catalogue *catalogue, enum table_id id)
{
    struct catalogue_tables *tables = catalogue->tables;
    struct table *table = &tables->tables[id];
    struct err err = { 0 };

    if (tables->parsed[id]) {
        return table;
    }
    const char *path = arena_format(catalogue->arena, DATA_FOLDER "%s", table->format->file);
    const struct embedded_file *file = embedded_find(path);
    assert(file);
    int result = parse(catalogue, table,
                       &(struct catalogue_file){ path, file->bytes, file->size }, &err);
    assert_parsed(catalogue, result, &err);
    tables->parsed[id] = true;
    if (id == TABLE_DEVICES) {
        result = apply_measured(table, get(catalogue, TABLE_MEASURED), &err);
        assert_parsed(catalogue, result, &err);
    }
    return table;
}

const struct table *tables_get(struct catalogue *catalogue, enum table_id id)
{
    return get(catalogue, id);
}

const struct catalogue_device *tables_device_of_board(struct catalogue *catalogue,
                                                      const char *board)
{
    const struct table *devices = get(catalogue, TABLE_DEVICES);

    for (size_t i = 0; i < devices->count; i++) {
        const struct catalogue_device *device = table_row(devices, i);
        if (strcmp(device->board, board) == 0) {
            return device;
        }
    }
    return NULL;
}

/* --------------------------------------------------------------------------- files of a user
 */

/* The last part, without the number that tells copies apart: 2-gpus.csv. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t digits = strspn(name, "0123456789");

    return digits > 0 && name[digits] == '-' ? name + digits + 1 : name;
}

static int refuse_file(const char *path, struct err *err)
{
    char names[200] = "";
    size_t used = 0;

    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const char *name = catalogue_formats[i].file;
        const char *before = i == 0 ? "" : ", ";
        int written = snprintf(names + used, sizeof(names) - used, "%s%s", before, name);
        assert(written > 0 && (size_t)written < sizeof(names) - used);
        used += (size_t)written;
    }
    return err_at(err, (struct place){ .file = path },
                  "the name is none of the catalogue's tables, which are %s", names);
}

/* Two rows of one file with the same key are a mistake; which of them is meant? */
static int check_keys(const struct table *table, const char *path, struct err *err)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t other = table_find_key(table, table_row(table, i), i + 1);
        if (other < table->count) {
            return err_at(err, (struct place){ .file = path },
                          "rows %zu and %zu have the same key", i + 1, other + 1);
        }
    }
    return 0;
}

/* Devices stay sorted by name. */
static void sort_devices(struct table *devices)
{
    struct catalogue_device *rows = (struct catalogue_device *)(void *)devices->rows;

    for (size_t i = 1; i < devices->count; i++) {
        struct catalogue_device moved = rows[i];
        size_t at = i;
        for (; at > 0 && strcmp(rows[at - 1].device.name, moved.device.name) > 0; at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = moved;
    }
}

int catalogue_add(struct catalogue *catalogue, const struct catalogue_file *file,
                  struct err *err)
{
    enum table_id id = 0;

    while (id < TABLE_COUNT && strcmp(catalogue_formats[id].file, base_name(file->path)) != 0) {
        id++;
    }
    if (id == TABLE_COUNT) {
        return refuse_file(file->path, err);
    }
    struct table *devices = get(catalogue, TABLE_DEVICES);
    struct table *table = get(catalogue, id);
    struct table more = { .format = table->format };
    if (parse(catalogue, &more, file, err) != 0 || check_keys(&more, file->path, err) != 0) {
        return -1;
    }
    table_merge(table, &more, catalogue->arena);
    if (id == TABLE_DEVICES) {
        sort_devices(devices);
    }
    if (id != TABLE_DEVICES && id != TABLE_MEASURED) {
        return 0;
    }
    return apply_measured(devices, get(catalogue, TABLE_MEASURED), err);
}
