/*
 * slices.h - who ran when on a measured device, seen from inside kernels that never end.
 *
 * DIR/DEVICE/slices/NAME.csv has the columns vm,run_start_ns,run_end_ns, a row a stay, in order
 * of time. A stay whose process was there before is a slice less what restoring it took; a
 * first one has nothing to restore. Between two stays of different processes lies a switch away
 * from one with work, all but what is restored. A kernel sees its stay a little late and never
 * too long, but for a tick of its clock.
 */
#ifndef SIM_STUDY_SLICES_H
#define SIM_STUDY_SLICES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/units.h"
#include "study/rows.h"

#include <stdbool.h>
#include <stdint.h>

enum { SLICES_VMS_MAX = 1024 };

struct slices_stay {
    uint32_t vm;   /* By the order in which they first ran. */
    bool is_first; /* Of this process. */
    nsec start_ns;
    nsec end_ns;
};

struct slices {
    const char *name; /* Of the file: which state the kernels hold. */
    const struct slices_stay *stays;
    uint32_t stay_count; /* > 0. */
};

/* A middle value and its 95 % interval, by order statistics. */
struct slices_value {
    double middle;
    double low;
    double high;
};

/* What one file shows of switches between processes. */
struct slices_seen {
    uint32_t switches; /* To processes that were there before. */
    struct slices_value preempt_ns;
    struct slices_value stay_ns; /* A slice less its restore. */
};

/* Reads the stays of an open file. All that is returned lives in the arena. 0, or -1 with *err,
   placed: no such columns, times that are unordered or overlap, no stay, too many processes. */
int slices_load(struct rows *rows, const char *name, struct arena *arena, struct slices *ret,
                struct err *err);

/* False: too few switches to say. */
bool slices_see(const struct slices *slices, struct slices_seen *ret);

/* The lengths of the first stays that another process ended, into `ret`, which has room for one
   a stay. How many. */
uint32_t slices_first_stays(const struct slices *slices, double *ret);

#endif
