/*
 * columns.h - columns of times or sizes from a CSV file that a scenario names.
 *
 * The file has a header row. A column's unit is the ending of its name (_ns, _us, _ms, _s,
 * _bytes, _kib, _mib, _gib) unless the scenario says it. Cells are decimal numbers, with an
 * exponent if they like, and become whole ns or bytes (halves up).
 */
#ifndef SIM_SCENARIO_COLUMNS_H
#define SIM_SCENARIO_COLUMNS_H

#include "scenario/check.h"

#include <stdint.h>

enum {
    COLUMNS_MAX = 256,
    COLUMN_ROWS_MAX = 16 * 1024 * 1024, /* That are used. */
};

/* The units that a scenario may write, and what one is worth in ns or bytes; NULL: the end. */
struct column_unit {
    const char *name; /* "ms", as in `unit: ms` and at the end of a column's name. */
    int64_t factor;
    bool is_time;
};
extern const struct column_unit column_units[];

/* Names of column_units, for a field's choices; the first one is "by_name". */
extern const char *const column_unit_words[];

/* One column that is wanted. */
struct column {
    const char *name;
    int unit;        /* In column_unit_words; 0: as the name's ending says. */
    bool is_rising;  /* Each value must be at least the one before. */
    bool is_bytes;   /* Filled by columns_read: sizes, else times. */
    int64_t *values; /* Filled by columns_read; in the scenario's arena. */
};

struct column_query {
    const char *file; /* inputs_add was done. */
    const char *vm;   /* Only rows whose column `vm` is this; NULL: all. */
    struct column *columns;
    uint32_t column_count; /* 1 or 2 */
    uint64_t row_count;    /* Filled by columns_read: > 0. */
};

/* Reads the columns. False, and refused in the file or at the node, if that cannot be done. */
bool columns_read(struct check *check, const struct node *node, struct column_query *query);

/* Whether the header row names that column. */
bool columns_has(const struct scenario_file *file, const char *name);

#endif
