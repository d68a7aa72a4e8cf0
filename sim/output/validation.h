/*
 * validation.h - predictions against measurements, as CSV and as a figure.
 *
 * Columns: scenario, mode, vm, jobs, metric, measured_ns, predicted_ns, error_percent; of the
 * summary: mode (or regime), metric, vms, median_abs_error_percent, p95_abs_error_percent,
 * max_abs_error_percent.
 */
#ifndef SIM_OUTPUT_VALIDATION_H
#define SIM_OUTPUT_VALIDATION_H

#include "base/err.h"
#include "study/validate.h"

enum validation_form { VALIDATION_ROWS, VALIDATION_BY_MODE, VALIDATION_BY_REGIME };

/* To standard output. 0, or -1 with *err. */
int validation_print(const struct validation *v, enum validation_form form, struct err *err);

/* Writes FOLDER/validation.csv; the folder is made if missing. 0, or -1 with *err. */
int validation_write(const struct validation *v, const char *folder, struct err *err);

/* Draws FOLDER/validation.svg and .png from it. As figures_draw. */
int validation_draw(const char *folder, const char *device, struct err *err);

#endif
