#include "catalogue/thermal.h"

#include "catalogue/catalogue.h"
#include "catalogue/tables.h"

#include <string.h>

/* Where a key's value goes, in what unit it is, and between what it must be. */
struct key {
    const char *name;
    size_t offset; /* Of an int64_t in struct thermal. */
    double unit;
    double min, max;
};

#define AT(member) offsetof(struct thermal, member)
static const struct key keys[] = {
    { "idle_w", AT(idle_mw), 1e3, 0, 1e5 },
    { "load_w", AT(load_mw), 1e3, 0.001, 1e5 },
    { "resistance_k_per_w", AT(resistance), 1e6, 1e-6, 1e3 },
    { "time_constant_s", AT(time_constant_ns), 1e9, 1e-3, 1e6 },
    { "ambient_c", AT(ambient), 1e3, 0, 200 },
    { "limit_c", AT(limit), 1e3, 0, 200 },
    { "hysteresis_c", AT(hysteresis), 1e3, 0, 100 },
    { "interval_s", AT(interval_ns), 1e9, 1e-3, 1e4 },
};
#undef AT

/* Those that are more than a number of a struct: from 100 % down to the least, in steps. */
static const struct key clock_keys[] = {
    { "exponent", 0, 1, 0, 10 },
    { "clock_least_percent", 0, 1, 1, 100 },
    { "clock_step_percent", 0, 1, 1, 100 },
};
enum { KEY_EXPONENT, KEY_LEAST, KEY_STEP };

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(clock_keys); i++) {
        if (strcmp(clock_keys[i].name, name) == 0) {
            return &clock_keys[i];
        }
    }
    return NULL;
}

int thermal_check_row(const void *row, struct place place, struct err *err)
{
    const struct measured *own = row;
    const struct key *key = find_key(own->key);

    if (!key) {
        return err_at(err, place, "'%.40s' is no key of thermal.csv", own->key);
    }
    if (!(own->value >= key->min && own->value <= key->max)) {
        return err_at(err, place, "%s of %.40s is %g; it must be between %g and %g", own->key,
                      own->device, own->value, key->min, key->max);
    }
    return 0;
}

static bool value_of(const struct table *table, const char *device, const char *key,
                     double *ret)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct measured *row = table_row(table, i);
        if (strcmp(row->device, device) == 0 && strcmp(row->key, key) == 0) {
            *ret = row->value;
            return true;
        }
    }
    return false;
}

static void set_clocks(struct thermal *thermal, double least, double step)
{
    thermal->clock_count = 0;
    for (double at = 100.0; at >= least && thermal->clock_count < THERMAL_CLOCKS_MAX;
         at -= step) {
        thermal->clocks_ppm[thermal->clock_count++] = (uint32_t)(at * 1e4 + 0.5);
    }
}

bool catalogue_thermal(struct catalogue *catalogue, const char *device, struct thermal *ret)
{
    const struct table *table = tables_get(catalogue, TABLE_THERMAL);
    struct thermal thermal = { .initial = THERMAL_AMBIENT, .is_on = true };
    double own[ARRAY_LEN(clock_keys)];
    double value;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!value_of(table, device, keys[i].name, &value)) {
            return false; /* All of them, or nothing. */
        }
        *(int64_t *)(void *)((char *)&thermal + keys[i].offset) =
            (int64_t)(value * keys[i].unit + 0.5);
    }
    for (size_t i = 0; i < ARRAY_LEN(clock_keys); i++) {
        if (!value_of(table, device, clock_keys[i].name, &own[i])) {
            return false;
        }
    }
    thermal.exponent = own[KEY_EXPONENT];
    set_clocks(&thermal, own[KEY_LEAST], own[KEY_STEP]);
    *ret = thermal;
    return true;
}
