/*
 * calibration.h - what was fitted to the measurements of a device: the numbers of a replay.
 *
 * They are kept in the catalogue's measured.csv, or in a file of the same columns
 * (device,key,value,unit,source), or in that of a device (scenario/record.h). Times are
 * nanoseconds. docs/physics-time-slicing.md
 * and docs/physics.md explain each.
 */
#ifndef SIM_STUDY_CALIBRATION_H
#define SIM_STUDY_CALIBRATION_H

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "scenario/node.h"

#include <stdbool.h>
#include <stddef.h>

enum calibration_key {
    CALIBRATION_SLICE,
    CALIBRATION_PREEMPT, /* Away from a kernel that computes, ... */
    CALIBRATION_IDLE,
    CALIBRATION_RESTORE,
    CALIBRATION_LAUNCH,      /* From submission to being ready on the GPU; ... */
    CALIBRATION_LAUNCH_TAIL, /* ... what a slow one takes longer, in the mean: some of those by
                                clients that wake up to submit. */
    CALIBRATION_JOB,         /* GPU time of a job beyond its demand. */
    CALIBRATION_GAP,         /* Closed clients: from the end of a job to the next submission. */
    CALIBRATION_DEMAND,      /* GPU time over the nominal demand: kernels that compute, ... */
    CALIBRATION_PREEMPT_STREAM, /* ... that read memory, ... */
    CALIBRATION_PREEMPT_APP,    /* ... of real models. */
    CALIBRATION_DEMAND_STREAM,  /* ... that read memory, ... */
    CALIBRATION_DEMAND_SMALL,   /* ... and those with fewer blocks than the GPU holds. */
    CALIBRATION_COPY,           /* Time of a copy over its nominal time. */
    CALIBRATION_DUPLEX_IN,      /* Speed of a copy to the device while one from it runs, ... */
    CALIBRATION_DUPLEX_OUT,     /* ... and the other way round. */
    CALIBRATION_COPY_GAP,       /* As GAP, for copies and pipelines, ... */
    CALIBRATION_APP_GAP,        /* ... and for real models. */
    CALIBRATION_APP_GPU,        /* GPU time of a model whose host sets the pace. */
    CALIBRATION_DEMAND_APP,     /* As DEMAND, for a model that the GPU alone binds. */
    CALIBRATION_APP_SPREAD, /* Of the GPU times of a model's jobs: standard deviation/mean. */
    /* MPS: as LAUNCH, GAP and DEMAND; and the traits of device.h in their order. */
    CALIBRATION_MPS_LAUNCH,      /* Of a client that submits at the end of its last job, ... */
    CALIBRATION_MPS_OPEN_LAUNCH, /* ... and of one that wakes up to submit. */
    CALIBRATION_MPS_GAP,
    CALIBRATION_MPS_DEMAND,
    CALIBRATION_MPS_STREAM,
    CALIBRATION_MPS_LEAK,
    CALIBRATION_MPS_ALONE,
    CALIBRATION_MPS_JITTER,
    CALIBRATION_MPS_MEET_SMS,
    CALIBRATION_MPS_MEET,
    CALIBRATION_MPS_LATENCY,
    CALIBRATION_MPS_LATENCY_STEP,
    CALIBRATION_MPS_BANDWIDTH,
    CALIBRATION_MPS_BEND,
    CALIBRATION_MPS_TAIL,
    CALIBRATION_MPS_STARVE,
    CALIBRATION_KEYS,
};

struct calibration {
    struct device device;
    int when_alone; /* enum when_alone of policy/turns.h: whose rules to follow. */
    double values[CALIBRATION_KEYS];
};

/* How a key is written, and between what bounds it may lie. */
struct calibration_field {
    const char *name;
    const char *unit; /* "ns", or "" for a ratio. */
    double start;     /* From which it is fitted; nothing of a device is known then. */
    bool is_needed;   /* A device that lacks it cannot be replayed; others start there. */
    double min;
    double max;
};

extern const struct calibration_field calibration_fields[CALIBRATION_KEYS];

/* A time, rounded to whole nanoseconds. */
nsec calibration_ns(const struct calibration *calibration, enum calibration_key key);

/* The calibration of a device in the catalogue. 0, or -1 with *err if it has none. */
int calibration_of(struct catalogue *catalogue, const char *device, struct calibration *ret,
                   struct err *err);

/* Where fitting begins, for a device of the catalogue whether it is calibrated or not. 0, or -1
   with *err. */
int calibration_start(struct catalogue *catalogue, const char *device, struct calibration *ret,
                      struct err *err);

/* Replaces values by those of a file, whatever device it names them for; keys that are not
   listed here are skipped. `bytes` is overwritten, and has room for one more byte. 0, or -1
   with *err, placed: no such columns, no number, a value out of bounds. */
int calibration_parse(const char *file, char *bytes, size_t size, struct calibration *c,
                      struct err *err);

/* The same from the file of a device, as `calibrate -o device.yaml` writes it. */
int calibration_parse_device(const struct node_text *text, struct catalogue *catalogue,
                             struct calibration *c, struct err *err);

#endif
