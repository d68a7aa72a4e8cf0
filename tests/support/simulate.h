/*
 * simulate.h - runs the built program on a scenario text and reads what it wrote.
 *
 * For tests that look at the whole: TEST_TMPDIR (or /tmp) holds the files, VGPUSIM (or
 * build/vgpusim) is the program. Whatever goes wrong fails the running cmocka test and prints
 * why, with the scenario's path, so that it can be run again by hand.
 */
#ifndef TESTS_SUPPORT_SIMULATE_H
#define TESTS_SUPPORT_SIMULATE_H

#include <stdint.h>

/* A CSV file in memory, every cell a string. */
struct sheet {
    char *bytes;  /* Owned: the file, cut into cells. */
    char **cells; /* Owned: row by row, the header first; all rows have as many. */
    uint32_t column_count;
    uint32_t row_count; /* Without the header. */
};

/* Writes a file into the tests' folder. */
void simulate_write(const char *name, const char *text);

/* Writes the scenario as LABEL.yaml, runs it with these further options and without figures,
   and leaves the results in the folder LABEL. */
void simulate_run(const char *label, const char *scenario, const char *options);

/* Reads a file of the results of LABEL; sheet_fini frees it. */
struct sheet simulate_read(const char *label, const char *name);

/* The same as plain text; the caller frees it. */
char *simulate_read_text(const char *label, const char *name);

/* A cell of a row counted from 0; the column must exist. Borrowed. */
const char *sheet_cell(const struct sheet *sheet, uint32_t row, const char *column);

/* The same as a number, NaN if the cell is empty. */
double sheet_number(const struct sheet *sheet, uint32_t row, const char *column);

/* The row whose first cell is that; it must exist. */
uint32_t sheet_row(const struct sheet *sheet, const char *first);

/* Accepts a zeroed sheet. */
void sheet_fini(struct sheet *sheet);

#endif
