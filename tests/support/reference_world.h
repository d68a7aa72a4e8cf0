/*
 * reference_world.h - what the files of the reference simulator share; nobody else's business.
 */
#ifndef TESTS_SUPPORT_REFERENCE_WORLD_H
#define TESTS_SUPPORT_REFERENCE_WORLD_H

#include "support/reference.h"

enum { NOBODY = REFERENCE_VMS };

/* A job under way. */
struct flight {
    uint32_t workload;
    uint32_t job; /* Of its workload. */
    uint32_t phase;
    int64_t remaining_ns; /* Of that phase. */
    uint64_t ready_order; /* When that phase became ready, by count. */
};

/* One workload. */
struct stream {
    uint32_t begun;                 /* Jobs that were ever under way, */
    uint32_t arrived;               /* those that arrived, */
    uint32_t due;                   /* those whose arrival is known, */
    int64_t due_ns[REFERENCE_JOBS]; /* and when that is. */
    struct reference_row *rows[REFERENCE_JOBS];
};

/* What a VM does, by workload and job. */
struct flights {
    uint32_t count;
    struct flight list[REFERENCE_STREAMS * REFERENCE_FLIGHTS];
};

enum state { FREE, SWITCHING, RUNNING };

struct engine {
    enum state state;
    uint32_t vm;   /* That runs or is switched to. */
    uint32_t last; /* That was switched to last; NOBODY: none yet. */
    int64_t switch_end_ns;
    int64_t slice_end_ns;            /* Of `last`. */
    uint64_t waiting[REFERENCE_VMS]; /* When the VM queued up, by count; 0: it does not wait. */
};

/* The rotation of strict slots. */
struct rotation {
    uint32_t slot;
    uint32_t owner; /* Of the current slot, though it may have left; NOBODY: nobody. */
    int64_t end_ns;
    bool idles;   /* The switch did not fit: the slot idles, whatever happens later. */
    bool ended;   /* At this instant. */
    bool restart; /* A VM started or stopped within the slot. */
};

struct world {
    const struct reference_setup *setup;
    int64_t now;
    uint64_t count; /* Of things put in order. */
    bool present[REFERENCE_VMS];
    uint32_t arrived[REFERENCE_VMS];
    struct stream streams[REFERENCE_VMS][REFERENCE_STREAMS];
    struct flights flights[REFERENCE_VMS];
    struct engine engines[REFERENCE_ENGINES];
    struct rotation rotation;
    struct reference_row *rows;
    uint32_t row_count;
};

/* The job whose phase the VM serves first on the engine, or NULL: the VM is dry there. */
struct flight *world_head_of(struct world *w, uint32_t vm, uint32_t engine);

/* Gives the engine to the VM. */
void world_dispatch(struct world *w, uint32_t engine, uint32_t vm);

/* Begins slots as their time comes, and lets the owner of the slot run. */
void world_choose_strict(struct world *w);

#endif
