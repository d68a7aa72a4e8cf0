/*
 * readings.h - the numbers of a calibration that need no fit: the measurements show them.
 *
 * The gap between the jobs of a closed client, and what passes from a job's end to the start of
 * one queued behind it, are the middle ones of those of the VMs, each of which is the middle
 * one of its jobs. The slice is seen by kernels that never end (slices.h), whatever the half.
 * How long launches take by a client that wakes up is seen where they find the GPU idle and
 * their own VM on it last, so that nothing has to be switched.
 */
#ifndef SIM_STUDY_READINGS_H
#define SIM_STUDY_READINGS_H

#include "study/calibrate.h"
#include "study/measured.h"

/* Writes what can be read off the scenarios of that half, or MEASURED_ALL, with its interval
   (order statistics; NAN where there are too few VMs); leaves the rest as it is. */
void readings_take(const struct measured_set *set, int half, struct calibrate_result *result);

#endif
