/*
 * calibration.h - a calibration as rows of the catalogue's measured.csv, or as the file of a
 * device that a scenario can name.
 *
 * Both record where the numbers come from: checksum of the measurements, driver and date, what
 * each rests on, its interval, and how far the replays are off.
 */
#ifndef SIM_OUTPUT_CALIBRATION_H
#define SIM_OUTPUT_CALIBRATION_H

#include "base/err.h"
#include "study/calibrate.h"
#include "study/validate.h"

#include <stdint.h>

struct calibration_record {
    const struct calibrate_result *result;
    const struct validation *residuals;
    const struct measured_set *set; /* That was measured. */
    const char *driver;             /* NULL: not said. */
    const char *date;               /* Of the measurements; NULL: not said. */
    uint64_t checksum; /* FNV-1a, 64 bits, of every file that was read, one after the other. */
};

/* Writes CSV, or YAML if the path ends in .yaml or .yml; "-" is standard output. 0, or -1 with
 *err. */
int calibration_write(const struct calibration_record *record, const char *path,
                      struct err *err);

#endif
