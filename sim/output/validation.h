/*
 * validation.h - predictions against measurements, as CSV and as figures.
 *
 * On standard output: scenario, mode, vm, jobs, metric, measured_ns, predicted_ns,
 * error_percent; or by mode: mode, metric, vms, median_abs_error_percent,
 * p95_abs_error_percent, max_abs_error_percent; or by regime: the same, and how far what was
 * measured twice differs (validation_repeats): repeated_vms, median_abs_repeat_percent,
 * p95_abs_repeat_percent.
 *
 * In a folder: validation.csv, the rows with regime and the 95 % intervals of the measured
 * value (measured_low_ns, measured_high_ns) and of the error (error_low_percent,
 * error_high_percent), as validation_detail has them, empty where the sample supports none;
 * regimes.csv; quantiles.csv, from 1 to 99 % for each VM; quantile_errors.csv, their errors
 * over the VMs of a regime; timelines.csv, the jobs of the worst cases (study/worst.h) around
 * the worst moment of each.
 */
#ifndef SIM_OUTPUT_VALIDATION_H
#define SIM_OUTPUT_VALIDATION_H

#include "base/err.h"
#include "study/validate.h"

enum validation_form { VALIDATION_ROWS, VALIDATION_BY_MODE, VALIDATION_BY_REGIME };

/* To standard output. 0, or -1 with *err. */
int validation_print(const struct validation *v, enum validation_form form, struct err *err);

/* Writes the files of a validation with details; the folder is made if missing. 0, or -1 with
 *err. */
int validation_write(const struct validation *v, const char *folder, struct err *err);

/* Draws validation, validation_regimes, _quantiles, _quantile_errors and _timelines from them,
   beside them, as SVG and PNG. Returns as figures_draw. */
int validation_draw(const char *folder, const char *subtitle, struct err *err);

#endif
