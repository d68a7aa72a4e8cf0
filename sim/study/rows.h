/*
 * rows.h - a CSV file whose columns are found by name, in any order and among others.
 */
#ifndef SIM_STUDY_ROWS_H
#define SIM_STUDY_ROWS_H

#include "base/csv.h"
#include "base/err.h"
#include "base/units.h"

#include <stddef.h>

enum { COLUMNS_MAX = 64 };

struct rows {
    struct csv csv;
    struct csv_field header[COLUMNS_MAX];
    int column_count;
    struct csv_field row[COLUMNS_MAX];
};

/* Reads the row of names. `file` is borrowed; `bytes` is overwritten, and has room for one more
   byte. 0, or -1 with *err. */
int rows_open(struct rows *t, const char *file, char *bytes, size_t size, struct err *err);

/* The next row, with as many fields as the first: 1; 0 at the end; -1 with *err. */
int rows_next(struct rows *t, struct err *err);

/* The positions of `count` columns. 0, or -1 with *err if one is missing. */
int rows_find(const struct rows *t, const char *const *names, int *ret, size_t count,
              struct err *err);

/* Whole nanoseconds between 0 and a year. 0, or -1 with *err; `what` names them. */
int rows_time(const struct csv_field *field, const char *what, nsec *ret, struct err *err);

#endif
