/*
 * imported.h - what is made of a file, and what is said of it.
 */
#ifndef SIM_IMPORT_IMPORTED_H
#define SIM_IMPORT_IMPORTED_H

#include "base/text.h"

/* Both prepared by the caller; importers append. */
struct imported {
    struct text fragment; /* A part of a scenario, in YAML. */
    struct text notes;    /* FILE:LINE:COLUMN: note: ..., a line each. */
};

#endif
