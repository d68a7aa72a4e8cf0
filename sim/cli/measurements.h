/*
 * measurements.h - what `validate` and `calibrate` say of measurements that they go on without.
 */
#ifndef SIM_CLI_MEASUREMENTS_H
#define SIM_CLI_MEASUREMENTS_H

#include "study/measured.h"
#include "study/validate.h"

/* Each scenario without a file for the device. */
void measurements_tell_skipped(const struct measured_set *set, const char *device);

/* Each scenario that the model has no place for, with its line in the index and the reason. */
void measurements_tell_refused(const struct validation *v);

#endif
