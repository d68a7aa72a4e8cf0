/*
 * csv.h - reads comma-separated values from memory, in place.
 *
 * Fields are separated by commas and rows by LF or CRLF; a field in double quotes may hold
 * commas, line ends and doubled quotes. Empty lines are skipped. The text is overwritten: each
 * field becomes a string of its own, unquoted, that points into it.
 */
#ifndef SIM_BASE_CSV_H
#define SIM_BASE_CSV_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct csv_field {
    char *text; /* Ends in '\0'; points into the text that is read. */
    struct place place;
};

struct csv {
    const char *file; /* For errors. Borrowed. */
    char *next;       /* First byte that has not been read. */
    char *end;
    char *line_start;
    uint32_t line;
};

/* `bytes` has room for one byte more than size; it is overwritten as rows are read. A byte
   order mark is skipped. */
void csv_init(struct csv *csv, const char *file, char *bytes, size_t size);

/* Reads the next row. The number of fields, 0 at the end of the text, or -1 with *err: more
   than `max` fields, a zero byte, a quote that is not closed or followed by text. */
int csv_row(struct csv *csv, struct csv_field *fields, uint32_t max, struct err *err);

#endif
