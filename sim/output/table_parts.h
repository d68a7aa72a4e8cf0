/*
 * table_parts.h - what the parts of the first screen share. Internal to output/.
 */
#ifndef SIM_OUTPUT_TABLE_PARTS_H
#define SIM_OUTPUT_TABLE_PARTS_H

#include "output/table.h"

/* A given time, as it may have been written: 2ms, 2.097152ms. Returns text. */
char *table_given_time(char text[TABLE_TIME_SIZE], nsec ns);

/* A text and a line end, broken between words; further lines begin with `indent` spaces. */
void table_wrap(struct out *o, const char *text, size_t indent);

/* Of a fleet: how its GPUs differ, and the worst of them. */
void table_write_fleet(struct out *o, const struct summary *s);

/* Below the row of an entry whose VMs were not kept: how these differ. */
void table_write_extremes(struct out *o, const struct summary *s, uint32_t entry);

/* Deadlines, engines, fairness, objectives and warnings. */
void table_write_notes(struct out *o, const struct summary *s);

#endif
