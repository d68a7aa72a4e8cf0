/*
 * group.h - which numbers of a calibration are fitted together, and to which scenarios.
 */
#ifndef SIM_STUDY_GROUP_H
#define SIM_STUDY_GROUP_H

#include "study/calibration.h"
#include "study/measured.h"

#include <stdbool.h>

enum { GROUP_KEYS = 8 };

/* Parameters that are fitted together, and what depends on them. */
struct group {
    enum measured_mode mode;
    bool (*uses)(const struct measured_scenario *scenario);
    int key_count;
    struct {
        enum calibration_key key;
        double step; /* Of the first simplex. */
    } keys[GROUP_KEYS];
};

extern const struct group groups[];
extern const size_t group_count;

#endif
