/*
 * measured.h - measurements of real GPUs, read from the layout of tests/hardware.
 *
 * DIR/index.csv says what each scenario asked of each VM; DIR/DEVICE/{jobs,copy,apps}/NAME.csv
 * holds the jobs that were measured. A scenario of the index without a file for the device is
 * skipped and remembered by name. DIR/DEVICE/slices holds what slices.h reads, if anything.
 */
#ifndef SIM_STUDY_MEASURED_H
#define SIM_STUDY_MEASURED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/units.h"
#include "study/slices.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum measured_mode {
    MEASURED_TIME_SLICED, /* Processes by turns. */
    MEASURED_MPS,         /* MPS clients. */
    MEASURED_COPY,        /* Copies, and pipelines of copy in, compute, copy out. */
    MEASURED_APP,         /* Real models. */
    MEASURED_MODES,
};

/* "time_sliced", ... as index.csv writes them. */
const char *measured_mode_name(enum measured_mode mode);

/* What a scenario is about: how its work arrives, and what shares the GPU. */
enum measured_regime {
    MEASURED_CLOSED, /* Time-sliced, closed clients that do not think. */
    MEASURED_OPEN,   /* Jobs that arrive by chance. */
    MEASURED_MIXED,  /* Closed and open, or clients that think. */
    MEASURED_RENDER, /* With periodic frames. */
    MEASURED_COPIES,
    MEASURED_MPS_CLOSED,
    MEASURED_MPS_OPEN, /* With jobs that arrive by chance or by period. */
    MEASURED_APPS,
    MEASURED_REGIMES,
};

/* "time-sliced closed", ... */
const char *measured_regime_name(enum measured_regime regime);

/* Both halves. */
enum { MEASURED_ALL = -1 };

struct measured_job {
    nsec arrival_ns;
    nsec demand_ns;
    nsec start_ns;
    nsec end_ns;
};

struct measured_vm {
    const char *name;
    const char *kernel; /* burn, stream, copy, pipeline, resnet50_b16, decode_graph. */
    bool is_closed;     /* Else its jobs arrive at the times that were measured. */
    bool is_periodic;
    nsec think_ns;             /* Closed: from the end of a job to the next one. */
    uint32_t blocks;           /* Thread blocks of its kernels; 0: not said. */
    double sm_percent;         /* MPS: its share; 100 if not said. */
    struct measured_job *jobs; /* In the order of arrival. */
    uint32_t job_count;        /* > 0. */
};

struct measured_scenario {
    const char *name;
    struct place place; /* Of its first row in the index. */
    enum measured_mode mode;
    enum measured_regime regime;
    /* 0 or 1, for cross-validation. A rule fixed beforehand, whatever was measured: within each
       regime the scenarios of the index are taken in pairs, to one half and to the other. */
    int half;
    nsec duration_ns;
    struct measured_vm *vms;
    uint32_t vm_count;
};

struct measured_set {
    struct measured_scenario *scenarios; /* In the order of the index. */
    uint32_t scenario_count;
    const char **skipped; /* Names of scenarios without a file. */
    uint32_t skipped_count;
    struct slices *slices; /* Of the files that the source names. */
    uint32_t slices_count;
};

/* Reads one file of the set into the arena: 0; 1 if there is no such file; -1 with *err. */
struct measured_bytes {
    char *bytes; /* May be changed; room for one byte more. */
    size_t size;
};

struct measured_reader {
    int (*read)(void *context, const char *path, struct arena *arena,
                struct measured_bytes *ret, struct err *err);
    void *context;
};

/* Where measurements lie: DIR and the name of the device's folder in it. */
struct measured_source {
    struct measured_reader reader;
    const char *dir;
    const char *device;
    const char *index;         /* File in dir that lists the scenarios; NULL: index.csv. */
    const char *const *slices; /* Files in DIR/DEVICE/slices, in the order of their names. */
    uint32_t slices_count;
};

/* Reads all measurements of a device. All that is returned lives in the arena. 0, or -1 with
   *err, placed in the file and line: columns that are missing, rows cut short, times that are
   negative, unordered, no numbers or of several clocks, VMs that the index does not know or has
   twice, VMs without jobs, a device without measurements. */
int measured_load(const struct measured_source *source, struct arena *arena,
                  struct measured_set *ret, struct err *err);

#endif
