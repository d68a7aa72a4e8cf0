/*
 * inputs.h - the files that a scenario names, each read once.
 */
#ifndef SIM_SCENARIO_INPUTS_H
#define SIM_SCENARIO_INPUTS_H

#include "scenario/check.h"

#include <stdint.h>

enum {
    INPUTS_MAX = 256,
    INPUT_NAME_MAX = 128, /* Bytes of the name of a copy. */
};

/* More than this is not read from files in all, each reading of a column counted. */
#define INPUT_BYTES_MAX (INT64_C(4) * GIB)

struct inputs {
    struct scenario_file files[INPUTS_MAX];
    struct err errors[INPUTS_MAX]; /* Of those that could not be read: kind != ERR_NONE. */
    uint32_t count;
    int64_t scanned_bytes;
};

/* Reads the file that a text names, unless it was read before. False, and refused at the
   node, if that fails. */
bool inputs_add(struct check *check, const struct node *path);

/* Adds a file whose bytes are there already, as if it had been read; NULL: too many. */
const struct scenario_file *inputs_put(struct check *check, const struct catalogue_file *file);

/* A file that was read, or NULL. */
const struct scenario_file *inputs_find(const struct check *check, const char *path);

/* Hands the files that were read to the scenario. */
void inputs_publish(struct check *check);

#endif
