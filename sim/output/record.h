/*
 * record.h - what is recorded of a job and of a slice, in which order, and as which row.
 *
 * Orders are total: whoever puts the records of several partitions in order gets the same
 * bytes. Rows are millions, so they are put together in the buffer of the file.
 */
#ifndef SIM_OUTPUT_RECORD_H
#define SIM_OUTPUT_RECORD_H

#include "output/digits.h"
#include "output/out.h"
#include "output/sorter.h"
#include "run/setup.h"

/* The order of fields is that of no struct that they come from: the compiler then copies them
   one by one, which is quicker just after they were written one by one. */
struct job_record {
    nsec arrival_ns;
    nsec end_ns; /* -1: did not finish. */
    nsec demand_ns;
    nsec start_ns; /* -1: never. */
    uint64_t number;
    uint32_t vm; /* In scenario order. */
};

struct slice_record {
    nsec start_ns;
    uint32_t vm; /* Likewise. */
    uint32_t engine;
    nsec end_ns;
};

/* Finished jobs by end, others by arrival; ties by VM, then number. Slices by start, then
   engine, VM and end. */
extern const struct sorter_order record_by_end;
extern const struct sorter_order record_by_arrival;
extern const struct sorter_order record_by_start;

/* What a row begins or ends with. */
struct record_cell {
    const char *text;
    size_t size; /* The memory behind it goes on to the next multiple of RECORD_CELL. */
};

enum { RECORD_CELL = 16 };

struct record_target {
    const struct setup *setup;
    const char *folder;
    const char *name;
    const char *header;
};

/* A file of rows. */
struct record_file {
    struct out out;
    struct record_cell *vms;                  /* Names with the comma behind. */
    struct record_cell engines[ENGINE_COUNT]; /* Names with the end of the line. */
    struct digits_clock clock;
};

/* Opens folder/name and writes the header; names live in the arena. 0, or -1 with *err as
   out_open. */
int record_file_open(struct record_file *f, const struct record_target *target,
                     struct arena *arena, struct err *err);

/* Each writes a row; sorter_sink.take, with the record_file as its context. */
void record_write_job(void *file, const void *record);
void record_write_slice(void *file, const void *record);

#endif
