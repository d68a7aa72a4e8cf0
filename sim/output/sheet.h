/*
 * sheet.h - checks the CSV files of a results folder before gnuplot reads them.
 *
 * gnuplot takes a cell that is no number for a missing one and a column that is not there for
 * an empty one, and draws a wrong figure without a word; so each file is checked first, and a
 * mistake is told with its line and column.
 */
#ifndef SIM_OUTPUT_SHEET_H
#define SIM_OUTPUT_SHEET_H

#include "base/err.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SHEET_COLUMNS_MAX = 64,
    SHEET_BYTES_MAX = 64 * 1024 * 1024,
    SHEET_TOO_LARGE = 1,
};

struct sheet {
    const char *const *texts;   /* Columns that it must have, NULL last. */
    const char *const *numbers; /* Likewise; a cell is a finite number or empty. */
};

/* Reads a whole file into *ret, which text_fini frees. 0; -1 with ERR_READ; or
   SHEET_TOO_LARGE, with *err saying so, for more than `max` bytes. */
int sheet_read(const char *path, size_t max, struct text *ret, struct err *err);

/* 0 and the number of rows below the header, -1 with *err, or SHEET_TOO_LARGE likewise. */
int sheet_check(const struct sheet *sheet, const char *path, uint32_t *ret_rows,
                struct err *err);

#endif
