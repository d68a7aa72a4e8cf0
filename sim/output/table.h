/*
 * table.h - the first screen: what a run showed, for people, in 80 columns.
 *
 * Times have three digits and the units of the scenario language (850us, 12.3ms). "+-3%" is
 * half the width of a 95 % interval relative to the number before it; it is missing where the
 * sample supports none. Entries of many VMs are folded into their best and worst VM.
 */
#ifndef SIM_OUTPUT_TABLE_H
#define SIM_OUTPUT_TABLE_H

#include "metrics/summary.h"
#include "output/out.h"

enum {
    TABLE_WIDTH = 80,
    TABLE_VMS_MAX = 12, /* Entries with more VMs are folded. */
    TABLE_GPUS_MAX = 8, /* With more partitions they are folded into one line. */
    TABLE_TIME_SIZE = 16,
};

void table_write(struct out *o, const struct summary *s);

/* "12.3ms": three digits; "-" for a NAN. Returns text. */
char *table_time(char text[TABLE_TIME_SIZE], double ns);

#endif
