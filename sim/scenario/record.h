/*
 * record.h - what the file of a calibrated device says of where its numbers come from.
 *
 * `vgpusim calibrate -o device.yaml` writes a device as a scenario has it, and under
 * `measured:` a record: every number that was fitted, with its interval, on what it rests, and
 * how far replays with it are off. A run reads the device and leaves the record alone.
 */
#ifndef SIM_SCENARIO_RECORD_H
#define SIM_SCENARIO_RECORD_H

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "scenario/node.h"

#include <stddef.h>
#include <stdint.h>

/* Whether a text names the file of a device, which no device of the catalogue is called like:
   it ends in .yaml or .yml. */
bool record_is_file(const char *text);

/* How a number came about, in the order of enum calibrate_origin. */
extern const char *const record_origins[]; /* kept, read, fitted, then NULL. */

/* One number. */
struct record_number {
    const char *key; /* As in the catalogue's measured.csv. */
    double value;    /* In the unit that the key ends in. */
    double low;      /* 95 % interval; both 0 where there is none. */
    double high;
    int from;           /* Position in record_origins. */
    uint32_t scenarios; /* That it rests on. */
    struct place place; /* Of the entry. */
};

struct record {
    const char *device; /* That was measured: a name of the catalogue. */
    const char *driver;
    const char *date;
    const char *checksum; /* Of the measurements. */
    const struct record_number *numbers;
    uint32_t number_count;
};

/* Reads the file of a device, all of which is checked, and gives its record, in the arena of
   the catalogue that the device builds on. 0, or -1 with *err: the first mistake, placed, or no
   record. */
int record_load(const struct node_text *text, struct catalogue *catalogue, struct record *ret,
                struct err *err);

#endif
