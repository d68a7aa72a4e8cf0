/*
 * formats.h - the columns of the catalogue's files; private to catalogue/.
 */
#ifndef SIM_CATALOGUE_FORMATS_H
#define SIM_CATALOGUE_FORMATS_H

#include "catalogue/table.h"

enum table_id {
    TABLE_DEVICES,
    TABLE_VGPU_TYPES,
    TABLE_VGPU_PLACEMENTS,
    TABLE_MIG_PROFILES,
    TABLE_UNLOCK,
    TABLE_MEASURED,
    TABLE_THERMAL, /* Rows as those of measured.csv. */
    TABLE_COUNT,
};

/* A row of measured.csv. */
struct measured {
    const char *device; /* Catalogue name. */
    const char *key;
    double value;
    const char *unit;
    const char *source;
};

/* By table_id. Devices are struct catalogue_device, and so on. */
extern const struct table_format catalogue_formats[TABLE_COUNT];

#endif
