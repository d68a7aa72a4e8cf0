/*
 * sorter.h - puts records of one size in order, however many, in little memory.
 *
 * Records go into pens, of which each thread that has some to give takes its own. A pen that is
 * full is sorted and put into a temporary file; when there are many such files, they are merged
 * into a longer one. So memory is SORTER_PEN_BYTES a pen, and a few MiB while files are merged.
 * The files lie in a folder that the caller names, without a name of their own: whatever
 * becomes of the process, they are gone with it. Failures are kept until sorter_merge.
 */
#ifndef SIM_OUTPUT_SORTER_H
#define SIM_OUTPUT_SORTER_H

#include "base/err.h"

#include <stddef.h>

/* compare as for qsort; records for which it gives 0 must be equal in every byte. */
struct sorter_order {
    size_t size;
    int (*compare)(const void *a, const void *b);
};

enum { SORTER_PEN_BYTES = 4 * 1024 * 1024 };

struct sorter;
struct pen;

/* Borrows both. pen_bytes, what a pen holds at most, is SORTER_PEN_BYTES but for tests. */
struct sorter *sorter_create(const struct sorter_order *order, const char *folder,
                             size_t pen_bytes);
void sorter_free(struct sorter *s);

/* A pen for records in any order, and back when no more come for now: what is in it stays
   there. Any thread may call these. */
struct pen *sorter_take_pen(struct sorter *s);
void sorter_return_pen(struct sorter *s, struct pen *pen);

/* The place of one more record, which has to be filled before the next call. */
void *pen_add(struct pen *pen);

/* Who gets the records. */
struct sorter_sink {
    void (*take)(void *context, const void *record);
    void *context;
};

/* Gives all records to the sink, in order, and forgets them. All pens must have been returned.
   0, or -1 with *err of kind ERR_WRITE when anything failed since sorter_create. */
int sorter_merge(struct sorter *s, const struct sorter_sink *sink, struct err *err);

#endif
