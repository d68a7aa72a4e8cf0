/*
 * comparison.h - what `compare` found: a table or JSON on stdout, and compare.csv.
 *
 * compare.csv has the columns variant, subject (a VM entry, or gpu), measure, mean, low, high,
 * difference, difference_low, difference_high; a cell is empty where there is no value.
 */
#ifndef SIM_OUTPUT_COMPARISON_H
#define SIM_OUTPUT_COMPARISON_H

#include "base/err.h"
#include "study/compare.h"

#include <stdbool.h>

/* To standard output. 0, or -1 with *err. */
int comparison_print(const struct comparison *c, bool as_json, struct err *err);

/* Writes DIR/compare.csv; the folder is made if missing. 0, or -1 with *err. */
int comparison_write(const struct comparison *c, const char *folder, struct err *err);

/* Draws DIR/compare.svg and .png from it. Returns as figures_draw does. */
int comparison_draw(const struct comparison *c, const char *folder, struct err *err);

#endif
