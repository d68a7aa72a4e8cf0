/*
 * validation_parts.h - what validation.c and validation_files.c write alike.
 */
#ifndef SIM_OUTPUT_VALIDATION_PARTS_H
#define SIM_OUTPUT_VALIDATION_PARTS_H

#include "output/out.h"
#include "study/validate.h"

#include <stdbool.h>

/* The rows; with_detail: and the columns that a file has beyond those. */
void validation_put_rows(struct out *o, const struct validation *v, bool with_detail);

/* A line for each regime and metric; likewise. */
void validation_put_regimes(struct out *o, const struct validation *v, bool with_detail);

#endif
