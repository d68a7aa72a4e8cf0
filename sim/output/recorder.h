/*
 * recorder.h - every job and every slice of a run, for jobs.csv and slices.csv.
 *
 * jobs.csv has the columns of the measurements of real GPUs: jobs in order of their end, then
 * those that did not finish (no end, and no start if they never had the GPU) in order of
 * arrival; ties by VM in scenario order, then by number. slices.csv has uninterrupted stays of
 * a VM on an engine, in order of their start, then engine, then VM; those of no length are
 * left out.
 *
 * Rows are written as the run goes where they come in order: the jobs of a scenario with one
 * partition, and its slices if only one engine has any, one at a time. Others are put in order
 * by a sorter, on disk if there are many. So memory does not grow with what is recorded, and
 * the files are the same bytes. They appear when the recorder is closed, or not at all.
 */
#ifndef SIM_OUTPUT_RECORDER_H
#define SIM_OUTPUT_RECORDER_H

#include "base/err.h"
#include "run/probe.h"
#include "run/setup.h"

#include <stdbool.h>

struct recorder;

/* Makes the folder, where missing, and begins jobs.csv and slices.csv, as asked for. Borrows
   both. NULL, with *err of kind ERR_CREATE, if that cannot be. */
struct recorder *recorder_open(const struct setup *setup, const char *folder, bool jobs,
                               bool slices, struct err *err);

/* Fills one probe for a partition, and returns 1: simulate_listeners.add, with the recorder as
   its context. Partitions may be recorded by different threads. */
uint32_t recorder_add(void *recorder, uint32_t partition, struct probe *ret_probes);

/* The run of the partition is over: simulate_listeners.over. */
void recorder_over(void *recorder, uint32_t partition);

/* Writes what is left, and gives the files their names. 0, or -1 with *err of kind
   ERR_WRITE when anything failed since it was opened. */
int recorder_close(struct recorder *r, struct err *err);

/* Of one that was not closed, the files and the folders that it made are gone. Accepts
   NULL. */
void recorder_free(struct recorder *r);

#endif
