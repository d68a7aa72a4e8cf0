/*
 * thermal.h - the keys of thermal.csv; private to catalogue/.
 */
#ifndef SIM_CATALOGUE_THERMAL_H
#define SIM_CATALOGUE_THERMAL_H

#include "base/err.h"

/* Whether a row (struct measured) has a known key and a value that it may have. 0, or -1 with
 *err at the place. */
int thermal_check_row(const void *row, struct place place, struct err *err);

#endif
