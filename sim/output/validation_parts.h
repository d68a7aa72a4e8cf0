/*
 * validation_parts.h - what validation.c and validation_files.c write alike.
 */
#ifndef SIM_OUTPUT_VALIDATION_PARTS_H
#define SIM_OUTPUT_VALIDATION_PARTS_H

#include "output/out.h"
#include "study/validate.h"

#include <stdbool.h>

/* The rows; with_interval: and the columns regime, measured_low_ns and measured_high_ns. */
void validation_put_rows(struct out *o, const struct validation *v, bool with_interval);

/* A line for each regime and metric. */
void validation_put_regimes(struct out *o, const struct validation *v);

#endif
