/*
 * calibrate.h - fits the numbers of a replay to what was measured.
 *
 * What can be read off the measurements is read: the gap between jobs of closed clients. The
 * rest is fitted by a simplex search (GSL's nmsimplex2) over replays, one group of parameters
 * after the other, each on the scenarios that depend on it; loss.h says how far off they are.
 * A number that they say little of is drawn to where it began. Nothing is drawn: the same
 * measurements give the same numbers.
 */
#ifndef SIM_STUDY_CALIBRATE_H
#define SIM_STUDY_CALIBRATE_H

#include "study/calibration.h"
#include "study/measured.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of record_origins (scenario/record.h). */
enum calibrate_origin {
    CALIBRATE_KEPT,   /* No scenario depends on it: as it was. */
    CALIBRATE_READ,   /* Read off the measurements. */
    CALIBRATE_FITTED, /* By the simplex search. */
};

struct calibrate_value {
    enum calibrate_origin origin;
    uint32_t scenarios; /* That it rests on. */
    /* 95 % interval by the jackknife over groups of scenarios, or of VMs where these are few,
       within the bounds of the value; of what is read by order statistics. NAN where there was
       too little, or none was asked for. */
    double low;
    double high;
};

struct calibrate_options {
    int half;            /* Scenarios that may be used; MEASURED_ALL. */
    bool with_intervals; /* Takes about twice as long. */
    uint32_t threads;    /* 0: one. The result is the same for any number. */
};

struct calibrate_result {
    struct calibration calibration;
    struct calibrate_value values[CALIBRATION_KEYS];
};

/* Starts from, and keeps where there is nothing to fit, the calibration `start`. 0, or -1 with
 *err. */
int calibrate(const struct measured_set *set, const struct calibration *start,
              const struct calibrate_options *options, struct calibrate_result *ret,
              struct err *err);

#endif
